//! Stopping runs: on request, because their client went away, or because their thread goes.

use std::sync::Arc;

use lgx_model::{RunId, RunStatus, ThreadId, Timestamp};
use lgx_store::{Scope, StoreError, runs};

use super::Runs;
use super::outcome::Outcome;
use super::registry::{Fenced, Live, Stop, StopAction};

/// Which runs to cancel.
#[derive(Debug, Clone)]
pub enum CancelTarget {
    /// These runs of this thread.
    Runs(ThreadId, Vec<RunId>),
    /// Every run in one of these states.
    Status(Vec<RunStatus>),
}

/// What a request to cancel found.
#[derive(Default)]
pub struct Cancelled {
    /// Running ones, told to stop.
    pub told: Vec<Arc<Live>>,
    /// Pending ones, which ended right away.
    pub settled: Vec<RunId>,
}

impl Cancelled {
    /// Whether anything was there to cancel.
    pub const fn any(&self) -> bool {
        !self.told.is_empty() || !self.settled.is_empty()
    }
}

impl Runs {
    /// Cancels runs: pending ones end at once, running ones are told to stop.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn cancel(
        &self,
        target: CancelTarget,
        action: StopAction,
        reason: String,
        scope: Scope,
    ) -> Result<Cancelled, StoreError> {
        let registry = Arc::clone(&self.registry);
        let (mut cancelled, deleted) = self
            .store
            .write(move |connection| {
                let found = match &target {
                    CancelTarget::Runs(thread_id, run_ids) => {
                        runs::find_by_id(connection, *thread_id, run_ids, &scope)?
                    }
                    CancelTarget::Status(statuses) => {
                        runs::find_by_status(connection, statuses, &scope)?
                    }
                };
                let pending: Vec<RunId> = found
                    .iter()
                    .filter(|(_, status)| *status == RunStatus::Pending)
                    .map(|(id, _)| *id)
                    .collect();
                let rollback = action == StopAction::Rollback;
                runs::cancel_pending(connection, &pending, rollback, Timestamp::now())?;
                let told = found
                    .iter()
                    .filter(|(_, status)| *status == RunStatus::Running)
                    .filter_map(|(id, _)| registry.get(*id))
                    .collect();
                Ok((
                    Cancelled {
                        told,
                        settled: pending,
                    },
                    rollback,
                ))
            })
            .await?;
        for live in &cancelled.told {
            live.request_stop(Stop {
                action,
                reason: reason.clone(),
            });
        }
        for run_id in &cancelled.settled {
            self.end(
                *run_id,
                if deleted {
                    Outcome::gone()
                } else {
                    Outcome::cancelled()
                },
            );
        }
        // Those whose end is not saved yet are running for everybody else.
        cancelled.told.retain(|live| {
            let outcome = live.log.outcome();
            outcome.is_none_or(|outcome| !outcome.status.is_final())
        });
        if !cancelled.settled.is_empty() {
            // A run behind a cancelled one may start now.
            self.pump.notify_one();
        }
        Ok(cancelled)
    }

    /// Tells a run to stop because the client that wanted its answer is gone.
    pub fn cancel_abandoned(live: &Live) {
        live.request_stop(Stop {
            action: StopAction::Interrupt,
            reason: "client disconnected from the run stream (on_disconnect=cancel)".into(),
        });
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
        let fence = move || registry.fence(|live| live.run_id == run_id);
        let deleted = self
            .store
            .delete_run(thread_id, run_id, scope, fence)
            .await?;
        let Some(fenced) = deleted else {
            return Ok(false);
        };
        self.deleted(fenced);
        self.events.run_gone(thread_id, run_id);
        Ok(true)
    }

    /// Ends runs whose rows have just been deleted, as `Registry::fence` found them: running ones are told to stop, readers of
    /// waiting ones hear that they are gone.
    pub(crate) fn deleted(&self, fenced: Vec<Fenced>) {
        for Fenced {
            live,
            was_executing,
        } in fenced
        {
            live.request_stop(Stop {
                action: StopAction::Rollback,
                reason: "the run was deleted".into(),
            });
            if !was_executing {
                self.end(live.run_id, Outcome::gone());
            }
        }
        self.pump.notify_one();
    }
}
