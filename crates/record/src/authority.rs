//! The authority that signs certificates of hosts whose TLS is opened. Only workers are told to trust it, and it is installed nowhere.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use lgx_tls::{AuthorityProfile, CertificateAuthority, CertificateError};
use rustls::ServerConfig;

/// How it is called where someone looks at a certificate.
const NAME: &str = "lgx: recorded calls of models";
/// How those are called that it signs.
const SIGNED: &str = "lgx: a host of models";
/// Names of hosts come from clients; those of model hosts are few.
const MOST: usize = 256;

/// The authority of a state folder.
pub(crate) struct Authority {
    authority: CertificateAuthority,
    /// By host.
    made: Mutex<HashMap<String, Arc<ServerConfig>>>,
}

impl Authority {
    /// The one of this folder, which is made if there is none.
    pub(crate) fn open(folder: &Path) -> Result<Self, CertificateError> {
        let profile = AuthorityProfile {
            name: NAME.to_owned(),
            signed: SIGNED,
            reach: None,
        };
        Ok(Self {
            authority: CertificateAuthority::open(folder, profile)?,
            made: Mutex::default(),
        })
    }

    /// Its own certificate, as those who trust it read it.
    pub(crate) fn pem(&self) -> &str {
        self.authority.pem()
    }

    /// How to be this host.
    pub(crate) fn server(&self, host: &str) -> Result<Arc<ServerConfig>, CertificateError> {
        let made = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made().get(host) {
            return Ok(Arc::clone(known));
        }
        let server = self.authority.sign(vec![host.to_owned()])?.server()?;
        let mut made = made();
        if made.len() >= MOST {
            made.clear();
        }
        made.insert(host.to_owned(), Arc::clone(&server));
        Ok(server)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Authority")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_one_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::open(&folder.path().join("record")).unwrap();
        let first = authority.server("a.org").unwrap();
        assert!(Arc::ptr_eq(&first, &authority.server("a.org").unwrap()));
        assert!(!Arc::ptr_eq(&first, &authority.server("b.org").unwrap()));
    }
}
