//! Makes the state refuse some of its writes, with the very errors of a disk that does, so that tests see what becomes of it.

use crate::{Result, Store, sqlite};

/// Which writes are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedWrites {
    /// The ends of runs.
    RunEnds,
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

impl Store {
    /// Refuses these writes from now on, until [`Store::mend_disk`].
    pub async fn break_disk(&self, refused: RefusedWrites, fault: DiskFault) -> Result<()> {
        self.sqlite
            .write(move |connection| sqlite::broken_disk::break_disk(connection, refused, fault))
            .await
    }

    /// Takes all writes again.
    pub async fn mend_disk(&self) -> Result<()> {
        self.sqlite.write(sqlite::broken_disk::mend_disk).await
    }
}
