//! A thread's log: the events of all its runs in one order, kept for a while, and handed to whoever reads.
//!
//! It is there as long as somebody reads it or a run writes to it. Of runs that are not resumable it holds nothing: their events go to
//! the readers that are there, and past it when there are none. Those of resumable runs it keeps, in memory and behind that on disk, so
//! that a reader may come back for them after a restart, under the same ids and numbers.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lgx_model::{RunId, ThreadId};
use lgx_store::events::{Append, Change};
use tokio::sync::OnceCell;

use super::convert::Converter;
use super::entry::{Entry, Keep};
use super::event::{Event, EventId};
use super::frame::{Frame, number_frames};
use super::journal::Journal;
use super::record::{Kind, Record};
use super::restore::{Restored, restore};
use super::subscriber::{Inbox, Subscriber, subscribe};

/// How many bytes of events are kept for one thread before the oldest go.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// How many numbers are set aside on disk at once: none is given away twice, even by a server that ends without notice.
const NUMBERS_AHEAD: u64 = 1000;

/// Where a reader of a thread starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadFrom {
    /// At the oldest event that is kept.
    Start,
    /// After everything there is now.
    Now,
    /// After the event of this id.
    After(EventId),
}

/// The log of one thread. It lives as long as somebody reads it or a run writes to it.
pub struct ThreadLog {
    thread_id: ThreadId,
    pub(super) journal: Journal,
    state: Mutex<Held>,
    loaded: OnceCell<()>,
}

#[derive(Default)]
pub(super) struct Held {
    kept: VecDeque<Arc<Record>>,
    bytes: usize,
    last_id: Option<EventId>,
    /// The last number given to an event of the protocol.
    last_seq: u64,
    /// The last number that is set aside on disk.
    reserved_seq: u64,
    subscribers: HashMap<u64, Subscriber>,
    next_subscriber: u64,
    /// The run that an earlier server left unfinished.
    pub(super) unfinished: Option<Converter>,
    /// A run has asked for input and is about to end.
    pausing: Option<RunId>,
    closed: bool,
    /// Whether its thread was there when that was looked at.
    has_been: bool,
}

impl ThreadLog {
    pub(super) fn new(thread_id: ThreadId, journal: Journal) -> Arc<Self> {
        Arc::new(Self {
            thread_id,
            journal,
            state: Mutex::default(),
            loaded: OnceCell::new(),
        })
    }

    /// Brings back what is kept of the thread's events, once. To be awaited before the log is read or kept events are added.
    pub async fn load(self: &Arc<Self>) {
        self.loaded
            .get_or_init(|| async {
                match self.journal.load(self.thread_id).await {
                    Ok(kept) => self.take_up(restore(kept)),
                    Err(error) => tracing::error!(
                        thread_id = %self.thread_id,
                        "the events kept of a thread cannot be read: {error}"
                    ),
                }
            })
            .await;
    }

    /// Goes on where an earlier server left off. The log is empty.
    fn take_up(&self, restored: Restored) {
        let mut state = self.lock();
        for record in restored.records {
            state.last_id = state.last_id.max(Some(record.id()));
            state.keep(Arc::new(record));
        }
        state.last_seq = restored.last_seq;
        state.reserved_seq = restored.last_seq;
        state.unfinished = restored.unfinished;
        drop(state);
        if let Some(end) = restored.end {
            self.append(end);
        }
    }

    /// Which thread it is of.
    pub(crate) const fn thread_id(&self) -> ThreadId {
        self.thread_id
    }

    /// Notes whether its thread is there; says whether it was, and is gone.
    pub(crate) fn is_gone_now(&self, is_there: bool) -> bool {
        let mut state = self.lock();
        std::mem::replace(&mut state.has_been, is_there) && !is_there
    }

    /// Whether anybody reads.
    pub(crate) fn is_read(&self) -> bool {
        !self.lock().subscribers.is_empty()
    }

    /// The run that has asked for input and is about to end, so that the thread does not show the question yet.
    pub fn pausing(&self) -> Option<RunId> {
        self.lock().pausing
    }

    /// A new reader: its number, what is kept for it from its start on, and where it gets what happens.
    pub(super) fn subscribe(&self, from: ThreadFrom) -> (u64, Vec<Arc<Record>>, Inbox) {
        let (subscriber, inbox) = subscribe();
        let mut state = self.lock();
        self.trim(&mut state);
        let first = match from {
            ThreadFrom::Start => 0,
            ThreadFrom::Now => state.kept.len(),
            ThreadFrom::After(id) => state.kept.partition_point(|record| record.id() <= id),
        };
        let backlog = state.kept.range(first..).cloned().collect();
        let number = state.next_subscriber;
        state.next_subscriber += 1;
        if !state.closed {
            state.subscribers.insert(number, subscriber);
        }
        (number, backlog, inbox)
    }

