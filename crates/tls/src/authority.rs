//! An authority of lgx's own: made once, kept in a folder of which the key is for its owner alone, and what it signs.

use std::fmt;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::OffsetDateTime;

use crate::identity::Identity;
use crate::private_file::write;
use crate::validity;

const CERTIFICATE: &str = "authority.pem";
const KEY: &str = "authority.key";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long an authority is one.
const AUTHORITY_LASTS: Duration = DAY.saturating_mul(3_650);
/// How much of that has to be left when it is opened; else there is a new one.
const AUTHORITY_LEFT: Duration = DAY.saturating_mul(400);
/// How long what it signs is valid: Safari takes nothing of more than 398 days.
pub(crate) const SIGNED_LASTS: Duration = DAY.saturating_mul(397);
/// Clocks of two machines differ.
const BEFORE: Duration = DAY;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Of the folder.
    #[error(transparent)]
    File(#[from] io::Error),
    /// None can be made.
    #[error("cannot make a certificate: {0}")]
    Made(#[from] rcgen::Error),
    /// One cannot be used.
    #[error("cannot use a certificate: {0}")]
    Used(#[from] rustls::Error),
}

/// What an authority says of itself, which has to be the same whenever it signs.
#[derive(Debug, Clone)]
pub struct AuthorityProfile {
    /// How it is called where someone looks at a certificate.
    pub name: String,
    /// How those are called that it signs: OpenSSL takes one with the name of who signed it for one that signed itself.
    pub signed: &'static str,
    /// The names and addresses that it can sign for, if not all.
    pub reach: Option<NameConstraints>,
}

/// An authority.
pub struct CertificateAuthority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    certificate: CertificateDer<'static>,
    profile: AuthorityProfile,
}

impl CertificateAuthority {
    /// The one of this folder, which is made if there is none.
    ///
    /// # Errors
    /// When none can be made or kept.
    pub fn open(folder: &Path, profile: AuthorityProfile) -> Result<Self, CertificateError> {
        if let Some(found) = Self::found(folder, &profile) {
            return Ok(found);
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let key = KeyPair::generate()?;
        let mut parameters = parameters(&profile);
        lasting(&mut parameters, AUTHORITY_LASTS);
        let signed = parameters.self_signed(&key)?;
        write(folder, KEY, &key.serialize_pem())?;
        write(folder, CERTIFICATE, &signed.pem())?;
        Ok(Self {
            issuer: Issuer::new(parameters, key),
            pem: signed.pem(),
            certificate: signed.into(),
            profile,
        })
    }

    /// The one that lies there, if it is whole and not about to end.
    pub fn found(folder: &Path, profile: &AuthorityProfile) -> Option<Self> {
        let key = fs_err::read_to_string(folder.join(KEY)).ok()?;
        let pem = fs_err::read_to_string(folder.join(CERTIFICATE)).ok()?;
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        let key = KeyPair::from_pem(&key).ok()?;
        // One of another key signs what nobody can verify.
        let public = key.public_key_raw();
        let is_its = certificate.windows(public.len()).any(|part| part == public);
        if !is_its || !validity::lasts(&certificate, AUTHORITY_LEFT) {
            return None;
        }
        Some(Self {
            issuer: Issuer::new(parameters(profile), key),
            pem,
            certificate,
            profile: profile.clone(),
        })
    }

    /// Its own certificate, as those who trust it read it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Its own certificate.
    pub const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Signs who goes by these names and addresses.
    ///
    /// # Errors
    /// When one of them is no name.
    pub fn sign(&self, names: Vec<String>) -> Result<Identity, CertificateError> {
        Ok(self.sign_in_pem(names)?.0)
    }

    /// The same, and the certificate and the key as they are written to files.
    pub(crate) fn sign_in_pem(
        &self,
        names: Vec<String>,
    ) -> Result<(Identity, [String; 2]), CertificateError> {
        let key = KeyPair::generate()?;
        let mut parameters = CertificateParams::new(names)?;
        parameters.distinguished_name = DistinguishedName::new();
        parameters
            .distinguished_name
            .push(DnType::CommonName, self.profile.signed);
        parameters.use_authority_key_identifier_extension = true;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        lasting(&mut parameters, SIGNED_LASTS);
        let certificate = parameters.signed_by(&key, &self.issuer)?;
        let written = [certificate.pem(), key.serialize_pem()];
        let identity = Identity {
            chain: vec![certificate.into()],
            key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        };
        Ok((identity, written))
    }
}

impl fmt::Debug for CertificateAuthority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CertificateAuthority")
    }
}

fn parameters(profile: &AuthorityProfile) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters
        .distinguished_name
        .push(DnType::CommonName, profile.name.as_str());
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.name_constraints.clone_from(&profile.reach);
    parameters
}

fn lasting(parameters: &mut CertificateParams, long: Duration) {
    let since = SystemTime::now() - BEFORE;
    parameters.not_before = OffsetDateTime::from(since);
    parameters.not_after = OffsetDateTime::from(since + long);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier as _;
    use rustls::pki_types::{ServerName, UnixTime};
    use rustls::{RootCertStore, crypto::ring};
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Arc;

    fn profile() -> AuthorityProfile {
        AuthorityProfile {
            name: "an authority".into(),
            signed: "a host",
            reach: None,
        }
    }

    fn open(folder: &Path) -> CertificateAuthority {
        CertificateAuthority::open(folder, profile()).unwrap()
    }

    fn opened() -> (tempfile::TempDir, CertificateAuthority) {
        let folder = tempfile::tempdir().unwrap();
        let authority = open(&folder.path().join("record"));
        (folder, authority)
    }

    /// Whether what this one signs for `host` is accepted by who trusts `pem`, for `name`.
    fn is_trusted(authority: &CertificateAuthority, host: &str, pem: &str, name: &str) -> bool {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        roots.add(root).unwrap();
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let signed = authority.sign(vec![host.to_owned()]).unwrap();
        let name = ServerName::try_from(name).unwrap();
        let verifier = verifier.build().unwrap();
        verifier
            .verify_server_cert(signed.certificate(), &[], &name, &[], UnixTime::now())
            .is_ok()
    }

    #[test]
    fn it_is_made_once_and_its_key_is_for_its_owner_alone() {
        let (folder, authority) = opened();
        let again = open(&folder.path().join("record"));

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
        let anew = open(&place);
        assert_ne!(anew.pem(), authority.pem());
        // So is one whose key is that of another.
        let key = KeyPair::generate().unwrap().serialize_pem();
        fs_err::write(place.join(KEY), key).unwrap();
        assert_ne!(open(&place).pem(), anew.pem());
    }

    #[test]
    fn one_that_is_about_to_end_is_made_anew() {
        let (folder, authority) = opened();
        let place = folder.path().join("record");
        let key = KeyPair::from_pem(&fs_err::read_to_string(place.join(KEY)).unwrap()).unwrap();
        let mut short = parameters(&profile());
        lasting(&mut short, AUTHORITY_LEFT);
        let pem = short.self_signed(&key).unwrap().pem();
        fs_err::write(place.join(CERTIFICATE), &pem).unwrap();
        let anew = open(&place);
        assert!(anew.pem() != pem && anew.pem() != authority.pem());
    }
}
