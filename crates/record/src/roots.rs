//! Whom to trust: the provider that is asked, as the project would; and for workers, which are told of one bundle, all of these and the
//! authority of the proxy.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::variables::Variables;

/// Where systems keep the certificates they trust, in one file.
const SYSTEM: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// The certificates that are trusted without lgx, as files of text.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    texts: Vec<String>,
}

impl Roots {
    /// Those that the variables name, else those of the system; and what Node.js adds.
    pub(crate) fn of(variables: Variables<'_>) -> Self {
        let named = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
        let named = named.into_iter().filter_map(|name| variables.path(name));
        let system = SYSTEM.iter().map(PathBuf::from);
        let first = named.chain(system).find_map(|path| read(&path));
        let added = variables
            .path("NODE_EXTRA_CA_CERTS")
            .and_then(|path| read(&path));
        Self {
            texts: first.into_iter().chain(added).collect(),
        }
    }

    /// These and one more, as one file.
    pub(crate) fn bundle_with(&self, one_more: &str) -> String {
        let texts = self.texts.iter().map(String::as_str);
        let all: Vec<_> = texts.chain([one_more]).map(str::trim_end).collect();
        all.join("\n") + "\n"
    }

    /// How to reach a provider. Without any of its own, the roots that come with lgx are trusted.
    pub(crate) fn client(&self) -> Result<ClientConfig, rustls::Error> {
        let mut store = RootCertStore::empty();
        for text in &self.texts {
            let found = CertificateDer::pem_slice_iter(text.as_bytes());
            store.add_parsable_certificates(found.filter_map(Result::ok));
        }
        if store.is_empty() {
            store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(store)
            .with_no_client_auth();
        Ok(client)
    }
}

/// The text of a file that has certificates in it.
fn read(path: &Path) -> Option<String> {
    let text = fs_err::read_to_string(path).ok()?;
    text.contains("BEGIN CERTIFICATE").then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_is_named_comes_before_those_of_the_system() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("own.pem");
        fs_err::write(&own, "-----BEGIN CERTIFICATE-----\nown\n\n").unwrap();
        let set = [("SSL_CERT_FILE".into(), own.clone().into_os_string())];
        let roots = Roots::of(Variables(&set));
        assert_eq!(
            roots.bundle_with("more\n"),
            "-----BEGIN CERTIFICATE-----\nown\nmore\n"
        );
        // What Node.js trusts, it trusts beside all others.
        let set = [
            ("SSL_CERT_FILE".into(), own.clone().into_os_string()),
            ("NODE_EXTRA_CA_CERTS".into(), own.into_os_string()),
        ];
        let roots = Roots::of(Variables(&set));
        assert_eq!(roots.bundle_with("").matches("own").count(), 2);
    }

    #[test]
    fn without_any_there_are_those_that_come_along() {
        assert!(Roots::default().client().is_ok());
        assert_eq!(Roots::default().bundle_with("own"), "own\n");
    }
}
