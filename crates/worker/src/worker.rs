//! The handle to a worker: load once, then call and run until it is shut down.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use lgx_model::{CheckpointTuple, RunId, Runtime};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::connection::{self, Connection, Opened};
use crate::crash_report::CrashReport;
use crate::death::EndReason;
use crate::frame::{Frame, Kind};
use crate::hello::check_hello;
use crate::introduction::Introduced;
use crate::messages::json;
use crate::method::Method;
use crate::process::Process;
use crate::sections::Sectioned;
use crate::stream::{Incoming, StreamCall, StreamSender};
use crate::supervision::{Ends, supervise};
use crate::{
    AppAnswer, AppCall, BodyForm, CallError, Callbacks, Death, Diagnostic, ExecutingRun, Hello,
    LoadError, LoadProgress, LoadRequest, Loaded, Message, RemoteError, RunCall, RunRequest,
    StartError, pulse,
};

/// A handle to a worker. The worker is killed when it is told so, or when the last handle goes.
#[derive(Clone)]
pub struct Worker {
    inner: Arc<Inner>,
}

struct Inner {
    hello: Hello,
    imported_ahead: bool,
    connection: Arc<Connection>,
    /// What its interpreter writes without being able to run, if it is a process.
    crash_report: Option<Arc<CrashReport>>,
    kill: CancellationToken,
    /// Why it is killed, if there is something to tell.
    reason: Arc<OnceLock<EndReason>>,
    /// Kills it when it goes with the last handle and the last call in progress.
    alive: Arc<DropGuard>,
}

/// A call as JSON.
#[derive(Serialize)]
struct Call<P> {
    method: Method,
    params: P,
}

/// The parameters of `run`.
#[derive(Serialize)]
struct RunParams<'a> {
    #[serde(flatten)]
    request: &'a RunRequest,
    checkpoint: Option<CheckpointTuple>,
}

impl Sectioned for Call<RunParams<'_>> {
    fn each_section(&mut self, visit: &mut dyn FnMut(&mut Bytes)) {
        self.params.checkpoint.each_section(visit);
    }
}

impl Worker {
    /// A process becomes the worker of these callbacks. It may have imported modules ahead.
    pub(crate) fn of(
        introduced: Introduced,
        callbacks: Arc<dyn Callbacks>,
        imported_ahead: bool,
    ) -> Self {
        introduced.log.set(Some(Arc::clone(&callbacks)));
        let Introduced {
            hello,
            process,
            reader,
            writer,
            ..
        } = introduced;
        Self::connect(
            hello,
            reader,
            writer,
            callbacks,
            Some(process),
            imported_ahead,
        )
    }

