//! The gate before `/lgx/`: only this machine, and of the pages on it only the server's own. Pure.
//!
//! Any page of this machine may use the Agent Server API, since that is what one develops pages with. What is below `/lgx/` shows
//! sources and logs and opens the editor; no page is to do that but the one that this server has served.

use http::header::HeaderName;
use http::{HeaderMap, Method, StatusCode};

use crate::http::call::Peer;
use crate::http::from_here::is_from_here;
use crate::http::{ApiError, cors, host};

/// What a request that changes something has to carry. A page of another origin cannot send it before it has asked, and is refused then.
const MARK: HeaderName = HeaderName::from_static("x-lgx-studio");

/// Lets a request through, or says why not.
pub(super) fn check(
    peer: Option<&Peer>,
    method: &Method,
    headers: &HeaderMap,
    studio_url: &str,
) -> Result<(), ApiError> {
    if let Some((_, origin)) = cors::origin(headers)
        && !peer.is_some_and(|peer| is_own(origin, headers, peer.entrance.scheme()))
    {
        return Err(refused(format!(
            "Pages of {origin} may not ask this: it is for the server's own page at /studio/."
        )));
    }
    if is_of_another_page(headers) {
        return Err(refused(
            "Other pages may not ask this: it is for the server's own page at /studio/.",
        ));
    }
    let client = peer.and_then(Peer::client);
    if !client.is_some_and(|client| is_from_here(client.ip(), headers, studio_url)) {
        return Err(refused(
            "This is only for the machine that the server runs on, by a name such as localhost and without a proxy.",
        ));
    }
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if !reads && headers.get(&MARK).is_none_or(|mark| mark != "1") {
        return Err(refused(format!(
            "This changes something, so it needs the header `{MARK}: 1`."
        )));
    }
    Ok(())
}

fn refused(detail: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, detail)
}

/// Whether an origin is that of the page which was loaded from where this request goes.
fn is_own(origin: &str, headers: &HeaderMap, scheme: &str) -> bool {
    let own = origin.split_once("://");
    own.is_some() && own == host::of(headers).map(|host| (scheme, host))
}

/// Whether a browser says that another site's page, or one at another port, had it sent.
fn is_of_another_page(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    sites.any(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::http::entrance::Entrance;

    fn decide(peer: &str, method: &Method, headers: &[(&str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        decide_at(Entrance::Plain, peer, method, &map)
    }

    fn decide_at(entrance: Entrance, peer: &str, method: &Method, headers: &HeaderMap) -> bool {
        let peer = peer.parse().ok().map(|address| Peer {
            address: SocketAddr::new(address, 50_000),
            reached: address,
            entrance,
        });
        check(peer.as_ref(), method, headers, "https://studio.example").is_ok()
    }

    #[test]
    fn the_own_page_comes_by_the_scheme_that_is_spoken() {
        for (entrance, origin, through) in [
            (Entrance::Tls, "https://localhost:2024", true),
            (Entrance::Tls, "http://localhost:2024", false),
            (Entrance::Plain, "http://localhost:2024", true),
            (Entrance::Plain, "https://localhost:2024", false),
            (Entrance::Tunnel, "https://localhost:2024", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("host", "localhost:2024".parse().unwrap());
            headers.insert("origin", origin.parse().unwrap());
            let decided = decide_at(entrance, "127.0.0.1", &Method::GET, &headers);
            assert_eq!(decided, through, "{entrance:?} {origin}");
        }
    }

    #[test]
    fn the_own_page_and_programs_on_this_machine_come_through() {
        for headers in [
            vec![("host", "127.0.0.1:2024")],
            vec![("host", "localhost:2024")],
            vec![
                ("host", "localhost:2024"),
                ("origin", "http://localhost:2024"),
                ("sec-fetch-site", "same-origin"),
            ],
            vec![("host", "[::1]:2024"), ("origin", "http://[::1]:2024")],
            vec![("host", "127.0.0.1:2024"), ("sec-fetch-site", "none")],
        ] {
            assert!(decide("127.0.0.1", &Method::GET, &headers), "{headers:?}");
        }
    }

    #[test]
    fn nobody_else_does() {
        let host = ("host", "localhost:2024");
        for headers in [
            vec![],
            vec![host, ("origin", "http://localhost:3000")],
            vec![host, ("origin", "http://127.0.0.1:2024")],
            vec![host, ("origin", "https://localhost:2024")],
            vec![host, ("origin", "https://smith.langchain.com")],
            vec![host, ("origin", "https://studio.example")],
            vec![host, ("origin", "null")],
            vec![
                host,
                ("origin", "http://localhost:2024"),
                ("origin", "http://localhost:2024"),
            ],
            vec![host, ("sec-fetch-site", "same-site")],
            vec![host, ("sec-fetch-site", "cross-site")],
            vec![host, ("x-forwarded-for", "127.0.0.1")],
            vec![host, ("via", "1.1 tunnel")],
            vec![("host", "192.168.1.7:2024")],
            vec![("host", "evil.example:2024")],
            vec![("host", "evil.example"), ("origin", "http://evil.example")],
        ] {
            assert!(!decide("127.0.0.1", &Method::GET, &headers), "{headers:?}");
        }
        for peer in ["192.168.1.7", "203.0.113.9", "fe80::1", "unknown"] {
            assert!(!decide(peer, &Method::GET, &[host]), "{peer}");
        }
    }

    #[test]
    fn what_changes_something_says_whose_it_is() {
        let host = ("host", "localhost:2024");
        for (mark, through) in [("1", true), ("true", false), ("", false)] {
            let headers = [host, ("x-lgx-studio", mark)];
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                assert_eq!(decide("127.0.0.1", &method, &headers), through, "{mark:?}");
            }
        }
        assert!(!decide("127.0.0.1", &Method::POST, &[host]));
    }
}
