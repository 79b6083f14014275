//! What happens in the server as a whole, told to whoever subscribes: the last events and log lines are kept, under ids, for those who
//! come back for what they missed.
//!
//! Who tells never waits and makes no text: it puts a small value into a ring and wakes those who read. Each reads at its own pace, and
//! hears that it missed something when the ring has gone on without it. Nothing is told before it is committed.

pub mod log_ring;
pub mod ring;
pub mod run_state;
pub mod server_event;
pub mod thread_news;

mod noticed;
mod queues;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use lgx_model::{
    Run, RunId, RunStatus, RunStep, RunSummary, ThreadId, ThreadStatus, Timestamp, TracedCall,
};

use self::log_ring::{LogRing, LoggedLine};
use self::queues::Queues;
use self::ring::{Ring, RingReader};
use self::run_state::{RunFacts, RunState};
use self::server_event::{ServerEvent, ThreadChange};
use self::thread_news::{NewsReader, ThreadNews, WatchedThreads};
use crate::life::Life;
use crate::runs::registry::Live;

pub(crate) use self::noticed::AlsoAnnounced;

/// How many of the last events are kept.
const MOST_EVENTS: usize = 2_000;
/// How many bytes of them, more or less.
const MOST_EVENT_BYTES: usize = 16 * 1024 * 1024;
/// Where a run left a queue, so many of those behind it are told of their new places.
const MOST_MOVED_UP: usize = 16;

/// Where events are told, and read.
pub struct Announcements {
    events: Arc<Ring<ServerEvent>>,
    logs: LogRing,
    threads: WatchedThreads,
    queues: Queues,
    life: Life,
}

impl Default for Announcements {
    fn default() -> Self {
        let life = Life::begun();
        Self {
            events: Ring::new(MOST_EVENTS, MOST_EVENT_BYTES),
            logs: LogRing::of(life),
            threads: WatchedThreads::default(),
            queues: Queues::default(),
            life,
        }
    }
}

impl Announcements {
    /// The events that happen to the project as a whole.
    pub const fn events(&self) -> &Arc<Ring<ServerEvent>> {
        &self.events
    }

    /// What user code printed and logged.
    pub const fn logs(&self) -> &LogRing {
        &self.logs
    }

    /// The life of the server that all of this is told in.
    pub(crate) const fn life(&self) -> Life {
        self.life
    }

    /// Reads the events after the one of this id.
    pub fn read_events(&self, after: u64) -> RingReader<ServerEvent> {
        RingReader::of(&self.events, after)
    }

    /// Reads the log lines after the one of this id.
    pub fn read_logs(&self, after: u64) -> RingReader<LoggedLine> {
        RingReader::of(self.logs.ring(), after)
    }

    /// Where runs stood when they were told of last, of those whose telling is still kept.
    pub(crate) fn last_told(&self, run_ids: &HashSet<RunId>) -> HashMap<RunId, RunSummary> {
        let mut found = HashMap::new();
        for told in self.events.kept().iter().rev() {
            if let ServerEvent::Run(state) = &told.what
                && run_ids.contains(&state.run_id())
            {
                found
                    .entry(state.run_id())
                    .or_insert_with(|| state.summary());
            }
        }
        found
    }

    /// Hears of the steps and calls of the runs of a thread, from now on.
    pub fn watch_thread(&self, thread_id: ThreadId) -> NewsReader {
        self.threads.watch(thread_id)
    }

    /// A step of a run began or ended.
    pub fn step(&self, thread_id: ThreadId, run_id: RunId, step: impl FnOnce() -> RunStep) {
        self.threads.tell(thread_id, || ThreadNews::Step {
            run_id,
            step: Arc::new(step()),
        });
    }

    /// A call of a run began, went on or ended.
    pub fn call(&self, thread_id: ThreadId, run_id: RunId, call: impl FnOnce() -> TracedCall) {
        self.threads.tell(thread_id, || ThreadNews::Call {
            run_id,
            call: Arc::new(call()),
        });
    }

    /// Ends all readers, also those to come: the server stops.
    pub(crate) fn close(&self) {
        self.events.close();
        self.logs.ring().close();
    }

