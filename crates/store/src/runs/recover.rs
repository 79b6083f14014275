//! The runs that a server left behind when it ended.

use lgx_model::{RunError, RunId, ThreadId};

use super::StopOrder;

/// How often a run is executed at most, whatever cut it off: the end of its worker, or of the server. One that was executing each
/// time may be why they ended, or why somebody ended them.
pub const MOST_ATTEMPTS: u32 = 3;

/// The runs that a server left behind.
#[derive(Debug, Default, PartialEq)]
pub struct Recovered {
    /// Those that go on, in the order in which they do.
    pub going_on: Vec<GoingOn>,
    /// Those that have ended now, because they had been told to stop.
    pub stopped: Vec<StoppedRun>,
    /// Those that have ended now, because they were cut off too often.
    pub given_up: Vec<GivenUp>,
}

/// A run that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoingOn {
    /// The run.
    pub run_id: RunId,
    /// Its thread.
    pub thread_id: ThreadId,
    /// Which attempt at it comes next; 1 for a run that waited and has not been executed yet.
    pub attempt: u32,
}

/// A run that had been told to stop when the server ended.
#[derive(Debug, Clone, PartialEq)]
pub struct StoppedRun {
    /// The run as it ended, even if it was taken back.
    pub run: lgx_model::Run,
    /// What it had been told.
    pub order: StopOrder,
}

/// A run that does not go on.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenUp {
    /// The run as it ended.
    pub run: lgx_model::Run,
    /// Why it ended, as its thread has it.
    pub error: RunError,
}

/// Why a run ended that was cut off too often.
pub(crate) fn cut_off_too_often() -> RunError {
    RunError::new(
        "TooManyAttempts",
        format!(
            "the run was cut off in each of its {MOST_ATTEMPTS} attempts, the last time by the end of the server; it is not tried again"
        ),
    )
}
