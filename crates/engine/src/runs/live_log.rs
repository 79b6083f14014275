//! The log of a run that has not ended: its events on their way to those who read them now.
//!
//! It is no record. Any number of readers go at their own pace, and an event is let go once each of them has it; without readers nothing
//! is held at all. Whoever comes late and wants what was before reads the log of the thread, where the events of resumable runs are kept.
//! The log ends with the run's outcome, which is what those get who only wait.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

use super::outcome::Outcome;
use crate::events::event::Event;

/// How many bytes of events one log holds before the oldest are let go; a reader that is further behind is cut off.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The name of events with the values of the root graph; those of subgraphs have a namespace behind it.
const ROOT_VALUES: &str = "values";
/// How values begin that are an interrupt and nothing else, as graphs in JavaScript show one: what the graph has is in those before.
const BARE_INTERRUPT: &[u8] = br#"{"__interrupt__":"#;

/// Where a reader starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveFrom {
    /// At the oldest event still held.
    Start,
    /// After everything there is now.
    Now,
}

/// The events of one run, for those who read them now.
pub struct LiveLog {
    state: Mutex<LiveEvents>,
    /// Wakes readers; carries nothing, so a slow reader costs nothing.
    changed: watch::Sender<()>,
}

struct LiveEvents {
    /// The index of `events[0]`, counted from the run's first event.
    first: u64,
    events: VecDeque<Event>,
    bytes: usize,
    /// The index each present reader reads next.
    readers: HashMap<u64, u64>,
    next_reader: u64,
    started: bool,
    /// The newest root values that were streamed: what those who wait are answered with.
    shown: Option<Bytes>,
    outcome: Option<Arc<Outcome>>,
    broken_off: bool,
    /// Whether an interrupt alone leaves what is shown as it is.
    asks_apart: bool,
}

impl LiveLog {
    /// An empty log. An event goes once every present reader has it; who comes late and wants it reads the thread's log.
    pub fn new() -> Arc<Self> {
        let state = LiveEvents {
            first: 0,
            events: VecDeque::new(),
            bytes: 0,
            readers: HashMap::new(),
            next_reader: 0,
            started: false,
            shown: None,
            outcome: None,
            broken_off: false,
            asks_apart: false,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            changed: watch::Sender::new(()),
        })
    }

    /// Whether the graph shows an interrupt apart from the values that it has, as graphs in JavaScript do.
    pub(super) fn asks_apart(&self, asks_apart: bool) {
        self.lock().asks_apart = asks_apart;
    }

    /// Adds an event. Whether anybody reads it.
    pub fn append(&self, event: Event) -> bool {
        let mut state = self.lock();
        state.started = true;
        let asks_only = state.asks_apart && event.data.starts_with(BARE_INTERRUPT);
        if &*event.name == ROOT_VALUES && !asks_only {
            state.shown = Some(event.data.clone());
        }
        if state.readers.is_empty() {
            state.first += 1;
            return false;
        }
        state.bytes += event.data.len();
        state.events.push_back(event);
        if state.bytes > MOST_BYTES {
            state.cut_off_slow_readers();
        }
        drop(state);
        self.changed.send_replace(());
        true
    }

    /// Ends the log: readers see what is left, then its end.
    pub fn finish(&self, mut outcome: Outcome) {
        let mut state = self.lock();
        outcome.shown = state.shown.take();
        state.outcome = Some(Arc::new(outcome));
        drop(state);
        self.changed.send_replace(());
    }

    /// Ends the log though the run goes on when the server starts again: who reads it may come back then.
    pub fn break_off(&self, outcome: Outcome) {
        self.lock().broken_off = true;
        self.finish(outcome);
    }

    /// Whether it was broken off.
    pub fn is_broken_off(&self) -> bool {
        self.lock().broken_off
    }

    /// How the run ended, if it has.
    pub fn outcome(&self) -> Option<Arc<Outcome>> {
        self.lock().outcome.clone()
    }

    /// Whether the first event is there.
    pub fn started(&self) -> bool {
        self.lock().started
    }

    /// Waits for the run's end.
    pub async fn ended(&self) -> Arc<Outcome> {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(outcome) = self.outcome() {
                return outcome;
            }
            // The sender lives in `self`, so this cannot fail while we are here.
            let _ = changed.changed().await;
        }
    }

    /// A reader that starts at `from`.
    pub fn read(self: &Arc<Self>, from: LiveFrom) -> LiveReader {
        let changed = self.changed.subscribe();
        let mut state = self.lock();
        let end = state.first + state.events.len() as u64;
        let position = match from {
            LiveFrom::Start => state.first,
            LiveFrom::Now => end,
        };
        let reader = state.next_reader;
        state.next_reader += 1;
        state.readers.insert(reader, position);
        drop(state);
        LiveReader {
            log: Arc::clone(self),
            number: reader,
            changed,
        }
    }

    fn lock(&self) -> MutexGuard<'_, LiveEvents> {
        // The state is only changed by code that cannot panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LiveEvents {
    /// Lets go of events that every reader has.
    fn trim(&mut self) {
        let wanted = self.readers.values().copied().min().unwrap_or(u64::MAX);
        while self.first < wanted && !self.events.is_empty() {
            self.drop_oldest();
        }
    }

    /// Lets go of what is too much, and then of what was held only for readers that missed that: they get no more, and a client
    /// that does not read would hold it for as long as it stays connected.
    fn cut_off_slow_readers(&mut self) {
        while self.bytes > MOST_BYTES && self.events.len() > 1 {
            self.drop_oldest();
        }
        let first = self.first;
        self.readers.retain(|_, position| *position >= first);
        self.trim();
    }

    fn drop_oldest(&mut self) {
        if let Some(event) = self.events.pop_front() {
            self.bytes -= event.data.len();
            self.first += 1;
        }
    }
}

