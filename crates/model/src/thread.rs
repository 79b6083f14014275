//! Threads: a conversation's identity, status and latest values.

use std::collections::BTreeMap;

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

    /// What a thread without a run is whose newest checkpoint leaves these nodes to do, and asks or does not ask something.
    pub const fn at_rest(next: &[String], asks: bool) -> Self {
        if next.is_empty() && !asks {
            Self::Idle
        } else {
            Self::Interrupted
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

/// What becomes of a thread whose time has passed, or that is pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum PruneStrategy {
    /// It goes.
    #[default]
    Delete,
    /// It stays with its latest state: the newest checkpoint of each namespace, and the ancestors that its values are
    /// rebuilt from.
    KeepLatest,
}

impl PruneStrategy {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::KeepLatest => "keep_latest",
        }
    }

    /// The strategy of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Delete, Self::KeepLatest]
            .into_iter()
            .find(|strategy| strategy.as_str() == word)
    }
}

/// How long a thread lives after its last change, as asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeToLive {
    /// What becomes of it then.
    pub strategy: PruneStrategy,
    /// How long.
    pub minutes: f64,
}

/// A thread's time to live as the API shows it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadTtl {
    /// What becomes of it when the time has passed.
    pub strategy: PruneStrategy,
    /// How long it lives after its last change.
    pub ttl_minutes: f64,
    /// When the time has passed; null for a thread that was pruned to its latest state and has not changed since.
    pub expires_at: Option<Timestamp>,
}

/// How much a thread's checkpoints take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadStorage {
    /// The thread.
    pub thread_id: ThreadId,
    /// The sum of the parts.
    pub total_bytes: i64,
    /// Checkpoints without their values.
    pub checkpoints: CountAndBytes,
    /// The values of channels.
    pub channel_values: ValueStorage,
    /// Writes of tasks.
    pub pending_writes: CountAndBytes,
}

/// How many there are and what they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CountAndBytes {
    /// How many.
    pub count: i64,
    /// How many bytes.
    pub bytes: i64,
}

/// The values of a thread's channels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ValueStorage {
    /// How many values.
    pub count: i64,
    /// How many bytes.
    pub bytes: i64,
    /// The same by channel.
    pub by_channel: BTreeMap<String, ChannelStorage>,
}

/// The values of one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelStorage {
    /// How many versions of it are kept.
    pub versions: i64,
    /// How many bytes.
    pub bytes: i64,
}

/// Keys of metadata that only the server writes.
const RESERVED: [&str; 3] = ["assistant_id", "run_id", "thread_id"];

/// Client metadata without the keys that only the server writes.
pub fn without_reserved(mut metadata: JsonObject) -> JsonObject {
    metadata.retain(|key, _| !RESERVED.contains(&key.as_str()));
    metadata
}
