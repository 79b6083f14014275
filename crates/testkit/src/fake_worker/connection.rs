//! The worker's end of the connection: answers calls side by side, and asks the server for checkpoints.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::{Bytes, BytesMut};
use lgx_worker::credit::{Credit, Grants};
use lgx_worker::frame::{Frame, Kind};
use lgx_worker::{Callback, CallbackReply, Message, Method, RemoteError};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::graphs::Graph;
use super::script::Script;
use super::{app, auth, describe, embed, load, run, state};

/// A reply, or the error that takes its place.
pub(super) type Answer = Result<(Value, Vec<Bytes>), RemoteError>;

/// What the calls of one worker share.
pub(super) struct Link {
    pub(super) script: Arc<Script>,
    /// Which of the workers it is, from 1.
    pub(super) number: usize,
    /// Cancelled when this worker dies.
    pub(super) alive: CancellationToken,
    /// What has been loaded, by graph id.
    pub(super) graphs: OnceLock<HashMap<String, &'static Graph>>,
    /// `store.index` as it was loaded.
    pub(super) index: OnceLock<Value>,
    /// Whether its event loop turns.
    pub(super) turns: watch::Sender<bool>,
    outgoing: mpsc::UnboundedSender<Frame>,
    tables: Mutex<Tables>,
    next_id: AtomicU64,
}

#[derive(Default)]
struct Tables {
    /// Calls of the server that are being answered.
    answering: HashMap<u64, Answering>,
    /// Calls to the server whose answers come in pieces.
    opened: HashMap<u64, mpsc::UnboundedSender<Frame>>,
    /// Calls to the server that are not answered yet.
    asked: HashMap<u64, oneshot::Sender<Result<Message, RemoteError>>>,
}

/// A call of the server, as whoever reads the connection sees it.
struct Answering {
    cancelled: CancellationToken,
    /// Where it is told what it may send.
    grants: Grants,
    /// Where what the server sends along goes.
    data: mpsc::UnboundedSender<Frame>,
}

/// A call of the server, as whoever answers it sees it.
pub(super) struct Call<'a> {
    pub(super) link: &'a Link,
    pub(super) cancelled: CancellationToken,
    pub(super) id: u64,
    credit: Credit,
    data: mpsc::UnboundedReceiver<Frame>,
}

impl Call<'_> {
    /// What the server sends along; none at its end.
    pub(super) async fn data(&mut self) -> Option<(Value, Option<Bytes>)> {
        let frame = self.data.recv().await?;
        let credit = json!({"bytes": frame.size()});
        self.link.send(Kind::Credit, self.id, &credit, Vec::new());
        if frame.is_last() {
            self.data.close();
        }
        let (meta, sections) = frame.into_parts();
        let meta = serde_json::from_slice(&meta).unwrap_or_default();
        Some((meta, sections.into_iter().next()))
    }

    /// An event of a run.
    pub(super) async fn event(&mut self, name: &str, data: &Value) {
        self.send(&json!({"event": name}), vec![data.to_string().into()])
            .await;
    }

    /// Data before the answer; waits for credit, which a call that has been cancelled does not need.
    pub(super) async fn send(&mut self, meta: &Value, sections: Vec<Bytes>) {
        let Ok(frame) = Frame::new(Kind::Data, self.id, meta.to_string().into(), sections) else {
            return;
        };
        tokio::select! {
            biased;
            () = self.cancelled.cancelled() => {}
            _ = self.credit.spend(frame.size()) => {}
        }
        // Nobody reads any more: the worker is about to end.
        let _ = self.link.outgoing.send(frame);
    }
}

/// Lives until the connection ends, the server says so, or the test lets it die.
pub(super) async fn serve(
    stream: DuplexStream,
    number: usize,
    script: Arc<Script>,
    alive: CancellationToken,
) {
    let (reader, writer) = tokio::io::split(stream);
    let (outgoing, frames) = mpsc::unbounded_channel();
    let link = Arc::new(Link {
        script,
        number,
        alive: alive.clone(),
        graphs: OnceLock::new(),
        index: OnceLock::new(),
        turns: watch::Sender::new(true),
        outgoing,
        tables: Mutex::default(),
        next_id: AtomicU64::new(1),
    });
    let hello = json!({"protocol": 2, "pid": std::process::id(), "runtime": {"name": "python", "version": "3.12.0"}, "executable": "fake", "missing": []});
    link.send(Kind::Hello, 0, &hello, Vec::new());
    let (arrived, arriving) = mpsc::unbounded_channel();
    tokio::select! {
        biased;
        // First, so that what was said before the end is heard.
        () = write(writer, frames) => {}
        () = alive.cancelled() => {}
        () = read(reader, arrived) => {}
        () = turn(arriving, &link) => {}
    }
}

async fn write(mut writer: impl AsyncWrite + Unpin, mut frames: mpsc::UnboundedReceiver<Frame>) {
    let mut buffer = BytesMut::new();
    while let Some(frame) = frames.recv().await {
        buffer.clear();
        frame.encode(&mut buffer);
        if writer.write_all(&buffer).await.is_err() {
            return;
        }
    }
}

