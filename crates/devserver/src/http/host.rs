//! By which name a request reached this server, and whether the server goes by it. Pure.
//!
//! A web page can give its own name the address of this machine (DNS rebinding). To a browser the server is then part of that page's
//! site, and only the `Host` of its requests gives it away. So who asks from this machine, as a browser on it does, has to use a name
//! of this machine, an address, or a name that was let in; an address cannot be rebound.
//!
//! A server for others is reached by whatever name a balancer passes on, and a page that gave it its own name gets nowhere: the token of
//! a user is not the page's to send, nor is the cookie of another name. So where auth decides, every name is as good.

use std::net::{IpAddr, Ipv6Addr};

use http::header::HOST;
use http::{HeaderMap, Request, Version};
use lgx_config::AllowedHost;
use lgx_engine::loopback;

use super::call::Peer;
use super::entrance::Entrance;

/// Why a request does not name one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unnamed {
    /// HTTP/1.1 requires it.
    #[error("The request has no Host header.")]
    Missing,
    /// Two headers, or a header and a target that disagree: proxies and servers would each pick another.
    #[error("The request names more than one host.")]
    Several,
    /// Text that no host is written with, such as `locаlhost` with a letter of another alphabet.
    #[error("The request's Host is not a host name.")]
    Malformed,
}

/// The host that a request names, with its port as it stands there; `None` only before HTTP/1.1.
pub(crate) fn named<B>(request: &Request<B>) -> Result<Option<&str>, Unnamed> {
    let mut headers = request.headers().get_all(HOST).iter();
    let header = headers.next();
    if headers.next().is_some() {
        return Err(Unnamed::Several);
    }
    let Some(header) = header else {
        let before_hosts = request.version() < Version::HTTP_11;
        return if before_hosts && request.uri().authority().is_none() {
            Ok(None)
        } else {
            Err(Unnamed::Missing)
        };
    };
    let host = header.to_str().map_err(|_| Unnamed::Malformed)?;
    if !is_well_formed(host) {
        return Err(Unnamed::Malformed);
    }
    match request.uri().authority() {
        Some(target) if !target.as_str().eq_ignore_ascii_case(host) => Err(Unnamed::Several),
        _ => Ok(Some(host)),
    }
}

/// Whether a host is a name, or an address, and perhaps a port. Two parsers that disagree about where the name ends would each see
/// another one in `evil.example:80.localhost`.
fn is_well_formed(host: &str) -> bool {
    let in_brackets = host.strip_prefix('[').map(|rest| rest.split_once(']'));
    let (has_name, port) = match in_brackets {
        Some(Some((address, port))) => (address.parse::<Ipv6Addr>().is_ok(), port),
        Some(None) => return false,
        None => {
            let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
            let mut letters = name.bytes();
            let is_letter =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
            (letters.all(is_letter), port)
        }
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    has_name
        && (port.is_empty() || port.starts_with(':'))
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The host that headers name, in a request that was let in.
pub(crate) fn of(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST)?.to_str().ok()
}

/// The name in a host, without its port.
pub(crate) fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if !name.is_empty()
                && !port.is_empty()
                && port.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            name
        }
        _ => host,
    }
}

/// The names that a server goes by.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    /// Whether every name is as good, because auth decides who is let in.
    pub any: bool,
    /// The address it listens on.
    pub listening: IpAddr,
    /// `--allow-host`.
    pub from_flags: &'a [AllowedHost],
    /// `http.allow_hosts`.
    pub configured: &'a [AllowedHost],
    /// The name of the tunnel, for a request that has come by it.
    pub tunnel: Option<&'a str>,
}