    /// A reader is gone.
    pub(super) fn unsubscribe(&self, number: u64) {
        self.lock().subscribers.remove(&number);
    }

    /// Waits until everything that is kept so far is on disk.
    pub(super) async fn written(&self) {
        self.journal.flush().await;
    }

    /// Looks at everything that is kept, while nothing happens.
    pub(super) fn with_kept<T>(&self, look: impl FnOnce(Vec<Arc<Record>>) -> T) -> T {
        let state = self.lock();
        look(state.kept.iter().cloned().collect())
    }

    /// The next id, if an event that is not kept has no readers; else it is to be appended.
    pub(super) fn next_id_if_unread(&self) -> Option<EventId> {
        let mut state = self.lock();
        state.subscribers.is_empty().then(|| state.next_id())
    }

    /// Adds a record and hands it to the readers.
    pub(super) fn append(&self, entry: Entry) -> Arc<Record> {
        let mut state = self.lock();
        let id = state.next_id();
        let first = state.last_seq + 1;
        let frames = number_frames(entry.bodies, first, id);
        let (name, data) = entry.shown;
        let noted = entry.run_id.filter(|_| entry.keep == Keep::Disk);
        if let Some(run_id) = noted {
            let (name, data) = entry
                .stored
                .unwrap_or_else(|| (Arc::clone(&name), data.clone()));
            let append = Append {
                run_id,
                claim: entry.claim,
                millis: id.millis,
                serial: id.serial,
                seq: first,
                frames: u32::try_from(frames.len()).unwrap_or(u32::MAX),
                name,
                data,
            };
            self.journal.note(self.thread_id, Change::Append(append));
        }
        if frames.iter().any(Frame::asks) {
            state.pausing = entry.run_id;
        }
        state.last_seq = frames.last().map_or(state.last_seq, |frame| frame.seq);
        if state.last_seq > state.reserved_seq {
            self.reserve(&mut state, NUMBERS_AHEAD);
        }
        if entry.kind == Kind::Done {
            state.pausing = None;
            if state.reserved_seq > state.last_seq {
                self.reserve(&mut state, 0);
            }
        }
        let record = Arc::new(Record {
            kind: entry.kind,
            run_id: entry.run_id,
            event: Event { name, data, id },
            end: entry.end,
            frames,
            noted: noted.is_some(),
        });
        state
            .subscribers
            .retain(|_, subscriber| subscriber.deliver(&record));
        if entry.keep != Keep::Live {
            state.keep(Arc::clone(&record));
            self.trim(&mut state);
        }
        record
    }

    fn reserve(&self, state: &mut Held, ahead: u64) {
        state.reserved_seq = state.last_seq + ahead;
        self.journal
            .note(self.thread_id, Change::Mark(state.reserved_seq));
    }

    /// Lets go of the oldest records beyond the limits.
    fn trim(&self, state: &mut Held) {
        let oldest = self.journal.oldest_kept();
        let mut gone = None;
        while let Some(record) = state.kept.front() {
            if state.bytes <= MOST_BYTES && record.id().millis >= oldest {
                break;
            }
            gone = Some(record.id());
            state.bytes -= record.bytes();
            state.kept.pop_front();
        }
        if let Some(EventId { millis, serial }) = gone {
            self.journal
                .note(self.thread_id, Change::Trim { millis, serial });
        }
    }

    /// The events of a run are not there any more: it was taken back or deleted.
    pub(crate) fn forget(&self, run_id: RunId) {
        let mut state = self.lock();
        state.kept.retain(|record| record.run_id != Some(run_id));
        state.bytes = state.kept.iter().map(|record| record.bytes()).sum();
    }

    /// The thread is gone, and what was kept of its events: its readers come to their end, because whoever makes a thread of the
    /// same id may be somebody else.
    pub fn gone(&self) {
        let mut state = self.lock();
        state.kept.clear();
        state.bytes = 0;
        state.reserved_seq = state.last_seq;
        state.unfinished = None;
        for (_, subscriber) in state.subscribers.drain() {
            subscriber.gone();
        }
    }

    /// Ends all readers, also those to come.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.subscribers.clear();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Held> {
        // The state is only changed by code that cannot panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// The next id: of now, or right behind the last one.
    pub(super) fn next_id(&mut self) -> EventId {
        let id = EventId::behind(self.last_id);
        self.last_id = Some(id);
        id
    }

    fn keep(&mut self, record: Arc<Record>) {
        self.bytes += record.bytes();
        self.kept.push_back(record);
    }
}
