//! Brings a thread's row up to its newest root checkpoint, as the worker reads it.

use lgx_engine::caller::Caller;
use lgx_engine::newest_state::NewestState;
use lgx_model::Thread;
use lgx_store::WriteTime;
use lgx_worker::Method;
use serde_json::json;

use super::bound;
use crate::http::found_thread::no_thread;
use crate::http::{ApiError, Call};

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
    let newest: NewestState =
        serde_json::from_slice(&crate::http::section(answer)?).map_err(|error| {
            ApiError::internal(format!("the worker's answer to state.get: {error}"))
        })?;
    if newest.checkpoint_id().is_none() {
        return Ok(thread);
    }
    let state = newest.on_row();
    let refreshed = call
        .store()
        .set_thread_state(id, state, WriteTime::OnItsTurn)
        .await?;
    refreshed.ok_or_else(|| no_thread(id))
}
