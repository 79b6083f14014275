//! The Studio bypass: a header that lets the local Studio in without a token, honoured from this machine only, and by servers that are
//! for its developer.

use http::HeaderMap;

use super::Call;
use super::from_here::is_from_here;

/// Whether a request comes from the local Studio. A header that anybody can send must not open a server that others can reach.
pub(super) fn is_studio(call: &Call) -> bool {
    call.app.options.is_for_development()
        && says_studio(&call.headers)
        && call.peer.client().is_some_and(|client| {
            is_from_here(client.ip(), &call.headers, &call.app.options.studio_url)
        })
}

fn says_studio(headers: &HeaderMap) -> bool {
    headers
        .get("x-auth-scheme")
        .is_some_and(|scheme| scheme.as_bytes() == b"langsmith")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_scheme_is_studios() {
        let with = |scheme: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-auth-scheme", scheme.parse().unwrap());
            headers
        };
        assert!(says_studio(&with("langsmith")));
        for scheme in ["LangSmith", "bearer", "", "langsmith "] {
            assert!(!says_studio(&with(scheme)), "{scheme:?}");
        }
        assert!(!says_studio(&HeaderMap::new()));
    }
}
