//! What a run did, task by task: which nodes it executed, when, and how each of them ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// One task of a run: a node, or a node of a subgraph, that was executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunStep {
    /// The id that the graph gives the task.
    pub task_id: String,
    /// The node.
    pub node: String,
    /// The namespace as in streams: empty for the root, `child:<task id>` within a subgraph.
    pub ns: String,
    /// The step of its graph.
    pub step: i64,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    /// How it ended, if it has.
    pub status: StepStatus,
    /// What was raised, in one line: `ValueError: kaboom`.
    pub error: Option<String>,
    /// Which attempt at the run executed it: a task may be executed again after a crash.
    pub attempt: u32,
}

/// How a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum StepStatus {
    /// It has not ended.
    Running,
    /// It came to its end.
    Success,
    /// It raised.
    Error,
    /// It asks for input, and is executed again with the answer.
    Interrupted,
    /// It was not brought to its end.
    Cancelled,
}
