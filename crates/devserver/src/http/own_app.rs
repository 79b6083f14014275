//! The project's own HTTP app (`http.app`): which requests it gets, and what becomes of its answers.
//!
//! The app runs in the worker. A request goes there only if the app may have a route for it, or has middleware, which then sees all of
//! them; everything else never enters Python. What the app has no route for after all comes back as a question of the worker's, and is
//! answered by the server's own routes as it would have been without an app (`inner`). Who asks is found out by the same gate.

mod answer;
mod inner;
mod inner_socket;
mod socket;
mod wire;

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::Request;
use http::request::Parts;
use http_body::Body as _;
use lgx_engine::workers::Lease;
use lgx_worker::{AppCall, BodyForm, Method};

use self::answer::Beside;
use self::inner::OpenPass;
pub(super) use self::inner::{Inner, preflight_answer};
use super::ApiError;
use super::events::socket::is_event_socket;
use super::{mounted, newest_code};
use crate::app::App;

/// A body of up to so many bytes goes along with the request; a larger one follows piece by piece.
const SENT_WHOLE: u64 = 64 * 1024;

/// What the app is to answer.
pub(super) struct Taken {
    lease: Lease,
    /// One of its own routes may be meant, and not only its middleware.
    may_have_route: bool,
}

impl Taken {
    /// Whether one of its own routes may be meant, and not only its middleware.
    pub(super) const fn may_have_route(&self) -> bool {
        self.may_have_route
    }
}

/// Whether the project's own app is asked. Waits for the code where it is not known yet what the app wants to see.
///
/// # Errors
/// When no code serves: what the app's middleware keeps out is not let in meanwhile.
pub(super) async fn taken(app: &App, request: &Parts) -> Result<Option<Taken>, ApiError> {
    let workers = &app.engine.workers;
    let config = workers.config();
    if config.http.app.is_none() {
        return Ok(None);
    }
    let path = wire::decoded(request.uri.path());
    let Some(path) = mounted::path_within(&config.http.mount_prefix, &path) else {
        return Ok(None);
    };
    // Whoever waits for the server to come up asks this.
    if path == "/ok" && !workers.is_ready() {
        return Ok(None);
    }
    let socket = wire::is_socket(&request.method, &request.headers);
    let mut lease = workers.serving().await?;
    let may_have_route = |lease: &Lease| {
        let own = lease.app().is_some_and(|own| own.may_answer(path, socket));
        let is_taken = if socket {
            is_event_socket(path)
        } else {
            matches!(path, "/ok" | "/docs")
        };
        own && !is_taken
    };
    if may_have_route(&lease) && newest_code::waited(app).await {
        lease = workers.serving().await?;
    }
    let wraps = lease.app().is_some_and(|own| own.wraps);
    let may_have_route = may_have_route(&lease);
    Ok((may_have_route || wraps).then_some(Taken {
        lease,
        may_have_route,
    }))
}

/// Has the app answer.
pub(super) async fn answer(
    app: Arc<App>,
    taken: Taken,
    request: Request<Body>,
    inner: Inner,
) -> Response {
    let may_have_route = taken.may_have_route;
    let (started, method) = (Instant::now(), request.method().clone());
    let seen = inner.clone();
    let answered = if wire::is_socket(request.method(), request.headers()) {
        answer_socket(taken.lease, request, inner).await
    } else {
        answer_request(&app, taken.lease, request, inner).await
    };
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    seen.count(&method, response.status(), started.elapsed());
    if may_have_route {
        newest_code::mark(&app, &mut response);
    }
    response
}

async fn answer_request(
    app: &App,
    lease: Lease,
    request: Request<Body>,
    inner: Inner,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let asked = wire::to_app(&parts);
    let pass = pass(&lease, &inner, &parts);
    let size = body.size_hint().exact();
    let (form, whole, streamed, _held) = if size.is_some_and(|size| size <= SENT_WHOLE) {
        let (whole, held) = app.intake.read(body).await?;
        (BodyForm::Whole, whole, None, Some(held))
    } else {
        (BodyForm::Streamed, Bytes::new(), Some(body), None)
    };
    let call = AppCall {
        request: asked,
        body: Some(form),
        user: None,
        pass: pass.as_ref().map(OpenPass::told),
    };
    let call = lease.request(Method::Http, call, whole).await?;
    answer::of(call, streamed, Beside::with(pass), inner).await
}

async fn answer_socket(
    lease: Lease,
    request: Request<Body>,
    inner: Inner,
) -> Result<Response, ApiError> {
    let (mut parts, _) = request.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &());
    let upgrade = upgrade
        .await
        .map_err(|refused| ApiError::bad_request(refused.body_text()))?;
    let pass = pass(&lease, &inner, &parts);
    let call = AppCall {
        request: wire::to_app_socket(&parts),
        body: None,
        user: None,
        pass: pass.as_ref().map(OpenPass::told),
    };
    let call = lease.request(Method::WebSocket, call, Bytes::new()).await?;
    socket::of(call, upgrade, Beside::with(pass), inner).await
}

/// What the app may ask as whoever sent the request, where it matters who that is.
fn pass(lease: &Lease, inner: &Inner, parts: &Parts) -> Option<OpenPass> {
    let has_auth = lease.config().auth.is_some();
    has_auth.then(|| inner.open_pass(parts))
}
