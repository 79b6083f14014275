//! What a worker may ask of the server, typed.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use lgx_model::checkpoint::ChannelBlob;
use lgx_model::item::ItemOutcome;
use lgx_model::{
    CheckpointRow, CheckpointTuple, JsonObject, PendingWrite, PruneStrategy, RunId, ThreadId,
};
use serde::{Deserialize, Serialize};

use crate::items::ItemOperation;
use crate::sections::{Mismatch, Sectioned};
use crate::{Death, ExecutingRun, LogLine, Streamed};

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
    /// Nothing is read from the worker meanwhile: do not wait here for another answer of the same worker. What is to have its place
    /// behind what a run has `streamed` may wait for that.
    fn accept(&self, call: Callback, streamed: Streamed) -> BoxFuture<'_, Answer>;

    /// Takes a line of output. Must not block.
    fn log(&self, line: LogLine);

    /// Which of the runs of a worker that has just ended go on elsewhere. Asked before anybody who waits for them hears of the end.
    fn going_on(&self, death: &Death) -> Vec<ExecutingRun> {
        let _ = death;
        Vec::new()
    }
}

/// What a worker asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params")]
pub enum Callback {
    /// Write a checkpoint.
    #[serde(rename = "checkpoint.put")]
    PutCheckpoint {
        /// The run on whose behalf it is; writes of a run that has ended are dropped.
        run_id: Option<RunId>,
        /// The checkpoint.
        #[serde(rename = "checkpoint")]
        row: CheckpointRow,
        /// The channel values that are new with it.
        new: Vec<ChannelBlob>,
    },
    /// Write what tasks wrote for the step after a checkpoint.
    #[serde(rename = "checkpoint.put_writes")]
    PutWrites {
        /// The run on whose behalf it is; writes of a run that has ended are dropped.
        run_id: Option<RunId>,
        /// The checkpoint they belong to.
        checkpoint: WritesKey,
        /// The writes. One with `idx` ≥ 0 that is there already is kept; one with `idx` < 0 is replaced.
        writes: Vec<PendingWrite>,
    },
    /// Write what an update of a state consists of: all of it, or nothing.
    #[serde(rename = "checkpoint.put_update")]
    PutUpdate {
        /// In the order in which they are made.
        writes: Vec<UpdateWrite>,
    },
    /// Read one checkpoint. Answered by [`CallbackReply::Tuple`].
    #[serde(rename = "checkpoint.get")]
    GetCheckpoint {
        /// The thread.
        thread_id: ThreadId,
        /// The namespace.
        checkpoint_ns: String,
        /// The checkpoint; none = the newest.
        checkpoint_id: Option<String>,
    },
    /// Read several. Answered by [`CallbackReply::Tuples`], newest first.
    #[serde(rename = "checkpoint.list")]
    ListCheckpoints(ListCheckpoints),
    /// Delete all checkpoints of a thread.
    #[serde(rename = "checkpoint.delete_thread")]
    DeleteThread {
        /// The thread.
        thread_id: ThreadId,
    },
    /// Delete the checkpoints that runs wrote.
    #[serde(rename = "checkpoint.delete_for_runs")]
    DeleteForRuns {
        /// The runs, as named in the checkpoints' metadata.
        run_ids: Vec<String>,
    },
    /// Copy all checkpoints of a thread.
    #[serde(rename = "checkpoint.copy_thread")]
    CopyThread {
        /// From here.
        source: ThreadId,
        /// To here.
        target: ThreadId,
    },
    /// Thin out the checkpoints of threads.
    #[serde(rename = "checkpoint.prune")]
    Prune {
        /// The threads.
        thread_ids: Vec<ThreadId>,
        /// What becomes of their checkpoints.
        strategy: PruneStrategy,
    },
    /// Read and write items of long-term memory: what is read is what was there before what is written.
    /// Answered by [`CallbackReply::Items`]. Memory outlives runs: nothing is dropped when a run has ended.
    #[serde(rename = "store.batch")]
    Items {
        /// What to do.
        operations: Vec<ItemOperation>,
    },
    /// Have the person at the server's terminal type a line. Answered by [`CallbackReply::Typed`], or by an error of type
    /// `NoTerminal` or `Cancelled`.
    #[serde(rename = "terminal.read")]
    ReadTerminal {
        /// The run that asks; none while the project is imported and for handlers.
        run_id: Option<RunId>,
        /// What the person is asked.
        prompt: String,
        /// Whether a debugger asks, which has said who it is.
        debugger: bool,
    },
}

impl Sectioned for Callback {
    fn each_section(&mut self, visit: &mut dyn FnMut(&mut Bytes)) {
        match self {
            Self::PutCheckpoint { row, new, .. } => {
                visit(&mut row.checkpoint.bytes);
                new.each_section(visit);
            }
            Self::PutWrites { writes, .. } => writes.each_section(visit),
            Self::PutUpdate { writes } => writes.each_section(visit),
            Self::Items { operations } => operations.each_section(visit),
            _ => {}
        }
    }
}

