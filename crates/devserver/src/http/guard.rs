//! What every request passes first and every answer last: host and origin checks, CORS, request ids, the access log.

use std::sync::Arc;
use std::time::Instant;

use super::call::{Peer, RequestId};
use super::cors::{self, CorsRule};
use super::entrance::Entrance;
use super::headers;
use super::host::{self, Names};
use super::lgx;
use super::mounted;
use super::own_app::{self, Inner};
use super::tunnel::{self, TunnelEntrance};
use super::{ApiError, Inside, pass, relay, studio_page};
use crate::app::App;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, CONNECTION, HeaderName, HeaderValue, UPGRADE};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use lgx_engine::notice::Notice;
use lgx_model::RunId;

/// Answers one request.
pub(crate) async fn serve(
    app: Arc<App>,
    router: Router,
    peer: Peer,
    mut request: Request<Body>,
) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let request_id = request_id(request.headers());
    if let Some(pass) = pass::take_of_run(request.headers_mut()) {
        request.extensions_mut().insert(pass);
    }
    let pass = pass::take_of_request(request.headers_mut());
    if let Some(open) = pass.and_then(|pass| app.open_requests.of(&pass)) {
        request.extensions_mut().insert(open);
    }
    let voucher = request.headers_mut().remove(relay::HEADER);
    // Behind what takes passes away, which let somebody in.
    let config = app.engine.workers.config();
    let logged = headers::logged(&config.http.logging_headers, request.headers(), &request_id);
    drop(config);
    request.extensions_mut().insert(peer);
    request
        .extensions_mut()
        .insert(RequestId(Arc::clone(&request_id)));

    let passed_on = voucher.as_ref().zip(app.relay.as_ref());
    let mut response = match passed_on {
        Some((voucher, relay)) => relay::respond(relay, router, request, voucher).await,
        None => checked(&app, router, peer, request).await,
    };
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), value);
    }
    if app.leaving.is_cancelled() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        // Whoever keeps connections for later opens the next one elsewhere.
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let (detail, told) = match response.extensions_mut().remove::<Inside>() {
        Some(Inside::Text(text) | Inside::Refusal(text)) => (Some(text), false),
        Some(Inside::Diagnostic(diagnostic)) => {
            app.notice(Notice::RequestFailed {
                request: format!("{method} {path}"),
                diagnostic: *diagnostic,
            });
            (None, true)
        }
        None => (None, false),
    };
    // The instance that has passed it on tells of it. It does not know why something failed here.
    if passed_on.is_some() && detail.is_none() {
        return response;
    }
    app.notice(Notice::Request {
        method: method.to_string(),
        path,
        status: response.status().as_u16(),
        took: started.elapsed(),
        detail,
        told,
        headers: logged,
    });
    response
}

/// Checks host and origin, answers preflights, and dresses the answer for the origin.
async fn checked(app: &Arc<App>, router: Router, peer: Peer, request: Request<Body>) -> Response {
    let config = app.engine.workers.config();
    let tunnel_name = match peer.entrance {
        Entrance::Tunnel => app.tunnel.as_ref().and_then(TunnelEntrance::name),
        Entrance::Plain | Entrance::Tls => None,
    };
    let names = Names {
        any: !app.options.is_for_development() && config.auth.is_some(),
        listening: app.options.host,
        from_flags: &app.options.allow_hosts,
        configured: &config.http.allow_hosts,
        tunnel: tunnel_name.as_deref(),
    };
    // The configuration may have lost its auth since the tunnel was opened.
    let is_closed = config.auth.is_none() && tunnel::needs_auth(app, peer);
    let host = host::named(&request).map(|host| host.map(str::to_owned));
    let mut response = match host {
        _ if is_closed => turned_away(tunnel::CLOSED.to_owned()),
        Ok(host) if names.include(host.as_deref(), peer) => {
            let rule = CorsRule {
                configured: config.http.cors.as_ref(),
                studio_url: &app.options.studio_url,
                is_for_development: app.options.is_for_development(),
                names,
            };
            answered(app, router, rule, request, host.as_deref()).await
        }
        Ok(_) if peer.entrance == Entrance::Tunnel => {
            turned_away("The tunnel does not go by this name.".to_owned())
        }
        Ok(host) => {
            let host = host.unwrap_or_default();
            app.notice(Notice::HostRefused { host: host.clone() });
            let name = host::name(&host);
            turned_away(format!(
                "This server does not go by the name '{host}'. Use localhost or 127.0.0.1, or let the name in: `--allow-host {name}`, or \"http\": {{\"allow_hosts\": [\"{name}\"]}} in langgraph.json."
            ))
        }
        Err(unnamed) => ApiError::bad_request(unnamed.to_string()).into_response(),
    };
    cors::vary(response.headers_mut());
    response
}

