//! Names besides those of this machine that the server answers to: `--allow-host` and `http.allow_hosts`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A host name, or all names below one (`*.example.com`), in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedHost {
    /// This name or address, and no other.
    Exactly(String),
    /// Every name that ends like this; the text begins with the dot.
    Below(String),
}

/// Why a text names no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowedHostError {
    /// All names at once.
    #[error(
        "`*` would let in every web page whose name leads here; write the names, or `*.example.com` for all below one"
    )]
    Everything,
    /// A URL, or a name with a port.
    #[error("write the name alone, without a scheme, a port or a path")]
    MoreThanAName,
    /// Anything else.
    #[error(
        "this is not a host name; write one such as `app.test`, or `*.example.com` for all below one"
    )]
    NotAName,
}

impl AllowedHost {
    /// Whether this lets in `name`, which has no port.
    pub fn matches(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        match self {
            Self::Exactly(allowed) => *allowed == name,
            Self::Below(suffix) => name
                .strip_suffix(suffix)
                .is_some_and(|head| !head.is_empty()),
        }
    }
}

impl FromStr for AllowedHost {
    type Err = AllowedHostError;

    fn from_str(text: &str) -> Result<Self, AllowedHostError> {
        let text = text.to_ascii_lowercase();
        if let Ok(address) = text
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>()
        {
            return Ok(Self::Exactly(match address {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => format!("[{address}]"),
            }));
        }
        if matches!(&*text, "*" | "*.") {
            return Err(AllowedHostError::Everything);
        }
        if text.contains([':', '/']) {
            return Err(AllowedHostError::MoreThanAName);
        }
        let (name, below) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (&*text, false),
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_label = |label: &str| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if !name.split('.').all(is_label) {
            return Err(AllowedHostError::NotAName);
        }
        Ok(if below {
            Self::Below(format!(".{name}"))
        } else {
            Self::Exactly(name.to_owned())
        })
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(name) => formatter.write_str(name),
            Self::Below(suffix) => write!(formatter, "*{suffix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_lets_in_itself_and_a_star_what_is_below() {
        for (allowed, name, expected) in [
            ("app.test", "app.test", true),
            ("App.Test", "aPP.tEST.", true),
            ("app.test", "x.app.test", false),
            ("app.test", "app.test.evil.example", false),
            ("*.app.test", "x.app.test", true),
            ("*.app.test", "x.y.app.test", true),
            ("*.app.test", "app.test", false),
            ("*.app.test", ".app.test", false),
            ("*.app.test", "evilapp.test", false),
            ("my_container", "my_container", true),
            ("192.168.1.7", "192.168.1.7", true),
            ("fd00::1", "[fd00::1]", true),
            ("[fd00::1]", "[fd00::1]", true),
        ] {
            let rule: AllowedHost = allowed.parse().unwrap();
            assert_eq!(rule.matches(name), expected, "{allowed} {name}");
            assert_eq!(rule.to_string().parse(), Ok(rule));
        }
    }

    #[test]
    fn what_is_no_name_is_refused_with_what_to_write() {
        use AllowedHostError::{Everything, MoreThanAName, NotAName};
        for (text, expected) in [
            ("*", Everything),
            ("http://app.test", MoreThanAName),
            ("app.test:8080", MoreThanAName),
            ("app.test/x", MoreThanAName),
            ("", NotAName),
            ("a..b", NotAName),
            ("*.*.test", NotAName),
            ("a*.test", NotAName),
            ("user@app.test", NotAName),
            ("éa.test", NotAName),
        ] {
            assert_eq!(text.parse::<AllowedHost>(), Err(expected), "{text}");
        }
    }
}
