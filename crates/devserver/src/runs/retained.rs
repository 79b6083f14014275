//! Resumable runs that have ended: their events, kept for clients that come back for what they missed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lgx_model::RunId;

use super::registry::Live;

/// How many bytes of events are kept; beyond, the runs that ended first are forgotten.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The runs, in the order they ended.
#[derive(Default)]
pub(super) struct Retained {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    runs: VecDeque<(Arc<Live>, usize)>,
    bytes: usize,
}

impl Retained {
    /// Keeps a run if it is resumable.
    pub(super) fn keep(&self, live: &Arc<Live>) {
        if !live.log.keeps() {
            return;
        }
        let bytes = live.log.bytes();
        let mut kept = self.lock();
        kept.runs.push_back((Arc::clone(live), bytes));
        kept.bytes += bytes;
        while kept.bytes > MOST_BYTES {
            let Some((_, bytes)) = kept.runs.pop_front() else {
                break;
            };
            kept.bytes -= bytes;
        }
    }

    /// A run that is still kept.
    pub(super) fn get(&self, run_id: RunId) -> Option<Arc<Live>> {
        let kept = self.lock();
        let found = kept.runs.iter().find(|(live, _)| live.run_id == run_id);
        found.map(|(live, _)| Arc::clone(live))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Only changed by code that cannot panic half-way.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
