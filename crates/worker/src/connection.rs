//! One connection to a worker: numbers calls, matches answers, takes callbacks in order, writes frames in order.
//!
//! Who may block whom: one task reads all frames, and what it waits for holds up every call of this worker. It waits for one thing only,
//! that a callback has its place in the queue of the store ([`Callbacks::accept`]): writes are applied in the order in which they were
//! sent, and a worker that writes faster than the disk takes it has to stop. For whoever made a call it never waits: answers go into queues
//! without a bound, which credit keeps short ([`crate::credit`]). Only where a callback has its place behind what its run has streamed
//! ([`Streamed`]) must whoever reads that stream read on without an answer of this worker. Another task writes; those who send wait for room in its queue, and a
//! worker that reads nothing holds them up until its calls are taken back.
//!
//! Who waits for what is in `calls`; whether the other end still turns its event loop is in `pulse`.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, watch};

use crate::app_call::Asked;
use crate::callback::{Callback, CallbackError, CallbackReply, Callbacks};
use crate::calls::{Calls, Stream, Waiting};
use crate::credit::{Allowance, Credit};
use crate::death::ExecutingRun;
use crate::frame::{Frame, FrameError, Kind};
use crate::messages::app::AppQuestion;
use crate::messages::json;
use crate::method::Method;
use crate::pulse::Pulse;
use crate::served::Served;
use crate::stream::Arrived;
use crate::streamed::Streamed;
use crate::{CallError, Death, LogLine, LogStream, Message, RemoteError};

/// Frames that may wait for a slow worker to read them.
const OUTGOING: usize = 256;
/// Small frames are written together up to about this many bytes.
const BATCH: usize = 64 * 1024;

/// What the handles, the reader and the supervisor of one worker share.
pub(crate) struct Connection {
    outgoing: mpsc::Sender<Frame>,
    calls: Calls,
    served: Served,
    pulse: Pulse,
    death: watch::Sender<Option<Death>>,
}

/// What a call that streams begins with.
pub(crate) struct Opened {
    pub(crate) id: u64,
    pub(crate) arrived: mpsc::UnboundedReceiver<Arrived>,
    pub(crate) allowance: Arc<Allowance>,
    pub(crate) credit: Credit,
}

/// The meta of CREDIT.
#[derive(Serialize, Deserialize)]
struct Grant {
    bytes: u64,
}

/// Why the reader stopped before the stream ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Violation {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("a {kind:?} frame cannot be understood: {reason}")]
    Meta {
        kind: Kind,
        reason: serde_json::Error,
    },
    #[error("a worker does not send {0:?} frames")]
    Unexpected(Kind),
    #[error("`{0}` does not stream, and data came for it")]
    NoStream(Method),
    #[error("data of `{0}` came that was not granted")]
    NoCredit(Method),
    #[error("data of a call of its own came that was not granted")]
    NoCreditOfItsOwn,
}

impl Connection {
    /// A connection, and the frames it wants written.
    pub(crate) fn new() -> (Arc<Self>, mpsc::Receiver<Frame>) {
        let (outgoing, frames) = mpsc::channel(OUTGOING);
        let connection = Self {
            outgoing,
            calls: Calls::default(),
            served: Served::default(),
            pulse: Pulse::default(),
            death: watch::Sender::new(None),
        };
        (Arc::new(connection), frames)
    }

    /// Who waits for an answer.
    pub(crate) const fn calls(&self) -> &Calls {
        &self.calls
    }

    /// What the worker has opened.
    pub(crate) const fn served(&self) -> &Served {
        &self.served
    }

    /// Whether the worker's event loop turns.
    pub(crate) const fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Resolves when the worker has ended.
    pub(crate) async fn died(&self) -> Death {
        let mut death = self.death.subscribe();
        match death
            .wait_for(Option::is_some)
            .await
            .map(|death| death.clone())
        {
            Ok(Some(death)) => death,
            Ok(None) | Err(_) => Death::with_cause("connection lost"),
        }
    }

