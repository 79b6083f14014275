//! Stateless runs that have ended and are not in the state any more, until they are kept among those that are gone.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lgx_store::runs::GoneRun;

/// How many wait to be kept at most; the oldest ones give way.
const MOST: usize = 500;

/// Those that wait to be kept.
#[derive(Default)]
pub(super) struct GoneRuns(Mutex<VecDeque<GoneRun>>);

impl GoneRuns {
    /// One more. Says whether it is the first.
    pub(super) fn push(&self, run: GoneRun) -> bool {
        let mut waiting = self.waiting();
        waiting.push_back(run);
        if waiting.len() > MOST {
            waiting.pop_front();
        }
        waiting.len() == 1
    }

    /// All of them, which wait no longer.
    pub(super) fn take(&self) -> Vec<GoneRun> {
        self.waiting().drain(..).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<GoneRun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
