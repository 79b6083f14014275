//! The writer: one thread that applies operations in the order they come, as many to a transaction as are waiting.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::sqlite::compaction::{Compaction, PACE};
use crate::sqlite::directory::Directory;
use crate::sqlite::health::Health;
use crate::sqlite::patience::PATIENCE;
use crate::sqlite::space::Space;
use crate::{Result, StoreError, Unavailable};

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
pub(crate) struct Operation {
    run: Box<Run>,
    since: Instant,
}

type Run = dyn FnOnce(Result<&Connection>) -> Ran + Send;

/// Tells whoever waits for an operation; takes the reason when the commit failed.
type Settle = dyn FnOnce(Result<(), &Lost>) + Send;

/// What an operation left behind.
struct Ran {
    failed: bool,
    /// Why it failed, if that is not its own fault.
    unavailable: Option<Unavailable>,
    settle: Box<Settle>,
}

/// Why a transaction was not committed: one reason for all operations in it.
#[derive(Debug, Clone)]
enum Lost {
    Unavailable(Unavailable),
    Other(String),
}

impl From<StoreError> for Lost {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(unavailable) => Self::Unavailable(unavailable),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<&Lost> for StoreError {
    fn from(lost: &Lost) -> Self {
        match lost {
            Lost::Unavailable(unavailable) => Self::Unavailable(unavailable.clone()),
            Lost::Other(reason) => Self::Commit(reason.clone()),
        }
    }
}

impl Operation {
    /// The operation `run`, whose result goes to `reply` once it is known whether it is committed.
    pub(crate) fn new<T: Send + 'static>(
        run: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
        reply: impl FnOnce(Result<T>) + Send + 'static,
    ) -> Self {
        let run = move |connection: Result<&Connection>| {
            let result = connection.and_then(|connection| guarded(|| run(connection)));
            let error = result.as_ref().err();
            Ran {
                failed: error.is_some(),
                unavailable: error.and_then(StoreError::unavailable).cloned(),
                settle: Box::new(move |commit| {
                    reply(result.and_then(|value| match commit {
                        Ok(()) => Ok(value),
                        Err(lost) => Err(lost.into()),
                    }));
                }),
            }
        };
        Self {
            run: Box::new(run),
            since: Instant::now(),
        }
    }

    /// Fails without having run.
    pub(crate) fn refuse(self, why: StoreError) {
        ((self.run)(Err(why)).settle)(Ok(()));
    }
}

/// Runs `run`; a panic in it becomes an error, so that one bad operation does not end the store.
pub(crate) fn guarded<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

fn panicked(panic: &(dyn Any + Send)) -> StoreError {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    StoreError::Panicked(text.unwrap_or_else(|| "no message".to_owned()))
}

/// Starts the writer on `connection`; it ends, and lets go of the directory, when it is closed or every sender is gone.
pub(crate) fn start(
    mut connection: Connection,
    directory: Directory,
    health: Arc<Health>,
) -> Result<mpsc::Sender<Message>> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let compaction = Compaction::start(&mut connection, &directory.database(), PACE)?;
    std::thread::Builder::new()
        .name("lgx-store-writer".to_owned())
        .spawn(move || {
            let writer = Writer {
                connection,
                compaction,
                space: Space::default(),
                receiver,
                waiting: VecDeque::new(),
                health,
            };
            writer.serve(directory);
        })?;
    Ok(sender)
}

struct Writer {
    connection: Connection,
    compaction: Compaction,
    space: Space,
    receiver: mpsc::Receiver<Message>,
    /// Taken from the queue, and not yet begun.
    waiting: VecDeque<Message>,
    health: Arc<Health>,
}

type Closing = (Vec<JoinHandle<()>>, oneshot::Sender<()>);

