//! Where a request wants to go.

use std::fmt;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use crate::hosts::{bare, is_loopback};

/// A host with the port that it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Whether in TLS.
    pub(crate) secure: bool,
    /// Without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Target {
    /// The one that `CONNECT` names; in TLS, as long as nobody says otherwise.
    pub(crate) fn of_tunnel(uri: &Uri) -> Option<Self> {
        let authority = uri.authority()?;
        Some(Self {
            secure: true,
            host: bare(authority.host()).to_owned(),
            port: authority.port_u16()?,
        })
    }

    /// The one of a request whose first line names all of it. Some clients, axios among them, leave TLS to the proxy.
    pub(crate) fn of_request(uri: &Uri) -> Option<Self> {
        let secure = match uri.scheme_str()? {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let authority = uri.authority()?;
        let usual = if secure { 443 } else { 80 };
        Some(Self {
            secure,
            host: bare(authority.host()).to_owned(),
            port: authority.port_u16().unwrap_or(usual),
        })
    }

    /// Whether it is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// The whole address of what is asked for there.
    pub(crate) fn uri(&self, path: Option<&PathAndQuery>) -> Result<Uri, http::Error> {
        let authority: Authority = self.authority().parse()?;
        Uri::builder()
            .scheme(if self.secure {
                Scheme::HTTPS
            } else {
                Scheme::HTTP
            })
            .authority(authority)
            .path_and_query(path.map_or("/", PathAndQuery::as_str))
            .build()
    }

    fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Target {
    /// The host, with its port where that says something.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.secure, self.port) {
            (true, 443) | (false, 80) => formatter.write_str(&self.host),
            _ => formatter.write_str(&self.authority()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tunnel(to: &str) -> Option<String> {
        let target = tunnel_to(to)?;
        Some(format!("{target} {}", target.uri(None).unwrap()))
    }

    fn tunnel_to(to: &str) -> Option<Target> {
        Target::of_tunnel(&to.parse().unwrap())
    }

    #[test]
    fn a_tunnel_names_a_host_and_a_port() {
        assert_eq!(
            tunnel("a.org:443").as_deref(),
            Some("a.org https://a.org:443/")
        );
        assert_eq!(
            tunnel("[::1]:8443").as_deref(),
            Some("[::1]:8443 https://[::1]:8443/")
        );
        assert_eq!(tunnel("a.org"), None);
    }

    #[test]
    fn a_request_names_all_of_it() {
        let of = |uri: &str| Target::of_request(&uri.parse().unwrap());
        let target = of("http://a.org/p?q=1").unwrap();
        assert_eq!((target.to_string().as_str(), target.port), ("a.org", 80));
        let path = PathAndQuery::from_static("/p?q=1");
        let uri = target.uri(Some(&path)).unwrap();
        assert_eq!(uri.to_string(), "http://a.org:80/p?q=1");
        assert_eq!(of("https://a.org/"), tunnel_to("a.org:443"));
        assert_eq!(of("ftp://a.org/"), None);
        assert_eq!(of("/p"), None);
    }
}
