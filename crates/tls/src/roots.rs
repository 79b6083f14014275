//! Whom to trust without being told more: the file that variables name, else that of the system.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

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
pub struct Roots {
    texts: Vec<String>,
}

impl Roots {
    /// Those that the variables name, else those of the system; and what Node.js adds. `path_in` knows which path a variable holds.
    pub fn of(path_in: &dyn Fn(&str) -> Option<PathBuf>) -> Self {
        let named = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
        let named = named.into_iter().filter_map(path_in);
        let system = SYSTEM.iter().map(PathBuf::from);
        let first = named.chain(system).find_map(|path| read(&path));
        let added = path_in("NODE_EXTRA_CA_CERTS").and_then(|path| read(&path));
        Self {
            texts: first.into_iter().chain(added).collect(),
        }
    }

    /// These and one more, as one file.
    pub fn bundle_with(&self, one_more: &str) -> String {
        let texts = self.texts.iter().map(String::as_str);
        let all: Vec<_> = texts.chain([one_more]).map(str::trim_end).collect();
        all.join("\n") + "\n"
    }

    /// A client that trusts them. Without any, the roots that come with lgx are trusted.
    ///
    /// # Errors
    /// When there can be no client.
    pub fn client(&self) -> Result<ClientConfig, rustls::Error> {
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
        let named = |name: &str| (name == "SSL_CERT_FILE").then(|| own.clone());
        assert_eq!(
            Roots::of(&named).bundle_with("more\n"),
            "-----BEGIN CERTIFICATE-----\nown\nmore\n"
        );
        // What Node.js trusts, it trusts beside all others.
        let both = |name: &str| {
            ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"]
                .contains(&name)
                .then(|| own.clone())
        };
        assert_eq!(Roots::of(&both).bundle_with("").matches("own").count(), 2);
    }

    #[test]
    fn without_any_there_are_those_that_come_along() {
        assert!(Roots::default().client().is_ok());
        assert_eq!(Roots::default().bundle_with("own"), "own\n");
    }
}
