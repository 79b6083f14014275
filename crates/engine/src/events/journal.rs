//! Writes what is kept of events to disk, behind the runs that stream them, and lets go of what is too old.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lgx_model::{ThreadId, Timestamp};
use lgx_store::events::{Change, ThreadEvents};
use lgx_store::{Store, StoreError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::due::{due_at, look_in};

/// How many notes share a write at most.
const BATCH: usize = 256;
/// How many notes may wait before runs have to wait for the disk.
const MOST_WAITING: usize = 4096;

/// A handle to the journal.
#[derive(Clone)]
pub(crate) struct Journal {
    store: Store,
    keep_for: Duration,
    notes: mpsc::UnboundedSender<Note>,
    waiting: Arc<watch::Sender<usize>>,
}

enum Note {
    Change(ThreadId, Change<Bytes>),
    /// Say when everything before this is written.
    Flush(oneshot::Sender<()>),
}

impl Journal {
    /// Starts the journal; it ends when every handle is gone.
    pub(super) fn start(store: Store, keep_for: Duration) -> Self {
        let (notes, receiver) = mpsc::unbounded_channel();
        let waiting = Arc::new(watch::Sender::new(0));
        let writer = JournalWriter {
            store: store.clone(),
            keep_for,
            waiting: Arc::clone(&waiting),
            sweep_at: Some(Instant::now()),
        };
        tokio::spawn(writer.run(receiver));
        Self {
            store,
            keep_for,
            notes,
            waiting,
        }
    }

    /// Has a change written soon.
    pub(super) fn note(&self, thread_id: ThreadId, change: Change<Bytes>) {
        self.waiting.send_modify(|waiting| *waiting += 1);
        // The task ends only after the last handle.
        let _ = self.notes.send(Note::Change(thread_id, change));
    }

    /// Waits until not too much waits to be written.
    pub(super) async fn wait_for_capacity(&self) {
        let mut waiting = self.waiting.subscribe();
        // The sender lives in `self`, so this cannot fail while we are here.
        let _ = waiting.wait_for(|waiting| *waiting < MOST_WAITING).await;
    }

    /// Waits until everything noted so far is written.
    pub(super) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.notes.send(Note::Flush(done)).is_ok() {
            let _ = flushed.await;
        }
    }

    /// Events of before this, in milliseconds since the Unix epoch, are not kept any more.
    pub(super) fn oldest_kept(&self) -> i64 {
        oldest_kept(self.keep_for)
    }

    /// What is kept of a thread's events.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) async fn load(&self, thread_id: ThreadId) -> Result<ThreadEvents, StoreError> {
        self.flush().await;
        self.store.get_events_of_thread(thread_id).await
    }
}

fn oldest_kept(keep_for: Duration) -> i64 {
    let now = Timestamp::now().micros() / 1000;
    now.saturating_sub(i64::try_from(keep_for.as_millis()).unwrap_or(i64::MAX))
}

struct JournalWriter {
    store: Store,
    keep_for: Duration,
    waiting: Arc<watch::Sender<usize>>,
    /// When to look for what is too old; not at all while nothing is kept.
    sweep_at: Option<Instant>,
}

impl JournalWriter {
    async fn run(mut self, mut notes: mpsc::UnboundedReceiver<Note>) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                received = notes.recv_many(&mut batch, BATCH) => match received {
                    0 => return,
                    _ => self.write(&mut batch).await,
                },
                () = due_at(self.sweep_at) => self.sweep().await,
            }
        }
    }

    async fn write(&mut self, batch: &mut Vec<Note>) {
        let mut changes = Vec::with_capacity(batch.len());
        let mut flushed = Vec::new();
        for note in batch.drain(..) {
            match note {
                Note::Change(thread_id, change) => changes.push((thread_id, change)),
                Note::Flush(done) => flushed.push(done),
            }
        }
        let count = changes.len();
        if count > 0 {
            log_failure(self.store.change_events(changes).await);
            self.waiting.send_modify(|waiting| *waiting -= count);
            self.sweep_at.get_or_insert_with(|| look_in(self.keep_for));
        }
        for done in flushed {
            // Whoever asked may have gone.
            let _ = done.send(());
        }
    }

    async fn sweep(&mut self) {
        let oldest = oldest_kept(self.keep_for);
        let next = log_failure(self.store.expire_events(oldest).await).flatten();
        self.sweep_at = next.map(|millis| {
            let wait = u64::try_from(millis.saturating_sub(oldest)).unwrap_or(0) + 1;
            look_in(Duration::from_millis(wait))
        });
    }
}

fn log_failure<T>(result: Result<T, StoreError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(StoreError::Closed) => None,
        Err(error) => {
            tracing::error!("the events of resumable runs could not be kept: {error}");
            None
        }
    }
}
