//! The admission of a run: what is asked for, by what right, and what comes of it.

use std::sync::Arc;

use lgx_model::{JsonObject, MultitaskStrategy, Run, RunStatus, Timestamp};
use lgx_store::runs::{Admission, Displaced, Firing, NewRun};
use lgx_store::{Scope, StoreError};

use super::live_log::{LiveFrom, LiveReader};
use super::outcome::Outcome;
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
    /// The cron that starts it is not due as it was seen: it was changed, disabled or deleted meanwhile.
    NotDue,
    /// The store failed.
    Store(StoreError),
}

/// By what right a run is submitted.
pub(super) enum Right {
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
    pub own_metadata: JsonObject,
    /// Whether a missing thread is made.
    pub create_thread: bool,
    /// Metadata of a thread that is made for it.
    pub thread_metadata: JsonObject,
    /// Configuration left on the thread.
    pub thread_config: JsonObject,
}

/// Admits a run in one transaction, and starts it at once if its thread and a slot are free.
pub(super) async fn submit(
    runs: &Arc<Runs>,
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
    let mut slot = Arc::clone(&runs.slots).try_acquire_owned().ok();
    let live = runs.registry.enter(&run);
    // Before the run can start: events are only held for readers that are there.
    let reader = live.log.read(LiveFrom::Start);
    runs.users.remember(run_id, caller);
    let new = NewRun {
        run,
        graph_id: submission.graph_id,
        own_metadata: submission.own_metadata,
        create_thread: submission.create_thread,
        thread_metadata: submission.thread_metadata,
        thread_ttl: default_ttl(&runs.workers.config()),
        config_for_thread: submission.thread_config,
        may_start: slot.is_some(),
        now: Timestamp::now(),
    };
    let admission = match right {
        Right::Caller(scope) => runs.store.admit(new, &scope).await.map(Some),
        Right::Cron(firing) => runs.store.admit_for_cron(new, firing).await,
    };
    let refused = match admission {
        Ok(Some(Admission::Started(admitted))) => {
            let run = as_pending(&admitted.run);
            if let Some(slot) = slot.take() {
                queue::execute(runs, admitted.run, admitted.checkpoint, 1, slot);
            }
            stop_displaced(runs, &admitted.displaced, action);
            return Ok(Submitted { run, live, reader });
        }
        Ok(Some(Admission::Queued(admitted))) => {
            drop(slot);
            stop_displaced(runs, &admitted.displaced, action);
            runs.pump.notify_one();
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
        runs.pump.notify_one();
    }
    runs.registry.leave(run_id);
    runs.users.forget(run_id);
    Err(refused)
}

/// Ends what a new run displaces: running ones are told, pending ones have been settled with its admission.
fn stop_displaced(runs: &Runs, displaced: &Displaced, action: StopAction) {
    for run_id in &displaced.stop {
        if let Some(live) = runs.registry.get(*run_id) {
            live.request_stop(Stop {
                action,
                reason: "stopped by a newer run on the thread".into(),
            });
        }
    }
    for run_id in &displaced.interrupted {
        readers::end(runs, *run_id, Outcome::cancelled());
    }
    for run_id in &displaced.deleted {
        readers::end(runs, *run_id, Outcome::gone());
    }
}

/// A run as the one who asked for it sees it: it is pending, even if it has begun meanwhile.
fn as_pending(run: &Run) -> Run {
    Run {
        status: RunStatus::Pending,
        ..run.clone()
    }
}
