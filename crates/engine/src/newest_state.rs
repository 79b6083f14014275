//! The newest state of a thread as a worker reads it, and what of it the thread's row shows.

use std::collections::BTreeMap;

use lgx_model::{JsonObject, RawJson, ThreadStatus};
use lgx_store::threads::ThreadState;
use serde::Deserialize;

/// What of a state matters to the row.
#[derive(Deserialize)]
pub struct NewestState {
    values: RawJson,
    next: Vec<String>,
    tasks: Vec<Task>,
    checkpoint: Option<JsonObject>,
}

#[derive(Deserialize)]
struct Task {
    id: String,
    interrupts: Vec<RawJson>,
}

impl NewestState {
    /// The checkpoint it is of. None if there is none.
    pub fn checkpoint_id(&self) -> Option<&str> {
        self.checkpoint.as_ref()?.get("checkpoint_id")?.as_str()
    }

    /// What the row shows of it.
    pub fn on_row(self) -> ThreadState {
        let interrupts: BTreeMap<String, Vec<RawJson>> = self
            .tasks
            .into_iter()
            .filter(|task| !task.interrupts.is_empty())
            .map(|task| (task.id, task.interrupts))
            .collect();
        ThreadState {
            status: ThreadStatus::at_rest(&self.next, !interrupts.is_empty()),
            values: Some(self.values),
            interrupts: RawJson::of(&interrupts),
            error: None,
        }
    }
}
