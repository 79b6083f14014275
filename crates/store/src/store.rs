//! The handle to the store: reads beside each other, writes one after the other, never blocking the runtime.

use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use crate::directory::Directory;
use crate::health::Health;
use crate::readers::{Readers, snapshot};
use crate::writer::{Message, Operation};
use crate::{StoreError, Unavailable, database, writer};

/// The state of one server. Cheap to clone; all clones are the same store.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    writes: mpsc::Sender<Message>,
    readers: Readers,
    health: Arc<Health>,
}

impl Store {
    /// Opens the state in `dir`, creating what is not there, and holds it until [`Store::close`] or the process ends.
    /// What cannot be read is refused, never replaced.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let directory = Directory::take(dir)?;
        let path = directory.database();
        let connection = database::open_writer(&path)?;
        let health = Arc::new(Health::of(&path)?);
        let readers = Readers::start(&path)?;
        Ok(Self {
            shared: Arc::new(Shared {
                writes: writer::start(connection, directory, Arc::clone(&health))?,
                readers,
                health,
            }),
        })
    }

    /// What keeps the database from being used, as the last use of it met it.
    pub fn trouble(&self) -> watch::Receiver<Option<Unavailable>> {
        self.shared.health.watch()
    }

    /// Reads on one snapshot, which has everything whose write was answered before.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, result) = oneshot::channel();
        let health = Arc::clone(&self.shared.health);
        self.shared.readers.send(Box::new(move |connection| {
            let result = health
                .check_file()
                .and_then(|()| snapshot(connection, read));
            let _ = reply.send(result);
        }))?;
        result.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Writes; resolves after the commit. An error of `write` undoes what it did and nothing else.
    /// Begun when first polled; from its place in the queue on it runs even if the future is dropped.
    pub async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.enqueue(write).await.await
    }

    /// Puts a write in the queue and resolves once it has its place there: writes run in the order of their places.
    pub async fn enqueue<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        let (reply, result) = oneshot::channel();
        // When the writer is gone so is `reply`, from which `Pending` knows.
        let _ = self
            .shared
            .writes
            .send(Message::Operation(Operation::new(write, reply)))
            .await;
        Pending(result)
    }

    /// Finishes what is in the queue, leaves one tidy file, and lets go of the directory. Later calls fail with `Closed`.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        let readers = self.shared.readers.close();
        // An error means that it was closed before.
        if self
            .shared
            .writes
            .send(Message::Close { readers, done })
            .await
            .is_ok()
        {
            let _ = closed.await;
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

/// The result of a write that has its place in the queue, once it is committed. Dropping it does not undo the write.
#[derive(Debug)]
#[must_use = "whether the write succeeded is known only from awaiting this"]
pub struct Pending<T>(oneshot::Receiver<Result<T, StoreError>>);

impl<T> Future for Pending<T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(context)).unwrap_or(Err(StoreError::Closed)))
    }
}
