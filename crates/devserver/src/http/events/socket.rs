//! `GET /threads/{thread_id}/stream/events` as WebSocket: commands in, answers and the events subscribed to out.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use http::StatusCode;
use lgx_engine::events::filter::Subscription;
use lgx_engine::events::record::Record;
use lgx_engine::events::thread_log::ThreadFrom;
use lgx_engine::events::thread_reader::WatchEnd;
use lgx_model::ThreadId;
use lgx_store::Scope;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;
use uuid::Uuid;

use super::answer::{Command, Failure, answer};
use super::commands::{
    common, makes_run, no_such_run, no_such_subscription, subscribed, subscription, unsubscribed,
};
use super::watched::WatchedThread;
use crate::app::App;
use crate::auth::access;
use crate::http::intake::MOST_BODY;
use crate::http::streams::OpenStream;
use crate::http::{ApiError, Call};

/// `GET /threads/{thread_id}/stream/events`, to be upgraded.
pub(in crate::http) async fn upgrade(State(app): State<Arc<App>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &app).await;
    let open = parts.extensions.remove::<OpenStream>();
    let call = match Call::from_request(Request::from_parts(parts, body), &app).await {
        Ok(call) => call,
        Err(refusal) => return refusal,
    };
    let (thread_id, scope) = match admitted(&call).await {
        Ok(admitted) => admitted,
        Err(refusal) => return refusal.into_response(),
    };
    match upgrade {
        Ok(upgrade) => upgrade
            .max_message_size(MOST_BODY)
            .max_frame_size(MOST_BODY)
            .read_buffer_size(READ_AT_ONCE)
            .on_upgrade(async move |socket| {
                let _open = open;
                Session::new(call, thread_id, scope).run(socket).await;
            }),
        Err(_) => ApiError::new(
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
    Ok((thread_id, grant.scope))
}

/// One connection.
struct Session {
    /// The request that opened it; commands are made on behalf of its sender.
    call: Call,
    thread_id: ThreadId,
    scope: Scope,
    /// The thread's events, from the first subscription on.
    watched: Option<WatchedThread>,
    subscriptions: HashMap<Uuid, Subscription>,
    /// The number of the last event sent.
    through: u64,
    /// The last thing that happened to a run as a whole.
    tree: Option<Value>,
}

/// What is read at once. Every connection holds as much for as long as it is open, and commands are small.
const READ_AT_ONCE: usize = 8 * 1024;
/// Why a socket is closed whose client sends more than a request body may hold.
const TOO_LARGE: &str = "a message is larger than 48 MiB, the most that is taken";

/// The connection is of no use any more.
struct Gone;

impl Session {
    fn new(call: Call, thread_id: ThreadId, scope: Scope) -> Self {
        Self {
            call,
            thread_id,
            scope,
            watched: None,
            subscriptions: HashMap::new(),
            through: 0,
            tree: None,
        }
    }

    async fn run(mut self, mut socket: WebSocket) {
        // Whatever ends it, the client sees the connection close.
        let _ = self.serve(&mut socket).await;
    }

    async fn serve(&mut self, socket: &mut WebSocket) -> Result<(), Gone> {
        loop {
            tokio::select! {
                biased;
                message = socket.recv() => match message {
                    Some(Ok(Message::Text(text))) => self.command(socket, text.as_bytes()).await?,
                    Some(Ok(Message::Binary(bytes))) => self.command(socket, &bytes).await?,
                    // The library has answered a close, which goes out with the next look. Without that the client takes it for a failure.
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_))) => {}
                    Some(Err(error)) if is_too_large(&error) => return close(socket, close_code::SIZE, TOO_LARGE).await,
                    Some(Err(_)) | None => return Err(Gone),
                },
                records = next(&mut self.watched) => match records {
                    Ok(records) => self.deliver(socket, &records).await?,
                    Err(ended) => return end(socket, ended).await,
                },
            }
        }
    }

    async fn command(&mut self, socket: &mut WebSocket, text: &[u8]) -> Result<(), Gone> {
        let command = match Command::parse(text) {
            Ok(command) => command,
            Err(broken) => return send(socket, broken.answer().to_string()).await,
        };
        self.call.forget_user();
        let outcome = match &*command.method {
            "subscription.subscribe" | "subscription.reconnect" => {
                match subscription(&command) {
                    // Clients pass over what they have by its id.
                    Ok(wanted) => Ok(self.subscribe(socket, wanted.without_since()).await?),
                    Err(failure) => Err(failure),
                }
            }
            "subscription.unsubscribe" => self.unsubscribe(&unsubscribed(&command)),
            "agent.getTree" => self
                .tree
                .clone()
                .map(|tree| json!({"tree": tree}))
                .ok_or_else(no_such_run),
            method => {
                if makes_run(method) {
                    self.wait_for_code(socket).await?;
                }
                common(&self.call, self.thread_id, &command).await
            }
        };
        let failed = outcome.is_err();
        let mut answer = answer(command.id, outcome, self.through);
        if failed {
            answer["meta"] = json!({"applied_through_seq": self.through});
        }
        send(socket, answer.to_string()).await
    }

    /// Waits for code that has been saved, as the other routes that make runs do. What happens meanwhile is delivered.
    async fn wait_for_code(&mut self, socket: &mut WebSocket) -> Result<(), Gone> {
        let app = Arc::clone(&self.call.app);
        let settled = app
            .engine
            .workers
            .newest_code_settled(app.options.reload_wait);
        let mut settled = std::pin::pin!(settled);
        loop {
            tokio::select! {
                biased;
                _ = &mut settled => return Ok(()),
                records = next(&mut self.watched) => match records {
                    Ok(records) => self.deliver(socket, &records).await?,
                    Err(ended) => {
                        end(socket, ended).await?;
                        return Err(Gone);
                    }
                },
            }
        }
    }

    /// Replays what is kept, and adds to what is delivered from now on.
    async fn subscribe(
        &mut self,
        socket: &mut WebSocket,
        wanted: Subscription,
    ) -> Result<Value, Gone> {
        let mut watched = if let Some(watched) = self.watched.take() {
            watched
        } else {
            let scope = self.scope.clone();
            WatchedThread::open(&self.call.app, self.thread_id, scope, ThreadFrom::Now).await
        };
        let (rest, kept) = watched.catch_up().await;
        self.watched = Some(watched);
        self.deliver(socket, &rest).await?;
        let mut replayed = 0;
        for frame in kept.iter().flat_map(|record| &record.frames) {
            self.observe(frame);
            if wanted.wants(frame) {
                self.send_frame(socket, frame).await?;
                replayed += 1;
            }
        }
        let id = Uuid::new_v4();
        self.subscriptions.insert(id, wanted);
        Ok(subscribed(id, replayed))
    }

    fn unsubscribe(&mut self, id: &str) -> Result<Value, Failure> {
        let known = Uuid::try_parse(id).ok();
        let removed = known.and_then(|id| self.subscriptions.remove(&id));
        removed
            .map(|_| json!({}))
            .ok_or_else(|| no_such_subscription(id))
    }

    async fn deliver(
        &mut self,
        socket: &mut WebSocket,
        records: &[Arc<Record>],
    ) -> Result<(), Gone> {
        for frame in records.iter().flat_map(|record| &record.frames) {
            self.observe(frame);
            if self
                .subscriptions
                .values()
                .any(|wanted| wanted.wants(frame))
            {
                self.send_frame(socket, frame).await?;
            }
        }
        Ok(())
    }

    async fn send_frame(
        &mut self,
        socket: &mut WebSocket,
        frame: &lgx_engine::events::frame::Frame,
    ) -> Result<(), Gone> {
        let mut out = BytesMut::new();
        frame.write(&mut out);
        self.through = self.through.max(frame.seq);
        // It is made of texts and JSON only.
        let text = String::from_utf8(out.into()).map_err(|_| Gone)?;
        send(socket, text).await
    }

    fn observe(&mut self, frame: &lgx_engine::events::frame::Frame) {
        if &*frame.body.method == "lifecycle" && frame.body.namespace.is_empty() {
            let data: Value = serde_json::from_slice(&frame.body.data).unwrap_or_default();
            self.tree = Some(
                json!({"namespace": [], "status": data["event"], "graph_name": data["graph_name"]}),
            );
        }
    }
}

