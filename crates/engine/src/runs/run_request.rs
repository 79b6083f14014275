//! From a stored run to what a worker is told to do; pure.

use lgx_model::{CheckpointTuple, RawJson, Run, RunError};
use lgx_worker::RunRequest;
use serde_json::Value;

/// A run that so many workers did not get to begins at once on the next one: it may be itself what keeps them from it.
pub(super) const MOST_MOVES: u32 = 3;

/// What says which checkpoint a run starts from.
const CHECKPOINT_KEYS: [&str; 3] = ["checkpoint_id", "checkpoint_ns", "checkpoint_map"];

/// What the worker is told to do. `newest` is the newest checkpoint of the thread: one that this run wrote means that it was cut
/// off. Then its input, or its command, is in there already, and it goes on instead of doing that again.
pub(super) fn run_request(
    run: &Run,
    user: Option<RawJson>,
    newest: Option<&CheckpointTuple>,
    moves: u32,
) -> Result<RunRequest, RunError> {
    let was_cut_off = is_written_by(run, newest);
    let mut config = run.kwargs.config.clone();
    if was_cut_off && let Some(Value::Object(keys)) = config.get_mut("configurable") {
        keys.retain(|key, _| !CHECKPOINT_KEYS.contains(&key.as_str()));
    }
    let Some(graph_id) = run.kwargs.graph_id() else {
        return Err(RunError::new(
            "InvalidRun",
            "the stored run does not name its graph",
        ));
    };
    let configurable = config.get("configurable");
    let addressed = configurable.and_then(Value::as_object).is_some_and(|keys| {
        keys.contains_key("checkpoint_id") || keys.contains_key("checkpoint_ns")
    });
    let graph_id = graph_id.to_owned();
    Ok(RunRequest {
        run_id: run.run_id,
        thread_id: run.thread_id,
        graph_id,
        input: null_if(was_cut_off, &run.kwargs.input),
        command: null_if(was_cut_off, &run.kwargs.command),
        config,
        context: Some(run.kwargs.context.clone()),
        user,
        stream_mode: run.kwargs.stream_mode.clone(),
        event_streaming: run.kwargs.is_event_streaming(),
        subgraphs: run.kwargs.subgraphs,
        interrupt_before: run.kwargs.interrupt_before.clone(),
        interrupt_after: run.kwargs.interrupt_after.clone(),
        durability: run.kwargs.durability.clone(),
        prefetched: !addressed,
        temporary: run.kwargs.temporary,
        moves,
    })
}

/// Whether the newest checkpoint of its thread is one that the run wrote.
pub(super) fn is_written_by(run: &Run, newest: Option<&CheckpointTuple>) -> bool {
    let written_by = newest.and_then(|newest| newest.row.run_id.as_deref());
    written_by == Some(run.run_id.to_string().as_str())
}

fn null_if(done: bool, value: &RawJson) -> RawJson {
    if done { RawJson::null() } else { value.clone() }
}
