//! The authority of one user on one machine: trusted once, it signs for the servers of all of their projects, and for nothing beyond this
//! machine and its private networks.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CidrSubnet, GeneralSubtree, NameConstraints};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

use crate::authority::{AuthorityProfile, CertificateAuthority, CertificateError};
use crate::identity::Identity;
use crate::private_file::write;
use crate::validity;

/// How it is called where somebody looks at a certificate.
pub const NAME: &str = "lgx: servers on this machine";
const SIGNED: &str = "lgx: a server on this machine";
/// The name of the machine when the authority was made, which its certificate has.
const HOST: &str = "authority.host";
const CERTIFICATE: &str = "server.pem";
const KEY: &str = "server.key";
/// How long a certificate has to be valid at the start of a server.
const LEFT: Duration = Duration::from_secs(60 * 24 * 60 * 60);
/// Domains that are nobody's: of this machine, of private networks, of tests.
const DOMAINS: [&str; 6] = ["localhost", "local", "lan", "internal", "home.arpa", "test"];
/// Addresses of this machine and of private networks.
const NETWORKS: [(IpAddr, u8); 9] = [
    (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), 12),
    (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(169, 254, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(100, 64, 0, 0)), 10),
    (IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
    (IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
    (IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0)), 10),
];

/// The authority in a folder of the user.
#[derive(Debug)]
pub struct LocalAuthority {
    authority: CertificateAuthority,
    machine: String,
}

impl LocalAuthority {
    /// The one in this folder, which is made if there is none, on a machine of this name.
    ///
    /// # Errors
    /// When none can be made or kept.
    pub fn open(folder: &Path, machine: &str) -> Result<Self, CertificateError> {
        if let Some(found) = Self::found(folder) {
            return Ok(found);
        }
        let machine = machine.to_ascii_lowercase();
        let authority = CertificateAuthority::open(folder, profile(&machine))?;
        write(folder, HOST, &machine)?;
        Ok(Self { authority, machine })
    }

    /// The one that lies there, if it is whole and not about to end.
    pub fn found(folder: &Path) -> Option<Self> {
        let machine = fs_err::read_to_string(folder.join(HOST)).ok()?;
        let authority = CertificateAuthority::found(folder, &profile(&machine))?;
        Some(Self { authority, machine })
    }

    /// Its own certificate, as those who trust it read it.
    pub fn pem(&self) -> &str {
        self.authority.pem()
    }

    /// Whether it can sign for a name or an address.
    pub fn reaches(&self, host: &str) -> bool {
        if let Ok(address) = host.parse::<IpAddr>() {
            return NETWORKS
                .iter()
                .any(|(network, bits)| is_in(address, *network, *bits));
        }
        let host = host.to_ascii_lowercase();
        let mut domains = DOMAINS.into_iter().chain([self.machine.as_str()]);
        domains.any(|domain| {
            let head = host.strip_suffix(domain);
            !domain.is_empty() && head.is_some_and(|head| head.is_empty() || head.ends_with('.'))
        })
    }

    /// Who the servers of this user are that go by these names and addresses: the certificate of last time, unless it lacks one of them or
    /// is near its end. What is out of reach is left out.
    ///
    /// # Errors
    /// When none can be made or kept.
    pub fn server(&self, folder: &Path, hosts: Vec<String>) -> Result<Identity, CertificateError> {
        let mut hosts: Vec<_> = hosts
            .into_iter()
            .filter(|host| self.reaches(host))
            .collect();
        hosts.sort();
        hosts.dedup();
        if let Some(kept) = self.kept(folder, &hosts) {
            return Ok(kept);
        }
        let (identity, [certificate, key]) = self.authority.sign_in_pem(hosts)?;
        write(folder, KEY, &key)?;
        write(folder, CERTIFICATE, &certificate)?;
        Ok(identity)
    }

    fn kept(&self, folder: &Path, hosts: &[String]) -> Option<Identity> {
        let chain = CertificateDer::from_pem_slice(&read(folder, CERTIFICATE).ok()?).ok()?;
        let key = PrivateKeyDer::from_pem_slice(&read(folder, KEY).ok()?).ok()?;
        let identity = Identity {
            chain: vec![chain],
            key,
        };
        let serves = validity::lasts(identity.certificate(), LEFT) && identity.server().is_ok();
        let is_for = |host: &String| self.is_trusted(&identity, host);
        (serves && hosts.iter().all(is_for)).then_some(identity)
    }

