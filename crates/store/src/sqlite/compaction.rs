//! Moves the write-ahead log into the database on a thread of its own, so that no write waits for the disk.

use std::ffi::c_int;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use crate::sqlite::database;
use crate::sqlite::patience::PATIENCE;
use crate::{Result, StoreError, Unavailable};

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
    wake: SyncSender<()>,
    /// How long the log was after the last commit.
    pages: Arc<AtomicI32>,
    step: c_int,
}

impl Compaction {
    /// Starts moving the log that `writer` writes.
    pub(crate) fn start(writer: &mut Connection, path: &Path, pace: Pace) -> Result<Self> {
        let Pace { step, limit } = pace;
        let (wake, woken) = sync_channel(1);
        let connection = database::open_compactor(path)?;
        let thread = std::thread::Builder::new().name("lgx-store-log".to_owned());
        let thread = thread.spawn(move || serve(&connection, &woken))?;
        let mut due = step;
        let length = Arc::new(AtomicI32::new(0));
        let compaction = Self {
            thread,
            wake: wake.clone(),
            pages: Arc::clone(&length),
            step,
        };
        writer.wal_hook(Some(move |log: &mut Wal, pages: c_int| {
            length.store(pages, Ordering::Relaxed);
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
        Ok(compaction)
    }

    /// Has the log moved now that nothing is written, if it is long, or if the database can `shrink` by it: the thread may have
    /// met a write the last time, and could not cut the log.
    pub(crate) fn tidy(&self, shrink: bool) {
        if shrink || self.pages.load(Ordering::Relaxed) >= self.step {
            let _ = self.wake.try_send(());
        }
    }

    /// Ends the thread, after what it is at.
    pub(crate) fn stop(self, writer: &mut Connection) -> Result<()> {
        writer.wal_hook(None::<fn(&mut Wal, c_int) -> rusqlite::Result<()>>)?;
        drop(self.wake);
        // Only its own panic could be reported here, and that was.
        let _ = self.thread.join();
        Ok(())
    }
}

fn serve(connection: &Connection, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        if let Err(error) = move_log(connection) {
            tracing::warn!(%error, "the log could not be moved into the state database; it is tried again as it grows");
        }
    }
}

/// Moves the log as far as readers allow, and cuts it to nothing if that was all of it. Cutting keeps writes out, for as long as it
/// takes to move what was written since; a write or a read that is under way keeps it from being done this time.
fn move_log(connection: &Connection) -> Result<()> {
    let moved_all = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        Ok(row.get::<_, c_int>(1)? == row.get::<_, c_int>(2)?)
    })?;
    if moved_all {
        connection.busy_timeout(Duration::ZERO)?;
        let cut = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        connection.busy_timeout(PATIENCE)?;
        match cut.map_err(StoreError::from) {
            Err(StoreError::Unavailable(Unavailable::Locked)) => {}
            other => other?,
        }
    }
    Ok(())
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
    fn a_long_log_gives_its_space_back_once_nothing_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        let mut writer = database::open_writer(&path).unwrap();
        let compaction = Compaction::start(&mut writer, &path, PACE).unwrap();
        writer
            .execute_batch(
                "CREATE TABLE notes (text TEXT);
                 INSERT INTO notes VALUES (hex(zeroblob(8000000)));",
            )
            .unwrap();
        compaction.tidy(false);
        compaction.stop(&mut writer).unwrap();
        let log = fs_err::metadata(dir.path().join("state.db-wal")).unwrap();
        assert_eq!(log.len(), 0);
        assert!(fs_err::metadata(&path).unwrap().len() > 16_000_000);
    }

    #[test]
    fn a_log_that_starts_over_is_cut() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        let writer = database::open_writer(&path).unwrap();
        writer
            .execute_batch(
                "CREATE TABLE notes (text TEXT);
                 INSERT INTO notes VALUES (hex(zeroblob(8000000)));
                 PRAGMA wal_checkpoint(PASSIVE);
                 INSERT INTO notes VALUES ('next');",
            )
            .unwrap();
        let log = fs_err::metadata(dir.path().join("state.db-wal")).unwrap();
        assert!(log.len() < 5_000_000, "{}", log.len());
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
