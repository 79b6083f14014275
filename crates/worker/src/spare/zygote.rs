//! The process that workers are forked from, and the task that talks to it.
//!
//! It answers one call after the other, and a call to fork carries descriptors along. Whoever drops the last handle ends it, whatever it
//! is at; each worker that it forked has one, because only it can tell how that worker ended.

use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::process::Pid;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncWriteExt as _, Interest};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::frame::{Frame, Kind};
use crate::introduction::Introduced;
use crate::messages::json as to_json;
use crate::output::LogTarget;
use crate::process::{Child, DESCRIPTORS, Forked, Given, Process, Role, ends};
use crate::{Hello, Launch, RemoteError, StartError};

/// Why a zygote gives no worker.
#[derive(Debug, thiserror::Error)]
pub(super) enum ForkError {
    /// It has something that a child would be without.
    #[error("{0}")]
    Unforkable(String),
    /// It has ended, or does not make sense.
    #[error("the process that workers are forked from is of no use: {0}")]
    Gone(String),
    /// The child could not be followed, or it did not say hello.
    #[error(transparent)]
    Child(StartError),
}

/// A call, and who waits for its answer.
struct ZygoteCall {
    meta: serde_json::Value,
    descriptors: Option<Given>,
    answer: oneshot::Sender<Result<Frame, ForkError>>,
}

/// What workers that were forked call it for.
#[derive(Clone)]
pub(crate) struct ZygoteCalls {
    calls: mpsc::UnboundedSender<ZygoteCall>,
    /// Ends it when the last handle goes.
    _alive: Arc<DropGuard>,
}

/// A process that workers are forked from.
pub(super) struct Zygote {
    calls: ZygoteCalls,
    kill: CancellationToken,
    launch: Launch,
    pub(super) hello: Hello,
}

/// What it has imported.
#[derive(Debug, Deserialize)]
pub(super) struct Preloaded {
    /// Why it must not be forked, if so.
    pub(super) unforkable: Option<String>,
    /// Files.
    pub(super) files: Vec<PathBuf>,
}

impl Zygote {
    /// Starts one, and waits until it has introduced itself.
    pub(super) async fn start(launch: &Launch, log: Arc<LogTarget>) -> Result<Self, StartError> {
        let started = Process::spawn(launch, Role::Zygote, &log)?;
        let introduced = Introduced::wait(started, log).await?;
        let hello = introduced.hello.clone();
        let (calls, inbox) = mpsc::unbounded_channel();
        let kill = CancellationToken::new();
        tokio::spawn(answer(introduced, inbox, kill.clone()));
        let alive = Arc::new(kill.clone().drop_guard());
        Ok(Self {
            calls: ZygoteCalls {
                calls,
                _alive: alive,
            },
            kill,
            launch: launch.clone(),
            hello,
        })
    }

    /// Ends it, though workers that it forked may live: it hangs, and would not tell how they end.
    pub(super) fn kill(&self) {
        self.kill.cancel();
    }

    /// How it was started.
    pub(super) const fn launch(&self) -> &Launch {
        &self.launch
    }

    /// Has it import these modules, beside those that it has imported.
    pub(super) async fn preload(&self, modules: &[String]) -> Result<Preloaded, ForkError> {
        let call = json!({"method": "preload", "params": {"modules": modules}});
        let reply = self.calls.call(call, None).await?;
        decode(&reply)
    }

    /// Forks a worker, and waits until it has introduced itself.
    pub(super) async fn fork(&self, log: Arc<LogTarget>) -> Result<Introduced, ForkError> {
        #[derive(Deserialize)]
        struct ForkReply {
            pid: i32,
        }
        let failed = |source| {
            ForkError::Child(StartError::Execute {
                program: self.launch.program.display().to_string(),
                source,
            })
        };
        let (theirs, ours) = ends(&log).map_err(failed)?;
        let call = json!({"method": "fork", "params": {}});
        let ForkReply { pid } = decode(&self.calls.call(call, Some(theirs)).await?)?;
        let pid = Pid::from_raw(pid).ok_or_else(|| ForkError::Gone(format!("process {pid}")))?;
        let forked = Forked::new(pid, self.calls.clone()).map_err(failed)?;
        let process = Process::new(&self.launch, Child::Forked(forked), ours);
        Introduced::wait(process, log)
            .await
            .map_err(ForkError::Child)
    }
}

