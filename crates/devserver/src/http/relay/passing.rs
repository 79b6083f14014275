//! Passing one request on: what the home is sent, and what becomes of its answer.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HeaderValue, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, Request, StatusCode};
use lgx_engine::caller::RunPass;

use super::counts::RelayOutcome;
use super::cut_off::CutOff;
use super::peer_client::NoAnswer;
use super::reception::NOT_HOME;
use super::voucher::{Vouched, VouchedUser};
use super::{HEADER, OtherHome, Relay, tunnel};
use crate::app::App;
use crate::http::call::{KnownUser, Peer, RequestId};
use crate::http::open_requests::OpenRequest;
use crate::http::{ApiError, Call};

/// What became of a request that was passed on.
pub(super) enum Passed {
    /// This is the answer.
    Answered(Response),
    /// The other instance is not the home.
    Moved,
    /// It could not be asked.
    Unreached(String),
    /// It was asked, and there is no answer.
    BrokenOff(String),
}

/// Asks the home.
///
/// # Errors
/// When it is asked on behalf of somebody who may not come in.
pub(super) async fn pass_on(
    app: &Arc<App>,
    relay: &Relay,
    home: &OtherHome,
    parts: &Parts,
    body: &Bytes,
) -> Result<Passed, ApiError> {
    let Some(url) = home.url() else {
        let why = format!("{} does not say where it is reached", home.instance);
        return Ok(Passed::Unreached(why));
    };
    let known = known_user(app, parts).await?;
    let peer = parts.extensions.get::<Peer>().copied();
    let about = Vouched::of(peer.unwrap_or_else(Peer::unknown), known);
    let voucher = relay
        .signer
        .sign(home.instance, &parts.method, &parts.uri, about);
    let Some(voucher) = voucher else {
        return Err(ApiError::internal("a user cannot be written in a header"));
    };
    let is_socket = is_socket(&parts.headers);
    let mut request = Request::new(body.clone());
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = parts.uri.clone();
    let headers = request.headers_mut();
    *headers = of_message(&parts.headers);
    // The client sends the length of what it has.
    headers.remove(CONTENT_LENGTH);
    headers.remove(EXPECT);
    headers.insert(HEADER, voucher);
    if let Some(RequestId(id)) = parts.extensions.get()
        && let Ok(id) = HeaderValue::try_from(&**id)
    {
        headers.insert("x-request-id", id);
    }
    if is_socket {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    }
    let answered = tokio::select! {
        answered = relay.client.ask(&url, request) => answered,
        () = relay.living.gone(home.instance) => {
            return Ok(Passed::BrokenOff(format!("{url}: nothing is heard of it any more")));
        }
    };
    let mut response = match answered {
        Ok(response) => response,
        Err(NoAnswer::Unreached(why)) => return Ok(Passed::Unreached(format!("{url}: {why}"))),
        Err(NoAnswer::BrokenOff(why)) => return Ok(Passed::BrokenOff(format!("{url}: {why}"))),
    };
    if response.status() == StatusCode::MISDIRECTED_REQUEST
        && response.headers().contains_key(NOT_HOME)
    {
        return Ok(Passed::Moved);
    }
    relay.counts.count(RelayOutcome::Answered);
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let tunnel = tunnel::through(relay, home.instance, parts, response).await;
        return Ok(Passed::Answered(tunnel));
    }
    *response.headers_mut() = of_message(response.headers());
    let gone = relay.living.gone(home.instance);
    let response = response.map(|body| Body::new(CutOff::new(body, gone)));
    Ok(Passed::Answered(response))
}

/// Who asks, where only this instance can tell: the request is made with the pass of a run or of a request that is here, or the gate has
/// been asked on its way through the project's app.
async fn known_user(app: &Arc<App>, parts: &Parts) -> Result<Option<VouchedUser>, ApiError> {
    let extensions = &parts.extensions;
    if let Some(KnownUser(user)) = extensions.get() {
        return Ok(Some(VouchedUser { user: user.clone() }));
    }
    let has_pass =
        extensions.get::<RunPass>().is_some() || extensions.get::<Arc<OpenRequest>>().is_some();
    if !has_pass {
        return Ok(None);
    }
    let call = Call::without_body(Request::from_parts(parts.clone(), ()), app);
    let user = call.authenticate().await?.user;
    Ok(Some(VouchedUser { user }))
}

/// Whether a request asks for a WebSocket.
fn is_socket(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(UPGRADE);
    upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// The headers that belong to a message and not to the connection that it came by.
fn of_message(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !OF_THE_CLIENT.contains(&name.as_str()) && !name.starts_with("x-forwarded-"))
        .collect();
    let mut kept = headers.clone();
    for name in named {
        kept.remove(name);
    }
    for name in OF_THE_CONNECTION {
        kept.remove(name);
    }
    kept
}

/// What says who asks for what, which a client cannot have left out on the way.
const OF_THE_CLIENT: [&str; 4] = ["host", "authorization", "cookie", "forwarded"];

const OF_THE_CONNECTION: [&str; 7] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    #[test]
    fn what_belongs_to_the_connection_stays_with_it() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, X-Own, Host, X-Forwarded-User"),
            ("x-own", "1"),
            ("x-forwarded-user", "alice"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("te", "trailers"),
            ("host", "agent.example"),
            ("authorization", "Bearer a"),
            ("cookie", "a=1"),
            ("last-event-id", "7-0"),
        ] {
            headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        let kept = of_message(&headers);
        let mut names: Vec<_> = kept.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "authorization",
                "cookie",
                "host",
                "last-event-id",
                "x-forwarded-user"
            ]
        );
    }
}
