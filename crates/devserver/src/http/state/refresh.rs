//! Brings a thread's row up to its newest root checkpoint, as the worker reads it.

use std::collections::BTreeMap;

use lgx_engine::caller::Caller;
use lgx_model::{JsonObject, RawJson, Thread, ThreadStatus};
use lgx_store::WriteTime;
use lgx_store::threads::ThreadState;
use lgx_worker::Method;
use serde::Deserialize;
use serde_json::json;

use super::bound;
use crate::http::found_thread::no_thread;
use crate::http::{ApiError, Call};

/// What of a state the row shows.
#[derive(Deserialize)]
struct Newest {
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

/// The thread with the values, status and interrupts of its newest checkpoint; as it is when it has none.
pub(in crate::http) async fn refresh(
    call: &Call,
    thread: Thread,
    caller: &Caller,
) -> Result<Thread, ApiError> {
    let id = thread.thread_id;
    let Some(bound) = bound(call, &thread).await? else {
        return Ok(thread);
    };
    let more = json!({"checkpoint": null, "subgraphs": false});
    let answer = bound.ask(id, caller, Method::StateGet, more).await?;
    let newest: Newest =
        serde_json::from_slice(&crate::http::section(answer)?).map_err(|error| {
            ApiError::internal(format!("the worker's answer to state.get: {error}"))
        })?;
    if newest.checkpoint.is_none() {
        return Ok(thread);
    }
    let interrupts: BTreeMap<String, Vec<RawJson>> = newest
        .tasks
        .into_iter()
        .filter(|task| !task.interrupts.is_empty())
        .map(|task| (task.id, task.interrupts))
        .collect();
    let state = ThreadState {
        status: ThreadStatus::at_rest(&newest.next, !interrupts.is_empty()),
        values: Some(newest.values),
        interrupts: RawJson::of(&interrupts),
        error: None,
    };
    let refreshed = call
        .store()
        .set_thread_state(id, state, WriteTime::OnItsTurn)
        .await?;
    refreshed.ok_or_else(|| no_thread(id))
}
