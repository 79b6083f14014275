//! Writes what is kept of events to disk, behind the runs that stream them, and lets go of what is too old.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
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
    /// Say when everything before this has its place among all that is written.
    Place(oneshot::Sender<()>),
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
            placed: FuturesOrdered::new(),
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

    /// Waits until everything noted so far has its place among all that is written: what is written from then on comes behind it.
    pub(super) async fn place(&self) {
        let (done, placed) = oneshot::channel();
        if self.notes.send(Note::Place(done)).is_ok() {
            let _ = placed.await;
        }
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
    /// What has its place among all that is written, and is not written yet.
    placed: FuturesOrdered<BoxFuture<'static, Written>>,
}

/// Notes that are written.
struct Written {
    changes: usize,
    flushed: Vec<oneshot::Sender<()>>,
}

impl JournalWriter {
    async fn run(mut self, mut notes: mpsc::UnboundedReceiver<Note>) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                Some(written) = self.placed.next() => self.written(written),
                received = notes.recv_many(&mut batch, BATCH) => match received {
                    0 => return,
                    _ => self.place(&mut batch).await,
                },
                () = due_at(self.sweep_at) => self.sweep().await,
            }
        }
    }

    /// Gives notes their place among all that is written, and does not wait for them to be written.
    async fn place(&mut self, batch: &mut Vec<Note>) {
        let mut changes = Vec::with_capacity(batch.len());
        let (mut flushed, mut placed) = (Vec::new(), Vec::new());
        for note in batch.drain(..) {
            match note {
                Note::Change(thread_id, change) => changes.push((thread_id, change)),
                Note::Flush(done) => flushed.push(done),
                Note::Place(done) => placed.push(done),
            }
        }
        let count = changes.len();
        let pending = if changes.is_empty() {
            None
        } else {
            Some(self.store.change_events(changes).await)
        };
        for done in placed {
            // Whoever asked may have gone.
            let _ = done.send(());
        }
        self.placed.push_back(Box::pin(async move {
            if let Some(pending) = pending {
                log_failure(pending.await);
            }
            Written {
                changes: count,
                flushed,
            }
        }));
    }

    fn written(&mut self, written: Written) {
        let Written { changes, flushed } = written;
        if changes > 0 {
            self.waiting.send_modify(|waiting| *waiting -= changes);
            self.sweep_at.get_or_insert_with(|| look_in(self.keep_for));
        }
        for done in flushed {
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
