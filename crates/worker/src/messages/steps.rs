//! What a run tells of the tasks that it executes, whatever it streams.

use lgx_model::StepStatus;
use serde::{Deserialize, Serialize};

/// What has happened since the last time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepNews {
    /// The tasks that have started, before those that have ended.
    pub started: Vec<StepStart>,
    /// The tasks that have ended.
    pub ended: Vec<StepEnd>,
    /// How many have started that are not told of, because there are too many.
    pub dropped: u64,
}

/// A task starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepStart {
    /// The id that the graph gives it.
    pub task_id: String,
    /// The node.
    pub node: String,
    /// The namespace of its graph: empty for the root, `child:<task id>` in a subgraph.
    pub ns: String,
    /// The step of its graph.
    pub step: i64,
    /// When, in microseconds since the Unix epoch.
    pub at: i64,
}

/// A task ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEnd {
    /// Which.
    pub task_id: String,
    /// When, in microseconds since the Unix epoch.
    pub at: i64,
    /// How.
    pub status: StepStatus,
    /// What was raised, in one line, as clients may see it.
    #[serde(default)]
    pub error: Option<String>,
}
