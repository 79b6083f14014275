//! What a worker may ask of the server, typed.

use std::future::Future;
use std::pin::Pin;

use lgx_model::checkpoint::ChannelBlob;
use lgx_model::{CheckpointRow, CheckpointTuple, JsonObject, PendingWrite, RunId, ThreadId};
use serde::{Deserialize, Serialize};

use crate::LogLine;
use crate::items::{ItemOperation, ItemResult};

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The answer to a callback, in the making.
pub type Answer = BoxFuture<'static, Result<CallbackReply, CallbackError>>;

/// The server as a worker sees it.
pub trait Callbacks: Send + Sync + 'static {
    /// Takes a call. Called in the order the frames arrived, and awaited before the next frame is read, so this is where
    /// ordered work is put in a queue. The future it returns produces the answer later; for a call that wants no answer
    /// only its error is looked at, and logged.
    ///
    /// Nothing is read from the worker meanwhile: do not wait here for another answer of the same worker.
    fn accept(&self, call: Callback) -> BoxFuture<'_, Answer>;

    /// Takes a line of output. Must not block.
    fn log(&self, line: LogLine);

    /// Hears which part of the project is about to be imported. Must not block.
    fn loading(&self, _what: String) {}
}

/// What a worker asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Callback {
    /// Write a checkpoint.
    PutCheckpoint {
        /// The run on whose behalf it is; writes of a run that has ended are dropped.
        run_id: Option<RunId>,
        /// The checkpoint.
        row: CheckpointRow,
        /// The channel values that are new with it.
        new: Vec<ChannelBlob>,
    },
    /// Write what tasks wrote for the step after a checkpoint.
    PutWrites {
        /// The run on whose behalf it is; writes of a run that has ended are dropped.
        run_id: Option<RunId>,
        /// The checkpoint they belong to.
        checkpoint: WritesKey,
        /// The writes. One with `idx` ≥ 0 that is there already is kept; one with `idx` < 0 is replaced.
        writes: Vec<PendingWrite>,
    },
    /// Read one checkpoint. Answered by [`CallbackReply::Tuple`].
    GetCheckpoint {
        /// The thread.
        thread_id: ThreadId,
        /// The namespace.
        checkpoint_ns: String,
        /// The checkpoint; none = the newest.
        checkpoint_id: Option<String>,
    },
    /// Read several. Answered by [`CallbackReply::Tuples`], newest first.
    ListCheckpoints(ListCheckpoints),
    /// Delete all checkpoints of a thread.
    DeleteThread {
        /// The thread.
        thread_id: ThreadId,
    },
    /// Delete the checkpoints that runs wrote.
    DeleteForRuns {
        /// The runs, as named in the checkpoints' metadata.
        run_ids: Vec<String>,
    },
    /// Copy all checkpoints of a thread.
    CopyThread {
        /// From here.
        source: ThreadId,
        /// To here.
        target: ThreadId,
    },
    /// Thin out the checkpoints of threads.
    Prune {
        /// The threads.
        thread_ids: Vec<ThreadId>,
        /// What to keep.
        strategy: PruneStrategy,
    },
    /// Read and write items of long-term memory: what is read is what was there before what is written.
    /// Answered by [`CallbackReply::Items`]. Memory outlives runs: nothing is dropped when a run has ended.
    Items(Vec<ItemOperation>),
    /// Have the person at the server's terminal type a line. Answered by [`CallbackReply::Typed`], or by an error of type
    /// `NoTerminal` or `Cancelled`.
    ReadTerminal {
        /// The run that asks; none while the project is imported and for handlers.
        run_id: Option<RunId>,
        /// What the person is asked.
        prompt: String,
        /// Whether a debugger asks, which has said who it is.
        debugger: bool,
    },
}

/// The checkpoint that writes belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WritesKey {
    /// The thread.
    pub thread_id: ThreadId,
    /// The namespace.
    pub checkpoint_ns: String,
    /// The checkpoint.
    pub checkpoint_id: String,
}

/// Which checkpoints to list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListCheckpoints {
    /// Of this thread.
    pub thread_id: Option<ThreadId>,
    /// In this namespace.
    pub checkpoint_ns: Option<String>,
    /// Only this one.
    pub checkpoint_id: Option<String>,
    /// Older than this one.
    pub before: Option<String>,
    /// With metadata that contains this.
    #[serde(default)]
    pub filter: JsonObject,
    /// At most this many.
    pub limit: Option<u64>,
}

/// What pruning keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PruneStrategy {
    /// The newest checkpoint of each namespace.
    KeepLatest,
    /// Nothing.
    Delete,
}

/// What the server answers.
#[derive(Debug, Clone, PartialEq)]
pub enum CallbackReply {
    /// It is done.
    Done,
    /// The checkpoint asked for, if there is one.
    Tuple(Option<Box<CheckpointTuple>>),
    /// The checkpoints asked for, or as many of the first ones as fit into a message.
    Tuples {
        /// The checkpoints.
        tuples: Vec<CheckpointTuple>,
        /// Whether there are more, before the last of these.
        more: bool,
    },
    /// What came of each operation on items.
    Items(Vec<ItemResult>),
    /// The line that was typed, with its newline; empty when the person ended the input.
    Typed(String),
}

/// Why the server cannot do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct CallbackError {
    /// What kind of failure: `StoreError`, …
    pub kind: String,
    /// What happened.
    pub message: String,
    /// The HTTP status for a client on whose behalf the call was made; none means 500.
    pub status: Option<u16>,
}

impl CallbackError {
    /// A failure of the server's store.
    pub fn store(message: impl Into<String>) -> Self {
        Self {
            kind: "StoreError".to_owned(),
            message: message.into(),
            status: None,
        }
    }

    /// A value that Python would raise a `ValueError` for.
    pub fn value(message: impl Into<String>) -> Self {
        Self {
            kind: "ValueError".to_owned(),
            message: message.into(),
            status: None,
        }
    }

    /// Nobody can be asked: the server has no terminal.
    pub fn no_terminal() -> Self {
        Self {
            kind: "NoTerminal".to_owned(),
            message: "this server has no terminal to ask on".to_owned(),
            status: None,
        }
    }

    /// The run on whose behalf it was asked has been told to stop.
    pub fn cancelled() -> Self {
        Self {
            kind: "Cancelled".to_owned(),
            message: "the run was told to stop".to_owned(),
            status: None,
        }
    }

    /// A call that is not what the protocol says.
    pub(crate) fn protocol(reason: impl std::fmt::Display) -> Self {
        Self {
            kind: "ProtocolError".to_owned(),
            message: reason.to_string(),
            status: None,
        }
    }

    /// With a status for the client.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self {
            status: Some(status),
            ..self
        }
    }
}
