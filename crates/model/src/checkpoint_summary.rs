//! Checkpoints at a glance, without values: for the tree of a thread's history.

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::{RunId, Timestamp};

/// One checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckpointSummary {
    /// The checkpoint.
    pub checkpoint_id: String,
    /// The one that it stands on.
    pub parent_id: Option<String>,
    /// Its namespace; empty for the root.
    pub ns: String,
    /// The superstep, -1 for the first input.
    pub step: i64,
    /// What made it: `input`, `loop`, `update` or `fork`.
    pub source: String,
    /// The nodes whose writes made it, as far as their tasks name them: those that `Send` started do not. None of an input.
    pub nodes: Vec<String>,
    /// When it was made, as its id says, if it does.
    pub created_at: Option<Timestamp>,
    /// The run that made it.
    pub run_id: Option<RunId>,
    /// Those of the checkpoint itself; values of channels are shared among checkpoints and not in here.
    pub bytes: u64,
}

/// One page of a thread's checkpoints, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckpointsFound {
    /// The page.
    pub checkpoints: Vec<CheckpointSummary>,
    /// How many there are in all.
    pub total: u64,
}

/// When a checkpoint was made, as its id says: langgraph's are UUIDs that hold their time.
pub fn time_of_id(checkpoint_id: &str) -> Option<Timestamp> {
    let time = Uuid::try_parse(checkpoint_id).ok()?.get_timestamp()?;
    let (seconds, nanoseconds) = time.to_unix();
    let micros = i64::try_from(seconds).ok()?.checked_mul(1_000_000)?;
    Some(Timestamp::from_micros(
        micros + i64::from(nanoseconds / 1_000),
    ))
}

/// The node that the path of a task names.
pub fn node_of_path(task_path: &str) -> Option<&str> {
    task_path.strip_prefix("~__pregel_pull, ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_hold_their_time() {
        let time = time_of_id("1efa2d2c-1f2a-6a40-8001-3f0c3c2d7b4e").unwrap();
        assert!(time.to_string().starts_with("2024-11-"), "{time}");
        for id in ["", "1", "3f0c3c2d-7b4e-4a40-8001-3f0c3c2d7b4e"] {
            assert_eq!(time_of_id(id), None, "{id}");
        }
    }
}