async fn next(watched: &mut Option<WatchedThread>) -> Result<Vec<Arc<Record>>, WatchEnd> {
    match watched {
        Some(watched) => watched.next().await,
        None => std::future::pending().await,
    }
}

async fn send(socket: &mut WebSocket, text: String) -> Result<(), Gone> {
    socket
        .send(Message::Text(text.into()))
        .await
        .map_err(|_| Gone)
}

async fn end(socket: &mut WebSocket, ended: WatchEnd) -> Result<(), Gone> {
    let (code, reason) = match ended {
        WatchEnd::Gone => (close_code::NORMAL, "the thread is gone"),
        // Clients connect again.
        WatchEnd::CutOff => (
            close_code::RESTART,
            "the server cannot go on with this connection",
        ),
    };
    close(socket, code, reason).await
}

/// Whether a message was over the limit.
fn is_too_large(error: &axum::Error) -> bool {
    let cause = std::error::Error::source(error);
    cause
        .and_then(|cause| cause.downcast_ref::<tungstenite::Error>())
        .is_some_and(|error| matches!(error, tungstenite::Error::Capacity(_)))
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) -> Result<(), Gone> {
    let close = CloseFrame {
        code,
        reason: reason.into(),
    };
    socket
        .send(Message::Close(Some(close)))
        .await
        .map_err(|_| Gone)
}
