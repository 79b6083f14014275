//! What a server that shares its database with others is told: the secret that all of them have, and where they reach it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::uri::{Authority, Scheme};
use lgx_model::InstanceId;
use ring::hkdf::{HKDF_SHA256, Salt};

/// How many characters a secret has at least.
const SHORTEST: usize = 32;
/// How long keys are, in bytes.
pub const KEY: usize = 32;

/// With whom a server shares its database.
#[derive(Debug, Clone)]
pub struct SharedDatabase {
    /// This start of this server.
    pub instance_id: InstanceId,
    /// What all of them know, and nobody else.
    pub secret: SharedSecret,
    /// Where the others reach this one, as far as that was said.
    pub url: Option<InstanceUrl>,
}

/// What all servers of a database know, and nobody else. Nothing shows it, and it is used for nothing but to derive keys.
#[derive(Clone)]
pub struct SharedSecret(Arc<str>);

/// The secret could be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has {0} characters, and needs {least} at least", least = SHORTEST)]
pub struct TooShort(usize);

impl SharedSecret {
    /// The secret in this text.
    ///
    /// # Errors
    /// When it is too short.
    pub fn new(text: &str) -> Result<Self, TooShort> {
        let characters = text.chars().count();
        if characters < SHORTEST {
            return Err(TooShort(characters));
        }
        Ok(Self(text.into()))
    }

    /// The key for one purpose. It tells nothing about those for others, nor about the secret.
    pub fn key(&self, purpose: &str) -> [u8; KEY] {
        let mut key = [0; KEY];
        let secret = Salt::new(HKDF_SHA256, b"lgx").extract(self.0.as_bytes());
        let purpose = [purpose.as_bytes()];
        let filled = secret
            .expand(&purpose, HKDF_SHA256)
            .and_then(|derived| derived.fill(&mut key));
        // It fails only for lengths that are not those of the algorithm.
        debug_assert!(filled.is_ok());
        key
    }
}

impl SharedSecret {
    /// Tells it from others, and tells nothing about it.
    pub fn fingerprint(&self) -> String {
        let key = self.key("the fingerprint of the secret");
        let first = key.first_chunk().copied().unwrap_or_default();
        format!("{:016x}", u64::from_be_bytes(first))
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SharedSecret")
    }
}

/// Where an instance is reached: a scheme, a host and, if it is not the usual one, a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceUrl {
    /// `http` or `https`.
    pub scheme: Scheme,
    /// The host and the port.
    pub authority: Authority,
}

/// Something else than the URL of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give http:// or https:// with a host and a port, such as http://10.0.0.7:8000")]
pub struct NoInstanceUrl;

impl FromStr for InstanceUrl {
    type Err = NoInstanceUrl;

    fn from_str(text: &str) -> Result<Self, NoInstanceUrl> {
        let uri: http::Uri = text.parse().map_err(|_| NoInstanceUrl)?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let parts = uri.clone().into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(NoInstanceUrl);
        };
        let is_known = scheme == Scheme::HTTP || scheme == Scheme::HTTPS;
        let has_user = authority.as_str().contains('@');
        if path != "/" || !is_known || has_user || authority.host().is_empty() {
            return Err(NoInstanceUrl);
        }
        Ok(Self { scheme, authority })
    }
}

impl fmt::Display for InstanceUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.scheme, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_secret_is_long_and_never_shown() {
        assert_eq!(SharedSecret::new("short").unwrap_err(), TooShort(5));
        assert_eq!(SharedSecret::new(&SECRET[1..]).unwrap_err(), TooShort(31));
        let secret = SharedSecret::new(SECRET).unwrap();
        assert!(!format!("{secret:?}").contains("0123"));
    }

    #[test]
    fn a_key_is_that_of_its_secret_and_its_purpose() {
        let secret = SharedSecret::new(SECRET).unwrap();
        let other = SharedSecret::new(&SECRET.replace('a', "b")).unwrap();
        assert_eq!(secret.key("one"), secret.clone().key("one"));
        assert_ne!(secret.key("one"), secret.key("two"));
        assert_ne!(secret.key("one"), other.key("one"));
        assert_ne!(secret.key("one"), [0; KEY]);
        assert_eq!(secret.fingerprint(), secret.clone().fingerprint());
        assert_ne!(secret.fingerprint(), other.fingerprint());
    }

    #[test]
    fn an_instance_is_reached_by_scheme_and_host_alone() {
        for (text, written) in [
            ("http://10.0.0.7:8000", Some("http://10.0.0.7:8000")),
            (
                "https://agent-1.internal/",
                Some("https://agent-1.internal"),
            ),
            ("http://[::1]:8000", Some("http://[::1]:8000")),
            ("10.0.0.7:8000", None),
            ("ftp://host", None),
            ("http://host/prefix", None),
            ("http://host/?a=b", None),
            ("http://user@host", None),
            ("", None),
        ] {
            let url = text.parse::<InstanceUrl>().ok();
            let shown = url.map(|url| url.to_string());
            assert_eq!(shown.as_deref(), written, "{text}");
        }
    }
}
