//! An address of this machine, as a person writes it.

use std::net::{IpAddr, Ipv4Addr};

/// Reads one.
pub(crate) fn parse(text: &str) -> Result<IpAddr, String> {
    if text == "localhost" {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    let address = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    address.parse().map_err(|_| {
        "give an IP address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_an_address_or_localhost() {
        assert_eq!(parse("localhost"), Ok(IpAddr::from([127, 0, 0, 1])));
        assert_eq!(parse("[::1]"), parse("::1"));
        assert!(parse("example.com").is_err());
    }
}
