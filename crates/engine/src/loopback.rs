//! Which host names mean this machine and nothing else.

use std::net::IpAddr;

/// Whether a host name (without port) means this machine and nothing else.
pub fn is_loopback(name: &str) -> bool {
    let plain = name.trim_end_matches('.').to_ascii_lowercase();
    plain == "localhost"
        || plain.ends_with(".localhost")
        || address(name).is_some_and(|address| address.to_canonical().is_loopback())
}

/// The address that a host name is, an IPv6 one with or without its brackets.
pub fn address(name: &str) -> Option<IpAddr> {
    let inner = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner.unwrap_or(name).parse().ok()
}
