//! The log's side of a reader: hands over what happens, and cuts off a reader that falls too far behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::mpsc;

use super::record::Record;

/// How many bytes of events wait for one reader; one that is further behind is cut off.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// The reader's side: what was delivered and not taken yet.
pub(super) struct Inbox {
    records: mpsc::UnboundedReceiver<Arc<Record>>,
    shared: Arc<Shared>,
}

/// What both sides know.
#[derive(Default)]
struct Shared {
    /// The bytes that were delivered and not taken yet.
    waiting: AtomicUsize,
    gone: AtomicBool,
}

/// The log's side.
pub(super) struct Subscriber {
    records: mpsc::UnboundedSender<Arc<Record>>,
    shared: Arc<Shared>,
}

/// Both sides of a new reader.
pub(super) fn subscribe() -> (Subscriber, Inbox) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let shared = Arc::<Shared>::default();
    let subscriber = Subscriber {
        records: sender,
        shared: Arc::clone(&shared),
    };
    let inbox = Inbox {
        records: receiver,
        shared,
    };
    (subscriber, inbox)
}

impl Subscriber {
    /// Hands over a record; false when the reader is too far behind and gets nothing more.
    pub(super) fn deliver(&self, record: &Arc<Record>) -> bool {
        let bytes = record.bytes();
        self.shared.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes <= MOST_BYTES
            && self.records.send(Arc::clone(record)).is_ok()
    }

    /// Says that the thread is gone.
    pub(super) fn gone(self) {
        self.shared.gone.store(true, Ordering::Release);
    }
}

impl Inbox {
    /// Takes up to `most` records, and waits for the first of them. None will come when nothing was taken. Nothing is lost when the
    /// future is dropped.
    pub(super) async fn take(&mut self, most: usize) -> Vec<Arc<Record>> {
        let mut batch = Vec::new();
        self.records.recv_many(&mut batch, most).await;
        self.taken(&batch);
        batch
    }

    /// Takes what is there, without waiting.
    pub(super) fn take_present(&mut self) -> Vec<Arc<Record>> {
        let mut batch = Vec::new();
        while let Ok(record) = self.records.try_recv() {
            batch.push(record);
        }
        self.taken(&batch);
        batch
    }

    /// Whether nothing more comes because the thread is gone.
    pub(super) fn is_gone(&self) -> bool {
        self.shared.gone.load(Ordering::Acquire)
    }

    fn taken(&self, batch: &[Arc<Record>]) {
        let bytes = batch.iter().map(|record| record.bytes()).sum();
        self.shared.waiting.fetch_sub(bytes, Ordering::Relaxed);
    }
}