/// Why a reader gets nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveEnd {
    /// The run has ended.
    Over,
    /// The server stops, or the reader fell so far behind that events it had not seen were let go.
    CutOff,
}

/// One reader's place in a log.
pub struct LiveReader {
    log: Arc<LiveLog>,
    number: u64,
    changed: watch::Receiver<()>,
}

impl LiveReader {
    /// The events since the last call, at least one; waits for them.
    ///
    /// # Errors
    /// Why there are no more.
    pub async fn next(&mut self) -> Result<Vec<Event>, LiveEnd> {
        loop {
            self.changed.borrow_and_update();
            {
                let mut state = self.log.lock();
                let position = state.readers.get(&self.number).copied();
                let Some(position) = position.filter(|position| *position >= state.first) else {
                    return Err(LiveEnd::CutOff);
                };
                let skip = usize::try_from(position - state.first).unwrap_or(usize::MAX);
                let events: Vec<Event> = state.events.iter().skip(skip).cloned().collect();
                if !events.is_empty() {
                    state
                        .readers
                        .insert(self.number, position + events.len() as u64);
                    state.trim();
                    return Ok(events);
                }
                if state.broken_off {
                    return Err(LiveEnd::CutOff);
                }
                if state.outcome.is_some() {
                    return Err(LiveEnd::Over);
                }
            }
            if self.changed.changed().await.is_err() {
                return Err(LiveEnd::Over);
            }
        }
    }
}

impl Drop for LiveReader {
    fn drop(&mut self) {
        let mut state = self.log.lock();
        state.readers.remove(&self.number);
        state.trim();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::event::EventId;

    async fn names(reader: &mut LiveReader) -> Vec<String> {
        let mut names = Vec::new();
        while let Ok(events) = reader.next().await {
            names.extend(events.into_iter().map(|event| event.name.to_string()));
        }
        names
    }

    fn append(log: &LiveLog, name: &str) {
        log.append(event(name, Bytes::from_static(b"{}")));
    }

    fn event(name: &str, data: Bytes) -> Event {
        Event {
            name: name.into(),
            data,
            id: EventId::behind(None),
        }
    }

    #[tokio::test]
    async fn two_readers_both_see_everything_and_the_end() {
        let log = LiveLog::new();
        let (mut one, mut two) = (log.read(LiveFrom::Start), log.read(LiveFrom::Start));
        append(&log, "a");
        assert_eq!(one.next().await.unwrap().len(), 1);
        append(&log, "b");
        log.finish(Outcome::cancelled());
        assert_eq!(names(&mut one).await, ["b"]);
        assert_eq!(names(&mut two).await, ["a", "b"]);
    }

    #[tokio::test]
    async fn events_that_nobody_waits_for_are_not_held() {
        let log = LiveLog::new();
        append(&log, "a");
        let mut late = log.read(LiveFrom::Start);
        append(&log, "b");
        log.finish(Outcome::cancelled());
        assert_eq!(names(&mut late).await, ["b"]);
        assert_eq!(log.lock().bytes, 0);
    }

    #[test]
    fn the_root_values_that_were_shown_last_are_the_outcomes() {
        let log = LiveLog::new();
        log.asks_apart(true);
        for (name, data) in [
            ("values", "1"),
            ("values", "2"),
            ("values|child:a", "3"),
            ("updates", "4"),
            ("values", r#"{"__interrupt__":[5]}"#),
        ] {
            log.append(event(name, Bytes::from_static(data.as_bytes())));
        }
        log.finish(Outcome::cancelled());
        assert_eq!(log.outcome().unwrap().shown.as_deref(), Some(&b"2"[..]));
    }

    #[test]
    fn an_interrupt_is_what_is_shown_where_the_graph_shows_nothing_apart() {
        let log = LiveLog::new();
        let asks = r#"{"__interrupt__":[5]}"#;
        for data in ["1", asks] {
            log.append(event("values", Bytes::from_static(data.as_bytes())));
        }
        log.finish(Outcome::cancelled());
        let outcome = log.lock().outcome.clone().unwrap();
        assert_eq!(outcome.shown.as_deref(), Some(asks.as_bytes()));
    }

    #[tokio::test]
    async fn a_reader_that_fell_too_far_behind_is_cut_off_and_slows_nobody() {
        let log = LiveLog::new();
        let mut slow = log.read(LiveFrom::Start);
        let big = Bytes::from(vec![b' '; MOST_BYTES / 2 + 1]);
        for _ in 0..3 {
            log.append(event("values", big.clone()));
        }
        assert_eq!(
            log.lock().bytes,
            0,
            "nothing is held for a reader that gets no more"
        );
        assert_eq!(slow.next().await.unwrap_err(), LiveEnd::CutOff);
    }

    #[tokio::test]
    async fn a_reader_that_is_cut_off_takes_nothing_from_those_that_keep_up() {
        let log = LiveLog::new();
        let mut slow = log.read(LiveFrom::Start);
        let mut quick = log.read(LiveFrom::Start);
        let big = Bytes::from(vec![b' '; MOST_BYTES / 2 + 1]);
        for _ in 0..3 {
            log.append(event("values", big.clone()));
            assert_eq!(quick.next().await.unwrap().len(), 1);
        }
        assert_eq!(slow.next().await.unwrap_err(), LiveEnd::CutOff);
        append(&log, "last");
        assert_eq!(quick.next().await.unwrap()[0].name.as_ref(), "last");
    }
}
