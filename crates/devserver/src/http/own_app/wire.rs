//! Requests and answers as the worker protocol writes them: bytes of HTTP are texts there, each byte the character of its number.

use std::net::SocketAddr;

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, Method, Request, StatusCode, Uri, Version};
use lgx_worker::{Accepted, AnswerHead, AppRequest};
use serde::Serialize;

use crate::http::call::Peer;
use crate::http::entrance::Entrance;
use crate::http::{ApiError, Inside};

/// Whether a request asks for a `WebSocket`. The header alone makes none of a POST.
pub(super) fn is_socket(method: &Method, headers: &HeaderMap) -> bool {
    let upgrade = headers.get(UPGRADE);
    method == Method::GET
        && upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// A request, for the app.
pub(super) fn to_app(parts: &Parts) -> AppRequest {
    let peer = parts.extensions.get::<Peer>();
    let raw_path = parts.uri.path();
    AppRequest {
        method: Some(parts.method.as_str().to_owned()),
        scheme: peer
            .map_or("http", |peer| peer.entrance.scheme())
            .to_owned(),
        path: decoded(raw_path),
        raw_path: raw_path.to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers_to_app(&parts.headers),
        client: peer.and_then(Peer::client).map(address),
        server: server(&parts.headers, peer),
        http_version: version(parts.version).to_owned(),
        subprotocols: Vec::new(),
    }
}

/// A request for a WebSocket, for the app.
pub(super) fn to_app_socket(parts: &Parts) -> AppRequest {
    let offered = parts.headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let offered = offered.filter_map(|value| value.to_str().ok());
    let request = to_app(parts);
    AppRequest {
        method: None,
        scheme: request.scheme.replace("http", "ws"),
        subprotocols: offered
            .flat_map(|value| value.split(','))
            .map(|name| name.trim().to_owned())
            .collect(),
        ..request
    }
}

/// A request as the app's middleware has left it, for the server's own routes.
pub(super) fn from_app(request: AppRequest, body: Body) -> Result<Request<Body>, ApiError> {
    let unreadable = |what: &str| {
        ApiError::internal(format!(
            "the app's middleware has made an impossible {what}"
        ))
    };
    let target = if request.query.is_empty() {
        request.raw_path
    } else {
        format!("{}?{}", request.raw_path, request.query)
    };
    let uri = Uri::try_from(target).map_err(|_| unreadable("path"))?;
    let method = request.method.unwrap_or_else(|| "GET".to_owned());
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| unreadable("method"))?;
    let mut made = Request::new(body);
    *made.method_mut() = method;
    *made.uri_mut() = uri;
    *made.headers_mut() = headers_from_app(&request.headers).ok_or_else(|| unreadable("header"))?;
    Ok(made)
}

/// The head of an answer of the server's own, for the app.
pub(super) fn answer_to_app(response: &Response) -> AnswerHead {
    AnswerHead {
        status: response.status().as_u16(),
        headers: headers_to_app(response.headers()),
        route: None,
        diagnostic: None,
    }
}

/// What the server's own `WebSocket` is accepted with, for the app.
pub(super) fn accepted_to_app(response: &Response) -> SocketAccept {
    let mut headers = response.headers().clone();
    // It has no body.
    headers.remove(CONTENT_LENGTH);
    SocketAccept {
        accept: Accepted {
            subprotocol: None,
            headers: headers_to_app(&headers),
            route: None,
        },
    }
}

/// The first message of a `WebSocket` that is accepted.
#[derive(Serialize)]
pub(super) struct SocketAccept {
    accept: Accepted,
}

/// An answer of the app.
pub(super) fn answer_from_app(head: &AnswerHead, body: Body) -> Result<Response, ApiError> {
    let unreadable =
        |what: &str| ApiError::internal(format!("the app has answered with an impossible {what}"));
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(head.status).map_err(|_| unreadable("status"))?;
    let mut headers = headers_from_app(&head.headers).ok_or_else(|| unreadable("header"))?;
    for name in OF_THE_CONNECTION {
        headers.remove(name);
    }
    *response.headers_mut() = headers;
    if let Some(crash) = head.diagnostic.clone() {
        response.extensions_mut().insert(Inside::Diagnostic(crash));
    }
    Ok(response)
}

