//! Threads that have ended: how the runs on them lose the right to write, and who hears of the end.

use lgx_model::{RunId, ThreadId};

use super::registry::{Fenced, Registry};
use super::{Runs, stop};

/// Threads that have been deleted, or lost their runs, and the runs that were on them.
#[must_use = "runs and watchers wait until they are told"]
pub(crate) struct EndedThreads {
    thread_ids: Vec<ThreadId>,
    fenced: Vec<Fenced>,
}

impl EndedThreads {
    /// Takes the right to write from the runs on threads that are about to be gone. To be called within the transaction that deletes
    /// them. The run with whose own end they go is left alone: it tells of that end itself.
    pub(crate) fn fence(
        registry: &Registry,
        thread_ids: Vec<ThreadId>,
        ends_itself: Option<RunId>,
    ) -> Self {
        let fenced = registry
            .fence(|live| thread_ids.contains(&live.thread_id) && ends_itself != Some(live.run_id));
        Self { thread_ids, fenced }
    }

    /// Stops the runs on them, and ends the streams of those who watch them. To be called once their end is committed.
    pub(crate) fn tell(self, runs: &Runs) {
        for thread_id in &self.thread_ids {
            runs.announcements.thread_deleted(*thread_id);
        }
        self.tell_emptied(runs);
    }

    /// The same, where the threads are there still and only their runs have gone.
    pub(crate) fn tell_emptied(self, runs: &Runs) {
        if !self.fenced.is_empty() {
            stop::deleted(runs, self.fenced);
        }
        for thread_id in self.thread_ids {
            runs.events.thread_gone(thread_id);
        }
    }
}
