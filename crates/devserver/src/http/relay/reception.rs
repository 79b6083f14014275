//! What the home does with a request that another instance passes on: who has about for it is believed, and the rest is as ever.

use axum::Router;
use axum::body::Body;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{HeaderName, HeaderValue};
use http::{Request, StatusCode};
use tower::ServiceExt as _;

use super::{Detour, Relay};
use crate::http::ApiError;
use crate::http::call::KnownUser;

/// Marks the answer of an instance that is not the home.
pub(super) const NOT_HOME: &str = "x-lgx-not-home";

/// In the extensions of a request that another instance has passed on: it is not passed on again, nor counted, nor logged.
#[derive(Clone)]
pub(in crate::http) struct Relayed;

/// Answers a request that another instance has passed on, with this voucher.
pub(in crate::http) async fn respond(
    relay: &Relay,
    router: Router,
    mut request: Request<Body>,
    voucher: &HeaderValue,
) -> Response {
    let about = relay.signer.check(voucher, request.method(), request.uri());
    let about = match about {
        Ok(about) => about,
        Err(why) => {
            // It may have been meant for whoever was reached here before.
            tracing::warn!("a request that was passed on is refused: {why}");
            return not_home();
        }
    };
    relay.counts.received_one();
    let extensions = request.extensions_mut();
    extensions.insert(about.peer());
    extensions.insert(Relayed);
    if let Some(known) = about.known {
        extensions.insert(KnownUser(known.user));
    }
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Has the handler answer; whoever passed the request on has to look again if this turns out not to be the home.
pub(super) async fn answer_as_home(mut request: Request<Body>, next: Next) -> Response {
    let detour = Detour::default();
    request.extensions_mut().insert(detour.clone());
    let response = next.run(request).await;
    match detour.taken() {
        None => response,
        Some(_) => not_home(),
    }
}

fn not_home() -> Response {
    let detail = "This server is not the home of the thread.";
    let refusal = ApiError::new(StatusCode::MISDIRECTED_REQUEST, detail);
    refusal
        .header(
            HeaderName::from_static(NOT_HOME),
            HeaderValue::from_static("1"),
        )
        .into_response()
}
