//! Makes the state refuse some of its writes, with the very errors of a disk that does, so that tests see what becomes of it.

use crate::broken_disk::{DiskFault, RefusedWrites};
use crate::{Result, Store, sqlite};

impl Store {
    /// Refuses these writes from now on, until [`Store::mend_disk`].
    pub async fn break_disk(&self, refused: RefusedWrites, fault: DiskFault) -> Result<()> {
        self.sqlite()
            .write(move |connection| sqlite::broken_disk::break_disk(connection, refused, fault))
            .await
    }

    /// Takes all writes again.
    pub async fn mend_disk(&self) -> Result<()> {
        self.sqlite().write(sqlite::broken_disk::mend_disk).await
    }
}
