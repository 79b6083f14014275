//! Which runs a request to cancel means, and which of them there were.

use lgx_model::{RunId, RunStatus, ThreadId, ThreadStatus};

/// Which runs to cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelTarget {
    /// These of one thread.
    Runs(ThreadId, Vec<RunId>),
    /// Those in one of these states, on all threads that the caller may see.
    Status(Vec<RunStatus>),
}

/// What a run that is to stop leaves behind, and why it stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopOrder {
    /// Whether it is taken back; otherwise it is interrupted, and what it did is kept.
    pub rollback: bool,
    /// Who asked, in words for its thread.
    pub reason: String,
}

const INTERRUPT: &str = "interrupt";
const ROLLBACK: &str = "rollback";

impl StopOrder {
    /// The word by which it is stored, beside its reason.
    pub(crate) const fn word(&self) -> &'static str {
        if self.rollback { ROLLBACK } else { INTERRUPT }
    }

    /// The order that was stored.
    pub(crate) fn stored(word: &str, reason: String) -> Self {
        Self {
            rollback: word == ROLLBACK,
            reason,
        }
    }

    /// The order to runs that give way to a newer one on their thread.
    pub fn displaced(rollback: bool) -> Self {
        Self {
            rollback,
            reason: "stopped by a newer run on the thread".into(),
        }
    }
}

/// The runs that there were to cancel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cancelled {
    /// Pending ones, which have ended: they are gone with rollback, else interrupted.
    pub pending: Vec<RunId>,
    /// Running ones, which have to be told. The store remembers what, so that the next server knows it if this one ends before.
    pub running: Vec<RunId>,
    /// The status of the threads of those that have ended.
    pub threads: Vec<(ThreadId, ThreadStatus)>,
}

/// Those of the runs that are in this status.
pub(crate) fn in_status(found: &[(RunId, RunStatus)], wanted: RunStatus) -> Vec<RunId> {
    let those = found.iter().filter(|(_, status)| *status == wanted);
    those.map(|(run_id, _)| *run_id).collect()
}