    /// Resolves when nobody is to read any more.
    pub fn closed(&self) -> impl Future<Output = ()> + Send + use<> {
        self.events.closed()
    }

    /// Something happened that is small.
    pub(crate) fn tell(&self, event: ServerEvent) {
        let bytes = event.bytes();
        self.events.push(event, bytes);
    }

    /// A thread has this status now.
    pub fn thread(&self, thread_id: ThreadId, status: ThreadStatus) {
        self.tell(ServerEvent::Thread {
            thread_id,
            change: ThreadChange::Status(status),
        });
    }

    /// A thread is not there any more.
    pub(crate) fn thread_deleted(&self, thread_id: ThreadId) {
        self.queues.forget(thread_id);
        self.tell(ServerEvent::Thread {
            thread_id,
            change: ThreadChange::Deleted,
        });
    }

    /// A run waits that an earlier server had taken on: nobody is told, but those behind it have their places.
    pub(crate) fn waits_still(&self, run: &Run) {
        self.queues.enter(&RunFacts::of(run));
    }

    /// A run waits.
    pub(crate) fn queued(&self, live: &Live, run: &Run) {
        let mut told = live.told();
        // It may have begun, or even ended, before its client's task got here.
        if told.is_some() || live.log.outcome().is_some() {
            return;
        }
        let facts = RunFacts::of(run);
        let place = self.queues.enter(&facts);
        let state = RunState::waiting(facts, place);
        *told = Some(state.clone());
        self.tell(ServerEvent::Run(state));
    }

    /// A run executes from now on, for the first time at `started_at`.
    pub(crate) fn started(&self, live: &Live, run: &Run, started_at: Timestamp, attempt: u32) {
        let mut told = live.told();
        let waited = self.queues.leave(run.run_id);
        let known = told.take().map(|state| state.facts);
        let facts = known.or_else(|| waited.as_ref().map(|(facts, _)| Arc::clone(facts)));
        let state = RunState {
            status: RunStatus::Running,
            started_at: Some(started_at),
            attempt,
            ..RunState::of(facts.unwrap_or_else(|| RunFacts::of(run)))
        };
        *told = Some(state.clone());
        self.tell(ServerEvent::Run(state));
        drop(told);
        if let Some((facts, place)) = waited {
            self.moved_up(facts.thread_id, place);
        }
    }

    /// Code of this generation executes the run from now on.
    pub(crate) fn placed(&self, live: &Live, generation: u64, attempt: u32) {
        let mut told = live.told();
        if let Some(state) = told.as_mut() {
            state.generation = Some(generation);
            state.attempt = attempt;
            self.tell(ServerEvent::Run(state.clone()));
        }
    }

    /// A run that executed has come to its end, which is stored.
    pub(crate) fn ended(&self, live: &Live, status: RunStatus, ended_at: Timestamp) {
        let mut told = live.told();
        if let Some(state) = told.as_mut() {
            state.status = status;
            state.ended_at = Some(ended_at);
            self.tell(ServerEvent::Run(state.clone()));
        }
    }

    /// A run that waited is over without having begun, which is stored. False if it is not known to have waited.
    pub(crate) fn never_began(&self, run_id: RunId, is_gone: bool) -> bool {
        let Some((facts, place)) = self.queues.leave(run_id) else {
            return false;
        };
        let thread_id = facts.thread_id;
        if is_gone {
            self.run_deleted(run_id, thread_id);
        } else {
            self.tell(ServerEvent::Run(RunState {
                status: RunStatus::Interrupted,
                ended_at: Some(Timestamp::now()),
                ..RunState::of(facts)
            }));
        }
        self.moved_up(thread_id, place);
        true
    }

    /// A run is not there any more.
    pub(crate) fn run_deleted(&self, run_id: RunId, thread_id: ThreadId) {
        self.tell(ServerEvent::RunDeleted { run_id, thread_id });
    }

    /// Those that wait behind a run that left its queue have other places now.
    fn moved_up(&self, thread_id: ThreadId, place: u64) {
        for state in self.queues.from(thread_id, place, MOST_MOVED_UP) {
            self.tell(ServerEvent::Run(state));
        }
    }
}
