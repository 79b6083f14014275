//! The admission of a run: what is asked for, by what right, and what comes of it.

use std::sync::Arc;

use lgx_model::{JsonObject, MultitaskStrategy, Run, RunId, RunStatus, Runtime, Timestamp};
use lgx_store::instances::Home;
use lgx_store::runs::{Admission, Claimed, Displaced, Firing, NewRun, StopOrder};
use lgx_store::{Scope, StoreError, WriteTime};
use tokio::sync::OwnedSemaphorePermit;

use super::live_log::{LiveFrom, LiveReader};
use super::outcome::Outcome;
use super::readers::Unbegun;
use super::registry::{Live, Stop, StopAction};
use super::{Runs, queue, readers};
use crate::caller::Caller;
use crate::default_ttl::default_ttl;

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
    /// The state of the thread was written by a graph that runs on this, and the run's own does not.
    ForeignThread(Runtime),
    /// Its thread is live at another instance, which has to be asked; nobody's while the others cannot hear of this one.
    Elsewhere(Home),
    /// The store failed.
    Store(StoreError),
}

/// A run to admit, and what becomes of its thread.
pub struct Submission {
    /// The run, pending.
    pub run: Run,
    /// The graph it runs.
    pub graph_id: String,
    /// What of its metadata is its own, not its assistant's.
    pub own_metadata: JsonObject,
    /// Whether a missing thread is made.
    pub create_thread: bool,
    /// Metadata of a thread that is made for it.
    pub thread_metadata: JsonObject,
    /// Configuration left on the thread.
    pub thread_config: JsonObject,
}

impl Runs {
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
        if !self.store.is_in_force() {
            // Whatever it began would be taken for left behind.
            return Err(Refused::Elsewhere(Home::Nobody));
        }
        let (runs, caller) = (Arc::clone(self), caller.clone());
        self.whole(async move {
            let (entry, new) = Admitting::of(&runs, submission, &caller, false);
            let admission = runs.store.admit(new, &scope).await;
            entry.settle(admission)
        })
        .await
    }

    /// Does what is not to be left halfway when the client goes away: what is admitted is driven.
    async fn whole<T: Send + 'static>(
        &self,
        admission: impl Future<Output = Result<T, Refused>> + Send + 'static,
    ) -> Result<T, Refused> {
        let done = self.tasks.spawn(admission).await;
        done.unwrap_or(Err(Refused::Store(StoreError::Closed)))
    }

    /// The same for a cron that is due, which notes in the same transaction when it is due next. None when it is not due as it was seen:
    /// it was changed, disabled or deleted meanwhile.
    ///
    /// # Errors
    /// Why it was not admitted.
    pub(crate) async fn submit_for_cron(
        self: &Arc<Self>,
        submission: Submission,
        caller: &Caller,
        firing: Firing,
    ) -> Result<Option<Submitted>, Refused> {
        let (entry, new) = Admitting::of(self, submission, caller, true);
        let admission = self.store.admit_for_cron(new, firing).await;
        let Some(admission) = admission.transpose() else {
            entry.withdraw();
            return Ok(None);
        };
        entry.settle(admission).map(Some)
    }
}

/// A run that is in the registry, and not yet in the store: whoever reads its row finds it there.
struct Admitting<'a> {
    runs: &'a Arc<Runs>,
    run_id: RunId,
    live: Arc<Live>,
    reader: LiveReader,
    /// What becomes of the runs that it displaces.
    action: StopAction,
    slot: Option<OwnedSemaphorePermit>,
}

impl<'a> Admitting<'a> {
    fn of(
        runs: &'a Arc<Runs>,
        submission: Submission,
        caller: &Caller,
        may_wait_elsewhere: bool,
    ) -> (Self, NewRun) {
        let run = submission.run;
        let action = match run.multitask_strategy {
            MultitaskStrategy::Rollback => StopAction::Rollback,
            _ => StopAction::Interrupt,
        };
        let slot = Arc::clone(&runs.slots).try_acquire_owned().ok();
        let live = runs.registry.enter_before(&run);
        // Before the run can start: events are only held for readers that are there.
        let reader = live.log.read(LiveFrom::Start);
        let user_sealed = runs.users.remember(run.run_id, caller);
        let entry = Self {
            runs,
            run_id: run.run_id,
            live,
            reader,
            action,
            slot,
        };
        let config = runs.workers.config();
        let new = NewRun {
            run,
            runtime: config.runtime_of_graph(&submission.graph_id),
            graph_id: submission.graph_id,
            own_metadata: submission.own_metadata,
            create_thread: submission.create_thread,
            thread_metadata: submission.thread_metadata,
            thread_ttl: default_ttl(&config),
            config_for_thread: submission.thread_config,
            may_start: entry.slot.is_some(),
            may_wait_elsewhere,
            user_sealed,
            now: WriteTime::OnItsTurn,
        };
        (entry, new)
    }

