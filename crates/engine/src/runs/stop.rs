//! Stopping runs: on request, because their client went away, or because their thread goes.

use std::sync::Arc;

use lgx_model::{RunId, RunStatus, ThreadId, ThreadStatus};
use lgx_store::runs::{CancelTarget, StopOrder};
use lgx_store::{Scope, StoreError, WriteTime};

use super::outcome::Outcome;
use super::readers::Unbegun;
use super::registry::{Fenced, Live, Stop, StopAction};
use super::{Runs, readers};

/// What a request to cancel found.
#[derive(Default)]
pub struct Cancelled {
    /// Running ones, which have been told to stop.
    pub stopping: Vec<Arc<Live>>,
    /// Running ones that another server executes, which hears of it.
    pub stopping_elsewhere: Vec<RunId>,
    /// Pending ones, which ended right away.
    pub settled: Vec<RunId>,
    /// The status of the threads of those that ended.
    threads: Vec<(ThreadId, ThreadStatus)>,
}

impl Cancelled {
    /// Whether anything was there to cancel.
    pub const fn any(&self) -> bool {
        !self.stopping.is_empty() || !self.stopping_elsewhere.is_empty() || !self.settled.is_empty()
    }
}

impl Runs {
    /// Cancels runs: pending ones end at once, running ones are told to stop. While nothing can be written, running ones are told all the
    /// same: only the server that tells them knows of it then, and a later one would take them up again.
    ///
    /// # Errors
    /// When the store fails. While nothing can be written: unless it was about running ones alone.
    pub async fn cancel(
        &self,
        target: CancelTarget,
        action: StopAction,
        reason: String,
        scope: Scope,
    ) -> Result<Cancelled, StoreError> {
        let registry = Arc::clone(&self.registry);
        let deleted = action == StopAction::Rollback;
        // Looked up in commit order, where no run can begin or end in between.
        let is_shared = self.store.instance().is_some();
        let look_up = move |found: lgx_store::runs::Cancelled| {
            let mut stopping = Vec::new();
            let mut stopping_elsewhere = Vec::new();
            for run_id in found.running {
                match registry.get(run_id) {
                    Some(live) => stopping.push(live),
                    None if is_shared => stopping_elsewhere.push(run_id),
                    None => {}
                }
            }
            Cancelled {
                stopping,
                stopping_elsewhere,
                settled: found.pending,
                threads: found.threads,
            }
        };
        let order = StopOrder {
            rollback: deleted,
            reason: reason.clone(),
        };
        let asked = target.clone();
        let mut cancelled = match self
            .store
            .cancel_runs(target, order, WriteTime::OnItsTurn, &scope, look_up)
            .await
        {
            Err(error @ StoreError::Unavailable(_)) => {
                let stop = Stop {
                    action,
                    reason: reason.clone(),
                };
                return self.stop_unsaved(asked, stop, &scope, error).await;
            }
            cancelled => cancelled?,
        };
        for live in &cancelled.stopping {
            live.request_stop(Stop {
                action,
                reason: reason.clone(),
            });
        }
        for run_id in &cancelled.settled {
            readers::end(
                self,
                *run_id,
                if deleted {
                    Unbegun::Gone
                } else {
                    Unbegun::Cancelled
                },
            );
        }
        for (thread_id, status) in &cancelled.threads {
            self.announcements.thread(*thread_id, *status);
        }
        // Those whose end is not saved yet are running for everybody else.
        cancelled.stopping.retain(|live| {
            let outcome = live.log.outcome();
            outcome.is_none_or(|outcome| !outcome.status.is_final())
        });
        if !cancelled.settled.is_empty() {
            // A run behind a cancelled one may start now.
            self.pump.ring();
        }
        Ok(cancelled)
    }

    /// Tells running runs to stop though it cannot be noted, for this reason.
    async fn stop_unsaved(
        &self,
        target: CancelTarget,
        stop: Stop,
        scope: &Scope,
        why: StoreError,
    ) -> Result<Cancelled, StoreError> {
        let found = self.store.runs_to_cancel(target, scope).await?;
        let stopping: Vec<_> = found
            .iter()
            .filter(|(_, status)| *status == RunStatus::Running)
            .filter_map(|(run_id, _)| self.registry.get(*run_id))
            .collect();
        for live in &stopping {
            live.request_stop(stop.clone());
        }
        let is_pending = |(_, status): &(RunId, RunStatus)| *status == RunStatus::Pending;
        if stopping.is_empty() || found.iter().any(is_pending) {
            return Err(why);
        }
        Ok(Cancelled {
            stopping,
            stopping_elsewhere: Vec::new(),
            settled: Vec::new(),
            threads: Vec::new(),
        })
    }

    /// Waits until runs that were told to stop have ended, wherever they execute. Gives how one of those that executed here ended.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn stopped(&self, cancelled: Cancelled) -> Result<Option<Arc<Outcome>>, StoreError> {
        let mut outcome = None;
        for live in cancelled.stopping {
            outcome = Some(live.log.ended().await);
        }
        for run_id in cancelled.stopping_elsewhere {
            self.over_elsewhere(run_id).await?;
        }
        Ok(outcome)
    }

    /// Deletes a run with its checkpoints. False when it is not there or the caller may not see its thread.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete(
        &self,
        thread_id: ThreadId,
        run_id: RunId,
        scope: &Scope,
    ) -> Result<bool, StoreError> {
        let registry = Arc::clone(&self.registry);
        let fence = move |status| (status, registry.fence(|live| live.run_id == run_id));
        let found = self
            .store
            .delete_run(thread_id, run_id, scope, fence)
            .await?;
        let Some((status, fenced)) = found else {
            return Ok(false);
        };
        if !self.announcements.never_began(run_id, true) {
            self.announcements.run_deleted(run_id, thread_id);
        }
        self.announcements.thread(thread_id, status);
        deleted(self, fenced);
        self.events.run_gone(thread_id, run_id);
        Ok(true)
    }
}

/// Ends runs whose rows have just been deleted, as `Registry::fence` found them: running ones are told to stop, readers of
/// waiting ones hear that they are gone.
pub(super) fn deleted(runs: &Runs, fenced: Vec<Fenced>) {
    for Fenced { live, is_driven } in fenced {
        live.request_stop(Stop {
            action: StopAction::Rollback,
            reason: "the run was deleted".into(),
        });
        if !is_driven {
            readers::end(runs, live.run_id, Unbegun::Gone);
        }
    }
    runs.pump.ring();
}
