//! Who a server is: its certificate, those that lead from it to one that is trusted, and its key.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use webpki::EndEntityCert;

/// Who a server is.
pub struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Identity {
    /// How to be it, in HTTP/1.1.
    ///
    /// # Errors
    /// When the key is of a kind that cannot be used, or not that of the certificate.
    pub fn server(&self) -> Result<Arc<ServerConfig>, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.key.clone_key())?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(server))
    }

    /// Its certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        // Nothing makes one without.
        &self.chain[0]
    }

    /// Whether it is the one of this host.
    pub fn is_of(&self, host: &str) -> bool {
        let Ok(name) = ServerName::try_from(host) else {
            return false;
        };
        let certificate = EndEntityCert::try_from(self.certificate());
        certificate.is_ok_and(|it| it.verify_is_valid_for_subject_name(&name).is_ok())
    }

    /// The names that it goes by, beside addresses: `*.NAME` for all one level below.
    pub fn names(&self) -> Vec<String> {
        let certificate = EndEntityCert::try_from(self.certificate());
        let names = certificate.map(|it| it.valid_dns_names().map(str::to_owned).collect());
        names.unwrap_or_default()
    }

    /// The host by which clients on this machine reach it when it listens on `address`: one that it is the one of, if there is any.
    pub fn host(&self, address: IpAddr) -> String {
        let written = match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        if self.is_of(&address.to_string()) {
            return written;
        }
        if address.is_loopback() && self.is_of("localhost") {
            return "localhost".to_owned();
        }
        let mut names = self.names().into_iter();
        names.find(|name| !name.contains('*')).unwrap_or(written)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Identity")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};
    use rustls::pki_types::PrivatePkcs8KeyDer;

    fn of(names: &[&str]) -> Identity {
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key);
        Identity {
            chain: vec![certificate.unwrap().into()],
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        }
    }

    #[test]
    fn clients_are_told_a_host_that_the_certificate_is_for() {
        for (names, address, expected) in [
            (&["127.0.0.1", "localhost"][..], "127.0.0.1", "127.0.0.1"),
            (&["localhost", "::1"], "::1", "[::1]"),
            (&["localhost"], "127.0.0.1", "localhost"),
            (&["localhost"], "192.168.1.7", "localhost"),
            (&["*.dev.test", "app.dev.test"], "127.0.0.1", "app.dev.test"),
            (&["*.dev.test"], "::1", "[::1]"),
        ] {
            let host = of(names).host(address.parse().unwrap());
            assert_eq!(host, expected, "{names:?}");
        }
    }

    #[test]
    fn a_key_of_another_certificate_is_none() {
        let (one, other) = (of(&["localhost"]), of(&["localhost"]));
        assert!(one.server().is_ok());
        let mixed = Identity {
            chain: one.chain,
            key: other.key,
        };
        assert!(mixed.server().is_err());
    }
}
