//! Readers of a thread's log: what is kept first, then what happens, each at its own pace.

use std::sync::Arc;

use super::record::Record;
use super::subscriber::Inbox;
use super::thread_log::{ThreadFrom, ThreadLog};

/// How many records are taken at once.
const BATCH: usize = 256;

/// Why a reader of a thread gets nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchEnd {
    /// The thread is gone.
    Gone,
    /// The server stops, or the reader fell too far behind: there is more for one that comes back.
    CutOff,
}

/// One reader of a thread's log.
pub struct ThreadReader {
    log: Arc<ThreadLog>,
    number: u64,
    /// What was kept when it began, until that is taken.
    backlog: Vec<Arc<Record>>,
    inbox: Inbox,
}

impl ThreadReader {
    /// A reader that starts there. What a run streams only for those who are present begins now for it.
    pub fn open(log: &Arc<ThreadLog>, from: ThreadFrom) -> Self {
        let (number, backlog, inbox) = log.subscribe(from);
        Self {
            log: Arc::clone(log),
            number,
            backlog,
            inbox,
        }
    }

    /// What happened since the last call, at least one thing; waits for it, and until what is kept of it is on disk. Nothing is
    /// lost when the future is dropped.
    ///
    /// # Errors
    /// Why there is nothing more.
    pub async fn next(&mut self) -> Result<Vec<Arc<Record>>, WatchEnd> {
        if self.backlog.is_empty() {
            self.backlog = self.inbox.take(BATCH).await;
        }
        if self.backlog.is_empty() {
            return Err(if self.inbox.is_gone() {
                WatchEnd::Gone
            } else {
                WatchEnd::CutOff
            });
        }
        if self.backlog.iter().any(|record| record.noted) {
            self.written().await;
        }
        Ok(std::mem::take(&mut self.backlog))
    }

    /// Waits until everything that is kept so far is on disk.
    pub async fn written(&self) {
        self.log.written().await;
    }

    /// What happened since the last call, without waiting, not even for the disk.
    pub fn rest(&mut self) -> Vec<Arc<Record>> {
        let mut batch = std::mem::take(&mut self.backlog);
        batch.extend(self.inbox.take_present());
        batch
    }

    /// What happened since the last call, and apart from that everything that is kept at that moment.
    pub fn catch_up(&mut self) -> (Vec<Arc<Record>>, Vec<Arc<Record>>) {
        let log = Arc::clone(&self.log);
        log.with_kept(|kept| (self.rest(), kept))
    }
}

impl Drop for ThreadReader {
    fn drop(&mut self) {
        self.log.unsubscribe(self.number);
    }
}
