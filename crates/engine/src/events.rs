//! What happens on threads, as streams: one log a thread, from which resumable runs, thread streams and the event protocol are
//! served.

pub mod convert;
pub mod event;
pub mod event_line;
pub mod feed;
pub mod filter;
pub mod frame;
pub mod kept_run;
pub mod record;
pub mod thread_log;
pub mod thread_reader;

mod entry;
mod gaps;
mod journal;
mod prune;
mod restore;
mod subscriber;
mod tools;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use lgx_model::{Run, RunId, ThreadId};
use lgx_store::Store;

use self::entry::{Entry, Keep};
use self::event::{End, Event};
use self::feed::RunFeed;
use self::journal::Journal;
use self::record::Kind;
use self::thread_log::ThreadLog;

/// The logs of the threads that somebody reads or a run writes to.
pub struct ThreadLogs {
    logs: Mutex<Logs>,
    journal: Journal,
}

#[derive(Default)]
struct Logs {
    by_thread: HashMap<ThreadId, Weak<ThreadLog>>,
    /// How many entries there are when those of logs that are gone are looked for next.
    tidy_at: usize,
    closed: bool,
}

impl ThreadLogs {
    /// No logs yet; events of resumable runs are kept for this long.
    pub fn new(store: Store, keep_for: Duration) -> Self {
        Self {
            logs: Mutex::default(),
            journal: Journal::start(store, keep_for),
        }
    }

    /// The log of a thread, made if there is none. Hold it while it is read or written.
    pub fn of(&self, thread_id: ThreadId) -> Arc<ThreadLog> {
        let mut logs = self.lock();
        if let Some(log) = logs.by_thread.get(&thread_id).and_then(Weak::upgrade) {
            return log;
        }
        if logs.by_thread.len() >= logs.tidy_at {
            logs.by_thread.retain(|_, log| log.strong_count() > 0);
            logs.tidy_at = (logs.by_thread.len() * 2).max(64);
        }
        let log = ThreadLog::new(thread_id, self.journal.clone());
        if logs.closed {
            log.close();
        }
        logs.by_thread.insert(thread_id, Arc::downgrade(&log));
        log
    }

    /// Where a run that is about to execute puts its events.
    pub(crate) async fn feed(&self, run: &Run, attempt: u32) -> RunFeed {
        let log = self.of(run.thread_id);
        if run.kwargs.resumable {
            log.load().await;
        }
        RunFeed::new(log, run, attempt)
    }

    /// An event for the readers of one run's own stream, which the thread's log does not tell.
    pub(crate) fn unlogged_event(&self, thread_id: ThreadId, name: Arc<str>, data: Bytes) -> Event {
        let id = self.of(thread_id).lock().next_id();
        Event { name, data, id }
    }

    /// The log of a thread, if anybody reads it.
    pub fn read_one(&self, thread_id: ThreadId) -> Option<Arc<ThreadLog>> {
        self.present(thread_id).filter(|log| log.is_read())
    }

    /// Tells the readers of a thread that a client changed its state.
    pub fn state_updated(&self, thread_id: ThreadId, data: Bytes) {
        if let Some(log) = self.read_one(thread_id) {
            log.append(Entry {
                kind: Kind::StateUpdate,
                run_id: None,
                claim: None,
                keep: Keep::Live,
                shown: ("state_update".into(), data),
                stored: None,
                end: None,
                bodies: Vec::new(),
            });
        }
    }

    /// A run will not be taken up again that an earlier server left unfinished: whoever watches hears of its end.
    pub(crate) fn abandoned(&self, thread_id: ThreadId, run_id: RunId, end: &End) {
        let Some(log) = self.present(thread_id) else {
            return;
        };
        let unfinished = log
            .lock()
            .unfinished
            .take_if(|converter| converter.run_id() == run_id);
        if let Some(mut converter) = unfinished {
            let bodies = converter.end(end);
            log.append(Entry::end(run_id, Keep::Live, end, bodies));
        }
    }

    /// The threads that somebody watches.
    pub(crate) fn watched(&self) -> Vec<Arc<ThreadLog>> {
        let logs: Vec<_> = self
            .lock()
            .by_thread
            .values()
            .filter_map(Weak::upgrade)
            .collect();
        logs.into_iter().filter(|log| log.is_read()).collect()
    }

    /// A run was deleted.
    pub fn run_gone(&self, thread_id: ThreadId, run_id: RunId) {
        if let Some(log) = self.present(thread_id) {
            log.forget(run_id);
        }
    }

    /// A thread was deleted.
    pub fn thread_gone(&self, thread_id: ThreadId) {
        if let Some(log) = self.present(thread_id) {
            log.gone();
        }
    }

    /// Waits until all that is to be kept of what happened so far has its place among all that is written: whatever is written from then
    /// on is on disk only if that is.
    pub(crate) async fn place(&self) {
        self.journal.place().await;
    }

    /// Waits until everything that is to be kept is on disk.
    pub async fn flush(&self) {
        self.journal.flush().await;
    }

    /// Other servers may have written to all threads by now: readers come back elsewhere, and what is read here anew is read from disk.
    pub(crate) fn let_go(&self) {
        let logs = std::mem::take(&mut self.lock().by_thread);
        for log in logs.values().filter_map(Weak::upgrade) {
            log.close();
        }
    }

    /// Ends all readers, also those to come.
    pub fn close(&self) {
        let mut logs = self.lock();
        logs.closed = true;
        for log in logs.by_thread.values().filter_map(Weak::upgrade) {
            log.close();
        }
    }

    /// The log of a thread, if somebody holds it.
    pub fn present(&self, thread_id: ThreadId) -> Option<Arc<ThreadLog>> {
        self.lock()
            .by_thread
            .get(&thread_id)
            .and_then(Weak::upgrade)
    }

    fn lock(&self) -> MutexGuard<'_, Logs> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
