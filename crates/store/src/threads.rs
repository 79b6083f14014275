//! What operations on threads take and give.

pub(crate) mod time_to_live;
pub mod words;

use lgx_model::{
    JsonObject, RawJson, Run, RunError, Thread, ThreadId, ThreadStatus, TimeToLive, Timestamp,
};

/// What a new thread is made of.
#[derive(Debug, Clone)]
pub struct NewThread {
    /// Its id.
    pub thread_id: ThreadId,
    /// Its metadata, without the keys that are the server's own.
    pub metadata: JsonObject,
    /// How long it lives after its last change; for ever when not said.
    pub ttl: Option<TimeToLive>,
    /// The present.
    pub now: Timestamp,
}

impl NewThread {
    /// The thread as it begins: of no values, and last changed when it was made.
    pub(crate) fn into_thread(self, status: ThreadStatus, config: JsonObject) -> Thread {
        Thread {
            thread_id: self.thread_id,
            created_at: self.now,
            updated_at: self.now,
            state_updated_at: self.now,
            metadata: self.metadata,
            status,
            config,
            values: RawJson::null(),
            error: None,
            interrupts: RawJson::empty_object(),
        }
    }
}

/// What a thread's state is after a state update or at the end of a run.
#[derive(Debug, Clone)]
pub struct ThreadState {
    /// Idle, interrupted or error.
    pub status: ThreadStatus,
    /// The newest root values; the present ones stay when not given.
    pub values: Option<RawJson>,
    /// Pending interrupts by task id.
    pub interrupts: RawJson,
    /// Why the last run failed.
    pub error: Option<RunError>,
}

/// A thread whose row is older than its newest checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// The thread.
    pub thread_id: ThreadId,
    /// Its metadata, which names its graph.
    pub metadata: JsonObject,
}

/// What has happened on a thread since some instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadActivity {
    /// How many runs may have streamed.
    pub runs: u64,
    /// Whether one of them was not resumable, so that nothing is kept of what it streamed.
    pub unkept_runs: bool,
    /// When its state changed last, if it is there.
    pub state_updated_at: Option<Timestamp>,
}

/// A copy to make of a thread.
#[derive(Debug, Clone)]
pub struct ThreadCopy {
    /// The thread to copy.
    pub source: ThreadId,
    /// The id of the copy, which nothing has yet.
    pub target: ThreadId,
    /// Metadata that the copy has beside its source's.
    pub metadata: JsonObject,
    /// The present.
    pub now: Timestamp,
}

/// What pruning came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pruned<R> {
    /// It was done.
    Done {
        /// How many threads were deleted, or lost their old checkpoints.
        count: usize,
        /// What `in_commit_order` made of the threads that ended.
        ended: R,
    },
    /// Nothing was done: the caller may not see one of them.
    Hidden,
}

/// A thread, and what the runs that have not ended on it bring.
#[derive(Debug, Clone, PartialEq)]
pub struct ThreadWithCommands {
    /// The thread.
    pub thread: Thread,
    /// The commands of the run that executes, then of those that wait.
    pub commands: Vec<RawJson>,
}

/// A thread, and its runs of the same moment.
#[derive(Debug, Clone, PartialEq)]
pub struct ThreadWithRuns {
    /// The thread.
    pub thread: Thread,
    /// Its runs, oldest first, without their kwargs.
    pub runs: Vec<Run>,
}
