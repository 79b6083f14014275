//! The call `run`: what is executed, and how it ended.

use lgx_model::{JsonObject, RawJson, RunError, RunId, ThreadId};
use serde::{Deserialize, Serialize};

use crate::Diagnostic;

/// A run to execute.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the wire's shape")]
pub struct RunRequest {
    /// The run.
    pub run_id: RunId,
    /// Its thread.
    pub thread_id: ThreadId,
    /// The graph to run.
    pub graph_id: String,
    /// The input, as given.
    pub input: RawJson,
    /// The command, or null.
    pub command: RawJson,
    /// The whole runnable config, with `configurable`.
    pub config: JsonObject,
    /// The runtime context.
    pub context: Option<JsonObject>,
    /// The user object of auth.
    pub user: Option<RawJson>,
    /// The stream modes.
    pub stream_mode: Vec<String>,
    /// Whether it is a run of the event protocol, which has modes of its own.
    pub event_streaming: bool,
    /// Whether subgraph events are wanted.
    pub subgraphs: bool,
    /// Nodes to stop before: `"*"`, a list, or null.
    pub interrupt_before: RawJson,
    /// Nodes to stop after: `"*"`, a list, or null.
    pub interrupt_after: RawJson,
    /// When checkpoints are written: `sync`, `async` or `exit`.
    pub durability: String,
    /// Whether the tuple given beside this request (or its absence) is the newest root checkpoint of the thread.
    pub prefetched: bool,
    /// Whether nobody needs its checkpoints once it is over.
    pub temporary: bool,
    /// How many workers it has been taken back from before they began on it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub moves: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunOutcome {
    /// The graph finished or paused itself.
    Success,
    /// User code raised.
    Error,
    /// It was told to stop.
    Cancelled,
}

/// The end of a run. Its root values travel beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunEnd {
    /// How it ended.
    pub status: RunOutcome,
    /// What was raised, as clients see it.
    #[serde(default)]
    pub error: Option<RunError>,
    /// What was raised, as the developer sees it.
    #[serde(default)]
    pub diagnostic: Option<Diagnostic>,
    /// The nodes left to run; not empty when the graph stopped with work left.
    pub next: Vec<String>,
    /// Pending interrupts by task id.
    pub interrupts: RawJson,
    /// Whether root values come along.
    pub has_values: bool,
}