    /// A worker at the other end of any stream.
    pub async fn over<S>(stream: S, callbacks: Arc<dyn Callbacks>) -> Result<Self, StartError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (reader, writer) = tokio::io::split(stream);
        let mut reader = BufReader::with_capacity(64 * 1024, reader);
        let frame = Frame::read(&mut reader)
            .await?
            .ok_or_else(|| StartError::Died {
                runtime: Runtime::Python,
                death: Box::new(Death::with_cause("connection lost")),
            })?;
        Ok(Self::connect(
            check_hello(&frame)?,
            reader,
            writer,
            callbacks,
            None,
            false,
        ))
    }

    fn connect<R, W>(
        hello: Hello,
        reader: R,
        writer: W,
        callbacks: Arc<dyn Callbacks>,
        process: Option<Process>,
        imported_ahead: bool,
    ) -> Self
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        let (connection, frames) = Connection::new();
        let crash_report = process
            .as_ref()
            .map(|process| Arc::clone(process.crash_report()));
        let kill = CancellationToken::new();
        let reason = Arc::<OnceLock<_>>::default();
        let ends = Ends {
            reader: tokio::spawn(Arc::clone(&connection).read(reader, Arc::clone(&callbacks))),
            writer: tokio::spawn(connection::write(writer, frames)),
        };
        tokio::spawn(supervise(
            Arc::clone(&connection),
            callbacks,
            ends,
            process,
            kill.clone(),
            Arc::clone(&reason),
        ));
        let alive = Arc::new(kill.clone().drop_guard());
        Self {
            inner: Arc::new(Inner {
                hello,
                imported_ahead,
                connection,
                crash_report,
                kill,
                reason,
                alive,
            }),
        }
    }

    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.inner.connection
    }

    /// How the worker introduced itself.
    pub fn hello(&self) -> &Hello {
        &self.inner.hello
    }

    /// Whether it had imported modules before it was told what to load.
    pub fn has_imported_ahead(&self) -> bool {
        self.inner.imported_ahead
    }

    /// Makes the worker load the project; once in its life. `on_progress` hears which part of it is about to be imported, and from
    /// where code was loaded that fails.
    pub async fn load(
        &self,
        request: &LoadRequest,
        on_progress: impl Fn(LoadProgress),
    ) -> Result<Loaded, LoadError> {
        let (mut call, _) = self.stream(Method::Load, request).await?;
        let answer = loop {
            match call.next().await {
                Incoming::Data(data) => on_progress(decode(Method::Load, &data.meta)?),
                Incoming::Answer(answer) => break answer,
            }
        };
        match answer {
            Ok(reply) => {
                let loaded = decode(Method::Load, &reply.meta)?;
                // Not before: what is imported stands in the way of the event loop, and is no run that blocks it.
                tokio::spawn(pulse::beat(Arc::clone(&self.inner.connection)));
                Ok(loaded)
            }
            Err(CallError::Remote(error)) => Err(match (error.kind.as_str(), error.diagnostic) {
                ("AuthLoadError", Some(diagnostic)) => LoadError::Auth(diagnostic),
                ("StoreIndexError", Some(diagnostic)) => LoadError::StoreIndex(diagnostic),
                ("AppLoadError", Some(diagnostic)) => LoadError::App(diagnostic),
                (_, diagnostic) => CallError::Remote(Box::new(RemoteError {
                    diagnostic,
                    ..*error
                }))
                .into(),
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Where loading hangs in code that keeps the interpreter, as its own watchdog has noted. Blocks for the reading of a short file.
    pub fn hang(&self) -> Option<Diagnostic> {
        self.inner.crash_report.as_ref()?.hang()
    }

    /// Calls `method` with `params`, a struct or a map, and waits for the reply. The call goes on when this is dropped.
    pub async fn call<P: Serialize>(
        &self,
        method: Method,
        params: &P,
    ) -> Result<Message, CallError> {
        self.inner
            .connection
            .call(method, body(method, params))
            .await
    }

    /// Calls `method`, whose answer is preceded by data of either side.
    pub async fn stream<P: Serialize>(
        &self,
        method: Method,
        params: &P,
    ) -> Result<(StreamCall, StreamSender), CallError> {
        let opened = self
            .inner
            .connection
            .stream(method, None, false, body(method, params))
            .await?;
        Ok(self.opened(opened))
    }

    fn opened(&self, opened: Opened) -> (StreamCall, StreamSender) {
        let Opened {
            id,
            arrived,
            allowance,
            credit,
        } = opened;
        let connection = &self.inner.connection;
        let sender = StreamSender::new(Arc::clone(connection), id, credit);
        let alive = Arc::clone(&self.inner.alive);
        let call = StreamCall::new(Arc::clone(connection), alive, id, arrived, allowance);
        (call, sender)
    }

    /// Starts a run. `checkpoint` is the newest root checkpoint of its thread, when `request.prefetched` says so.
    pub async fn run(
        &self,
        request: &RunRequest,
        checkpoint: Option<&CheckpointTuple>,
    ) -> Result<RunCall, CallError> {
        let body = Message::pack(Call {
            method: Method::Run,
            params: RunParams {
                request,
                checkpoint: checkpoint.cloned(),
            },
        });
        let run = ExecutingRun {
            run_id: request.run_id,
            thread_id: request.thread_id,
        };
        let opened = self
            .inner
            .connection
            .stream(Method::Run, Some(run), false, body)
            .await?;
        Ok(RunCall(self.opened(opened).0))
    }

    /// Has the project's own app answer a request; `body` is all of it, unless the request says that it is streamed.
    pub async fn request(
        &self,
        method: Method,
        request: &AppCall,
        body: Bytes,
    ) -> Result<(AppAnswer, StreamSender), CallError> {
        let message = Message {
            meta: json(&Call {
                method,
                params: request,
            }),
            sections: vec![body],
        };
        // What follows a body that goes along is its answer.
        let hears_begun = request.body == Some(BodyForm::Streamed);
        let opened = self
            .inner
            .connection
            .stream(method, None, hears_begun, message)
            .await?;
        let (call, sender) = self.opened(opened);
        Ok((AppAnswer::of(method, call), sender))
    }

    /// The runs that it has begun on, the oldest first.
    pub fn executing(&self) -> Vec<ExecutingRun> {
        self.inner.connection.calls().executing()
    }

    /// Resolves when the worker has ended, by itself or not.
    pub async fn died(&self) -> Death {
        self.inner.connection.died().await
    }

    /// Whether it has ended.
    pub fn is_dead(&self) -> bool {
        self.inner.connection.is_dead()
    }

    /// Whether it still takes calls: it has not ended, is not about to, and has not been given up.
    pub fn takes_calls(&self) -> bool {
        self.inner.connection.takes_calls()
    }

    /// Waits until the worker's event loop has not turned for `patience` while somebody waits whom another worker could serve. Gives
    /// since when. Only a worker that has loaded is looked at.
    pub async fn blocked(&self, patience: Duration) -> Instant {
        pulse::blocked(&self.inner.connection, patience).await
    }

    /// Waits until its event loop has not turned for `patience`, whoever waits for it. Gives since when.
    pub async fn silent(&self, patience: Duration) -> Instant {
        self.inner.connection.pulse().silent(patience).await
    }

    /// Whether its event loop has not turned for `time`, as far as has been asked: that is once a second while calls wait.
    pub fn is_silent_for(&self, time: Duration) -> bool {
        self.inner.connection.pulse().silent_for(time)
    }

    /// Waits until its event loop turns.
    pub async fn turns(&self) {
        self.inner.connection.pulse().turns().await;
    }

    /// Gives up on it for all that it has not begun on, and for all that another worker may answer as well: those calls fail as
    /// [`CallError::Withdrawn`], and so does every new one. What it has begun on goes on.
    pub fn withdraw(&self) {
        self.inner.connection.withdraw();
    }

    /// Asks the worker to leave, waits for `grace`, then kills it. Returns when it is gone.
    pub async fn shutdown(&self, grace: Duration) {
        let leave = async {
            self.inner
                .connection
                .send(Frame::bare(Kind::Shutdown, 0))
                .await;
            self.died().await
        };
        if tokio::time::timeout(grace, leave).await.is_err() {
            self.kill();
            self.died().await;
        }
    }

    /// Kills the worker and every process of its group now.
    pub fn kill(&self) {
        self.inner.kill.cancel();
    }

    /// Kills it; its [`Death`] says why, and because of which run, where it is one.
    pub fn end(&self, reason: impl Into<String>, because_of: Option<RunId>) {
        // The first reason is the one it dies of.
        let _ = self.inner.reason.set(EndReason {
            how: reason.into(),
            because_of,
        });
        self.kill();
    }
}

fn body<P: Serialize>(method: Method, params: &P) -> Message {
    Message {
        meta: json(&Call { method, params }),
        sections: Vec::new(),
    }
}

fn decode<'a, T: serde::Deserialize<'a>>(method: Method, meta: &'a Bytes) -> Result<T, CallError> {
    serde_json::from_slice(meta).map_err(|error| CallError::Malformed {
        method,
        reason: error.to_string(),
    })
}
