//! Readers of a thread's log: what is kept first, then what happens, each at its own pace.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::mpsc;

use super::log::ThreadLog;
use super::record::Record;
use crate::events::event::EventId;

/// How many bytes of events wait for one reader; one that is further behind is cut off.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// How many records are taken at once.
const BATCH: usize = 256;

/// Where a reader starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the oldest event that is kept.
    Start,
    /// After everything there is now.
    Now,
    /// After the event of this id.
    After(EventId),
}

/// Why a reader gets nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The thread is gone.
    Gone,
    /// The server stops, or the reader fell too far behind: there is more for one that comes back.
    CutOff,
}

/// What a log and one of its readers share.
#[derive(Default)]
struct Between {
    /// The bytes that were handed over and not taken yet.
    waiting: AtomicUsize,
    gone: AtomicBool,
}

/// The log's side of a reader.
pub(super) struct Subscriber {
    sender: mpsc::UnboundedSender<Arc<Record>>,
    between: Arc<Between>,
}

impl Subscriber {
    /// Hands over a record; false when the reader is too far behind and gets nothing more.
    pub(super) fn hand(&self, record: &Arc<Record>) -> bool {
        let bytes = record.bytes();
        self.between.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes <= MOST_BYTES
            && self.sender.send(Arc::clone(record)).is_ok()
    }

    /// Says that the thread is gone.
    pub(super) fn gone(self) {
        self.between.gone.store(true, Ordering::Release);
    }
}

/// One reader of a thread's log.
pub struct Reader {
    log: Arc<ThreadLog>,
    number: u64,
    backlog: Vec<Arc<Record>>,
    inbox: mpsc::UnboundedReceiver<Arc<Record>>,
    between: Arc<Between>,
}

impl ThreadLog {
    /// A reader that starts at `place`. What a run streams only for those who are there begins now for it.
    pub fn read(self: &Arc<Self>, place: Place) -> Reader {
        let (sender, inbox) = mpsc::unbounded_channel();
        let between = Arc::<Between>::default();
        let mut state = self.lock();
        self.trim(&mut state);
        let from = match place {
            Place::Start => 0,
            Place::Now => state.kept.len(),
            Place::After(id) => state.kept.partition_point(|record| record.id() <= id),
        };
        let backlog = state.kept.range(from..).cloned().collect();
        let number = state.next_subscriber;
        state.next_subscriber += 1;
        if !state.is_closed() {
            let subscriber = Subscriber {
                sender,
                between: Arc::clone(&between),
            };
            state.subscribers.insert(number, subscriber);
        }
        drop(state);
        Reader {
            log: Arc::clone(self),
            number,
            backlog,
            inbox,
            between,
        }
    }
}

impl Reader {
    /// What happened since the last call, at least one thing; waits for it, and until what is kept of it is on disk. Nothing is
    /// lost when the future is dropped.
    ///
    /// # Errors
    /// Why there is nothing more.
    pub async fn next(&mut self) -> Result<Vec<Arc<Record>>, Ended> {
        if self.backlog.is_empty() {
            if self.inbox.recv_many(&mut self.backlog, BATCH).await == 0 {
                return Err(if self.between.gone.load(Ordering::Acquire) {
                    Ended::Gone
                } else {
                    Ended::CutOff
                });
            }
            self.taken(&self.backlog);
        }
        if self.backlog.iter().any(|record| record.noted) {
            self.written().await;
        }
        Ok(std::mem::take(&mut self.backlog))
    }

    /// Waits until everything that is kept so far is on disk.
    pub async fn written(&self) {
        self.log.journal.flush().await;
    }

    /// What happened since the last call, without waiting, not even for the disk.
    pub fn rest(&mut self) -> Vec<Arc<Record>> {
        let mut batch = std::mem::take(&mut self.backlog);
        let before = batch.len();
        while let Ok(record) = self.inbox.try_recv() {
            batch.push(record);
        }
        self.taken(&batch[before..]);
        batch
    }

    /// What happened since the last call, and apart from that everything that is kept at that moment.
    pub fn catch_up(&mut self) -> (Vec<Arc<Record>>, Vec<Arc<Record>>) {
        let log = Arc::clone(&self.log);
        let state = log.lock();
        let rest = self.rest();
        (rest, state.kept.iter().cloned().collect())
    }

    fn taken(&self, batch: &[Arc<Record>]) {
        let bytes = batch.iter().map(|record| record.bytes()).sum();
        self.between.waiting.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.log.lock().subscribers.remove(&self.number);
    }
}