/// Headers that say how an answer is sent, which is the server's business.
const OF_THE_CONNECTION: [&str; 5] = [
    "connection",
    "keep-alive",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn headers_to_app(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| value.as_bytes().iter().copied().map(char::from).collect();
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect()
}

/// None if one of them is no header.
pub(super) fn headers_from_app(headers: &[(String, String)]) -> Option<HeaderMap> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let bytes: Result<Vec<u8>, _> = value.chars().map(u8::try_from).collect();
        map.append(
            HeaderName::try_from(name).ok()?,
            HeaderValue::from_bytes(&bytes.ok()?).ok()?,
        );
    }
    Some(map)
}

/// A path as routes see it.
pub(super) fn decoded(path: &str) -> String {
    percent_encoding::percent_decode_str(path)
        .decode_utf8_lossy()
        .into_owned()
}

fn address(address: SocketAddr) -> (String, u16) {
    (address.ip().to_string(), address.port())
}

/// This end of the connection: the address that was reached, and the port that the client named.
fn server(headers: &HeaderMap, peer: Option<&Peer>) -> Option<(String, u16)> {
    let host = headers.get(http::header::HOST)?.to_str().ok()?;
    let port = host
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok());
    let peer = peer?;
    let usual = match peer.entrance {
        Entrance::Plain => 80,
        Entrance::Tls | Entrance::Tunnel => 443,
    };
    Some((peer.reached.to_string(), port.unwrap_or(usual)))
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        _ => "1.1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_comes_back_as_it_was_with_every_byte_of_its_headers() {
        let request = Request::builder()
            .method("PROPFIND")
            .uri("/caf%C3%A9/x?a=b%20c")
            .header("x-odd", HeaderValue::from_bytes(b"caf\xe9").unwrap())
            .header("x-two", "1")
            .header("x-two", "2")
            .body(Body::empty())
            .unwrap();
        let (parts, _) = request.into_parts();
        let asked = to_app(&parts);
        assert_eq!(asked.path, "/café/x");
        let again = from_app(asked, Body::empty()).unwrap();
        assert_eq!(again.method(), &parts.method);
        assert_eq!(again.uri(), &parts.uri);
        assert_eq!(again.headers(), &parts.headers);
    }

    #[test]
    fn how_an_answer_is_sent_is_not_the_app_s_to_say() {
        let head = AnswerHead {
            status: 200,
            headers: vec![
                ("transfer-encoding".into(), "chunked".into()),
                ("set-cookie".into(), "a=1".into()),
                ("set-cookie".into(), "b=2".into()),
            ],
            route: None,
            diagnostic: None,
        };
        let response = answer_from_app(&head, Body::empty()).unwrap();
        assert_eq!(response.headers().len(), 2);
        let impossible = AnswerHead {
            status: 200,
            headers: vec![("x".into(), "line\nbreak".into())],
            route: None,
            diagnostic: None,
        };
        assert!(answer_from_app(&impossible, Body::empty()).is_err());
    }

    #[test]
    fn what_a_socket_offers_to_speak_is_a_list() {
        let request = Request::builder()
            .uri("/ws")
            .header(SEC_WEBSOCKET_PROTOCOL, "chat, superchat")
            .header(SEC_WEBSOCKET_PROTOCOL, "third")
            .body(())
            .unwrap();
        let (parts, ()) = request.into_parts();
        let asked = to_app_socket(&parts);
        assert_eq!(asked.subprotocols, ["chat", "superchat", "third"]);
        assert_eq!(asked.scheme, "ws");
    }

    #[test]
    fn an_app_is_told_by_which_scheme_it_is_asked() {
        let reached = std::net::Ipv4Addr::LOCALHOST.into();
        let mut request = Request::builder().uri("/").header("host", "localhost");
        request = request.extension(Peer {
            address: SocketAddr::new(reached, 50_000),
            reached,
            entrance: Entrance::Tls,
        });
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let asked = to_app(&parts);
        assert_eq!(
            (asked.scheme.as_str(), asked.server.unwrap().1),
            ("https", 443)
        );
        assert_eq!(to_app_socket(&parts).scheme, "wss");
    }
}
