//! Moves the write-ahead log into the database on a thread of its own, so that no write waits for the disk.

use std::ffi::c_int;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use crate::{StoreError, database};

/// When the log is moved, in pages of 4 kB.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// By the thread: each time the log has grown by so many.
    step: c_int,
    /// By the writer itself, from so many on: under writes without pause the thread never sees the end of the log, and
    /// only a log moved to its end starts over.
    limit: c_int,
}

/// Every 4 MB, and at 64 MB.
pub(crate) const PACE: Pace = Pace {
    step: 1000,
    limit: 16_000,
};

/// The thread that moves the log of one database.
pub(crate) struct Compaction {
    thread: JoinHandle<()>,
}

impl Compaction {
    /// Starts moving the log that `writer` writes.
    pub(crate) fn start(
        writer: &mut Connection,
        path: &Path,
        pace: Pace,
    ) -> Result<Self, StoreError> {
        let Pace { step, limit } = pace;
        let (wake, woken) = sync_channel(1);
        let connection = database::open_compactor(path)?;
        let thread = std::thread::Builder::new().name("lgx-store-log".to_owned());
        let thread = thread.spawn(move || serve(&connection, &woken))?;
        let mut due = step;
        writer.wal_hook(Some(move |log: &mut Wal, pages: c_int| {
            if pages < due - step {
                due = step;
            }
            if pages >= due {
                due = pages.saturating_add(step);
                // A full channel means that it is about to look anyway.
                let _ = wake.try_send(());
            }
            if pages >= limit {
                // The commit is done whatever becomes of this.
                let _ = log.checkpoint();
            }
            Ok(())
        }))?;
        Ok(Self { thread })
    }

    /// Ends the thread, after what it is at.
    pub(crate) fn stop(self, writer: &mut Connection) -> Result<(), StoreError> {
        writer.wal_hook(None::<fn(&mut Wal, c_int) -> rusqlite::Result<()>>)?;
        // Only its own panic could be reported here, and that was.
        let _ = self.thread.join();
        Ok(())
    }
}

fn serve(connection: &Connection, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        if let Err(error) = connection.execute_batch("PRAGMA wal_checkpoint(PASSIVE)") {
            tracing::warn!(%error, "the log could not be moved into the state database; it is tried again as it grows");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How large the database is after 4 MB of writes at this pace.
    fn database_after_writes(pace: Pace) -> u64 {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        let mut writer = database::open_writer(&path).unwrap();
        let compaction = Compaction::start(&mut writer, &path, pace).unwrap();
        writer
            .execute_batch("CREATE TABLE notes (text TEXT)")
            .unwrap();
        for _ in 0..1000 {
            writer
                .execute("INSERT INTO notes VALUES (hex(zeroblob(2000)))", [])
                .unwrap();
        }
        compaction.stop(&mut writer).unwrap();
        fs_err::metadata(&path).unwrap().len()
    }

    #[test]
    fn the_log_is_moved_beside_the_writer_as_it_grows() {
        assert!(
            database_after_writes(Pace {
                step: 1000,
                limit: c_int::MAX
            }) > 1_000_000
        );
    }

    #[test]
    fn a_log_that_outgrows_the_thread_is_moved_by_the_writer() {
        assert!(
            database_after_writes(Pace {
                step: c_int::MAX,
                limit: 500
            }) > 1_000_000
        );
    }

    #[test]
    fn a_short_log_is_left_alone() {
        assert!(
            database_after_writes(Pace {
                step: c_int::MAX,
                limit: c_int::MAX
            }) < 1_000_000
        );
    }
}
