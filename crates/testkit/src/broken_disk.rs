//! Makes a server's disk refuse some of its writes, with the very errors that `SQLite` has for that.

use lgx_store::StoreError;
use rusqlite::ffi;
use rusqlite::functions::FunctionFlags;

use crate::TestServer;

/// Which writes are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
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

impl TestServer {
    /// Refuses these writes from now on, until [`TestServer::mend_disk`].
    pub async fn break_disk(&self, refused: Refused, fault: DiskFault) {
        let when = match refused {
            Refused::RunEnds => {
                "UPDATE OF status ON main.runs WHEN NEW.status NOT IN ('pending', 'running')"
            }
            Refused::Threads => "INSERT ON main.threads",
            Refused::Checkpoints => "INSERT ON main.checkpoints",
        };
        // Too large are the values, which an end in their place does not have.
        let when = match fault {
            DiskFault::Full => when,
            DiskFault::TooLarge => "INSERT ON main.thread_values",
        };
        let code = match fault {
            DiskFault::Full => ffi::SQLITE_FULL,
            DiskFault::TooLarge => ffi::SQLITE_TOOBIG,
        };
        self.change_writer(move |connection| {
            connection.create_scalar_function(
                "refuse_write",
                0,
                FunctionFlags::SQLITE_UTF8,
                move |_| -> rusqlite::Result<bool> {
                    Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
                },
            )?;
            connection.execute_batch(&format!(
                "CREATE TEMP TRIGGER broken_disk BEFORE {when} BEGIN SELECT refuse_write(); END"
            ))
        })
        .await;
    }

    /// Takes all writes again.
    pub async fn mend_disk(&self) {
        self.change_writer(|connection| connection.execute_batch("DROP TRIGGER broken_disk"))
            .await;
    }

    async fn change_writer(
        &self,
        change: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<()> + Send + 'static,
    ) {
        let changed = self
            .running()
            .store()
            .write(move |connection| change(connection).map_err(StoreError::from))
            .await;
        if let Err(error) = changed {
            panic!("the disk cannot be broken or mended: {error}");
        }
    }
}
