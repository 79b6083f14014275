//! One generation: a worker that loaded one state of the user's code, and who is still using it.

use std::sync::Arc;

use lgx_config::Config;
use lgx_worker::{Loaded, LoadedGraph, Worker};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// A loaded worker.
pub(crate) struct Generation {
    worker: Worker,
    loaded: Loaded,
    config: Arc<Config>,
    leases: TaskTracker,
}

impl Generation {
    /// A generation that nobody uses yet.
    pub(super) fn new(worker: Worker, loaded: Loaded, config: Arc<Config>) -> Arc<Self> {
        Arc::new(Self {
            worker,
            loaded,
            config,
            leases: TaskTracker::new(),
        })
    }

    /// The process.
    pub(crate) const fn worker(&self) -> &Worker {
        &self.worker
    }

    /// What it loaded.
    pub(crate) const fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// The configuration it was loaded with.
    pub(crate) const fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// How many graphs it can run.
    pub(crate) fn ready_graphs(&self) -> usize {
        self.loaded
            .graphs
            .values()
            .filter(|graph| matches!(graph, LoadedGraph::Ready { .. }))
            .count()
    }

    /// A hold on it: it is not retired before the hold is dropped.
    pub(super) fn lease(self: &Arc<Self>) -> Lease {
        Lease {
            generation: Arc::clone(self),
            _token: self.leases.token(),
        }
    }

    /// Whether this is the only hold on it.
    pub(crate) fn has_other_leases(&self) -> bool {
        self.leases.len() > 1
    }

    /// Waits until nobody holds it any more. No new holds may be taken by then.
    pub(super) async fn drained(&self) {
        self.leases.close();
        self.leases.wait().await;
    }
}

/// A hold on a generation.
pub(crate) struct Lease {
    generation: Arc<Generation>,
    _token: TaskTrackerToken,
}

impl std::ops::Deref for Lease {
    type Target = Generation;

    fn deref(&self) -> &Generation {
        &self.generation
    }
}