impl Names<'_> {
    /// Whether the server answers to `host`, asked from `peer`. Who listens for others wants to be reached by them under any name.
    pub(crate) fn include(&self, host: Option<&str>, peer: Peer) -> bool {
        if peer.entrance == Entrance::Tunnel {
            return host.is_some_and(|host| self.is_tunnel(host));
        }
        let Some(host) = host else { return true };
        if self.any {
            return true;
        }
        if self.listening.is_loopback() {
            loopback::is_loopback(name(host)) || self.were_let_in(host)
        } else {
            !peer.is_this_machine() || self.cannot_be_taken(host)
        }
    }

    /// Whether a page that came from `host` must be this server's own: nobody else can have made that name lead here.
    pub(crate) fn cannot_be_taken(&self, host: &str) -> bool {
        let name = name(host);
        self.any
            || loopback::is_loopback(name)
            || loopback::address(name).is_some()
            || self.were_let_in(host)
            || self.is_tunnel(host)
    }

    fn is_tunnel(&self, host: &str) -> bool {
        self.tunnel
            .is_some_and(|tunnel| name(host).eq_ignore_ascii_case(tunnel))
    }

    fn were_let_in(&self, host: &str) -> bool {
        let name = name(host);
        let mut allowed = self.from_flags.iter().chain(self.configured);
        allowed.any(|allowed| allowed.matches(name))
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn peer(address: &str, reached: &str) -> Peer {
        Peer {
            address: SocketAddr::new(address.parse().unwrap(), 50_000),
            reached: reached.parse().unwrap(),
            entrance: Entrance::Plain,
        }
    }

    #[test]
    fn which_names_are_answered_to() {
        let here = ("127.0.0.1", "127.0.0.1");
        let here6 = ("::1", "::1");
        let own_address = ("192.168.1.7", "192.168.1.7");
        let mapped = ("::ffff:127.0.0.1", "::ffff:127.0.0.1");
        let network = ("192.168.1.9", "192.168.1.7");
        let allowed: Vec<AllowedHost> = vec!["app.test".parse().unwrap()];
        let configured: Vec<AllowedHost> = vec!["*.ngrok.app".parse().unwrap()];
        for (listening, (from, reached), host, expected) in [
            ("127.0.0.1", here, "127.0.0.1:2024", true),
            ("127.0.0.1", here, "localhost:2024", true),
            ("127.0.0.1", here, "localhost", true),
            ("127.0.0.1", here, "localhost.:2024", true),
            ("127.0.0.1", here, "[::1]:2024", true),
            ("127.0.0.1", here, "LOCALHOST:1", true),
            ("127.0.0.1", here, "api.localhost:2024", true),
            ("::1", here6, "[::1]:2024", true),
            ("127.0.0.1", here, "app.test:2024", true),
            ("127.0.0.1", here, "abc.ngrok.app", true),
            ("127.0.0.1", here, "ngrok.app", false),
            ("127.0.0.1", here, "evil.example:2024", false),
            ("127.0.0.1", here, "127.0.0.1.evil.example", false),
            ("127.0.0.1", here, "192.168.1.7:2024", false),
            ("127.0.0.1", here, "", false),
            // A browser on this machine, led here by a page's name, whichever of its addresses the name leads to.
            ("0.0.0.0", here, "evil.example:2024", false),
            ("::", here6, "evil.example:2024", false),
            ("::", mapped, "evil.example:2024", false),
            ("0.0.0.0", own_address, "evil.example:2024", false),
            ("192.168.1.7", own_address, "evil.example", false),
            ("0.0.0.0", here, "localhost:2024", true),
            ("0.0.0.0", here, "0.0.0.0:2024", true),
            ("::", here6, "[::]:2024", true),
            ("0.0.0.0", own_address, "192.168.1.7:2024", true),
            ("0.0.0.0", own_address, "app.test", true),
            // Others on the network.
            ("0.0.0.0", network, "my-machine:2024", true),
            ("192.168.1.7", network, "lgx.example", true),
        ] {
            let names = Names {
                any: false,
                listening: listening.parse().unwrap(),
                from_flags: &allowed,
                configured: &configured,
                tunnel: None,
            };
            assert_eq!(
                names.include(Some(host), peer(from, reached)),
                expected,
                "{host} at {listening} from {from}"
            );
            assert!(names.include(None, peer(from, reached)));
        }
    }

    #[test]
    fn where_auth_decides_every_name_is_as_good_but_by_a_tunnel() {
        let names = Names {
            any: true,
            listening: [0, 0, 0, 0].into(),
            from_flags: &[],
            configured: &[],
            tunnel: Some("a-b.trycloudflare.com"),
        };
        let here = peer("127.0.0.1", "127.0.0.1");
        assert!(names.include(Some("api.example"), here));
        assert!(names.cannot_be_taken("api.example"));
        let by_tunnel = Peer {
            entrance: Entrance::Tunnel,
            ..here
        };
        assert!(!names.include(Some("api.example"), by_tunnel));
    }

    #[test]
    fn by_a_tunnel_its_own_name_is_the_only_one() {
        let allowed: Vec<AllowedHost> = vec!["app.test".parse().unwrap()];
        let by = |tunnel, host| {
            let names = Names {
                any: false,
                listening: [127, 0, 0, 1].into(),
                from_flags: &allowed,
                configured: &[],
                tunnel,
            };
            let peer = Peer {
                entrance: Entrance::Tunnel,
                ..peer("127.0.0.1", "127.0.0.1")
            };
            names.include(host, peer)
        };
        let open = Some("a-b.trycloudflare.com");
        assert!(by(open, Some("A-b.trycloudflare.com")));
        for host in [
            "localhost",
            "127.0.0.1:2024",
            "app.test",
            "b.trycloudflare.com",
            "",
        ] {
            assert!(!by(open, Some(host)), "{host}");
            assert!(!by(None, Some(host)), "{host}");
        }
        assert!(!by(open, None) && !by(None, open));
    }

    #[test]
    fn a_request_names_one_host() {
        let request = |version, target: &str, hosts: &[&[u8]]| {
            let mut request = Request::builder().version(version).uri(target);
            for host in hosts {
                request = request.header(HOST, *host);
            }
            request.body(()).unwrap()
        };
        let new = Version::HTTP_11;
        for (version, target, hosts, expected) in [
            (new, "/ok", &[&b"a:1"[..]][..], Ok(Some("a:1"))),
            (new, "/ok", &[b""], Ok(Some(""))),
            (new, "http://a:1/ok", &[b"A:1"], Ok(Some("A:1"))),
            (Version::HTTP_10, "/ok", &[], Ok(None)),
            (new, "/ok", &[], Err(Unnamed::Missing)),
            (new, "http://a/ok", &[], Err(Unnamed::Missing)),
            (
                Version::HTTP_10,
                "http://evil.example/ok",
                &[],
                Err(Unnamed::Missing),
            ),
            (new, "/ok", &[b"a", b"a"], Err(Unnamed::Several)),
            (
                new,
                "http://evil.example/ok",
                &[b"localhost"],
                Err(Unnamed::Several),
            ),
            (
                new,
                "http://localhost/ok",
                &[b"evil.example"],
                Err(Unnamed::Several),
            ),
            (
                new,
                "/ok",
                &["loc\u{430}lhost".as_bytes()],
                Err(Unnamed::Malformed),
            ),
            (new, "/ok", &[b"\xe9vil.example"], Err(Unnamed::Malformed)),
            (new, "/ok", &[b"a@localhost"], Err(Unnamed::Malformed)),
            (
                new,
                "/ok",
                &[b"evil.example#.localhost"],
                Err(Unnamed::Malformed),
            ),
            (new, "/ok", &[b"a, localhost"], Err(Unnamed::Malformed)),
            (new, "/ok", &[b"[::1]:80"], Ok(Some("[::1]:80"))),
            (new, "/ok", &[b"::1"], Err(Unnamed::Malformed)),
            (new, "/ok", &[b"[::1"], Err(Unnamed::Malformed)),
            (new, "/ok", &[b"[::1]a.example"], Err(Unnamed::Malformed)),
            (new, "/ok", &[b"[a.example]"], Err(Unnamed::Malformed)),
            (
                new,
                "/ok",
                &[b"a.example:80.localhost"],
                Err(Unnamed::Malformed),
            ),
            (new, "/ok", &[b"localhost:80:90"], Err(Unnamed::Malformed)),
        ] {
            let request = request(version, target, hosts);
            assert_eq!(named(&request), expected, "{request:?}");
        }
    }
}
