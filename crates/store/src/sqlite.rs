//! `SQLite` as the backend: a file in WAL mode, written by one thread and read by several.
//!
//! - **One writer, group commit** (`writer`). All writes go through one queue to one thread, which puts as many as are waiting into one
//!   transaction, each in a savepoint of its own: an operation that fails undoes itself and nothing else. Answers are sent after the
//!   commit, so the price of a commit is shared by all who wait for it, and nobody hears of what could still be lost.
//! - **Its queue is the order of everything.** What is enqueued behind a write sees it. A run's checkpoints are enqueued without waiting
//!   for each other; its reads go through the same queue, and the end of a run stands behind all that the run wrote.
//! - **Fencing.** A write in the queue may belong to a run that was deleted, or of which an earlier write failed. So the run is asked on
//!   the writer's thread, when it is the write's turn ([`RunWriter`]), and no lock is needed between memory and disk.
//! - **One process** (`directory`). A lock on the directory keeps a second server out, and says which process holds it.
//! - **Beside the writer**: readers with a snapshot each (`readers`), a thread that moves the log into the database (`compaction`), one that
//!   packs the values of growing channels once they are not the newest any more (`packer`; how is in `checkpoints/deltas`), and small steps
//!   that give space back while nobody writes (`space`).

pub(crate) mod assistants;
#[cfg(feature = "broken-disk")]
pub(crate) mod broken_disk;
pub(crate) mod checkpoints;
mod columns;
mod compaction;
pub(crate) mod crons;
mod database;
mod directory;
pub(crate) mod events;
mod failure;
mod functions;
mod health;
pub(crate) mod items;
mod migrate;
pub(crate) mod on_disk;
mod ownership;
mod packer;
mod patience;
mod readers;
pub(crate) mod reports;
pub(crate) mod runs;
mod search;
mod space;
pub(crate) mod standing;
#[cfg(test)]
mod tests;
pub(crate) mod threads;
pub(crate) mod transfer;
pub(crate) mod truncate;
mod writer;

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use self::assistants::KnownAssistants;
use self::checkpoints::deltas::Arrival;
use self::directory::Directory;
use self::health::Health;
use self::packer::{CLOSING, Packer};
use self::readers::{Read, Readers, snapshot};
use self::writer::{Message, Operation};
use crate::checkpoints::RunWriter;
use crate::pending::Pending;
use crate::{Result, StoreError, Unavailable};

/// One open database with its threads.
pub(crate) struct Sqlite {
    writes: mpsc::Sender<Message>,
    readers: Arc<Readers>,
    packer: Arc<Packer>,
    health: Arc<Health>,
    /// What is remembered of assistants.
    pub(crate) assistants: Arc<KnownAssistants>,
}

