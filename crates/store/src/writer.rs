//! The writer: one thread that applies operations in the order they come, as many to a transaction as are waiting.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::StoreError;
use crate::compaction::{Compaction, PACE};
use crate::directory::Directory;

/// How many operations may wait; senders beyond that wait themselves.
const QUEUE: usize = 1024;

/// How many operations share a transaction at most, so that the first of them does not wait for long.
const GROUP: usize = 256;

/// What the writer is asked to do.
pub(crate) enum Message {
    Operation(Operation),
    /// Wait for the readers to end, move the log into the database, let go of the directory, and say so.
    Close {
        readers: Vec<JoinHandle<()>>,
        done: oneshot::Sender<()>,
    },
}

/// An operation: runs on the connection (or learns why it cannot), and leaves what is to be said after the commit.
pub(crate) struct Operation(Box<Run>);

type Run = dyn FnOnce(Result<&Connection, StoreError>) -> Ran + Send;

/// Tells whoever waits for an operation; takes the reason when the commit failed.
type Settle = dyn FnOnce(Result<(), &str>) + Send;

/// What an operation left behind.
struct Ran {
    failed: bool,
    settle: Box<Settle>,
}

impl Operation {
    /// The operation `run`, whose result goes to `reply`.
    pub(crate) fn new<T: Send + 'static>(
        run: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        reply: oneshot::Sender<Result<T, StoreError>>,
    ) -> Self {
        Self(Box::new(move |connection| {
            let result = connection.and_then(|connection| guarded(|| run(connection)));
            Ran {
                failed: result.is_err(),
                settle: Box::new(move |commit| {
                    let result = result.and_then(|value| match commit {
                        Ok(()) => Ok(value),
                        Err(reason) => Err(StoreError::Commit(reason.to_owned())),
                    });
                    // Nobody waits any more when the caller went away; the change stays.
                    let _ = reply.send(result);
                }),
            }
        }))
    }
}

/// Runs `run`; a panic in it becomes an error, so that one bad operation does not end the store.
pub(crate) fn guarded<T>(run: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        Err(StoreError::Panicked(
            text.unwrap_or_else(|| "no message".to_owned()),
        ))
    })
}

/// Starts the writer on `connection`; it ends, and lets go of the directory, when it is closed or every sender is gone.
pub(crate) fn start(
    mut connection: Connection,
    directory: Directory,
) -> Result<mpsc::Sender<Message>, StoreError> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let compaction = Compaction::start(&mut connection, &directory.database(), PACE)?;
    std::thread::Builder::new()
        .name("lgx-store-writer".to_owned())
        .spawn(move || {
            let writer = Writer {
                connection,
                compaction,
                receiver,
            };
            writer.serve(directory);
        })?;
    Ok(sender)
}

struct Writer {
    connection: Connection,
    compaction: Compaction,
    receiver: mpsc::Receiver<Message>,
}

impl Writer {
    fn serve(mut self, directory: Directory) {
        let mut closing = None;
        while closing.is_none() {
            match self.receiver.blocking_recv() {
                Some(Message::Operation(first)) => closing = self.group(first),
                Some(Message::Close { readers, done }) => closing = Some((readers, done)),
                None => break,
            }
        }
        self.receiver.close();
        while let Ok(message) = self.receiver.try_recv() {
            if let Message::Operation(Operation(run)) = message {
                (run(Err(StoreError::Closed)).settle)(Ok(()));
            }
        }
        let (readers, done) = closing.unzip();
        for reader in readers.into_iter().flatten() {
            // A reader's panic was already its caller's error.
            let _ = reader.join();
        }
        let stopped = self.compaction.stop(&mut self.connection);
        let moved = self
            .connection
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        if let Err(error) = stopped.and(moved.map_err(StoreError::from)) {
            tracing::warn!(%error, "the log could not be moved into the state database; the next start will do it");
        }
        if let Err((_, error)) = self.connection.close() {
            tracing::warn!(%error, "the state database could not be closed");
        }
        drop(directory);
        if let Some(done) = done {
            let _ = done.send(());
        }
    }

    /// Runs `first` and what waits behind it in one transaction, and answers once it is committed.
    fn group(&mut self, first: Operation) -> Option<(Vec<JoinHandle<()>>, oneshot::Sender<()>)> {
        if let Err(error) = self.statement("BEGIN IMMEDIATE") {
            (first.0(Err(error)).settle)(Ok(()));
            return None;
        }
        let mut closing = None;
        let mut settles = Vec::new();
        let mut next = Some(first);
        let mut lost = None;
        while let Some(operation) = next.take() {
            let (settle, end) = self.isolated(operation);
            settles.push(settle);
            if let Err(error) = end {
                lost = Some(error);
                break;
            }
            if settles.len() < GROUP {
                match self.receiver.try_recv() {
                    Ok(Message::Operation(operation)) => next = Some(operation),
                    Ok(Message::Close { readers, done }) => closing = Some((readers, done)),
                    Err(_) => {}
                }
            }
        }
        let end = lost
            .map_or_else(|| self.statement("COMMIT"), Err)
            .map_err(|error| error.to_string());
        if end.is_err() && !self.connection.is_autocommit() {
            // Without this the next group could not begin.
            let _ = self.statement("ROLLBACK");
        }
        for settle in settles {
            settle(end.as_ref().copied().map_err(String::as_str));
        }
        closing
    }

    /// Runs one operation in a savepoint. The error means that the whole transaction is lost.
    fn isolated(&self, operation: Operation) -> (Box<Settle>, Result<(), StoreError>) {
        if let Err(error) = self.statement("SAVEPOINT operation") {
            let reason = error.to_string();
            return (
                operation.0(Err(error)).settle,
                Err(StoreError::Commit(reason)),
            );
        }
        let ran = operation.0(Ok(&self.connection));
        let end = if self.connection.is_autocommit() {
            // SQLite ends the transaction by itself when the disk is full or fails.
            Err(StoreError::Commit(
                "SQLite rolled back the transaction it was part of".to_owned(),
            ))
        } else if ran.failed {
            self.statement("ROLLBACK TO operation")
                .and_then(|()| self.statement("RELEASE operation"))
        } else {
            self.statement("RELEASE operation")
        };
        (ran.settle, end)
    }

    fn statement(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}
