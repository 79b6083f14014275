//! What tests ask of a disk that is broken.

/// Which writes are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedWrites {
    /// The ends of runs.
    RunEnds,
    /// What running runs are told.
    RunStops,
    /// New threads.
    Threads,
    /// Checkpoints.
    Checkpoints,
}

/// What refuses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskFault {
    /// There is no room.
    Full,
    /// The run's own values are too large to be stored; no room helps.
    TooLarge,
}