/// Ends with the connection.
async fn read(mut reader: impl AsyncRead + Unpin, arrived: mpsc::UnboundedSender<Frame>) {
    while let Ok(Some(frame)) = Frame::read(&mut reader).await {
        if arrived.send(frame).is_err() {
            return;
        }
    }
}

/// The event loop: handles what has arrived, unless it is blocked. The calls in progress end with it.
async fn turn(mut arriving: mpsc::UnboundedReceiver<Frame>, link: &Arc<Link>) {
    let mut calls = JoinSet::new();
    let mut turns = link.turns.subscribe();
    while let Some(frame) = arriving.recv().await {
        if turns.wait_for(|turns| *turns).await.is_err() {
            return;
        }
        let (kind, id) = (frame.kind(), frame.id());
        let Some(frame) = link.data(frame) else {
            continue;
        };
        let (meta, sections) = frame.into_parts();
        match kind {
            Kind::Call => {
                let cancelled = CancellationToken::new();
                let (grants, credit) = Credit::new();
                let (data, arriving) = mpsc::unbounded_channel();
                let answering = Answering {
                    cancelled: cancelled.clone(),
                    grants,
                    data,
                };
                link.tables().answering.insert(id, answering);
                let link = Arc::clone(link);
                calls.spawn(async move {
                    let call = Call {
                        link: &link,
                        cancelled,
                        id,
                        credit,
                        data: arriving,
                    };
                    link.answer(call, &meta, sections).await;
                });
            }
            Kind::Cancel => {
                if let Some(answering) = link.tables().answering.get(&id) {
                    answering.cancelled.cancel();
                }
            }
            Kind::Credit => {
                let meta: Value = serde_json::from_slice(&meta).unwrap_or_default();
                if let Some(answering) = link.tables().answering.get(&id) {
                    let bytes = meta["bytes"].as_u64().unwrap_or_default();
                    answering.grants.add(bytes);
                }
            }
            Kind::Reply => link.answered(id, Ok(Message { meta, sections })),
            Kind::Error => {
                let error = serde_json::from_slice(&meta)
                    .unwrap_or_else(|error| refusal("ProtocolError", &error.to_string(), None));
                link.answered(id, Err(error));
            }
            Kind::Ping => link.send(Kind::Pong, id, &json!({}), Vec::new()),
            Kind::Shutdown => return,
            Kind::Hello
            | Kind::Data
            | Kind::Note
            | Kind::Log
            | Kind::Pong
            | Kind::Begun
            | Kind::Warm => {}
        }
        while calls.try_join_next().is_some() {}
    }
}

impl Link {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands on what belongs to a call that streams; gives back what does not.
    fn data(&self, frame: Frame) -> Option<Frame> {
        let (kind, id) = (frame.kind(), frame.id());
        let mut tables = self.tables();
        let inbox = match kind {
            Kind::Reply | Kind::Error => tables.opened.remove(&id),
            Kind::Data if id % 2 == 1 => tables.opened.get(&id).cloned(),
            Kind::Data => tables.answering.get(&id).map(|call| call.data.clone()),
            _ => None,
        };
        drop(tables);
        match inbox {
            Some(inbox) => {
                // Whoever has left does not listen.
                let _ = inbox.send(frame);
                None
            }
            None => Some(frame),
        }
    }

    /// Asks the server for what comes in pieces: DATA frames, then a REPLY or an ERROR. `method` comes first, as in all calls.
    pub(super) fn open(
        &self,
        method: &str,
        params: &Value,
        sections: Vec<Bytes>,
    ) -> (u64, mpsc::UnboundedReceiver<Frame>) {
        let id = self.next_id.fetch_add(2, Ordering::Relaxed);
        let (inbox, arriving) = mpsc::unbounded_channel();
        self.tables().opened.insert(id, inbox);
        let meta = format!(r#"{{"method":"{method}","params":{params}}}"#);
        if let Ok(frame) = Frame::new(Kind::Call, id, meta.into(), sections) {
            let _ = self.outgoing.send(frame);
        }
        (id, arriving)
    }

    /// Sends into what was asked for.
    pub(super) fn pass(&self, id: u64, meta: &Value, sections: Vec<Bytes>, last: bool) {
        if let Ok(frame) = Frame::new(Kind::Data, id, meta.to_string().into(), sections) {
            let _ = self.outgoing.send(if last { frame.last() } else { frame });
        }
    }

    /// Lets go of what was asked for.
    pub(super) fn leave(&self, id: u64) {
        self.send(Kind::Cancel, id, &json!({}), Vec::new());
    }

    /// Lets the server send more of what it was asked for.
    pub(super) fn took(&self, frame: &Frame) {
        let credit = json!({"bytes": frame.size()});
        self.send(Kind::Credit, frame.id(), &credit, Vec::new());
    }

    /// Frames that are too large are not sent; no test of the server needs them.
    fn send(&self, kind: Kind, id: u64, meta: &Value, sections: Vec<Bytes>) {
        if let Ok(frame) = Frame::new(kind, id, meta.to_string().into(), sections) {
            // Nobody reads any more: the worker is about to end.
            let _ = self.outgoing.send(frame);
        }
    }

    /// The graph that a call is about.
    pub(super) fn graph(&self, request: &Value) -> Result<&'static Graph, RemoteError> {
        let graph_id = request["graph_id"].as_str().unwrap_or_default();
        let graph = self.graphs.get().and_then(|graphs| graphs.get(graph_id));
        graph.copied().ok_or_else(|| {
            refusal(
                "GraphNotFound",
                &format!("graph `{graph_id}` is not loaded"),
                Some(404),
            )
        })
    }