    /// Whether the worker has ended.
    pub(crate) fn is_dead(&self) -> bool {
        self.death.borrow().is_some()
    }

    /// Whether a call that is made now has a chance.
    pub(crate) fn takes_calls(&self) -> bool {
        !self.outgoing.is_closed() && !self.calls.is_closed()
    }

    /// Announces the end and ends everything that waits.
    pub(crate) fn die(&self, death: Death, callbacks: &dyn Callbacks) {
        let runs = self.calls.executing();
        let mut death = Death { runs, ..death };
        // Before any of them learns of the end, and goes on.
        death.going_on = callbacks.going_on(&death);
        self.death.send_replace(Some(death));
        self.calls.close();
        self.served.close();
    }

    /// Takes back every call that the worker has not begun on, or that may be answered twice; it takes no new ones from now on.
    pub(crate) fn withdraw(self: &Arc<Self>) {
        for id in self.calls.withdraw() {
            // When its event loop turns again, it finds the call cancelled.
            self.send_later(Frame::bare(Kind::Cancel, id));
        }
    }

    /// Asks the worker, and waits for its answer.
    pub(crate) async fn call(&self, method: Method, body: Message) -> Result<Message, CallError> {
        let (inbox, mut arrived) = mpsc::unbounded_channel();
        let waiting = Waiting {
            method,
            inbox,
            stream: None,
            run: None,
            hears_begun: false,
        };
        self.open(body, waiting).await?;
        match arrived.recv().await {
            Some(Arrived::Answer(answer)) => answer,
            Some(_) | None => Err(CallError::Died(Box::new(self.died().await))),
        }
    }

    /// Starts a call that streams: its number, what arrives for it, and what may be sent into it. With `hears_begun` it is told when the
    /// worker begins on it.
    pub(crate) async fn stream(
        &self,
        method: Method,
        run: Option<ExecutingRun>,
        hears_begun: bool,
        body: Message,
    ) -> Result<Opened, CallError> {
        let (inbox, arrived) = mpsc::unbounded_channel();
        let allowance = Arc::new(Allowance::new());
        let (grants, credit) = Credit::new();
        let stream = Stream {
            allowance: Arc::clone(&allowance),
            grants,
        };
        let waiting = Waiting {
            method,
            inbox,
            stream: Some(stream),
            run,
            hears_begun,
        };
        let id = self.open(body, waiting).await?;
        Ok(Opened {
            id,
            arrived,
            allowance,
            credit,
        })
    }

    async fn open(&self, body: Message, waiting: Waiting) -> Result<u64, CallError> {
        let id = self.calls.number();
        let method = waiting.method;
        let Message { meta, sections } = body;
        let frame = Frame::new(Kind::Call, id, meta, sections).map_err(CallError::Unsendable)?;
        if !self.calls.enter(id, waiting) {
            return Err(CallError::Withdrawn);
        }
        // A worker that reads nothing any more may leave no room to write: taking calls back must reach those that wait for it too.
        tokio::select! {
            sent = self.send(frame) => if !sent {
                self.calls.take(id);
                // It has never heard of the call. Nobody else can load the project for it, though.
                return Err(match method {
                    Method::Load => CallError::Died(Box::new(self.died().await)),
                    _ => CallError::Withdrawn,
                });
            },
            () = self.calls.withdrawn() => {
                // If it has been taken back already, that is what its receiver finds.
                if self.calls.take(id).is_some() {
                    return Err(CallError::Withdrawn);
                }
            }
        }
        Ok(id)
    }

    /// Queues a frame; false when nothing is written any more.
    pub(crate) async fn send(&self, frame: Frame) -> bool {
        self.outgoing.send(frame).await.is_ok()
    }

    /// Grants the worker so many bytes more of a call's data.
    pub(crate) fn grant(self: &Arc<Self>, id: u64, bytes: usize) {
        let meta = json(&Grant {
            bytes: bytes as u64,
        });
        if let Ok(frame) = Frame::new(Kind::Credit, id, meta, Vec::new()) {
            self.send_later(frame);
        }
    }