impl Writer {
    fn serve(mut self, directory: Directory) {
        let mut closing = None;
        while closing.is_none() {
            match self.waiting().or_else(|| self.idle()) {
                Some(Message::Operation(first)) => closing = self.group(first),
                Some(Message::Close { readers, done }) => closing = Some((readers, done)),
                None => break,
            }
        }
        self.receiver.close();
        while let Some(message) = self.waiting() {
            if let Message::Operation(operation) = message {
                operation.refuse(StoreError::Closed);
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

    /// Tidies up, a step at a time, until there is a message; nothing when nobody can send one any more.
    fn idle(&mut self) -> Option<Message> {
        let mut given_back = false;
        while self.space.give_back(&self.connection) {
            given_back = true;
            if let Some(message) = self.waiting() {
                return Some(message);
            }
        }
        self.compaction.tidy(given_back);
        self.receiver.blocking_recv()
    }

    /// The next message, if there is one already.
    fn waiting(&mut self) -> Option<Message> {
        let next = self.waiting.pop_front();
        next.or_else(|| self.receiver.try_recv().ok())
    }

    /// Runs `first` and what waits behind it in one transaction, and answers once it is committed.
    fn group(&mut self, first: Operation) -> Option<Closing> {
        let begun = self.health.check_file();
        if let Err(error) = begun.and_then(|()| self.statement("BEGIN IMMEDIATE")) {
            self.health.report(error.unavailable());
            if matches!(error, StoreError::Unavailable(Unavailable::Locked)) {
                self.refuse_those_who_waited_long();
            }
            first.refuse(error);
            return None;
        }
        let mut closing = None;
        let mut settles = Vec::new();
        let mut next = Some(first);
        let mut lost = None;
        let mut trouble = None;
        while let Some(operation) = next.take() {
            let (settle, unavailable, end) = self.isolated(operation);
            settles.push(settle);
            trouble = trouble.or(unavailable);
            if let Err(error) = end {
                lost = Some(error);
                break;
            }
            if settles.len() < GROUP {
                match self.waiting() {
                    Some(Message::Operation(operation)) => next = Some(operation),
                    Some(Message::Close { readers, done }) => closing = Some((readers, done)),
                    None => {}
                }
            }
        }
        let end = lost
            .map_or_else(|| self.statement("COMMIT"), Err)
            .and_then(|()| self.health.check_file());
        if end.is_err() && !self.connection.is_autocommit() {
            // Without this the next group could not begin.
            let _ = self.statement("ROLLBACK");
        }
        let met = end.as_ref().err().and_then(StoreError::unavailable);
        self.health.report(met.or(trouble.as_ref()));
        let end = end.map_err(Lost::from);
        for settle in settles {
            settle(end.as_ref().copied());
        }
        closing
    }

    /// Another program has held the file for as long as one operation waits: those that waited beside it for most of that time
    /// do not wait once more.
    fn refuse_those_who_waited_long(&mut self) {
        let mut kept = VecDeque::new();
        while let Some(message) = self.waiting() {
            match message {
                Message::Operation(operation) if operation.since.elapsed() >= PATIENCE / 2 => {
                    operation.refuse(Unavailable::Locked.into());
                }
                other => kept.push_back(other),
            }
        }
        self.waiting = kept;
    }

    /// Runs one operation in a savepoint. Also what kept it from being done, if that is not its own fault; the error means that
    /// the whole transaction is lost.
    fn isolated(&self, operation: Operation) -> (Box<Settle>, Option<Unavailable>, Result<()>) {
        if let Err(error) = self.statement("SAVEPOINT operation") {
            let lost = Lost::from(error);
            let ran = (operation.run)(Err(StoreError::from(&lost)));
            return (ran.settle, ran.unavailable, Err(StoreError::from(&lost)));
        }
        let ran = (operation.run)(Ok(&self.connection));
        let end = if self.connection.is_autocommit() {
            // SQLite ends the transaction by itself when the disk is full or fails.
            Err(match &ran.unavailable {
                Some(unavailable) => unavailable.clone().into(),
                None => StoreError::Commit(
                    "SQLite rolled back the transaction it was part of".to_owned(),
                ),
            })
        } else if ran.failed {
            self.statement("ROLLBACK TO operation")
                .and_then(|()| self.statement("RELEASE operation"))
        } else {
            self.statement("RELEASE operation")
        };
        (ran.settle, ran.unavailable, end)
    }

    fn statement(&self, sql: &str) -> Result<()> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}
