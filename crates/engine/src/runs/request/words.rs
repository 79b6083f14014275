//! The words that a request for a run chooses from.

use lgx_model::forms::given;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The stream modes a run can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum StreamMode {
    /// The whole state after each step.
    Values,
    /// Messages, accumulating (deprecated form).
    Messages,
    /// Messages as `[chunk, metadata]`.
    MessagesTuple,
    /// Starts and results of tasks.
    Tasks,
    /// Checkpoints as they are made.
    Checkpoints,
    /// What each node returned.
    Updates,
    /// Every event of the runnables inside.
    Events,
    /// Tasks and checkpoints with step numbers.
    Debug,
    /// What the graph writes itself.
    Custom,
    /// Calls of tools; graphs in JavaScript tell them.
    Tools,
}

/// What happens to a stateless run's thread once the run has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum OnCompletion {
    /// It goes.
    #[default]
    Delete,
    /// It stays.
    Keep,
}

/// What happens to a run whose client goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum OnDisconnect {
    /// It is cancelled.
    Cancel,
    /// It goes on.
    #[default]
    Continue,
}

/// What happens when the thread does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum IfNotExists {
    /// It is made.
    Create,
    /// The run is refused.
    #[default]
    Reject,
}

/// When checkpoints are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Durability {
    /// Before the next step starts.
    Sync,
    /// While the next step runs.
    Async,
    /// Only at the end.
    Exit,
}

/// Which nodes to stop at.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(untagged, expecting = "this is neither `*` nor a list of nodes")]
#[schemars(inline)]
pub enum Nodes {
    /// All of them.
    All(Star),
    /// These.
    These(Vec<String>),
}

/// The word `*`.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub enum Star {
    /// `*`
    #[serde(rename = "*")]
    Star,
}

/// Where LangSmith files the run's trace.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct LangSmithTracer {
    /// The project of the trace.
    pub project_name: Option<String>,
    /// The example of a dataset that the run is an experiment with.
    pub example_id: Option<String>,
}
