//! The parts of an address: what the library reads, and how the connection is encrypted, of which it knows only half.
//!
//! The words are those of libpq: `disable`, `allow` and `prefer` (encrypted if the server offers it), `require` (encrypted, whoever answers),
//! `verify-ca` and `verify-full` (encrypted, with a certificate that is trusted and, here for both, is for this host).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use tokio::net::{UdpSocket, lookup_host};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::failure::told;
use crate::{Result, StoreError};

/// Where a database listens that does not say otherwise.
const USUAL_PORT: u16 = 5432;

/// An address that was read.
pub(super) struct Address {
    /// What connects.
    pub(super) config: Config,
    /// Whether the certificate of the server is looked at.
    pub(super) verifies: bool,
    /// The certificates that are trusted, if the address says so.
    pub(super) trusted: Option<PathBuf>,
}

impl Address {
    /// Reads `postgres://…`, or words like `host=… dbname=…`.
    pub(super) fn read(text: &str) -> Result<Self> {
        let mut mode = None;
        let mut trusted = None;
        let rest = without(text, |name, value| {
            match name {
                "sslmode" => mode = Some(value.to_owned()),
                "sslrootcert" => trusted = Some(PathBuf::from(value)),
                _ => return false,
            }
            true
        });
        let mut config: Config = rest
            .parse()
            .map_err(|error| StoreError::Address(told(&error)))?;
        let (ssl, verifies) = match mode.as_deref() {
            Some("disable") => (SslMode::Disable, false),
            None | Some("allow" | "prefer") => (SslMode::Prefer, false),
            Some("require") => (SslMode::Require, trusted.is_some()),
            Some("verify-ca" | "verify-full") => (SslMode::Require, true),
            Some(other) => {
                return Err(StoreError::Address(format!(
                    "there is no sslmode `{other}`"
                )));
            }
        };
        config.ssl_mode(ssl);
        Ok(Self {
            config,
            verifies,
            trusted,
        })
    }
}

/// The address by which this machine reaches the first of the database's hosts that has one: others on that network reach this machine
/// under it. None where the database is reached by a socket of this machine, or not at all.
pub(crate) async fn reached_from(text: &str) -> Option<IpAddr> {
    let config = Address::read(text).ok()?.config;
    let port = config.get_ports().first().copied().unwrap_or(USUAL_PORT);
    let numbers = config.get_hostaddrs().iter();
    let mut places: Vec<SocketAddr> = numbers.map(|ip| SocketAddr::new(*ip, port)).collect();
    for host in config.get_hosts() {
        if let Host::Tcp(name) = host
            && places.is_empty()
        {
            places.extend(lookup_host((name.as_str(), port)).await.ok()?);
        }
    }
    for place in places {
        let any: IpAddr = match place {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        // Nothing is sent: the system only says which of its addresses it would send from.
        if let Ok(socket) = UdpSocket::bind((any, 0)).await
            && socket.connect(place).await.is_ok()
            && let Ok(own) = socket.local_addr()
        {
            return Some(own.ip());
        }
    }
    None
}

/// The text without the parameters that `takes` takes.
fn without(text: &str, mut takes: impl FnMut(&str, &str) -> bool) -> String {
    let mut is_taken = |parameter: &&str| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        takes(name, value.trim_matches('\''))
    };
    if !text.contains("://") {
        let kept: Vec<_> = text.split_whitespace().filter(|it| !is_taken(it)).collect();
        return kept.join(" ");
    }
    let Some((place, parameters)) = text.split_once('?') else {
        return text.to_owned();
    };
    let kept: Vec<_> = parameters.split('&').filter(|it| !is_taken(it)).collect();
    if kept.is_empty() {
        place.to_owned()
    } else {
        format!("{place}?{}", kept.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (SslMode, bool, Option<PathBuf>) {
        let address = Address::read(text).unwrap();
        (
            address.config.get_ssl_mode(),
            address.verifies,
            address.trusted,
        )
    }

    #[test]
    fn a_connection_is_encrypted_and_verified_as_the_address_says() {
        let file = Some(PathBuf::from("/ca.pem"));
        for (text, expected) in [
            ("postgres://u:p@h/d", (SslMode::Prefer, false, None)),
            (
                "postgres://u:p@h/d?sslmode=disable&connect_timeout=3",
                (SslMode::Disable, false, None),
            ),
            (
                "postgresql://u:p@h/d?sslmode=require",
                (SslMode::Require, false, None),
            ),
            (
                "postgres://u:p@h/d?sslrootcert=/ca.pem&sslmode=require",
                (SslMode::Require, true, file.clone()),
            ),
            (
                "host=h dbname=d sslmode=verify-full sslrootcert='/ca.pem'",
                (SslMode::Require, true, file),
            ),
            (
                "postgres://u:p@h/d?sslmode=verify-ca",
                (SslMode::Require, true, None),
            ),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn this_machine_is_reached_as_it_reaches_the_database() {
        for (text, own) in [
            ("postgres://u:p@127.0.0.1:1/d", Some("127.0.0.1")),
            ("postgres://u:p@localhost/d", Some("127.0.0.1")),
            ("host=/run/postgresql dbname=d", None),
            (
                "host=db.example hostaddr=127.0.0.1 dbname=d",
                Some("127.0.0.1"),
            ),
            ("colour=red", None),
        ] {
            let found = reached_from(text).await.map(|ip| ip.to_string());
            let found = found.map(|ip| ip.replace("::1", "127.0.0.1"));
            assert_eq!(found.as_deref(), own, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_without_the_password() {
        for (text, said) in [
            ("postgres://u:secret@h/d?sslmode=sometimes", "sometimes"),
            ("postgres://u:secret@h/d?colour=red", "colour"),
            ("mysql://u:secret@h/d", ""),
        ] {
            let error = Address::read(text).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(said) && !error.contains("secret"), "{error}");
        }
    }
}
