//! The run engine: admits runs, keeps at most so many executing, and stops them. A run outlives the request that made it.

pub mod live_log;
pub mod outcome;
pub mod registry;
pub mod request;

mod drive;
mod left_runs;
mod report;
mod save_end;
mod stop;
mod time_limit;
mod users;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lgx_model::{
    CheckpointTuple, MultitaskStrategy, RawJson, Run, RunId, RunStatus, ThreadId, Timestamp,
};
use lgx_store::runs::{Admission, Displaced, Firing, NewRun};
use lgx_store::{Scope, Store, StoreError};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::live_log::{LiveFrom, LiveReader};
use self::outcome::Outcome;
use self::registry::{Live, Registry, Stop, StopAction};
use self::users::RunUsers;
use crate::caller::{Caller, RunPass};
use crate::default_ttl::default_ttl;
use crate::due::due_in;
use crate::events::ThreadLogs;
use crate::notice::Observer;
use crate::workers::Workers;

pub use left_runs::{LeftRun, LeftRuns};
pub use lgx_store::runs::CancelTarget;

/// How long to wait before looking at the queue again when it could not be read: nothing else may come that wakes the pump.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Executes runs.
pub struct Runs {
    store: Store,
    registry: Arc<Registry>,
    events: Arc<ThreadLogs>,
    users: RunUsers,
    observer: Arc<dyn Observer>,
    workers: Arc<Workers>,
    /// How many runs execute at once.
    jobs: usize,
    /// One permit a run that executes.
    slots: Arc<Semaphore>,
    /// Wakes the pump: a slot is free, or a run waits for one.
    pump: Notify,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

/// A run as admitted.
pub struct Submitted {
    /// The run, as first seen by its client: pending.
    pub run: Run,
    /// Its log and controls.
    pub live: Arc<Live>,
    /// Reads its log from the first event on.
    pub reader: LiveReader,
}

/// Why a run was not admitted.
#[derive(Debug)]
pub enum Refused {
    /// The thread does not exist, or the caller may not see it.
    ThreadNotFound,
    /// The thread is busy and the strategy is to refuse.
    Busy,
    /// The cron that starts it is not due as it was seen: it was changed, disabled or deleted meanwhile.
    NotDue,
    /// The store failed.
    Store(StoreError),
}

/// By what right a run is submitted.
enum Right {
    /// That of a caller, who may see so much of threads.
    Caller(Scope),
    /// That of whoever made the cron.
    Cron(Firing),
}

/// A run to admit, and what becomes of its thread.
pub struct Submission {
    /// The run, pending.
    pub run: Run,
    /// The graph it runs.
    pub graph_id: String,
    /// What of its metadata is its own, not its assistant's.
    pub own_metadata: lgx_model::JsonObject,
    /// Whether a missing thread is made.
    pub create_thread: bool,
    /// Metadata of a thread that is made for it.
    pub thread_metadata: lgx_model::JsonObject,
    /// Configuration left on the thread.
    pub thread_config: lgx_model::JsonObject,
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

