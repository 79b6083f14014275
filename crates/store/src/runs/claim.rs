//! The right to write on behalf of a run: whoever claimed it last has it.

use lgx_model::{RunId, ThreadId};

/// A claim on a run. What is written on behalf of the run names it, and is refused once there is a later one, or the run has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claim {
    /// The thread of the run.
    pub thread_id: ThreadId,
    /// The run.
    pub run_id: RunId,
    /// Which claim on it this is. No number comes twice.
    pub number: i64,
}

impl Claim {
    /// Whether the run was claimed before, and so may have been executed.
    pub const fn is_repeated(self) -> bool {
        self.number > 1
    }
}