    /// A line that is printed outside of runs.
    pub(super) fn print(&self, text: &str) {
        let line = json!({"run_id": null, "stream": "stdout", "level": "info", "logger": null, "text": text});
        self.send(Kind::Log, 0, &line, Vec::new());
    }

    /// A line that a node of a run prints.
    pub(super) fn print_in(&self, run_id: &Value, node: &str, task_id: &str, text: &str) {
        let line = json!({"run_id": run_id, "stream": "stdout", "level": "info", "logger": null, "text": text,
            "node": node, "task_id": task_id});
        self.send(Kind::Log, 0, &line, Vec::new());
    }

    /// Asks the server without waiting for an answer.
    pub(super) fn note(&self, callback: Callback) {
        self.call(Kind::Note, 0, callback);
    }

    /// Asks the server.
    pub(super) async fn ask(&self, callback: Callback) -> Result<CallbackReply, RemoteError> {
        let id = self.next_id.fetch_add(2, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        self.tables().asked.insert(id, sender);
        self.call(Kind::Call, id, callback);
        let reply = receiver
            .await
            .map_err(|_| refusal("ConnectionClosed", "the server is gone", None))??;
        reply
            .unpack()
            .map_err(|error| refusal("ProtocolError", &error.to_string(), None))
    }

    fn call(&self, kind: Kind, id: u64, callback: Callback) {
        let Message { meta, sections } = Message::pack(callback);
        if let Ok(frame) = Frame::new(kind, id, meta, sections) {
            let _ = self.outgoing.send(frame);
        }
    }

    fn answered(&self, id: u64, answer: Result<Message, RemoteError>) {
        if let Some(asked) = self.tables().asked.remove(&id) {
            let _ = asked.send(answer);
        }
    }

    async fn answer(&self, call: Call<'_>, meta: &[u8], sections: Vec<Bytes>) {
        let id = call.id;
        let answer = match serde_json::from_slice::<Value>(meta) {
            Ok(request) => self.dispatch(call, &request, sections).await,
            Err(error) => Err(refusal("ProtocolError", &error.to_string(), None)),
        };
        self.tables().answering.remove(&id);
        match answer {
            Ok((meta, sections)) => self.send(Kind::Reply, id, &meta, sections),
            Err(error) => {
                let meta = serde_json::to_value(&error).unwrap_or_default();
                self.send(Kind::Error, id, &meta, Vec::new());
            }
        }
    }

    async fn dispatch(&self, mut call: Call<'_>, request: &Value, sections: Vec<Bytes>) -> Answer {
        let (name, request) = (
            request["method"].as_str().unwrap_or_default(),
            &request["params"],
        );
        let method = Method::of_name(name).ok_or_else(|| {
            refusal(
                "ProtocolError",
                &format!("there is no method `{name}`"),
                None,
            )
        })?;
        self.script.requested(self.number, name, request);
        if method.is_begun() && app::sees(self, request) {
            self.send(Kind::Begun, call.id, &json!({}), Vec::new());
        }
        match method {
            Method::Load => load::load(&mut call, request).await,
            Method::Run => run::run(call, request, sections).await,
            Method::StateGet => state::get(self, request).await,
            Method::StateHistory => state::history(self, request).await,
            Method::StateUpdate => state::update(self, request).await,
            Method::StateBulkUpdate => state::bulk_update(self, request).await,
            Method::GraphSource => Ok(describe::source(self.graph(request)?, request)),
            Method::GraphDraw => Ok(describe::draw(self.graph(request)?)),
            Method::GraphSchemas => Ok(describe::schemas(self.graph(request)?, request)),
            Method::GraphSubgraphs => Ok((json!({}), vec![Bytes::from_static(b"{}")])),
            Method::Auth => auth::auth(&self.script, request).await,
            Method::StoreEmbed => embed::embed(self, request),
            Method::Http => app::http(call, request, sections).await,
            Method::WebSocket => app::socket(call, request).await,
            Method::HttpOpenapi => Ok((app::described(), Vec::new())),
            Method::DebugListen | Method::DebugWait => {
                Err(refusal("DebuggerMissing", "a fake has no debugger", None))
            }
        }
    }
}

/// An error that the server shows with this status.
pub(super) fn refusal(kind: &str, message: &str, status: Option<u16>) -> RemoteError {
    RemoteError {
        kind: kind.to_owned(),
        message: message.to_owned(),
        status,
        headers: None,
        diagnostic: None,
    }
}