impl ZygoteCalls {
    async fn call(
        &self,
        meta: serde_json::Value,
        descriptors: Option<Given>,
    ) -> Result<Frame, ForkError> {
        let gone = || ForkError::Gone("it has ended".to_owned());
        let (answer, answered) = oneshot::channel();
        let call = ZygoteCall {
            meta,
            descriptors,
            answer,
        };
        self.calls.send(call).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// How a worker ended, whose end has been seen.
    pub(crate) async fn reap(&self, pid: Pid) -> io::Result<ExitStatus> {
        #[derive(Deserialize)]
        struct ReapReply {
            status: i32,
        }
        let call = self.call(reap(pid), None).await;
        let ReapReply { status } = call
            .and_then(|reply| decode(&reply))
            .map_err(io::Error::other)?;
        Ok(ExitStatus::from_raw(status))
    }

    /// The same, when nobody wants to know.
    pub(crate) fn reap_later(&self, pid: Pid) {
        let (answer, _) = oneshot::channel();
        // If it has gone, somebody else reaps.
        let _ = self.calls.send(ZygoteCall {
            meta: reap(pid),
            descriptors: None,
            answer,
        });
    }
}

fn reap(pid: Pid) -> serde_json::Value {
    json!({"method": "reap", "params": {"pid": pid.as_raw_nonzero().get()}})
}

/// Talks to the process until nobody wants anything of it any more, or it ends. It is killed with its connection.
async fn answer(
    mut zygote: Introduced,
    mut inbox: mpsc::UnboundedReceiver<ZygoteCall>,
    kill: CancellationToken,
) {
    let mut id = 0;
    while let Some(call) = inbox.recv().await {
        id += 2;
        let talked = tokio::select! {
            talked = talk(&mut zygote.reader, &mut zygote.writer, id, &call) => talked,
            () = zygote.process.exited() => Err(io::ErrorKind::BrokenPipe.into()),
            () = kill.cancelled() => Err(io::ErrorKind::TimedOut.into()),
        };
        match talked {
            // Nobody may want to know any more.
            Ok(frame) => drop(call.answer.send(outcome(frame))),
            Err(error) => {
                let death = zygote.process.kill().await;
                let gone = ForkError::Gone(format!("{death} ({error})"));
                drop(call.answer.send(Err(gone)));
                return;
            }
        }
    }
    zygote.process.kill().await;
}

async fn talk(
    reader: &mut tokio::io::BufReader<tokio::net::unix::OwnedReadHalf>,
    writer: &mut tokio::net::unix::OwnedWriteHalf,
    id: u64,
    call: &ZygoteCall,
) -> io::Result<Frame> {
    let frame =
        Frame::new(Kind::Call, id, to_json(&call.meta), Vec::new()).map_err(io::Error::other)?;
    let mut bytes = bytes::BytesMut::new();
    frame.encode(&mut bytes);
    let sent = match &call.descriptors {
        None => 0,
        Some(ends) => send_with(writer.as_ref(), &bytes, ends).await?,
    };
    writer.write_all(&bytes[sent..]).await?;
    loop {
        match Frame::read(reader).await.map_err(io::Error::other)? {
            Some(frame) if frame.id() == id => return Ok(frame),
            Some(_) => {}
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Sends the descriptors with the first bytes; how many bytes went along is given.
async fn send_with(
    stream: &tokio::net::UnixStream,
    bytes: &[u8],
    ends: &Given,
) -> io::Result<usize> {
    stream
        .async_io(Interest::WRITABLE, || {
            let descriptors = ends.as_fds();
            let mut space =
                [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
            let mut ancillary = SendAncillaryBuffer::new(&mut space);
            ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
            let sent = sendmsg(
                stream.as_fd(),
                &[io::IoSlice::new(bytes)],
                &mut ancillary,
                SendFlags::empty(),
            )?;
            Ok(sent)
        })
        .await
}

fn outcome(frame: Frame) -> Result<Frame, ForkError> {
    if frame.kind() != Kind::Error {
        return Ok(frame);
    }
    let error: RemoteError = decode(&frame)?;
    Err(match error.kind.as_str() {
        "Unforkable" => ForkError::Unforkable(error.message),
        _ => ForkError::Gone(error.to_string()),
    })
}

fn decode<'a, T: Deserialize<'a>>(frame: &'a Frame) -> Result<T, ForkError> {
    serde_json::from_slice(frame.meta())
        .map_err(|error| ForkError::Gone(format!("it makes no sense: {error}")))
}