impl Sqlite {
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        let directory = Directory::take(dir)?;
        let path = directory.database();
        let connection = database::open_writer(&path)?;
        let health = Arc::new(Health::of(&path)?);
        let readers = Arc::new(Readers::start(&path)?);
        let writes = writer::start(connection, directory, Arc::clone(&health))?;
        let packer = Arc::new(Packer::start(&path, writes.clone())?);
        Ok(Self {
            writes,
            readers,
            packer,
            health,
            assistants: Arc::default(),
        })
    }

    pub(crate) fn trouble(&self) -> watch::Receiver<Option<Unavailable>> {
        self.health.watch()
    }

    /// Reads on one snapshot, which has everything whose write was answered before.
    pub(crate) fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> {
        let (reply, result) = oneshot::channel();
        self.answered(self.answering(read, reply), Pending(result))
    }

    /// Reads on one snapshot, which also has everything that was enqueued before. It has a place in the queue for that, and does not keep
    /// the writer: a reader does the work, once what is before it is committed.
    pub(crate) fn read_behind<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Pending<T>> {
        let (reply, result) = oneshot::channel();
        let read = self.answering(read, reply);
        let readers = Arc::clone(&self.readers);
        let behind = |_: &Connection| Ok(());
        let operation = Operation::new(behind, move |committed| match committed {
            Ok(()) => readers.send(read),
            Err(error) => read(Err(error)),
        });
        self.placed(operation, Pending(result))
    }

    /// A read whose result goes to `reply`.
    fn answering<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
        reply: oneshot::Sender<Result<T>>,
    ) -> Read {
        let health = Arc::clone(&self.health);
        Box::new(move |connection| {
            let result = connection.and_then(|connection| {
                health.check_file()?;
                snapshot(connection, read)
            });
            // Nobody waits any more when the caller went away.
            let _ = reply.send(result);
        })
    }

    /// Writes; resolves after the commit. An error of `write` undoes what it did and nothing else.
    /// Begun when first polled; from its place in the queue on it runs even if the future is dropped.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> {
        let (operation, result) = operation_then(write, || {});
        self.done(operation, result)
    }

    /// Does as [`Sqlite::write`] with what changes assistants: nobody is told of a change while another assistant is remembered.
    pub(crate) fn write_assistants<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> {
        let assistants = Arc::clone(&self.assistants);
        let (operation, result) = operation_then(write, move || assistants.changed());
        self.done(operation, result)
    }

    /// Puts a write in the queue and resolves once it has its place there: writes run in the order of their places.
    pub(crate) fn enqueue<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Pending<T>> {
        let (operation, result) = operation_then(write, || {});
        self.placed(operation, result)
    }

    /// Does as [`Sqlite::enqueue`] on behalf of a run: nothing happens if it may not write any more when it is the write's turn, and it
    /// is told of a failure before any write behind this one has its turn. Once it is committed, what became of values with each of
    /// `arrivals` is seen to.
    pub(crate) fn enqueue_for(
        &self,
        writer: Option<Arc<dyn RunWriter>>,
        arrivals: impl IntoIterator<Item = Arrival> + Send + 'static,
        write: impl FnOnce(&Connection) -> Result<()> + Send + 'static,
    ) -> impl Future<Output = Pending<()>> {
        let (reply, result) = oneshot::channel();
        let run = writer.clone();
        let write = move |connection: &Connection| {
            if run.as_ref().is_some_and(|run| !run.may_write()) {
                return Ok(());
            }
            write(connection).inspect_err(|error| {
                if let Some(run) = &run {
                    run.write_failed(error);
                }
            })
        };
        let packer = Arc::clone(&self.packer);
        let operation = Operation::new(write, move |result: Result<()>| {
            match (&result, &writer) {
                // What could not be committed did not fail before.
                (Err(error), Some(writer)) => writer.write_failed(error),
                (Err(_), None) => {}
                (Ok(()), _) => arrivals
                    .into_iter()
                    .for_each(|arrival| packer.arrived(arrival)),
            }
            let _ = reply.send(result);
        });
        self.placed(operation, Pending(result))
    }

    /// Has a reader do it. This and the next two are in the binary once for each kind of result, and not for each operation.
    async fn answered<T>(&self, read: Read, result: Pending<T>) -> Result<T> {
        self.readers.send(read);
        result.await
    }

    /// Waits for the operation's place in the queue.
    async fn placed<T>(&self, operation: Operation, result: Pending<T>) -> Pending<T> {
        self.send(operation).await;
        result
    }

    /// Waits for its end.
    async fn done<T>(&self, operation: Operation, result: Pending<T>) -> Result<T> {
        self.send(operation).await;
        result.await
    }

    async fn send(&self, operation: Operation) {
        if let Err(mpsc::error::SendError(Message::Operation(operation))) =
            self.writes.send(Message::Operation(operation)).await
        {
            operation.refuse(StoreError::Closed);
        }
    }

    /// Finishes what is in the queue, leaves one tidy file, and lets go of the directory.
    pub(crate) async fn close(&self) {
        self.packer.close(CLOSING).await;
        let (done, closed) = oneshot::channel();
        let readers = self.readers.close();
        // An error means that it was closed before.
        if self
            .writes
            .send(Message::Close { readers, done })
            .await
            .is_ok()
        {
            let _ = closed.await;
        }
    }
}

/// A write with what is to be done between the end of its transaction and its answer.
fn operation_then<T: Send + 'static>(
    write: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    then: impl FnOnce() + Send + 'static,
) -> (Operation, Pending<T>) {
    let (reply, result) = oneshot::channel();
    let operation = Operation::new(write, move |result| {
        then();
        // Nobody waits any more when the caller went away; the change stays.
        let _ = reply.send(result);
    });
    (operation, Pending(result))
}
