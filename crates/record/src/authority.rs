//! The authority that signs certificates of hosts whose TLS is opened. Only workers are told to trust it, and it is installed nowhere.

use std::collections::HashMap;
use std::fmt;
use std::fs::DirBuilder;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use fs_err::os::unix::fs::OpenOptionsExt as _;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

const CERTIFICATE: &str = "authority.pem";
const KEY: &str = "authority.key";
/// How it is called where someone looks at a certificate.
const NAME: &str = "lgx: recorded calls of models";
/// How those are called that it signs: OpenSSL takes one with the name of who signed it for one that signed itself.
const SIGNED: &str = "lgx: a host of models";
/// Names of hosts come from clients; those of model hosts are few.
const MOST: usize = 256;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificateError {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error("cannot make a certificate: {0}")]
    Made(#[from] rcgen::Error),
    #[error("cannot use a certificate: {0}")]
    Used(#[from] rustls::Error),
}

/// The authority of a state folder.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    /// By host.
    made: Mutex<HashMap<String, Arc<ServerConfig>>>,
}

impl Authority {
    /// The one of this folder, which is made if there is none.
    pub(crate) fn open(folder: &Path) -> Result<Self, CertificateError> {
        if let Some(found) = Self::found(folder) {
            return Ok(found);
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let key = KeyPair::generate()?;
        let pem = parameters().self_signed(&key)?.pem();
        write(folder, KEY, &key.serialize_pem())?;
        write(folder, CERTIFICATE, &pem)?;
        Ok(Self::of(Issuer::new(parameters(), key), pem))
    }

    /// The one that lies there, if it is whole.
    fn found(folder: &Path) -> Option<Self> {
        let key = fs_err::read_to_string(folder.join(KEY)).ok()?;
        let pem = fs_err::read_to_string(folder.join(CERTIFICATE)).ok()?;
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        let key = KeyPair::from_pem(&key).ok()?;
        // One of another key signs what nobody can verify.
        let public = key.public_key_raw();
        let is_its = certificate.windows(public.len()).any(|part| part == public);
        is_its.then(|| Self::of(Issuer::new(parameters(), key), pem))
    }

    fn of(issuer: Issuer<'static, KeyPair>, pem: String) -> Self {
        Self {
            issuer,
            pem,
            made: Mutex::default(),
        }
    }

    /// Its own certificate, as those who trust it read it.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// How to be this host.
    pub(crate) fn server(&self, host: &str) -> Result<Arc<ServerConfig>, CertificateError> {
        let made = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made().get(host) {
            return Ok(Arc::clone(known));
        }
        let server = Arc::new(self.certified(host)?);
        let mut made = made();
        if made.len() >= MOST {
            made.clear();
        }
        made.insert(host.to_owned(), Arc::clone(&server));
        Ok(server)
    }

    fn certified(&self, host: &str) -> Result<ServerConfig, CertificateError> {
        let key = KeyPair::generate()?;
        let mut parameters = CertificateParams::new([host.to_owned()])?;
        parameters.distinguished_name = DistinguishedName::new();
        parameters
            .distinguished_name
            .push(DnType::CommonName, SIGNED);
        parameters.use_authority_key_identifier_extension = true;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = parameters.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key)?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(server)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Authority")
    }
}

/// What it says of itself, which has to be the same whenever it signs.
fn parameters() -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, NAME);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

/// Writes a file that only its owner reads, all of it or nothing.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let draft = folder.join(format!("{name}.{}", std::process::id()));
    let mut file = fs_err::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(text.as_bytes())?;
    drop(file);
    fs_err::rename(&draft, folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier as _;
    use rustls::pki_types::{ServerName, UnixTime};
    use rustls::{RootCertStore, crypto::ring};
    use std::os::unix::fs::PermissionsExt as _;

    fn opened() -> (tempfile::TempDir, Authority) {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::open(&folder.path().join("record")).unwrap();
        (folder, authority)
    }

    /// Whether what this one signs for `host` is accepted by who trusts `pem`, for `name`.
    fn is_trusted(authority: &Authority, host: &str, pem: &str, name: &str) -> bool {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        roots.add(root).unwrap();
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new([host.to_owned()]).unwrap();
        let signed = parameters.signed_by(&key, &authority.issuer).unwrap();
        let name = ServerName::try_from(name).unwrap();
        let verifier = verifier.build().unwrap();
        verifier
            .verify_server_cert(signed.der(), &[], &name, &[], UnixTime::now())
            .is_ok()
    }

    #[test]
    fn it_is_made_once_and_its_key_is_for_its_owner_alone() {
        let (folder, authority) = opened();
        let again = Authority::open(&folder.path().join("record")).unwrap();

        assert_eq!(again.pem(), authority.pem());
        let key = folder.path().join("record").join(KEY);
        let mode = fs_err::metadata(key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // What the second one signs is trusted by who trusts the first.
        assert!(is_trusted(&again, "a.org", authority.pem(), "a.org"));
    }

    #[test]
    fn what_it_signs_is_trusted_for_that_host_by_who_trusts_it() {
        let (_folder, authority) = opened();
        let (_other_folder, other) = opened();

        assert!(is_trusted(&authority, "a.org", authority.pem(), "a.org"));
        assert!(!is_trusted(&authority, "a.org", authority.pem(), "b.org"));
        assert!(!is_trusted(&authority, "a.org", other.pem(), "a.org"));
        let address = "127.0.0.1";
        assert!(is_trusted(&authority, address, authority.pem(), address));
    }

    #[test]
    fn one_that_is_broken_is_made_anew() {
        let (folder, authority) = opened();
        let place = folder.path().join("record");
        fs_err::write(place.join(KEY), "cut off").unwrap();
        let anew = Authority::open(&place).unwrap();
        assert_ne!(anew.pem(), authority.pem());
        // So is one whose key is that of another.
        let key = KeyPair::generate().unwrap().serialize_pem();
        fs_err::write(place.join(KEY), key).unwrap();
        assert_ne!(Authority::open(&place).unwrap().pem(), anew.pem());
    }

    #[test]
    fn a_host_has_one_certificate() {
        let (_folder, authority) = opened();
        let first = authority.server("a.org").unwrap();
        assert!(Arc::ptr_eq(&first, &authority.server("a.org").unwrap()));
        assert!(!Arc::ptr_eq(&first, &authority.server("b.org").unwrap()));
    }
}
