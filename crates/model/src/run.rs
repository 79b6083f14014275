//! Runs: one execution of an assistant, usually on a thread.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AssistantId, CronId, JsonObject, RawJson, RunId, ThreadId, Timestamp};

/// Where a run is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum RunStatus {
    /// Waiting for its time, its thread or a free slot.
    Pending,
    /// Executing.
    Running,
    /// Ended by an exception.
    Error,
    /// Finished, or paused by the graph itself.
    Success,
    /// Took longer than allowed.
    Timeout,
    /// Cancelled.
    Interrupted,
}

impl RunStatus {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Error => "error",
            Self::Success => "success",
            Self::Timeout => "timeout",
            Self::Interrupted => "interrupted",
        }
    }

    /// The status named `word`, if there is one.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Running,
            Self::Error,
            Self::Success,
            Self::Timeout,
            Self::Interrupted,
        ]
        .into_iter()
        .find(|status| status.as_str() == word)
    }

    /// Whether the run has ended.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }
}

/// What to do with a new run when its thread is busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum MultitaskStrategy {
    /// Refuse the new run.
    Reject,
    /// Stop the present runs and delete what they did, then start.
    Rollback,
    /// Stop the present runs and keep what they did, then start.
    Interrupt,
    /// Wait for the present runs.
    #[default]
    Enqueue,
}

impl MultitaskStrategy {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Rollback => "rollback",
            Self::Interrupt => "interrupt",
            Self::Enqueue => "enqueue",
        }
    }
}

/// The stream mode that only runs of the event protocol have.
const LIFECYCLE: &str = "lifecycle";

/// What a run was asked to do, as stored and shown. The caller's user object is never in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the wire's shape")]
pub struct RunKwargs {
    /// The graph's input, as given.
    pub input: RawJson,
    /// `{update?, resume?, goto?}`, as given, or null.
    pub command: RawJson,
    /// The whole runnable config: assistant's, request's and the server's own keys.
    pub config: JsonObject,
    /// The runtime context.
    pub context: JsonObject,
    /// The stream modes, at least one.
    pub stream_mode: Vec<String>,
    /// Nodes to stop before: `"*"`, a list, or null.
    pub interrupt_before: RawJson,
    /// Nodes to stop after: `"*"`, a list, or null.
    pub interrupt_after: RawJson,
    /// Where to report the end.
    pub webhook: Option<String>,
    /// Accepted for compatibility; feedback needs a hosted service.
    pub feedback_keys: Option<Vec<String>>,
    /// Whether the run's thread goes away with it (stateless runs that are not kept).
    pub temporary: bool,
    /// Whether subgraph events are streamed.
    pub subgraphs: bool,
    /// Whether events are kept for later readers.
    pub resumable: bool,
    /// The deprecated spelling of `durability`.
    pub checkpoint_during: bool,
    /// When checkpoints are written: `sync`, `async` or `exit`.
    pub durability: String,
}

impl RunKwargs {
    /// The graph it runs, by its name in langgraph.json.
    pub fn graph_id(&self) -> Option<&str> {
        self.config.get("configurable")?.get("graph_id")?.as_str()
    }

    /// The stream modes that a run is shown with which was started over the event protocol.
    pub const EVENT_STREAMING: [&'static str; 8] = [
        "values",
        "updates",
        "messages",
        "tools",
        LIFECYCLE,
        "custom",
        "tasks",
        "checkpoints",
    ];

    /// Whether it was started over the event protocol, so that it streams what that protocol knows.
    ///
    /// The API says so by a mode that no other run can ask for. Here alone it is read: everybody else is told in so many words.
    pub fn is_event_streaming(&self) -> bool {
        self.stream_mode.iter().any(|mode| mode == LIFECYCLE)
    }
}

/// A run as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// Its id.
    pub run_id: RunId,
    /// The thread it runs on.
    pub thread_id: ThreadId,
    /// The assistant it runs.
    pub assistant_id: AssistantId,
    /// Metadata: the assistant's, the config's and the request's, merged in this order.
    pub metadata: JsonObject,
    /// Where it is in its life.
    pub status: RunStatus,
    /// What it was asked to do.
    pub kwargs: RunKwargs,
    /// What it does when its thread is busy.
    pub multitask_strategy: MultitaskStrategy,
    /// When it may start: creation time plus `after_seconds`.
    pub created_at: Timestamp,
    /// When it was created or ended.
    pub updated_at: Timestamp,
    /// Always null: tracing projects belong to a hosted service.
    pub langsmith_session_name: Option<String>,
    /// What the API does not show of it.
    #[serde(skip)]
    pub origin: RunOrigin,
}

/// Where a run comes from, as far as the API does not say it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunOrigin {
    /// The version of its assistant that it was made of; none where that was not kept.
    pub assistant_version: Option<i64>,
    /// The cron that asked for it, if one did.
    pub cron_id: Option<CronId>,
}
