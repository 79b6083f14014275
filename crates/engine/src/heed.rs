//! What a server does that hears from others on the same database: it looks at what they have changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use lgx_model::{RunId, ThreadId};
use lgx_store::instances::Hint;
use lgx_store::{Hints, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::cron::Scheduler;
use crate::expiry::Expiry;
use crate::runs::Runs;
use crate::threads::Threads;

/// Those who look.
pub(crate) struct Heeding {
    pub(crate) store: Store,
    pub(crate) runs: Arc<Runs>,
    pub(crate) threads: Arc<Threads>,
    pub(crate) crons: Arc<Scheduler>,
    pub(crate) expiry: Arc<Expiry>,
}

/// What hints that came together say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    everything: bool,
    queue: bool,
    runs: BTreeSet<RunId>,
    threads: BTreeSet<ThreadId>,
}

impl Heard {
    fn add(&mut self, hint: Hint) {
        match hint {
            Hint::LookAgain => self.everything = true,
            Hint::Work => self.queue = true,
            Hint::Ended(run_id) | Hint::Stop(run_id) => {
                self.runs.insert(run_id);
            }
            Hint::Gone(thread_id) => {
                self.threads.insert(thread_id);
            }
            // For those who follow the thread.
            Hint::Kept(_) => {}
        }
    }
}

/// Looks at what others have changed, until `stopping`.
pub(crate) async fn heed(heeding: Heeding, stopping: CancellationToken) {
    // Runs that are here are looked at from now on.
    let mut hints = heeding.store.hints();
    while let Some(heard) = stopping.run_until_cancelled(next(&mut hints)).await {
        match heeding.look(heard).await {
            // There is another look in a few seconds; that the database cannot be used is told elsewhere.
            Ok(()) | Err(StoreError::Unavailable(_)) => {}
            Err(error) => {
                tracing::error!("what other servers have changed cannot be read: {error}");
            }
        }
    }
}

/// What there is to hear, once there is anything.
async fn next(hints: &mut Hints) -> Heard {
    let mut heard = Heard::default();
    heard.add(hints.next().await);
    while let Some(hint) = hints.ready() {
        heard.add(hint);
    }
    heard
}

impl Heeding {
    async fn look(&self, heard: Heard) -> Result<(), StoreError> {
        if heard.queue {
            self.runs.look_at_queue();
        }
        self.threads.look_at_those(heard.threads).await?;
        if !heard.everything {
            return self.runs.look_at_those(heard.runs).await;
        }
        self.crons.changed();
        self.expiry.changed();
        self.runs.look_at_all().await?;
        self.threads.look_at_watched().await
    }
}
