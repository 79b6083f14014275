//! The end of a run: its outcome, what it leaves on its thread, or how it is taken back.

use std::sync::Arc;

use lgx_model::{RawJson, Run, RunError, RunId, RunStatus, Thread, ThreadStatus, Timestamp};

use crate::sqlite::runs as sql;
use crate::{Result, Store};

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Finish {
    /// Its final status.
    pub status: RunStatus,
    /// What it leaves on its thread.
    pub thread: ThreadEnd,
    /// The present.
    pub now: Timestamp,
    /// Whether the run is taken back: it and its checkpoints go, and the thread's values, interrupts and status stay as
    /// before it. Only the thread's error is set.
    pub rollback: bool,
    /// Whether the thread goes with the run.
    pub delete_thread: bool,
}

impl Finish {
    /// The end of a run that failed outside the project's code. The thread keeps the values it had.
    pub fn failed(error: RunError, now: Timestamp) -> Self {
        Self {
            status: RunStatus::Error,
            thread: ThreadEnd {
                status: ThreadStatus::Error,
                values: None,
                error: Some(error),
                interrupts: RawJson::empty_object(),
            },
            now,
            rollback: false,
            delete_thread: false,
        }
    }
}

/// What a run leaves on its thread.
#[derive(Debug, Clone)]
pub struct ThreadEnd {
    /// The status, unless more runs wait.
    pub status: ThreadStatus,
    /// The newest root values; the present ones stay when not given.
    pub values: Option<RawJson>,
    /// Why the run failed.
    pub error: Option<RunError>,
    /// Pending interrupts by task id.
    pub interrupts: RawJson,
}

/// What there is to do after a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// Whether any run of any thread is pending.
    pub more_pending: bool,
    /// The thread as the run left it, even if it went with the run; nothing when it was deleted before.
    pub thread: Option<Thread>,
    /// The run with its final status, even if it was taken back; nothing when it was deleted or over before, in which
    /// case nothing was changed.
    pub run: Option<Run>,
}

impl Store {
    /// Ends a running run, unless `in_commit_order` refuses: it is called behind all that the run wrote; see [`Store`].
    ///
    /// Takes no scope: the run ends by itself, or for whoever was let in to cancel it.
    pub async fn finish<E: Send + 'static>(
        &self,
        run_id: RunId,
        end: Arc<Finish>,
        in_commit_order: impl FnOnce() -> Result<(), E> + Send + 'static,
    ) -> Result<Result<Finished, E>> {
        self.sqlite
            .write(move |connection| match in_commit_order() {
                Ok(()) => sql::finish(connection, run_id, &end).map(Ok),
                Err(refused) => Ok(Err(refused)),
            })
            .await
    }
}
