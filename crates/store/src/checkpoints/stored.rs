//! What a stored checkpoint says of itself, however it is stored.

use lgx_model::checkpoint_summary::node_of_path;
use lgx_model::{CheckpointRow, CheckpointTuple};
use serde_json::Value;

/// The encoding by which langgraph's savers say that a channel has no value at a version.
pub(crate) const EMPTY: &str = "empty";

/// The run that wrote a checkpoint, if one did.
pub(crate) fn run_of(row: &CheckpointRow) -> Option<&str> {
    let in_metadata = || row.metadata.get("run_id").and_then(Value::as_str);
    row.run_id.as_deref().or_else(in_metadata)
}

/// A channel's version as text, which is how values are keyed.
pub(crate) fn version_text(version: &Value) -> String {
    version
        .as_str()
        .map_or_else(|| version.to_string(), str::to_owned)
}

/// About how many bytes a checkpoint takes in a message: its blobs, and what is told of each.
pub(crate) fn size(tuple: &CheckpointTuple) -> usize {
    const TOLD: usize = 256;
    let channels = tuple.channels.iter().map(|channel| &channel.value);
    let blobs = channels.chain(tuple.writes.iter().map(|write| &write.value));
    tuple.row.checkpoint.bytes.len()
        + TOLD
        + blobs.map(|blob| blob.bytes.len() + TOLD).sum::<usize>()
}

/// The nodes that tasks are of, each once.
pub(crate) fn nodes_of<'a>(task_paths: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut nodes: Vec<String> = Vec::new();
    for node in task_paths.into_iter().filter_map(node_of_path) {
        if nodes.iter().all(|known| known != node) {
            nodes.push(node.to_owned());
        }
    }
    nodes
}
