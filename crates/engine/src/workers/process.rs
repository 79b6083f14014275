//! One process: a worker that has loaded its part of the project, and who is using it.
//!
//! A save of one language replaces the workers of that language alone: the crews of the new code take over those of the others from the
//! crews before them. So a process may be used through several crews, and it leaves when all of them are done with it.

use std::sync::Arc;
use std::time::Duration;

use lgx_model::Runtime;
use lgx_worker::{DebugTarget, LoadRequest, Loaded, Uses, Worker, WorkerSource};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::callbacks::StoreCallbacks;
use super::loaded_code::LoadedCode;

/// What a worker has loaded of the project, and from what.
pub(super) struct ProjectPart {
    /// What it was asked for.
    pub(super) request: LoadRequest,
    /// What came of it, without what it uses of what is installed.
    pub(super) loaded: Loaded,
    /// Where the worker comes from.
    pub(super) source: Arc<dyn WorkerSource>,
    /// What it uses of what is installed.
    pub(super) uses: Uses,
    /// The files.
    pub(super) code: LoadedCode,
}

/// A worker of one crew or more.
pub(super) struct Process {
    number: u64,
    worker: Worker,
    callbacks: Arc<StoreCallbacks>,
    part: ProjectPart,
    /// What a debugger attaches to, if one may.
    debugger: Option<DebugTarget>,
    ready: Instant,
    leases: TaskTracker,
}

impl Process {
    /// Nobody uses it yet. `number` is that of the crew that it was started for, by which its callbacks know it.
    pub(super) fn new(
        number: u64,
        worker: Worker,
        callbacks: Arc<StoreCallbacks>,
        part: ProjectPart,
        debugger: Option<DebugTarget>,
    ) -> Arc<Self> {
        Arc::new(Self {
            number,
            worker,
            callbacks,
            part,
            debugger,
            ready: Instant::now(),
            leases: TaskTracker::new(),
        })
    }

    /// What tells it from those of other crews: the number of the first crew that had it.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    pub(super) const fn worker(&self) -> &Worker {
        &self.worker
    }

    pub(super) fn runtime(&self) -> Runtime {
        self.worker.hello().runtime.name
    }

    /// What a debugger attaches to, if one may.
    pub(super) const fn debugger(&self) -> Option<&DebugTarget> {
        self.debugger.as_ref()
    }

    /// Since when it has been loaded.
    pub(super) const fn ready(&self) -> Instant {
        self.ready
    }

    /// What it has loaded.
    pub(super) const fn part(&self) -> &ProjectPart {
        &self.part
    }

    /// Whether it is as good as a new one that is asked for this: its event loop has turned within `patience`, all that it has loaded can be run, and nothing of that has
    /// been written since.
    pub(super) fn is_as_good_as_new(&self, request: &LoadRequest, patience: Duration) -> bool {
        self.worker.takes_calls()
            && !self.worker.is_silent_for(patience)
            && self.part.request == *request
            && self.part.loaded.failed().next().is_none()
            && self.part.code.changed().is_empty()
    }

    /// A token of somebody who uses it: it does not leave before all of these are gone.
    pub(super) fn token(&self) -> TaskTrackerToken {
        self.callbacks.is_used();
        self.leases.token()
    }

    /// How many use it, through whichever crew.
    pub(super) fn uses(&self) -> usize {
        self.leases.len()
    }

    /// Waits until nobody uses it any more, through whichever crew. By then nobody may begin to.
    pub(super) async fn drained(&self) {
        self.leases.close();
        self.leases.wait().await;
    }

    /// Tells what it printed before anybody used it.
    pub(super) fn tell_held_output(&self) {
        self.callbacks.tell_held_output();
    }
}
