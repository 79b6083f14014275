//! The run engine: admits runs, keeps at most so many executing, and stops them. A run outlives the request that made it.

pub mod live_log;
pub mod outcome;
pub mod registry;
pub mod request;

mod attempt;
mod drive;
mod elsewhere;
mod ended_threads;
mod gone;
pub(crate) mod keeper;
mod left_runs;
mod let_go;
mod pump_bell;
mod queue;
mod raised;
mod readers;
mod record;
mod recorded;
mod report;
mod run_lines;
mod run_request;
mod save_end;
mod sealed;
mod settle;
mod stop;
mod submission;
mod survival;
mod time_limit;
mod trace;
mod users;
mod verdict;

use std::sync::Arc;

use lgx_model::{RawJson, Run, RunId, ThreadId};
use lgx_store::{Scope, Store, StoreError};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::keeper::Keeper;
use self::pump_bell::PumpBell;
use self::registry::{Live, Registry};
use self::users::RunUsers;
use crate::announcements::Announcements;
use crate::caller::RunPass;
use crate::catch_up::RowsBehind;
use crate::events::ThreadLogs;
use crate::notice::Observer;
use crate::traces::Traces;
use crate::webhook::Outbox;
use crate::workers::Workers;

pub(crate) use ended_threads::EndedThreads;
pub use left_runs::{LeftRun, LeftRuns};
pub use lgx_store::runs::CancelTarget;
pub use stop::Cancelled;
pub use submission::{Refused, Submission, Submitted};

/// Executes runs.
pub struct Runs {
    store: Store,
    registry: Arc<Registry>,
    events: Arc<ThreadLogs>,
    users: RunUsers,
    keeper: Arc<Keeper>,
    traces: Traces,
    outbox: Outbox,
    rows_behind: RowsBehind,
    observer: Arc<dyn Observer>,
    announcements: Arc<Announcements>,
    workers: Arc<Workers>,
    /// How many runs execute at once.
    jobs: usize,
    /// One permit a run that executes.
    slots: Arc<Semaphore>,
    pump: PumpBell,
    stopping: CancellationToken,
    /// Nothing that waits in the queue is begun any more; so it is from the moment when the server stops.
    draining: CancellationToken,
    /// The runs that execute.
    driving: TaskTracker,
    tasks: TaskTracker,
}

/// The places for runs that execute at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Slots {
    /// How many there are.
    pub max: usize,
    /// How many are taken.
    pub active: usize,
    /// How many are free.
    pub available: usize,
}

impl Runs {
    /// The user of the run that makes a request, if its pass is right and it still executes.
    pub fn user_of(&self, pass: &RunPass) -> Option<RawJson> {
        self.registry.user_of(pass.run_id, &pass.secret)
    }

    /// Runs with as many slots as all workers together have.
    pub(crate) fn new(
        store: Store,
        registry: Arc<Registry>,
        events: Arc<ThreadLogs>,
        observer: Arc<dyn Observer>,
        workers: Arc<Workers>,
        rows_behind: RowsBehind,
        keeper: Arc<Keeper>,
    ) -> Arc<Self> {
        let jobs = workers.options().jobs * workers.options().workers;
        let stopping = CancellationToken::new();
        let database = workers.options().database.as_ref();
        let shared = database.and_then(|database| database.shared.as_ref());
        let users = RunUsers::new(store.clone(), shared.map(|shared| shared.secret.clone()));
        let outbox = Outbox::new(
            store.clone(),
            workers.configs(),
            workers.api_url().to_owned(),
            Arc::clone(&observer),
            stopping.clone(),
        );
        Arc::new(Self {
            store,
            registry,
            events,
            users,
            keeper,
            traces: Traces::new(workers.options().clone(), Arc::clone(&observer)),
            outbox,
            rows_behind,
            observer,
            announcements: Arc::clone(workers.announcements()),
            workers,
            jobs,
            slots: Arc::new(Semaphore::new(jobs)),
            pump: PumpBell::default(),
            draining: stopping.child_token(),
            stopping,
            driving: TaskTracker::new(),
            tasks: TaskTracker::new(),
        })
    }

    /// Puts runs that a previous server left behind back in the queue, and begins to execute. Says which runs those are.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn start(self: &Arc<Self>) -> Result<LeftRuns, StoreError> {
        self.traces.look_at(&self.workers.config());
        let left = left_runs::take_up(self).await?;
        let announcements = Arc::clone(&self.announcements);
        let still_waits = move |run: &Run| announcements.waits_still(run);
        self.store.look_at_pending_runs(still_waits).await?;
        report::take_up(self).await?;
        self.tasks.spawn(queue::pump(Arc::clone(self)));
        Ok(left)
    }

    /// How many runs may execute, and how many do.
    pub fn slots(&self) -> Slots {
        let available = self.slots.available_permits();
        Slots {
            max: self.jobs,
            active: self.jobs - available,
            available,
        }
    }

    /// Where the runs go that have ended.
    pub const fn traces(&self) -> &Traces {
        &self.traces
    }

    /// The runs that have not ended.
    pub const fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The entry of a run that has not ended; none if it has. Right even while the run is just ending.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn live(
        &self,
        thread_id: ThreadId,
        run_id: RunId,
        scope: Scope,
    ) -> Result<Option<Arc<Live>>, StoreError> {
        if let Some(live) = self
            .registry
            .get(run_id)
            .filter(|live| live.thread_id == thread_id)
        {
            return Ok(Some(live));
        }
        let registry = Arc::clone(&self.registry);
        self.store
            .with_unfinished_run(thread_id, run_id, &scope, move |run| registry.enter(run))
            .await
    }

    /// Leaves in the queue what waits there. Runs that are asked for from now on still begin, if nothing keeps them.
    pub(crate) fn drain(&self) {
        self.draining.cancel();
    }

    /// How many runs execute.
    pub fn executing(&self) -> usize {
        self.driving.len()
    }

    /// Resolves when no run executes.
    pub async fn idle(&self) {
        self.driving.close();
        self.driving.wait().await;
    }

    /// Tells every run that the server stops, and waits until they have noticed. They go on when it starts again.
    pub async fn stop(&self) {
        self.stopping.cancel();
        self.tasks.close();
        // In this order: a claim or an admission that is under way begins a run yet, which has to be handed back while there is a store to
        // note that; and a run that ends meanwhile has its webhook told.
        self.tasks.wait().await;
        self.idle().await;
        self.tasks.wait().await;
        // Those that wait in the queue have readers too.
        for live in self.registry.clear() {
            readers::suspend(self, &live);
        }
    }
}
