//! One crew: a worker of each runtime that the project is written in, and who is using them.
//!
//! A generation serves with as many crews as it was asked for, and a run or a request holds one of them. A crew that leaves (it died, it
//! is blocked, newer code serves) leaves alone, so whatever tells workers apart goes by the number of the crew.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join_all, select_all};
use lgx_model::Runtime;
use lgx_worker::{Death, ExecutingRun, Worker};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::process::Process;
use super::{Generation, SHUTDOWN_GRACE};

/// A part of the project, for which one of the workers answers.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// The graph of this id.
    Graph(&'a str),
    /// The auth handlers.
    Auth,
    /// What makes vectors of texts.
    Embeddings,
    /// The project's own HTTP app.
    App,
}

/// The processes of a crew, one of each runtime.
pub(super) struct Processes {
    /// The number of the crew.
    number: u64,
    first: Member,
    others: Vec<Member>,
}

/// One of them.
struct Member {
    process: Arc<Process>,
    /// Whether it comes from the crew before, and so does not begin with this one.
    goes_on: bool,
}

impl Processes {
    /// The process of a project in one language.
    pub(super) const fn of(number: u64, first: Arc<Process>, goes_on: bool) -> Self {
        Self {
            number,
            first: Member {
                process: first,
                goes_on,
            },
            others: Vec::new(),
        }
    }

    /// Those of another crew in the making too, which are of other runtimes.
    pub(super) fn add(&mut self, others: Self) {
        self.others.push(others.first);
        self.others.extend(others.others);
    }

    /// Whether those that were started had imported modules before they were told what to load.
    pub(super) fn have_imported_ahead(&self) -> bool {
        let started = self.members().find(|member| !member.goes_on);
        started.is_some_and(|member| member.process.worker().has_imported_ahead())
    }

    fn members(&self) -> impl Iterator<Item = &Member> {
        std::iter::once(&self.first).chain(&self.others)
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Process>> {
        self.members().map(|member| &member.process)
    }

    /// Ends those that were started for it, kindly first; see [`Worker::shutdown`]. The others serve elsewhere.
    pub(super) async fn give_up(&self) {
        let started = self.members().filter(|member| !member.goes_on);
        join_all(started.map(|member| member.process.worker().shutdown(SHUTDOWN_GRACE))).await;
    }
}

/// Holds on a crew and on its processes, which stay until these are dropped.
pub(super) struct CrewToken {
    _crew: TaskTrackerToken,
    _first: TaskTrackerToken,
    _others: Vec<TaskTrackerToken>,
}

/// Workers that came up together, and serve and leave together.
pub(super) struct Crew {
    generation: Arc<Generation>,
    processes: Processes,
    ready: Instant,
    leases: TaskTracker,
    /// One permit a run that it may execute beside others.
    room: Arc<Semaphore>,
    most_runs: usize,
    /// What its app sends without an end is to end.
    streams_end: CancellationToken,
}

impl Crew {
    /// A crew that nobody uses yet.
    pub(super) fn new(
        processes: Processes,
        generation: Arc<Generation>,
        most_runs: usize,
    ) -> Arc<Self> {
        Arc::new(Self {
            generation,
            processes,
            ready: Instant::now(),
            leases: TaskTracker::new(),
            room: Arc::new(Semaphore::new(most_runs)),
            most_runs,
            streams_end: CancellationToken::new(),
        })
    }

    /// Counts the crews of the server, from 1.
    pub(super) const fn number(&self) -> u64 {
        self.processes.number
    }

    /// What it has loaded.
    pub(super) const fn generation(&self) -> &Arc<Generation> {
        &self.generation
    }

    /// All of its workers.
    pub(super) fn workers(&self) -> impl Iterator<Item = &Worker> {
        self.processes().map(|process| process.worker())
    }

    /// The same, with what they have loaded.
    pub(super) fn processes(&self) -> impl Iterator<Item = &Arc<Process>> {
        self.processes.all()
    }

    /// Lets what those use of what is installed that were started for it be imported ahead by the workers that come after them. For the
    /// others somebody else has.
    pub(super) fn prepare_next(&self) {
        for member in self.processes.members().filter(|member| !member.goes_on) {
            let part = member.process.part();
            part.source.prepare_next(&part.uses);
        }
    }