    /// An engine with `jobs` slots.
    pub fn new(
        store: Store,
        registry: Arc<Registry>,
        events: Arc<ThreadLogs>,
        observer: Arc<dyn Observer>,
        workers: Arc<Workers>,
        jobs: usize,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            registry,
            events,
            users: RunUsers::default(),
            observer,
            workers,
            jobs: jobs.max(1),
            slots: Arc::new(Semaphore::new(jobs.max(1))),
            pump: Notify::new(),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        })
    }

    /// Puts runs that a previous server left behind back in the queue, and begins to execute. Says which runs those are.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn start(self: &Arc<Self>) -> Result<LeftRuns, StoreError> {
        let recovered = self.store.recover_runs(Timestamp::now()).await?;
        let left = LeftRuns::of(&recovered);
        for given_up in recovered.given_up {
            self.give_up(given_up).await;
        }
        self.tasks.spawn(Arc::clone(self).pump());
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

    /// The runs that have not ended.
    pub const fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Admits a run in one transaction, and starts it at once if its thread and a slot are free.
    ///
    /// # Errors
    /// Why it was not admitted.
    pub async fn submit(
        self: &Arc<Self>,
        submission: Submission,
        caller: &Caller,
        scope: Scope,
    ) -> Result<Submitted, Refused> {
        let right = Right::Caller(scope);
        self.submit_by(right, submission, caller).await
    }

    /// Does as [`Runs::submit`] for a cron that is due, and notes in the same transaction when it is due next.
    ///
    /// # Errors
    /// Why it was not admitted.
    pub(crate) async fn submit_for_cron(
        self: &Arc<Self>,
        submission: Submission,
        caller: &Caller,
        firing: Firing,
    ) -> Result<Submitted, Refused> {
        let right = Right::Cron(firing);
        self.submit_by(right, submission, caller).await
    }

    async fn submit_by(
        self: &Arc<Self>,
        right: Right,
        submission: Submission,
        caller: &Caller,
    ) -> Result<Submitted, Refused> {
        let run = submission.run;
        let run_id = run.run_id;
        let action = match run.multitask_strategy {
            MultitaskStrategy::Rollback => StopAction::Rollback,
            _ => StopAction::Interrupt,
        };
        let mut slot = Arc::clone(&self.slots).try_acquire_owned().ok();
        let live = self.registry.enter(&run);
        // Before the run can start: events are only held for readers that are there.
        let reader = live.log.read(LiveFrom::Start);
        self.users.remember(run_id, caller);
        let new = NewRun {
            run,
            graph_id: submission.graph_id,
            own_metadata: submission.own_metadata,
            create_thread: submission.create_thread,
            thread_metadata: submission.thread_metadata,
            thread_ttl: default_ttl(&self.workers.config()),
            config_for_thread: submission.thread_config,
            may_start: slot.is_some(),
            now: Timestamp::now(),
        };
        let admission = match right {
            Right::Caller(scope) => self.store.admit(new, &scope).await.map(Some),
            Right::Cron(firing) => self.store.admit_for_cron(new, firing).await,
        };
        let refused = match admission {
            Ok(Some(Admission::Started(admitted))) => {
                let run = as_pending(&admitted.run);
                if let Some(slot) = slot.take() {
                    self.execute(admitted.run, admitted.checkpoint, 1, slot);
                }
                self.stop_displaced(&admitted.displaced, action);
                return Ok(Submitted { run, live, reader });
            }
            Ok(Some(Admission::Queued(admitted))) => {
                drop(slot);
                self.stop_displaced(&admitted.displaced, action);
                self.pump.notify_one();
                let run = admitted.run;
                return Ok(Submitted { run, live, reader });
            }
            Ok(Some(Admission::ThreadNotFound)) => Refused::ThreadNotFound,
            Ok(Some(Admission::Busy)) => Refused::Busy,
            Ok(None) => Refused::NotDue,
            Err(error) => Refused::Store(error),
        };
        // A queued run may have found no slot while this one held it.
        if slot.take().is_some() {
            self.pump.notify_one();
        }
        self.registry.leave(run_id);
        self.users.forget(run_id);
        Err(refused)
    }

    /// Ends what a new run displaces: running ones are told, pending ones have been settled with its admission.
    fn stop_displaced(&self, displaced: &Displaced, action: StopAction) {
        for run_id in &displaced.stop {
            if let Some(live) = self.registry.get(*run_id) {
                live.request_stop(Stop {
                    action,
                    reason: "stopped by a newer run on the thread".into(),
                });
            }
        }
        for run_id in &displaced.interrupted {
            self.end(*run_id, Outcome::cancelled());
        }
        for run_id in &displaced.deleted {
            self.end(*run_id, Outcome::gone());
        }
    }

    /// Forgets a run and ends its log.
    fn end(&self, run_id: RunId, outcome: Outcome) {
        self.users.forget(run_id);
        if let Some(live) = self.registry.leave(run_id) {
            self.events
                .abandoned(live.thread_id, run_id, &outcome.end());
            self.tell_readers(&live, outcome);
        }
    }

    /// Tells the readers of a run that does not stream any more how it ended: why it failed is the last event of its streams.
    fn tell_readers(&self, live: &Live, outcome: Outcome) {
        if let Some(error) = &outcome.error {
            let data = Bytes::from(RawJson::of(error).get().to_owned());
            live.log.append(
                self.events
                    .unlogged_event(live.thread_id, "error".into(), data),
            );
        }
        live.log.finish(outcome);
    }

    /// The server stops. The run goes on when it starts again, and so do those who can come back to its events.
    fn suspend(&self, live: &Live) {
        if live.resumable {
            live.log.break_off(Outcome::suspended());
        } else {
            self.tell_readers(live, Outcome::suspended());
        }
    }

    fn execute(
        self: &Arc<Self>,
        run: Run,
        checkpoint: Option<CheckpointTuple>,
        attempt: u32,
        slot: OwnedSemaphorePermit,
    ) {
        let runs = Arc::clone(self);
        self.tasks.spawn(async move {
            let more = runs.drive(run, checkpoint, attempt).await;
            drop(slot);
            if more {
                runs.pump.notify_one();
            }
        });
    }

    /// Starts queued runs as slots, threads and times allow. Sleeps until woken or until the next run is due.
    async fn pump(self: Arc<Self>) {
        loop {
            // The last look at the queue and the next due time share this instant: no run becomes due between them.
            let mut now = Timestamp::now();
            let mut failed = false;
            while let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
                now = Timestamp::now();
                let registry = Arc::clone(&self.registry);
                // Entered in commit order, so that whoever reads the run as running finds it in the registry.
                let claimed = self.store.claim(now, move |claimed| {
                    registry.enter(&claimed.run);
                });
                match claimed.await {
                    Ok(Some(claimed)) => {
                        self.execute(claimed.run, claimed.checkpoint, claimed.attempt, slot);
                    }
                    Ok(None) => break,
                    Err(error) => {
                        tracing::error!("the queue of runs cannot be read: {error}");
                        failed = true;
                        break;
                    }
                }
            }
            let due = self.store.next_due_run(now).await.ok().flatten();
            let wait = due.map(|time| time.until(Timestamp::now()));
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = self.pump.notified() => {}
                () = due_in(wait) => {}
                () = tokio::time::sleep(AFTER_FAILURE), if failed => {}
            }
        }
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

    /// Tells every run that the server stops, and waits until they have noticed. They go on when it starts again.
    pub async fn stop(&self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        // Those that wait in the queue have readers too.
        for live in self.registry.clear() {
            self.suspend(&live);
        }
    }
}

/// A run as the one who asked for it sees it: it is pending, even if it has begun meanwhile.
fn as_pending(run: &Run) -> Run {
    Run {
        status: RunStatus::Pending,
        ..run.clone()
    }
}
