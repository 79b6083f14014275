//! What the last stateless runs did, which are not in the state any more: in memory, until others take their place.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lgx_model::{JsonObject, RunId, ThreadId};
use lgx_store::Scope;
use lgx_store::runs::RecordedRun;

/// How many runs are remembered.
const MOST: usize = 200;
/// How many bytes of them, more or less.
const MOST_BYTES: usize = 32 << 20;

/// Runs that went with their threads when they ended.
#[derive(Default)]
pub(super) struct GoneRuns(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    runs: VecDeque<Gone>,
    bytes: usize,
}

struct Gone {
    /// The metadata of its thread, which says who may see it.
    metadata: JsonObject,
    recorded: RecordedRun,
    bytes: usize,
}

impl GoneRuns {
    /// A run has ended and is gone.
    pub(super) fn remember(&self, metadata: JsonObject, recorded: RecordedRun) {
        let RecordedRun { run, record, .. } = &recorded;
        let calls = record.calls.iter();
        let of_calls: usize = calls
            .map(|call| call.input.get().len() + call.output.get().len())
            .sum();
        let bytes = of_calls + 256 * record.steps.len() + run.kwargs.input.get().len() + 1024;
        let mut remembered = self.remembered();
        remembered.bytes += bytes;
        remembered.runs.push_back(Gone {
            metadata,
            recorded,
            bytes,
        });
        while remembered.runs.len() > MOST || remembered.bytes > MOST_BYTES {
            let Some(oldest) = remembered.runs.pop_front() else {
                break;
            };
            remembered.bytes -= oldest.bytes;
        }
    }

    /// The thread that a run had.
    pub(super) fn thread_of(&self, run_id: RunId) -> Option<ThreadId> {
        let remembered = self.remembered();
        let mut runs = remembered.runs.iter().map(|gone| &gone.recorded.run);
        let found = runs.find(|run| run.run_id == run_id);
        found.map(|run| run.thread_id)
    }

    /// A run with what it did, if the caller might see its thread.
    pub(super) fn find(&self, run_id: RunId, scope: &Scope) -> Option<RecordedRun> {
        let remembered = self.remembered();
        let mut runs = remembered.runs.iter();
        let found = runs.find(|gone| gone.recorded.run.run_id == run_id)?;
        scope
            .allows(&found.metadata)
            .then(|| found.recorded.clone())
    }

    /// Nothing is remembered any more.
    pub(super) fn clear(&self) {
        *self.remembered() = Remembered::default();
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
