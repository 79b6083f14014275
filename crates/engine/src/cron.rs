//! The scheduler: sleeps until the next cron is due, and starts its run. Nothing is looked up while nothing is due.

mod clock;
mod firing;

use std::sync::Arc;
use std::time::Duration;

use lgx_model::{Schedule, ThreadId, Timestamp};
use lgx_store::crons::StoredCron;
use lgx_store::runs::Firing;
use lgx_store::{Store, StoreError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::caller::Caller;
use crate::runs::{Refused, Runs};
use crate::workers::Workers;

/// The longest sleep without a look at the clock: timers stand still while a computer sleeps, and clocks can be set.
const LONGEST_NAP: Duration = Duration::from_secs(60);
/// How long to wait when the store fails, if nothing happens before.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// Fires crons.
pub struct Scheduler {
    store: Store,
    runs: Arc<Runs>,
    workers: Arc<Workers>,
    /// Wakes the scheduler: a cron may be due earlier than it knows.
    changed: Notify,
}

impl Scheduler {
    /// A scheduler of the crons in the store.
    pub fn new(store: Store, runs: Arc<Runs>, workers: Arc<Workers>) -> Arc<Self> {
        Arc::new(Self {
            store,
            runs,
            workers,
            changed: Notify::new(),
        })
    }

    /// Tells that a cron was made or changed. Those that went away need no telling: there is nothing to fire.
    pub fn changed(&self) {
        self.changed.notify_one();
    }

    /// Fires what is due, and sleeps until the next is, until the server stops.
    pub async fn run(self: Arc<Self>, stopping: CancellationToken) {
        // Default assistants are in place once the graphs are loaded.
        tokio::select! {
            () = stopping.cancelled() => return,
            () = self.workers.ready() => {}
        }
        // It may have been set back since the server last ran.
        let mut woken = Woken::ClockWentBack;
        while !stopping.is_cancelled() {
            if woken == Woken::ClockWentBack {
                self.bring_forward().await;
            }
            let next = self.fire_due().await;
            woken = tokio::select! {
                () = stopping.cancelled() => Woken::Due,
                () = self.changed.notified() => Woken::Due,
                woken = until(next) => woken,
            };
        }
    }

    /// Corrects the dates that were computed by a clock that was ahead.
    async fn bring_forward(&self) {
        let brought = async {
            let now = Timestamp::now();
            for stored in self.store.list_crons_ahead(now).await? {
                let (Some(planned), Some(next)) =
                    (stored.cron.next_run_date, clock::sooner(&stored, now))
                else {
                    continue;
                };
                let sooner = Firing {
                    cron_id: stored.cron.cron_id,
                    due: planned,
                    next: Some(next),
                };
                self.store.advance_cron(sooner).await?;
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = brought.await {
            tracing::error!("the dates of crons cannot be corrected: {error}");
        }
    }

    /// Fires each cron that is due, once however many times it has been due since, and says when to look again.
    async fn fire_due(&self) -> Option<Timestamp> {
        let fired = async {
            for stored in self.store.list_due_crons(Timestamp::now()).await? {
                self.fire(stored, Timestamp::now()).await?;
            }
            self.store.next_due_cron().await
        };
        match fired.await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!("crons cannot be looked at: {error}");
                Some(Timestamp::now().plus_seconds(AFTER_FAILURE.as_secs_f64()))
            }
        }
    }

    /// Starts the run of a cron that is due. The run and the cron's next date are committed together: neither a crash nor a
    /// change of the cron makes it fire twice, or not at all.
    async fn fire(&self, stored: StoredCron, now: Timestamp) -> Result<(), StoreError> {
        let cron = &stored.cron;
        let cron_id = cron.cron_id;
        let Some(due) = cron.next_run_date else {
            return Ok(());
        };
        let next = Schedule::parse(&cron.schedule, cron.timezone.as_deref())
            .ok()
            .and_then(|schedule| schedule.next(now, stored.ends_at));
        let firing = Firing { cron_id, due, next };
        let is_over = stored.ends_at.is_some_and(|end| end <= now);
        let submission = if is_over {
            None
        } else {
            self.submission(&stored, now).await?
        };
        let Some(submission) = submission else {
            self.store.advance_cron(firing).await?;
            return Ok(());
        };
        let caller = Caller {
            user: None,
            identity: stored.cron.user_id,
            permissions: stored.permissions,
        };
        let submitted = self.runs.submit_for_cron(submission, &caller, firing).await;
        match submitted {
            // It waits there for whoever is.
            Ok(_) | Err(Refused::Elsewhere(_)) => {}
            Err(Refused::Busy) => {
                tracing::info!(%cron_id, "a cron was due while its thread was busy, and is to be rejected then");
            }
            Err(Refused::ThreadNotFound) => {
                tracing::warn!(%cron_id, "a cron was due whose thread is gone");
            }
            Err(Refused::ForeignThread(other)) => {
                tracing::warn!(%cron_id, "a cron was due whose thread was begun by a graph in {}, which its own is not", other.language());
            }
            Err(Refused::Store(error)) => return Err(error),
        }
        Ok(())
    }

    /// The run to submit; none when its assistant is not there or its payload cannot be read.
    async fn submission(
        &self,
        stored: &StoredCron,
        now: Timestamp,
    ) -> Result<Option<crate::runs::Submission>, StoreError> {
        let cron = &stored.cron;
        let (assistant_id, thread_id) = (cron.assistant_id, cron.thread_id);
        let target = self.store.get_cron_target(assistant_id, thread_id).await?;
        let Some(assistant) = target.assistant else {
            tracing::warn!(cron_id = %cron.cron_id, %assistant_id, "a cron was due whose assistant is not there, as its graph is not in langgraph.json");
            return Ok(None);
        };
        let place = thread_id.unwrap_or_else(ThreadId::fresh);
        match firing::submission(
            stored,
            &assistant,
            place,
            target.thread_metadata.unwrap_or_default(),
            now,
        ) {
            Ok(submission) => Ok(Some(submission)),
            Err(error) => {
                tracing::error!(cron_id = %cron.cron_id, "the payload of a cron cannot be read: {error}");
                Ok(None)
            }
        }
    }
}

/// Why the scheduler looks again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Woken {
    /// Something may be due.
    Due,
    /// What is due may be due earlier than it seemed.
    ClockWentBack,
}

/// Resolves at `time`, by the clock on the wall, or when that is set back; never without a time.
async fn until(time: Option<Timestamp>) -> Woken {
    let Some(time) = time else {
        return std::future::pending().await;
    };
    loop {
        let now = Timestamp::now();
        let nap = time.until(now).min(LONGEST_NAP);
        if nap.is_zero() {
            return Woken::Due;
        }
        tokio::time::sleep(nap).await;
        if clock::went_back(now, nap, Timestamp::now()) {
            return Woken::ClockWentBack;
        }
    }
}
