//! How a run ended, and what there is to do after it.

use lgx_model::{RawJson, Run, RunError, RunStatus, Thread, ThreadId, ThreadStatus, Timestamp};

use crate::WriteTime;
use crate::reports::Report;

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Finish {
    /// Its final status.
    pub status: RunStatus,
    /// What it leaves on its thread.
    pub thread: ThreadEnd,
    /// When it began to execute, if that is known.
    pub began: Option<Timestamp>,
    /// When it ends.
    pub now: WriteTime,
    /// Whether the run is taken back: it and its checkpoints go, and the thread's values, interrupts and status stay as
    /// before it. Only the thread's error is set.
    pub rollback: bool,
    /// Whether the thread goes with the run.
    pub delete_thread: bool,
}

impl Finish {
    /// The end of a run that failed outside the project's code. The thread keeps the values it had.
    pub fn failed(error: RunError, now: impl Into<WriteTime>) -> Self {
        Self {
            status: RunStatus::Error,
            thread: ThreadEnd {
                status: ThreadStatus::Error,
                values: None,
                is_behind: true,
                error: Some(error),
                interrupts: RawJson::empty_object(),
            },
            began: None,
            now: now.into(),
            rollback: false,
            delete_thread: false,
        }
    }

    /// What of it stays on the thread: nothing of a run that is taken back, but for the thread's error.
    pub(crate) fn kept(&self) -> Option<&ThreadEnd> {
        (!self.rollback).then_some(&self.thread)
    }

    /// A thread once the run has ended on it.
    pub(crate) fn left(&self, thread: Thread, now: Timestamp) -> Thread {
        let thread = Thread {
            error: self.thread.error.clone(),
            updated_at: now,
            state_updated_at: now,
            ..thread
        };
        let Some(left) = self.kept().cloned() else {
            return thread;
        };
        Thread {
            status: left.status,
            interrupts: left.interrupts,
            values: left.values.unwrap_or(thread.values),
            ..thread
        }
    }

    /// The values that its webhook is told. Those of a thread that goes with its run are nobody's business any more.
    pub(crate) fn reported_values(&self, thread: &Thread) -> RawJson {
        if self.delete_thread {
            RawJson::null()
        } else {
            thread.values.clone()
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
    /// Whether its checkpoints may have more than the values that stay: then its row is marked until a worker has read them.
    pub is_behind: bool,
    /// Why the run failed.
    pub error: Option<RunError>,
    /// Pending interrupts by task id.
    pub interrupts: RawJson,
}

/// What there is to do after a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished<R> {
    /// Whether any run of any thread is pending.
    pub more_pending: bool,
    /// The thread as the run left it, even if it went with the run; nothing when it was deleted before.
    pub thread: Option<Thread>,
    /// The run with its final status, even if it was taken back; nothing when it was deleted or over before, in which
    /// case nothing was changed.
    pub run: Option<Run>,
    /// Whether the thread's row is behind the checkpoints that the run has made.
    pub is_behind: bool,
    /// What its webhook is to be told, if it has one: it is stored until it is delivered or given up. Of a run that was over before, what is
    /// stored for this server to tell: an earlier try to end it may have done that, and its answer been lost.
    pub report: Option<Report>,
    /// Whether it is there, and somebody else's to end, or ended: it was claimed again, waits for that, or is over.
    pub goes_on_elsewhere: bool,
    /// What `in_commit_order` made of the thread, if it went with the run.
    pub ended: R,
}

impl Finished<Vec<ThreadId>> {
    /// The run was deleted or over before, or goes on elsewhere.
    pub(crate) const fn before(
        more_pending: bool,
        goes_on_elsewhere: bool,
        report: Option<Report>,
    ) -> Self {
        Self {
            more_pending,
            thread: None,
            run: None,
            is_behind: false,
            report,
            goes_on_elsewhere,
            ended: Vec::new(),
        }
    }

    /// The same, with what is made of the threads that ended.
    pub(crate) fn told<R>(self, of_ended: impl FnOnce(Vec<ThreadId>) -> R) -> Finished<R> {
        Finished {
            more_pending: self.more_pending,
            thread: self.thread,
            run: self.run,
            is_behind: self.is_behind,
            report: self.report,
            goes_on_elsewhere: self.goes_on_elsewhere,
            ended: of_ended(self.ended),
        }
    }
}