    /// Starts what was admitted, or takes the run back.
    fn settle(mut self, admission: Result<Admission, StoreError>) -> Result<Submitted, Refused> {
        if let Ok(Admission::Started(_) | Admission::Queued(_)) = &admission {
            self.live.is_stored_now();
        }
        let refused = match admission {
            Ok(Admission::Started(admitted)) => {
                let seen = as_pending(&admitted.run);
                let announcements = &self.runs.announcements;
                announcements.thread(seen.thread_id, admitted.thread.status);
                let now = Timestamp::now();
                announcements.started(&self.live, &admitted.run, now, 1);
                if let Some(slot) = self.slot.take() {
                    let live = Arc::clone(&self.live);
                    let claimed = Claimed {
                        run: admitted.run,
                        checkpoint: admitted.checkpoint,
                        attempt: 1,
                        claim: admitted.claim,
                    };
                    queue::execute(self.runs, live, claimed, slot);
                }
                stop_displaced(self.runs, &admitted.displaced, self.action);
                return Ok(self.submitted(seen));
            }
            Ok(Admission::Queued(admitted)) => {
                drop(self.slot.take());
                let announcements = &self.runs.announcements;
                announcements.thread(admitted.run.thread_id, admitted.thread.status);
                announcements.queued(&self.live, &admitted.run);
                stop_displaced(self.runs, &admitted.displaced, self.action);
                self.runs.pump.ring();
                return Ok(self.submitted(admitted.run));
            }
            Ok(Admission::QueuedElsewhere(admitted)) => {
                let run = admitted.run.clone();
                stop_displaced(self.runs, &admitted.displaced, self.action);
                // Nothing of it happens here.
                self.live.log.break_off(Outcome::suspended());
                let (live, reader) = (Arc::clone(&self.live), self.withdraw());
                return Ok(Submitted { run, live, reader });
            }
            Ok(Admission::Elsewhere(home)) => Refused::Elsewhere(home),
            Ok(Admission::ThreadNotFound) => Refused::ThreadNotFound,
            Ok(Admission::Busy) => Refused::Busy,
            Ok(Admission::Foreign(other)) => Refused::ForeignThread(other),
            Err(error) => Refused::Store(error),
        };
        self.withdraw();
        Err(refused)
    }

    fn submitted(self, run: Run) -> Submitted {
        Submitted {
            run,
            live: self.live,
            reader: self.reader,
        }
    }

    /// The run is not to be, or not here.
    fn withdraw(mut self) -> LiveReader {
        // A queued run may have found no slot while this one held it.
        if self.slot.take().is_some() {
            self.runs.pump.ring();
        }
        self.runs.registry.leave(&self.live);
        self.runs.users.forget(self.run_id);
        self.reader
    }
}

/// Ends what a new run displaces: running ones are told, pending ones have been settled with its admission.
fn stop_displaced(runs: &Runs, displaced: &Displaced, action: StopAction) {
    let order = StopOrder::displaced(action == StopAction::Rollback);
    for run_id in &displaced.stop {
        if let Some(live) = runs.registry.get(*run_id) {
            live.request_stop(Stop::of(&order));
        }
    }
    for run_id in &displaced.interrupted {
        readers::end(runs, *run_id, Unbegun::Cancelled);
    }
    for run_id in &displaced.deleted {
        readers::end(runs, *run_id, Unbegun::Gone);
    }
}

/// A run as the one who asked for it sees it: it is pending, even if it has begun meanwhile.
fn as_pending(run: &Run) -> Run {
    Run {
        status: RunStatus::Pending,
        ..run.clone()
    }
}
