//! Threads: a conversation's identity, status and latest values.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{JsonObject, RawJson, ThreadId, Timestamp};

/// What a thread is doing, or how its last run left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ThreadStatus {
    /// Nothing to do.
    Idle,
    /// A run is pending or running.
    Busy,
    /// Stopped with work left: by `interrupt()`, a breakpoint, or a cancel.
    Interrupted,
    /// The last run failed.
    Error,
}

impl ThreadStatus {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Busy => "busy",
            Self::Interrupted => "interrupted",
            Self::Error => "error",
        }
    }
}

/// Why a run failed, as clients see it: `{"error": <class name>, "message": <text>}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunError {
    /// The exception's class name.
    pub error: String,
    /// Its text.
    pub message: String,
}

impl RunError {
    /// An error named `error` that says `message`.
    pub fn new(error: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            message: message.into(),
        }
    }
}

/// A thread as the API shows it. All keys are always present.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Thread {
    /// Its id.
    pub thread_id: ThreadId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When anything of it last changed.
    pub updated_at: Timestamp,
    /// When a run or a state update last changed its values.
    pub state_updated_at: Timestamp,
    /// Metadata, searchable. The server adds `graph_id` and `assistant_id` when a run is created.
    pub metadata: JsonObject,
    /// What it is doing.
    pub status: ThreadStatus,
    /// The configuration of its runs.
    pub config: JsonObject,
    /// The state's values after the last finished run or state update; null before any.
    pub values: RawJson,
    /// Why the last run failed, else null.
    pub error: Option<RunError>,
    /// Pending interrupts by task id: `{task: [{"id", "value"}]}`.
    pub interrupts: RawJson,
}
