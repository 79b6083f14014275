//! What every request passes first and every answer last: host and origin checks, CORS, request ids, the access log.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, HOST, HeaderName, HeaderValue, UPGRADE};
use http::{HeaderMap, Method, Request, StatusCode};
use lgx_model::RunId;
use tower::ServiceExt;

use super::call::{Peer, RequestId};
use super::cors::{self, CorsRule};
use super::{ApiError, Inside};
use crate::app::App;
use crate::notice::Notice;

/// Answers one request.
pub(crate) async fn serve(
    app: Arc<App>,
    router: Router,
    peer: SocketAddr,
    mut request: Request<Body>,
) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let request_id = request_id(request.headers());
    request.extensions_mut().insert(Peer(peer));
    request
        .extensions_mut()
        .insert(RequestId(Arc::clone(&request_id)));

    let mut response = checked(&app, router, request).await;
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), value);
    }
    let detail = match response.extensions_mut().remove::<Inside>() {
        Some(Inside::Text(text)) => Some(text),
        Some(Inside::Diagnostic(diagnostic)) => {
            app.notice(Notice::RequestFailed {
                request: format!("{method} {path}"),
                diagnostic: *diagnostic,
            });
            None
        }
        None => None,
    };
    app.notice(Notice::Request {
        method: method.to_string(),
        path,
        status: response.status().as_u16(),
        took: started.elapsed(),
        detail,
    });
    response
}

/// Checks host and origin, answers preflights, and dresses the answer for the origin.
async fn checked(app: &App, router: Router, request: Request<Body>) -> Response {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .map(str::to_owned);
    let mut response = if host_is_ours(host.as_deref(), app.options.host) {
        answered(app, router, request, host.as_deref()).await
    } else {
        let host = host.unwrap_or_default();
        app.notice(Notice::HostRefused { host: host.clone() });
        ApiError::new(
            StatusCode::FORBIDDEN,
            format!("This server does not go by the name '{host}'. Use localhost or 127.0.0.1."),
        )
        .into_response()
    };
    cors::vary(response.headers_mut());
    response
}

/// Answers a request that reached this server by one of its names.
async fn answered(
    app: &App,
    router: Router,
    request: Request<Body>,
    host: Option<&str>,
) -> Response {
    let config = app.workers.config();
    let rule = CorsRule {
        configured: config.http.cors.as_ref(),
        studio_url: &app.options.studio_url,
    };
    let origin =
        cors::origin(request.headers()).map(|(value, text)| (value.clone(), text.to_owned()));
    let allowed = origin
        .as_ref()
        .is_some_and(|(_, origin)| rule.allows(origin, host));
    let preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD);

    let mut response = match &origin {
        Some((_, refused)) if !allowed && (preflight || !is_safe(&request)) => {
            app.notice(Notice::OriginRefused {
                origin: refused.clone(),
            });
            ApiError::new(
                StatusCode::FORBIDDEN,
                format!("Pages of {refused} may not use this server. To allow them, add the origin to `http.cors.allow_origins` in langgraph.json."),
            )
            .into_response()
        }
        Some(_) if preflight => {
            let mut response = "OK".into_response();
            rule.preflight(response.headers_mut(), request.headers());
            response
        }
        _ => match router.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        },
    };
    if let Some((origin, _)) = origin.filter(|_| allowed) {
        rule.decorate(response.headers_mut(), &origin);
    }
    response
}

/// Requests that change nothing: a page that is not allowed cannot read the answer, and does no harm by asking. Browsers let any page
/// read and write a WebSocket.
fn is_safe<B>(request: &Request<B>) -> bool {
    matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) && !request.headers().contains_key(UPGRADE)
}

/// A server on loopback only answers to names of this machine: a page could otherwise reach it under a name of its own.
/// Who listens elsewhere wants to be reached by other names.
fn host_is_ours(host: Option<&str>, listening: IpAddr) -> bool {
    if !listening.is_loopback() {
        return true;
    }
    let Some(host) = host else { return true };
    let name = match host.rsplit_once(':') {
        Some((name, port))
            if !port.is_empty()
                && port.bytes().all(|byte| byte.is_ascii_digit())
                && !name.is_empty() =>
        {
            name
        }
        _ => host,
    };
    cors::is_loopback_host(name)
}

fn request_id(headers: &HeaderMap) -> Arc<str> {
    let given = headers
        .get("x-request-id")
        .and_then(|id| id.to_str().ok())
        .filter(|id| !id.is_empty() && id.len() <= 200);
    given.map_or_else(|| RunId::fresh().to_string().into(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_server_answers_to_names_of_this_machine_only() {
        let here: IpAddr = "127.0.0.1".parse().unwrap();
        for host in [
            "127.0.0.1:2024",
            "localhost:2024",
            "localhost",
            "[::1]:2024",
            "LOCALHOST:1",
            "api.localhost:2024",
        ] {
            assert!(host_is_ours(Some(host), here), "{host}");
        }
        for host in [
            "evil.example:2024",
            "127.0.0.1.evil.example",
            "192.168.1.7:2024",
            "",
        ] {
            assert!(!host_is_ours(Some(host), here), "{host}");
        }
        assert!(host_is_ours(
            Some("my-host:2024"),
            "0.0.0.0".parse().unwrap()
        ));
        assert!(host_is_ours(None, here));
    }
}
