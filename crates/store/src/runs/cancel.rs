//! Which runs a request to cancel means, and which of them there were.

use lgx_model::{RunId, RunStatus, ThreadId};

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
