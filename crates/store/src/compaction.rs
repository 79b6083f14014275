//! Moves the write-ahead log into the database on a thread of its own, so that no write waits for the disk.

use std::ffi::c_int;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use crate::{StoreError, database};

/// The log is moved each time it has grown by so many pages (4 MB).
const STEP: c_int = 1000;

/// From so many pages on (64 MB) the writer moves what is left itself: under writes without pause the thread never sees
/// the end of the log, and only a log moved to its end starts over.
const LIMIT: c_int = 16_000;

/// The thread that moves the log of one database.
pub(crate) struct Compaction {
    thread: JoinHandle<()>,
}

impl Compaction {
    /// Starts moving the log that `writer` writes.
    pub(crate) fn start(writer: &mut Connection, path: &Path) -> Result<Self, StoreError> {
        let (wake, woken) = sync_channel(1);
        let connection = database::open_compactor(path)?;
        let thread = std::thread::Builder::new().name("lgx-store-log".to_owned());
        let thread = thread.spawn(move || serve(&connection, &woken))?;
        let mut due = STEP;
        writer.wal_hook(Some(move |log: &mut Wal, pages: c_int| {
            if pages < due - STEP {
                due = STEP;
            }
            if pages >= due {
                due = pages.saturating_add(STEP);
                // A full channel means that it is about to look anyway.
                let _ = wake.try_send(());
            }
            if pages >= LIMIT {
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