    /// Queues a frame from where nothing can be awaited.
    pub(crate) fn send_later(self: &Arc<Self>, frame: Frame) {
        let Err(mpsc::error::TrySendError::Full(frame)) = self.outgoing.try_send(frame) else {
            return;
        };
        let connection = Arc::clone(self);
        tokio::spawn(async move { connection.send(frame).await });
    }

    /// Takes frames until the stream ends.
    pub(crate) async fn read<R: AsyncRead + Unpin>(
        self: Arc<Self>,
        mut reader: R,
        callbacks: Arc<dyn Callbacks>,
    ) -> Result<(), Violation> {
        while let Some(frame) = Frame::read(&mut reader).await? {
            self.take(frame, &callbacks).await?;
        }
        Ok(())
    }

    async fn take(
        self: &Arc<Self>,
        frame: Frame,
        callbacks: &Arc<dyn Callbacks>,
    ) -> Result<(), Violation> {
        let (kind, id) = (frame.kind(), frame.id());
        match kind {
            Kind::Data if is_of_worker(id) => self.served.data(frame)?,
            Kind::Data => self.calls.data(frame)?,
            Kind::Credit => {
                let Grant { bytes } = parse(kind, frame.meta())?;
                if is_of_worker(id) {
                    self.served.granted(id, bytes);
                } else {
                    self.calls.granted(id, bytes);
                }
            }
            Kind::Cancel if is_of_worker(id) => self.served.cancel(id),
            Kind::Call if AppQuestion::is_one(frame.meta()) => self.ask(frame),
            Kind::Note => note(self, frame, callbacks).await,
            Kind::Call => self.answer(frame, callbacks).await,
            Kind::Begun => self.calls.begun(id),
            Kind::Reply => {
                let (meta, sections) = frame.into_parts();
                self.calls.answer(id, Ok(Message { meta, sections }));
            }
            Kind::Error => {
                let error: RemoteError = parse(kind, frame.meta())?;
                self.calls
                    .answer(id, Err(CallError::Remote(Box::new(error))));
            }
            Kind::Log => callbacks.log(parse(kind, frame.meta())?),
            Kind::Ping => self.send_later(Frame::bare(Kind::Pong, id)),
            Kind::Pong => self.pulse.turned(id),
            Kind::Hello | Kind::Warm | Kind::Cancel | Kind::Shutdown => {
                return Err(Violation::Unexpected(kind));
            }
        }
        Ok(())
    }

    /// Hands what the worker asks for a request to whoever has made the request.
    fn ask(self: &Arc<Self>, frame: Frame) {
        let id = frame.id();
        let (meta, sections) = frame.into_parts();
        let refused = match serde_json::from_slice::<AppQuestion>(&meta) {
            Ok(question) => {
                let call = question.call();
                let whole = sections.into_iter().next().unwrap_or_default();
                let asked = Asked::new(question, whole, self.served.open(self, id));
                match self.calls.ask(call, Box::new(asked)) {
                    // Dropping it is an answer.
                    Ok(()) | Err(_) => return,
                }
            }
            Err(error) => CallbackError::protocol(error),
        };
        self.send_later(error_frame(id, &refused));
    }

    async fn answer(self: &Arc<Self>, frame: Frame, callbacks: &Arc<dyn Callbacks>) {
        let id = frame.id();
        let call = decode(frame);
        let asks_a_person = matches!(call, Ok(Callback::ReadTerminal { .. }));
        let answer = match call {
            Ok(call) => callbacks.accept(call, Streamed::over(self)).await,
            Err(error) => Box::pin(async { Err(error) }),
        };
        let connection = Arc::clone(self);
        tokio::spawn(async move {
            let answer = tokio::select! {
                answer = answer => answer,
                // A person is not to answer what nobody waits for any more.
                _ = connection.died(), if asks_a_person => return,
            };
            connection.send(answer_frame(id, answer)).await;
        });
    }
}