/// One of the writes of an update; as those of runs, and on behalf of none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateWrite {
    /// A checkpoint.
    Put {
        /// The checkpoint.
        checkpoint: Box<CheckpointRow>,
        /// The channel values that are new with it.
        new: Vec<ChannelBlob>,
    },
    /// What tasks wrote for the step after a checkpoint.
    PutWrites {
        /// The checkpoint they belong to.
        checkpoint: WritesKey,
        /// The writes.
        writes: Vec<PendingWrite>,
    },
}

impl Sectioned for UpdateWrite {
    fn each_section(&mut self, visit: &mut dyn FnMut(&mut Bytes)) {
        match self {
            Self::Put { checkpoint, new } => {
                visit(&mut checkpoint.checkpoint.bytes);
                new.each_section(visit);
            }
            Self::PutWrites { writes, .. } => writes.each_section(visit),
        }
    }
}

/// The checkpoint that writes belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// What the server answers. Which answer it is, the method says: the JSON has no tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum CallbackReply {
    /// It is done.
    Done {},
    /// The checkpoint asked for.
    Tuple {
        /// None if there is none.
        tuple: Option<Box<CheckpointTuple>>,
    },
    /// The checkpoints asked for, or as many of the first ones as fit into a message.
    Tuples {
        /// The checkpoints.
        tuples: Vec<CheckpointTuple>,
        /// Whether there are more, before the last of these.
        more: bool,
    },
    /// What came of operations on items. Only the worker's own language reads it.
    #[serde(skip_deserializing)]
    Items {
        /// One for each operation, or for as many of the first ones as fit into a message.
        results: Vec<ItemOutcome>,
        /// Whether more has to be asked for: what comes after the last of these results, and after the last item that a search among
        /// them found. Then nothing was written.
        more: bool,
    },
    /// What the person at the terminal said.
    Typed {
        /// The line, with its newline; empty when the person ended the input.
        typed: String,
    },
}

impl Sectioned for CallbackReply {
    fn each_section(&mut self, visit: &mut dyn FnMut(&mut Bytes)) {
        match self {
            Self::Tuple { tuple } => tuple
                .as_deref_mut()
                .into_iter()
                .for_each(|tuple| tuple.each_section(visit)),
            Self::Tuples { tuples, .. } => tuples.each_section(visit),
            Self::Done {} | Self::Items { .. } | Self::Typed { .. } => {}
        }
    }
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
    /// Headers for that client.
    pub headers: BTreeMap<String, String>,
}

impl CallbackError {
    /// A failure of the server's store.
    pub fn store(message: impl Into<String>) -> Self {
        Self {
            kind: "StoreError".to_owned(),
            message: message.into(),
            status: None,
            headers: BTreeMap::new(),
        }
    }

    /// The server's store has no room. For a client that is 507.
    pub fn store_full(message: impl Into<String>) -> Self {
        Self {
            status: Some(507),
            ..Self::store(message)
        }
    }

    /// The server's store cannot be used for now. For a client that is 503.
    pub fn store_unavailable(message: impl Into<String>) -> Self {
        Self {
            status: Some(503),
            ..Self::store(message)
        }
    }

    /// A value that Python would raise a `ValueError` for.
    pub fn value(message: impl Into<String>) -> Self {
        Self {
            kind: "ValueError".to_owned(),
            message: message.into(),
            status: None,
            headers: BTreeMap::new(),
        }
    }

    /// Nobody can be asked: the server has no terminal.
    pub fn no_terminal() -> Self {
        Self {
            kind: "NoTerminal".to_owned(),
            message: "this server has no terminal to ask on".to_owned(),
            status: None,
            headers: BTreeMap::new(),
        }
    }

    /// The run on whose behalf it was asked has been told to stop.
    pub fn cancelled() -> Self {
        Self {
            kind: "Cancelled".to_owned(),
            message: "the run was told to stop".to_owned(),
            status: None,
            headers: BTreeMap::new(),
        }
    }

    /// Nobody answers: whoever made the request that it belongs to has gone.
    pub(crate) fn unanswered() -> Self {
        Self {
            kind: "Gone".to_owned(),
            message: "the request that it belongs to is over".to_owned(),
            status: None,
            headers: BTreeMap::new(),
        }
    }

    /// A call that is not what the protocol says.
    pub(crate) fn protocol(reason: impl std::fmt::Display) -> Self {
        Self {
            kind: "ProtocolError".to_owned(),
            message: reason.to_string(),
            status: None,
            headers: BTreeMap::new(),
        }
    }
}

impl From<Mismatch> for CallbackError {
    fn from(error: Mismatch) -> Self {
        Self::protocol(error)
    }
}
