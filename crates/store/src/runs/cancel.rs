//! Cancelling: which runs a request means, and the end of those that have not started.

use lgx_model::{RunId, RunStatus, ThreadId};

use crate::sqlite::runs as sql;
use crate::{Result, Scope, Store, WriteTime};

/// Which runs to cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelTarget {
    /// These of one thread.
    Runs(ThreadId, Vec<RunId>),
    /// Those in one of these states, on all threads that the caller may see.
    Status(Vec<RunStatus>),
}

/// The runs that there were to cancel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cancelled {
    /// Pending ones, which have ended: they are gone with rollback, else interrupted.
    pub pending: Vec<RunId>,
    /// Running ones, which have to be told.
    pub running: Vec<RunId>,
}

impl Store {
    /// Ends those runs that are pending, and says which are running. The status of their threads follows.
    ///
    /// `in_commit_order` is told of all of them; where it is called, no run can begin or end; see [`Store`].
    pub async fn cancel_runs<R: Send + 'static>(
        &self,
        which: CancelTarget,
        rollback: bool,
        now: impl Into<WriteTime>,
        scope: &Scope,
        in_commit_order: impl FnOnce(Cancelled) -> R + Send + 'static,
    ) -> Result<R> {
        let now = now.into();
        let scope = scope.clone();
        self.sqlite
            .write(move |connection| {
                sql::cancel(connection, &which, rollback, now.instant(), &scope)
                    .map(in_commit_order)
            })
            .await
    }
}
