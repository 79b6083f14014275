//! The Studio bypass: a header that lets the local Studio in without a token, honoured from this machine only.

use std::net::IpAddr;

use crate::http::Call;

/// Whether a request comes from Studio and may pass without the authenticate handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Studio {
    /// It may.
    Yes,
    /// It may not, or is not from Studio.
    No,
}

impl Studio {
    /// Decides for one request.
    pub(crate) fn of(call: &Call, disabled: bool) -> Self {
        let scheme = call
            .headers
            .get("x-auth-scheme")
            .map(http::HeaderValue::as_bytes);
        Self::decide(scheme, call.peer.ip(), disabled)
    }

    fn decide(scheme: Option<&[u8]>, peer: IpAddr, disabled: bool) -> Self {
        // A header anybody can send must not open a server that others on the network can reach.
        if scheme == Some(b"langsmith") && !disabled && peer.to_canonical().is_loopback() {
            Self::Yes
        } else {
            Self::No
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_header_from_this_machine_passes() {
        let here: IpAddr = "127.0.0.1".parse().unwrap();
        assert_eq!(Studio::decide(Some(b"langsmith"), here, false), Studio::Yes);
        assert_eq!(
            Studio::decide(
                Some(b"langsmith"),
                "::ffff:127.0.0.1".parse().unwrap(),
                false
            ),
            Studio::Yes
        );
        assert_eq!(Studio::decide(Some(b"langsmith"), here, true), Studio::No);
        assert_eq!(
            Studio::decide(Some(b"langsmith"), "192.168.1.7".parse().unwrap(), false),
            Studio::No
        );
        for scheme in [Some(&b"LangSmith"[..]), Some(b"bearer"), Some(b""), None] {
            assert_eq!(Studio::decide(scheme, here, false), Studio::No);
        }
    }
}
