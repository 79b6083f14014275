//! Whether a request was sent on this machine, as far as a server can know. Pure.
//!
//! That the connection comes from a loopback address does not say it: a tunnel or proxy on this machine connects from there for the
//! whole internet, and so does a browser on it for any page whose name leads here. Only what carries no sign of either is from here.

use std::net::IpAddr;

use http::HeaderMap;
use lgx_engine::loopback;

use super::{cors, host};

/// What proxies and tunnels add to the requests they pass on, beside everything that begins with `x-forwarded-`.
const FORWARDING: [&str; 14] = [
    "forwarded",
    "via",
    "x-forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "x-original-host",
    "x-envoy-external-address",
    "true-client-ip",
    "cf-connecting-ip",
    "cdn-loop",
    "fly-client-ip",
    "fastly-client-ip",
];

/// Decides for one request, whose connection comes from `peer`.
pub(crate) fn is_from_here(peer: IpAddr, headers: &HeaderMap, studio_url: &str) -> bool {
    let was_passed_on = headers.keys().any(|name| {
        let name = name.as_str();
        FORWARDING.contains(&name) || name.starts_with("x-forwarded-")
    });
    let names_this_machine =
        host::of(headers).is_some_and(|host| loopback::is_loopback(host::name(host)));
    let page_may_ask = cors::origin(headers)
        .is_none_or(|(_, origin)| cors::is_studio(origin, studio_url) || cors::is_loopback(origin));
    peer.to_canonical().is_loopback() && !was_passed_on && names_this_machine && page_may_ask
}

#[cfg(test)]
mod tests {
    use http::header::{HOST, HeaderName, ORIGIN};

    use super::*;

    const STUDIO: &str = "https://studio.example";

    fn decide(peer: &str, headers: &[(&str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        is_from_here(peer.parse().unwrap(), &map, STUDIO)
    }

    #[test]
    fn a_loopback_address_and_a_name_of_this_machine_are_needed() {
        for (peer, host, expected) in [
            ("127.0.0.1", "127.0.0.1:2024", true),
            ("127.9.9.9", "localhost", true),
            ("::1", "[::1]:2024", true),
            ("::ffff:127.0.0.1", "app.localhost:2024", true),
            ("192.168.1.7", "localhost:2024", false),
            ("127.0.0.1", "evil.example:2024", false),
            ("127.0.0.1", "192.168.1.7:2024", false),
            ("127.0.0.1", "0.0.0.0:2024", false),
            ("127.0.0.1", "localhost.evil.example", false),
        ] {
            let decided = decide(peer, &[(HOST.as_str(), host)]);
            assert_eq!(decided, expected, "{peer} {host}");
        }
        assert!(!decide("127.0.0.1", &[]), "no name at all");
    }

    #[test]
    fn pages_of_studio_and_of_this_machine_are_from_here_and_others_are_not() {
        for (origin, expected) in [
            ("https://smith.langchain.com", true),
            (STUDIO, true),
            ("http://localhost:3000", true),
            ("http://127.0.0.1:2024", true),
            ("http://evil.example:2024", false),
            ("https://app.example", false),
            ("null", false),
        ] {
            let headers = [(HOST.as_str(), "localhost:2024"), (ORIGIN.as_str(), origin)];
            assert_eq!(decide("127.0.0.1", &headers), expected, "{origin}");
        }
    }

    #[test]
    fn what_a_proxy_or_tunnel_passes_on_is_from_elsewhere() {
        for (name, value) in [
            ("Forwarded", "for=203.0.113.9"),
            ("Via", "1.1 vegur"),
            ("X-Forwarded-For", "203.0.113.9"),
            ("X-Forwarded-Host", "app.example"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Server", "edge"),
            ("X-Real-IP", "203.0.113.9"),
            ("CF-Connecting-IP", "203.0.113.9"),
            ("True-Client-IP", "203.0.113.9"),
            ("Fly-Client-IP", "203.0.113.9"),
            ("X-Cluster-Client-IP", "203.0.113.9"),
            // Also where it says that the client is this machine: anybody can send that to the proxy.
            ("X-Forwarded-For", "127.0.0.1"),
            ("X-Forwarded-For", ""),
        ] {
            let headers = [(HOST.as_str(), "localhost:2024"), (name, value)];
            assert!(!decide("127.0.0.1", &headers), "{name}");
        }
        let headers = [
            (HOST.as_str(), "localhost:2024"),
            ("x-request-id", "1"),
            ("user-agent", "via curl"),
        ];
        assert!(decide("127.0.0.1", &headers));
    }
}