    /// How long the process lived that has ended.
    pub(super) fn lived(&self) -> Duration {
        let dead = self
            .processes()
            .filter(|process| process.worker().is_dead());
        let lived = dead.map(|process| process.ready().elapsed()).max();
        lived.unwrap_or_else(|| self.ready.elapsed())
    }

    /// Whether this is one of its processes.
    pub(super) fn has(&self, process: &Arc<Process>) -> bool {
        self.processes().any(|own| Arc::ptr_eq(own, process))
    }

    /// The process that answers for a part of the project. For what nobody has loaded it is the first one, which says so.
    pub(super) fn process_of(&self, part: Part<'_>) -> &Arc<Process> {
        let runtime = self.generation.runtime_of(part);
        let is_of_it = |process: &&Arc<Process>| Some::<Runtime>(process.runtime()) == runtime;
        self.processes()
            .find(is_of_it)
            .unwrap_or(&self.processes.first.process)
    }

    /// A token of somebody who uses it: neither it nor any of its processes leaves before all of these are gone.
    pub(super) fn token(&self) -> CrewToken {
        let Processes { first, others, .. } = &self.processes;
        CrewToken {
            _crew: self.leases.token(),
            _first: first.process.token(),
            _others: others.iter().map(|other| other.process.token()).collect(),
        }
    }

    /// How many use it.
    pub(super) fn uses(&self) -> usize {
        self.leases.len()
    }

    /// How many runs have taken their places on it.
    pub(super) fn runs(&self) -> usize {
        self.most_runs.saturating_sub(self.room.available_permits())
    }

    /// Whether there is a place for one more.
    pub(super) fn has_room(&self) -> bool {
        self.room.available_permits() > 0
    }

    /// A place for a run, if there is one.
    pub(super) fn try_place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.room).try_acquire_owned().ok()
    }

    /// A place for a run, once there is one. None if there never is.
    pub(super) async fn place(self: Arc<Self>) -> Option<(Arc<Self>, OwnedSemaphorePermit)> {
        let permit = Arc::clone(&self.room).acquire_owned().await.ok()?;
        Some((self, permit))
    }

    /// Its code is so old that what its app sends without an end is to end.
    pub(super) fn end_streams(&self) {
        self.streams_end.cancel();
    }

    /// When [`Crew::end_streams`] has been called.
    pub(super) const fn streams_end(&self) -> &CancellationToken {
        &self.streams_end
    }

    /// The runs that it executes, the oldest first.
    pub(super) fn executing(&self) -> Vec<ExecutingRun> {
        let mut runs: Vec<_> = self.workers().flat_map(Worker::executing).collect();
        runs.sort_by_key(|run| run.run_id);
        runs
    }

    /// Whether all of its workers still take calls.
    pub(super) fn takes_calls(&self) -> bool {
        self.workers().all(Worker::takes_calls)
    }

    /// Whether the event loop of one of its workers has not turned for `time`.
    pub(super) fn is_silent_for(&self, time: Duration) -> bool {
        self.workers().any(|worker| worker.is_silent_for(time))
    }

    /// Resolves when one of its workers has ended.
    pub(super) async fn died(&self) -> Death {
        select_all(self.workers().map(|worker| Box::pin(worker.died())))
            .await
            .0
    }

    /// Resolves when all of them have ended.
    pub(super) async fn gone(&self) {
        join_all(self.workers().map(Worker::died)).await;
    }

    /// Waits until the event loop of one of them has not turned for `patience` while another could serve; see [`Worker::blocked`].
    pub(super) async fn blocked(&self, patience: Duration) -> Instant {
        let blocked = self.workers();
        select_all(blocked.map(|worker| Box::pin(worker.blocked(patience))))
            .await
            .0
    }

    /// Ends all of them, kindly first; see [`Worker::shutdown`].
    pub(super) async fn dismiss(&self) {
        join_all(self.workers().map(|worker| worker.shutdown(SHUTDOWN_GRACE))).await;
    }

    /// Tells what it printed before anybody used it: it has ended, and that may say why.
    pub(super) fn tell_held_output(&self) {
        for process in self.processes() {
            process.tell_held_output();
        }
    }
}
