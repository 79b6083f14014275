//! Workers for one run each: for runs that may be what their workers die of.
//!
//! Such a run takes nobody along there, and what it does says something about it alone. Its crew is brought up like one that serves,
//! but it never does: it is seen out from the beginning, and leaves with its run. It waits until one serves, because everybody else
//! waits for that one. When it does not come up (its code listens on a port that is in use, or has just been broken), the run goes to the
//! one that serves after all.

use std::sync::Arc;

use super::bring_up::reinforce;
use super::retired::retire;
use super::{Lease, Unavailable};

/// How many such workers there are at a time; runs wait for a place.
pub(super) const MOST_ALONE: usize = 4;

impl Lease {
    /// A hold on a worker for a run on which this one has not begun: one of its own again, if it was to have that.
    ///
    /// # Errors
    /// When no worker serves and none is coming.
    pub(crate) async fn next(&self) -> Result<Self, Unavailable> {
        if self.is_alone() {
            self.alone().await
        } else {
            self.all_workers().serving_run_but(self.number()).await
        }
    }

    /// A hold on a worker that executes nothing else, for a run that this one was of no use to.
    ///
    /// # Errors
    /// When no worker serves and none is coming.
    pub(crate) async fn alone(&self) -> Result<Self, Unavailable> {
        let workers = self.all_workers();
        // Never closed.
        let place = Arc::clone(&workers.places_alone).acquire_owned().await.ok();
        let serving = self.successor().await?;
        let alone = reinforce(workers, serving.generation(), 1).await;
        drop(serving);
        match alone {
            Ok(team) => {
                let crew = team.first();
                let lease = Lease::of(crew, workers).alone_in(place);
                retire(workers, crew);
                Ok(lease)
            }
            Err(reason) => {
                tracing::debug!("a worker for one run did not come up: {reason:?}");
                workers.serving_run().await
            }
        }
    }
}
