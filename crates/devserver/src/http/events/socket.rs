//! `GET /threads/{thread_id}/stream/events` as WebSocket: who may open it, and what its messages go through.

use std::pin::Pin;
use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use lgx_model::ThreadId;
use lgx_store::Scope;
use serde_json::json;
use tokio::sync::mpsc;

use super::event_socket::EventSocket;
use super::session::Session;
use crate::app::App;
use crate::auth::access;
use crate::http::intake::MOST_BODY;
use crate::http::relay::Bridge;
use crate::http::streams::OpenStream;
use crate::http::{ApiError, Call};

/// What is read at once. Every connection holds as much for as long as it is open, and commands are small.
const READ_AT_ONCE: usize = 8 * 1024;

/// A session that may begin.
pub(in crate::http) struct OpenSession {
    session: SessionPlace,
    /// The room that it takes, until it is over.
    _open: Option<OpenStream>,
}

/// Where a session is.
enum SessionPlace {
    Here(Box<Session>),
    /// At the home of the thread, until that is not there any more.
    Elsewhere(Box<Bridge>, Pin<Box<dyn Future<Output = ()> + Send>>),
}

impl OpenSession {
    /// One that is held at the home of the thread, until that is `gone`.
    pub(in crate::http) fn elsewhere(
        bridge: Bridge,
        gone: impl Future<Output = ()> + Send + 'static,
        open: Option<OpenStream>,
    ) -> Self {
        Self {
            session: SessionPlace::Elsewhere(Box::new(bridge), Box::pin(gone)),
            _open: open,
        }
    }

    /// Until either side ends it.
    pub(in crate::http) async fn run(self, socket: &mut impl EventSocket) {
        match self.session {
            SessionPlace::Here(session) => session.run(socket).await,
            SessionPlace::Elsewhere(bridge, gone) => tokio::select! {
                () = bridge.run(socket) => {}
                () = gone => {}
            },
        }
    }
}

/// In the extensions of a handshake that the project's app passes on: where the session goes, for the connection is the app's.
#[derive(Clone)]
pub(in crate::http) struct PassedOn(mpsc::Sender<OpenSession>);

impl PassedOn {
    /// Also where the session comes out, if whoever asks is let in.
    pub(in crate::http) fn new() -> (Self, mpsc::Receiver<OpenSession>) {
        let (opens, opened) = mpsc::channel(1);
        (Self(opens), opened)
    }

    /// Opens the session. There is room: it is the only one. Who has left opens nothing.
    pub(in crate::http) fn open(&self, session: OpenSession) {
        let _ = self.0.try_send(session);
    }
}

/// Whether it is the path of this WebSocket. An app that takes whatever comes would refuse it.
pub(in crate::http) fn is_event_socket(path: &str) -> bool {
    let thread = path
        .strip_prefix("/threads/")
        .and_then(|rest| rest.strip_suffix("/stream/events"));
    thread.is_some_and(|thread| !thread.is_empty() && !thread.contains('/'))
}

/// `GET /threads/{thread_id}/stream/events`, to be upgraded.
pub(in crate::http) async fn upgrade(State(app): State<Arc<App>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &app).await;
    let open = parts.extensions.remove::<OpenStream>();
    let passed_on = parts.extensions.remove::<PassedOn>();
    let call = match Call::from_request(Request::from_parts(parts, body), &app).await {
        Ok(call) => call,
        Err(refusal) => return refusal,
    };
    let (thread_id, scope) = match admitted(&call).await {
        Ok(admitted) => admitted,
        Err(refusal) => return refusal.into_response(),
    };
    let session = OpenSession {
        session: SessionPlace::Here(Box::new(Session::new(call, thread_id, scope))),
        _open: open,
    };
    match (passed_on, upgrade) {
        (Some(passed_on), _) => {
            passed_on.open(session);
            StatusCode::SWITCHING_PROTOCOLS.into_response()
        }
        (None, Ok(upgrade)) => upgrade
            .max_message_size(MOST_BODY)
            .max_frame_size(MOST_BODY)
            .read_buffer_size(READ_AT_ONCE)
            .on_upgrade(async move |mut socket| session.run(&mut socket).await),
        (None, Err(_)) => ApiError::new(
            StatusCode::UPGRADE_REQUIRED,
            "This is a WebSocket: connect with a client for one, or POST to get server-sent events.",
        )
        .into_response(),
    }
}

async fn admitted(call: &Call) -> Result<(ThreadId, Scope), ApiError> {
    let (thread_id, grant) = call
        .authorize(
            call.thread_id(),
            access("threads", "read"),
            |id| json!({"thread_id": id}),
        )
        .await?;
    call.take_home(thread_id).await?;
    Ok((thread_id, grant.scope))
}