/// Answers a request that reached this server by one of its names.
async fn answered(
    app: &Arc<App>,
    router: Router,
    rule: CorsRule<'_>,
    request: Request<Body>,
    host: Option<&str>,
) -> Response {
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
        Some((_, refused)) if !allowed => {
            app.notice(Notice::OriginRefused {
                origin: refused.clone(),
            });
            turned_away(format!(
                "Pages of {refused} may not use this server. To allow them, add the origin to `http.cors.allow_origins` in langgraph.json."
            ))
        }
        None if !is_safe(&request) && is_of_another_page(request.headers()) => ApiError::new(
            StatusCode::FORBIDDEN,
            "A page of another site may not do this without saying which site it is: use `fetch`, not an image or a link.",
        )
        .into_response(),
        Some(_) if preflight => {
            let mut headers = HeaderMap::new();
            rule.preflight(&mut headers, request.headers());
            routed(app, router, request, Some(headers)).await
        }
        _ => routed(app, router, request, None).await,
    };
    if let Some((origin, _)) = origin.filter(|_| allowed) {
        rule.decorate(response.headers_mut(), &origin);
    }
    response
}

/// Has the project's own app answer what is for it, and the server's own routes the rest.
async fn routed(
    app: &Arc<App>,
    router: Router,
    request: Request<Body>,
    preflight: Option<HeaderMap>,
) -> Response {
    if let Some(studio) = &app.options.studio {
        let path = request.uri().path();
        if lgx::has(path) {
            return lgx::respond(app, router, request).await;
        }
        if studio_page::has(path) {
            let page = studio_page::respond(app, studio, request).await;
            return page.unwrap_or_else(IntoResponse::into_response);
        }
    }
    let (parts, body) = request.into_parts();
    let taken = own_app::taken(app, &parts).await;
    let mut request = Request::from_parts(parts, body);
    match taken {
        Ok(Some(taken)) => {
            // How long it takes is the app's to say. It is kept with what is known of the request.
            if taken.may_have_route() {
                match app.streams.open() {
                    Ok(open) => request.extensions_mut().insert(open),
                    Err(full) => return full.into_response(),
                };
            }
            let inner = Inner::new(app, router, &request, preflight);
            own_app::answer(Arc::clone(app), taken, request, inner).await
        }
        Ok(None) => {
            if let Some(headers) = preflight {
                return own_app::preflight_answer(headers);
            }
            let config = app.engine.workers.config();
            mounted::respond(&config.http, router, request).await
        }
        Err(unavailable) => unavailable.into_response(),
    }
}

/// 403 for a request that does not get as far as the project's auth; a notice of its own tells of it.
fn turned_away(detail: String) -> Response {
    let mut response = ApiError::new(StatusCode::FORBIDDEN, detail).into_response();
    response.extensions_mut().remove::<Inside>();
    response
}

/// Requests that change nothing. Images and links of other pages may lead to them: such a page cannot read the answer, and does no harm
/// by asking. Browsers let any page read and write a WebSocket.
fn is_safe<B>(request: &Request<B>) -> bool {
    let reads = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    reads && !request.headers().contains_key(UPGRADE) && !has_effect(request.uri())
}

/// What changes something although it is read with GET: streams and joins that cancel their run when they are left, and items whose
/// end is put off by reading them.
fn has_effect(uri: &Uri) -> bool {
    let query: Vec<(String, String)> =
        serde_html_form::from_str(uri.query().unwrap_or_default()).unwrap_or_default();
    uri.path().ends_with("/store/items")
        || query.iter().any(|(name, _)| name == "cancel_on_disconnect")
}

/// Whether a browser sent it for a page that is not this server's own: an image or a link says so, and has no origin. What a person
/// typed or bookmarked comes from no page.
fn is_of_another_page(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    sites.any(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"))
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
    fn only_what_changes_nothing_is_safe() {
        for (method, target, safe) in [
            ("GET", "/threads/1", true),
            ("HEAD", "/ok", true),
            ("GET", "/threads/1/runs/2/stream", true),
            ("GET", "/threads/1/runs/2/stream?stream_mode=values", true),
            (
                "GET",
                "/threads/1/runs/2/stream?cancel_on_disconnect=true",
                false,
            ),
            (
                "GET",
                "/threads/1/runs/2/join?a=1&cancel_on_disconnect=1",
                false,
            ),
            ("HEAD", "/runs/2/stream?cancel%5Fon%5Fdisconnect=yes", false),
            ("GET", "/store/items?key=k", false),
            ("POST", "/threads/search", false),
            ("DELETE", "/threads/1", false),
        ] {
            let request = Request::builder().method(method).uri(target);
            let request = request.body(()).unwrap();
            assert_eq!(is_safe(&request), safe, "{method} {target}");
        }
        let socket = Request::builder()
            .uri("/threads/1/stream/events")
            .header(UPGRADE, "websocket");
        assert!(!is_safe(&socket.body(()).unwrap()));
    }
}