    /// Whether who trusts this authority takes a server for this host.
    fn is_trusted(&self, identity: &Identity, host: &str) -> bool {
        let mut roots = RootCertStore::empty();
        let (Ok(()), Ok(host)) = (
            roots.add(self.authority.certificate().clone()),
            ServerName::try_from(host),
        ) else {
            return false;
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        verifier.build().is_ok_and(|verifier| {
            let certificate = identity.certificate();
            let taken = verifier.verify_server_cert(certificate, &[], &host, &[], UnixTime::now());
            taken.is_ok()
        })
    }
}

fn profile(machine: &str) -> AuthorityProfile {
    let machine = (!machine.is_empty()).then_some(machine);
    let domains = DOMAINS.into_iter().chain(machine);
    let domains = domains.map(|domain| GeneralSubtree::DnsName(domain.to_owned()));
    let networks = NETWORKS.iter().map(|(address, bits)| {
        GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(*address, *bits))
    });
    AuthorityProfile {
        name: NAME.to_owned(),
        signed: SIGNED,
        reach: Some(NameConstraints {
            permitted_subtrees: domains.chain(networks).collect(),
            excluded_subtrees: Vec::new(),
        }),
    }
}

fn is_in(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let shared = |one: u128, other: u128, width: u8| {
        let rest = u32::from(width - bits);
        one.checked_shr(rest) == other.checked_shr(rest)
    };
    match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            shared(one.to_bits().into(), other.to_bits().into(), 32)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => shared(one.to_bits(), other.to_bits(), 128),
        _ => false,
    }
}

fn read(folder: &Path, name: &str) -> io::Result<Vec<u8>> {
    fs_err::read(folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(named: &[&str]) -> Vec<String> {
        named.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn it_signs_for_this_machine_and_private_networks_and_its_certificate_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let authority = LocalAuthority::open(folder.path(), "Ada").unwrap();
        for (host, expected) in [
            ("localhost", true),
            ("api.localhost", true),
            ("ada", true),
            ("ada.local", true),
            ("app.test", true),
            ("127.0.0.1", true),
            ("::1", true),
            ("192.168.1.7", true),
            ("fd00::7", true),
            ("example.com", false),
            ("notlocalhost", false),
            ("93.184.216.34", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(authority.reaches(host), expected, "{host}");
            // What it would sign beyond that is believed by nobody.
            let signed = authority.authority.sign(hosts(&[host])).unwrap();
            assert_eq!(authority.is_trusted(&signed, host), expected, "{host}");
        }
    }

    #[test]
    fn one_authority_and_one_certificate_are_kept_until_a_name_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let authority = LocalAuthority::open(folder.path(), "ada").unwrap();
        let usual = hosts(&["localhost", "127.0.0.1", "::1"]);
        let first = authority.server(folder.path(), usual.clone()).unwrap();
        // Another name of the machine changes nothing for those who trust it.
        let again = LocalAuthority::open(folder.path(), "other").unwrap();
        assert_eq!(again.pem(), authority.pem());
        let second = again.server(folder.path(), usual.clone()).unwrap();
        assert_eq!(second.certificate(), first.certificate());
        let more = hosts(&["localhost", "192.168.1.7", "example.com"]);
        let third = again.server(folder.path(), more).unwrap();
        assert_ne!(third.certificate(), first.certificate());
        assert!(again.is_trusted(&third, "192.168.1.7"));
        // A certificate of another authority is of no use.
        fs_err::remove_file(folder.path().join("authority.key")).unwrap();
        let anew = LocalAuthority::open(folder.path(), "ada").unwrap();
        let fourth = anew.server(folder.path(), hosts(&["localhost"])).unwrap();
        assert!(anew.is_trusted(&fourth, "localhost"));
        for name in [KEY, "authority.key"] {
            use std::os::unix::fs::PermissionsExt as _;
            let metadata = fs_err::metadata(folder.path().join(name)).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
        }
    }
}
