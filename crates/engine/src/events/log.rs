//! A thread's log: the events of all its runs in one order, kept for a while, and handed to whoever reads.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use lgx_model::{RunId, ThreadId};
use lgx_store::events::{Append, Change};
use tokio::sync::OnceCell;

use super::convert::Converter;
use super::frame::{Body, Frame, place};
use super::journal::Journal;
use super::reader::Subscriber;
use super::record::{Kind, Record};
use crate::events::event::EventId;

/// How many bytes of events are kept for one thread before the oldest go.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// How many numbers are set aside on disk at once: none is given away twice, even by a server that ends without notice.
const NUMBERS_AHEAD: u64 = 1000;

/// How long the events of a run are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Not at all: they are for readers that are there.
    Live,
    /// As long as the log lives: the run goes when it has ended.
    Memory,
    /// On disk.
    Disk,
}

/// What is to be recorded.
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) run_id: Option<RunId>,
    pub(super) keep: Keep,
    /// The event as streams of the thread show it.
    pub(super) shown: (Arc<str>, Bytes),
    /// The event as it is kept, where that differs.
    pub(super) stored: Option<(Arc<str>, Bytes)>,
    /// What it is in the event protocol.
    pub(super) bodies: Vec<Body>,
}

/// The log of one thread. It lives as long as somebody reads it or a run writes to it.
pub struct ThreadLog {
    thread_id: ThreadId,
    pub(super) journal: Journal,
    state: Mutex<State>,
    loaded: OnceCell<()>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) kept: VecDeque<Arc<Record>>,
    bytes: usize,
    pub(super) last_id: Option<EventId>,
    /// The last number given to an event of the protocol.
    pub(super) last_seq: u64,
    /// The last number that is set aside on disk.
    pub(super) reserved_seq: u64,
    pub(super) subscribers: HashMap<u64, Subscriber>,
    pub(super) next_subscriber: u64,
    /// The run that an earlier server left unfinished.
    pub(super) unfinished: Option<Converter>,
    /// A run has asked for input and is about to end.
    pausing: Option<RunId>,
    closed: bool,
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
                    Ok(kept) => super::restore::restore(self, kept),
                    Err(error) => tracing::error!(
                        thread_id = %self.thread_id,
                        "the events kept of a thread cannot be read: {error}"
                    ),
                }
            })
            .await;
    }

    /// Whether anybody reads.
    pub(crate) fn is_read(&self) -> bool {
        !self.lock().subscribers.is_empty()
    }

    /// The run that has asked for input and is about to end, so that the thread does not show the question yet.
    pub fn pausing(&self) -> Option<RunId> {
        self.lock().pausing
    }

    /// The next id, if an event that is not kept has no readers; else it is to be appended.
    pub(super) fn pass(&self) -> Option<EventId> {
        let mut state = self.lock();
        state.subscribers.is_empty().then(|| state.next_id())
    }

    /// Adds a record and hands it to the readers.
    pub(super) fn append(&self, entry: Entry) -> Arc<Record> {
        let mut state = self.lock();
        let id = state.next_id();
        let first = state.last_seq + 1;
        let frames = place(entry.bodies, first, id);
        let (name, data) = entry.shown;
        let noted = entry.run_id.filter(|_| entry.keep == Keep::Disk);
        if let Some(run_id) = noted {
            let (name, data) = entry
                .stored
                .unwrap_or_else(|| (Arc::clone(&name), data.clone()));
            let append = Append {
                run_id,
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
            event: crate::events::event::Event { name, data, id },
            frames,
            noted: noted.is_some(),
        });
        state
            .subscribers
            .retain(|_, subscriber| subscriber.hand(&record));
        if entry.keep != Keep::Live {
            state.keep(Arc::clone(&record));
            self.trim(&mut state);
        }
        record
    }

    fn reserve(&self, state: &mut State, ahead: u64) {
        state.reserved_seq = state.last_seq + ahead;
        self.journal
            .note(self.thread_id, Change::Mark(state.reserved_seq));
    }

    /// Lets go of the oldest records beyond the limits.
    pub(super) fn trim(&self, state: &mut State) {
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

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // The state is only changed by code that cannot panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The next id: of now, or right behind the last one.
    pub(super) fn next_id(&mut self) -> EventId {
        let id = EventId::behind(self.last_id);
        self.last_id = Some(id);
        id
    }

    pub(super) fn keep(&mut self, record: Arc<Record>) {
        self.bytes += record.bytes();
        self.kept.push_back(record);
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }
}
