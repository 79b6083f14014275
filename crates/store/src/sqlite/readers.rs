//! The readers: threads with a connection each, that answer reads from one queue.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;

use crate::sqlite::database;
use crate::sqlite::writer::guarded;
use crate::{Result, StoreError};

/// Enough that a long search does not hold up the next look-up.
const READERS: usize = 3;

/// Reads, or learns why it cannot.
pub(crate) type Read = Box<dyn FnOnce(Result<&Connection>) + Send>;

/// The reader threads and the queue they take from.
pub(crate) struct Readers {
    running: Mutex<Option<Running>>,
}

struct Running {
    queue: Sender<Read>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Starts the readers of the database at `path`.
    pub(crate) fn start(path: &Path) -> Result<Self> {
        let (queue, reads) = channel();
        let reads = Arc::new(Mutex::new(reads));
        let threads = (0..READERS)
            .map(|_| {
                let connection = database::open_reader(path)?;
                let reads = Arc::clone(&reads);
                let thread = std::thread::Builder::new().name("lgx-store-reader".to_owned());
                Ok(thread.spawn(move || serve(&connection, &reads))?)
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            running: Mutex::new(Some(Running { queue, threads })),
        })
    }

    /// Puts a read in the queue.
    pub(crate) fn send(&self, read: Read) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = match running.as_ref() {
            Some(running) => running.queue.send(read).err().map(|unsent| unsent.0),
            None => Some(read),
        };
        drop(running);
        if let Some(read) = refused {
            read(Err(StoreError::Closed));
        }
    }

    /// Takes no more reads; the threads end after those that wait.
    pub(crate) fn close(&self) -> Vec<JoinHandle<()>> {
        let running = self
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        running.map(|running| running.threads).unwrap_or_default()
    }
}

fn serve(connection: &Connection, reads: &Mutex<Receiver<Read>>) {
    loop {
        // The lock is held only while waiting: one thread waits for a read, the others wait for the lock.
        let next = reads.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(read) => read(Ok(connection)),
            Err(_) => return,
        }
    }
}

/// Runs `read` on one snapshot of the database, however many statements it has.
pub(crate) fn snapshot<T>(
    connection: &Connection,
    read: impl FnOnce(&Connection) -> Result<T>,
) -> Result<T> {
    execute(connection, "BEGIN")?;
    let result = guarded(|| read(connection));
    execute(connection, "COMMIT")?;
    result
}

/// Once in the binary, and not for each kind of read.
#[inline(never)]
fn execute(connection: &Connection, sql: &str) -> Result<()> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