fn decode(frame: Frame) -> Result<Callback, CallbackError> {
    let (meta, sections) = frame.into_parts();
    // Raw JSON in parameters cannot be read before it is known what they are; serde's own words for that say nothing.
    let params_first = meta.starts_with(br#"{"params""#);
    Message { meta, sections }.unpack().map_err(|mismatch| {
        if params_first {
            CallbackError::protocol(format!("`method` has to come first in a call: {mismatch}"))
        } else {
            mismatch.into()
        }
    })
}

async fn note(connection: &Arc<Connection>, frame: Frame, callbacks: &Arc<dyn Callbacks>) {
    let answer = match decode(frame) {
        Ok(call) => callbacks.accept(call, Streamed::over(connection)).await,
        Err(error) => return log_failed_note(callbacks, &error),
    };
    let callbacks = Arc::clone(callbacks);
    tokio::spawn(async move {
        if let Err(error) = answer.await {
            log_failed_note(&callbacks, &error);
        }
    });
}

/// A note has no answer that could carry its error, so it is logged where the worker's own errors are.
fn log_failed_note(callbacks: &Arc<dyn Callbacks>, error: &CallbackError) {
    if error.status.is_some() {
        // It concerns all that is written, and is told as that.
        return;
    }
    callbacks.log(LogLine {
        run_id: None,
        stream: LogStream::Logging,
        level: "error".to_owned(),
        logger: Some("lgx.worker".to_owned()),
        text: format!("a checkpoint could not be written: {error}"),
        open: false,
        node: None,
        task_id: None,
    });
}

fn answer_frame(id: u64, answer: Result<CallbackReply, CallbackError>) -> Frame {
    let fitted = answer.and_then(|reply| {
        let Message { meta, sections } = Message::pack(reply);
        Frame::new(Kind::Reply, id, meta, sections).map_err(|error| CallbackError {
            kind: "FrameTooLarge".to_owned(),
            message: error.to_string(),
            status: None,
            headers: BTreeMap::new(),
        })
    });
    fitted.unwrap_or_else(|error| error_frame(id, &error))
}

/// Whether it is the number of a call of the worker; those of the server are even.
const fn is_of_worker(id: u64) -> bool {
    id % 2 == 1
}

pub(crate) fn error_frame(id: u64, error: &CallbackError) -> Frame {
    let mut meta = serde_json::json!({"type": error.kind, "message": error.message});
    if let Some(status) = error.status {
        meta["status"] = status.into();
    }
    if !error.headers.is_empty() {
        meta["headers"] = serde_json::json!(error.headers);
    }
    let meta = json(&meta);
    Frame::new(Kind::Error, id, meta, Vec::new()).unwrap_or_else(|_| Frame::bare(Kind::Error, id))
}

fn parse<'a, T: Deserialize<'a>>(kind: Kind, meta: &'a Bytes) -> Result<T, Violation> {
    serde_json::from_slice(meta).map_err(|reason| Violation::Meta { kind, reason })
}

/// Writes frames in order until nobody sends any, several small ones at a time.
pub(crate) async fn write<W: AsyncWrite + Unpin>(
    mut writer: W,
    mut frames: mpsc::Receiver<Frame>,
) -> std::io::Result<()> {
    let mut buffer = BytesMut::new();
    while let Some(frame) = frames.recv().await {
        frame.encode(&mut buffer);
        while buffer.len() < BATCH
            && let Ok(frame) = frames.try_recv()
        {
            frame.encode(&mut buffer);
        }
        writer.write_all(&buffer).await?;
        writer.flush().await?;
        // One huge frame must not keep its memory for good.
        if buffer.capacity() > 16 * BATCH {
            buffer = BytesMut::new();
        } else {
            buffer.clear();
        }
    }
    Ok(())
}
