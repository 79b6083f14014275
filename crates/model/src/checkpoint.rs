//! Checkpoints as the worker writes and reads them: opaque blobs under the keys that find them.

use serde::{Deserialize, Serialize};

use crate::{JsonObject, ThreadId};

/// A blob and the name of its encoding, as langgraph's serializer gives it (`("msgpack", bytes)`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedBlob {
    /// The encoding: `msgpack`, `bytes`, `null`, …
    pub encoding: String,
    /// The bytes, never looked into.
    pub bytes: Vec<u8>,
}

/// A checkpoint without its channel values.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckpointRow {
    /// The thread.
    pub thread_id: ThreadId,
    /// The subgraph's namespace, empty at the root.
    pub checkpoint_ns: String,
    /// The id: sorts by time within a thread.
    pub checkpoint_id: String,
    /// The checkpoint this one follows.
    pub parent_checkpoint_id: Option<String>,
    /// The run that wrote it, when a run did.
    pub run_id: Option<String>,
    /// The checkpoint itself.
    pub checkpoint: TypedBlob,
    /// Its metadata (`source`, `step`, `parents`, the run's metadata).
    pub metadata: JsonObject,
    /// The version of each channel, which is where its value is found.
    pub channel_versions: JsonObject,
}

/// A write of a task that belongs to a checkpoint's next step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WriteKey {
    /// The task.
    pub task_id: String,
    /// The index within the task; negative for the special channels.
    pub idx: i64,
    /// The channel written.
    pub channel: String,
    /// The task's path, which orders writes of parallel tasks.
    pub task_path: String,
}

/// A pending write with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingWrite {
    /// Whose write it is.
    pub key: WriteKey,
    /// The value.
    pub value: TypedBlob,
}

/// The value of a channel at one of its versions.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelBlob {
    /// The channel.
    pub channel: String,
    /// Its version.
    pub version: String,
    /// The value.
    pub value: TypedBlob,
}

/// A checkpoint with everything needed to continue from it.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckpointTuple {
    /// The checkpoint.
    pub row: CheckpointRow,
    /// The value of each channel it has a version of.
    pub channels: Vec<ChannelBlob>,
    /// Writes already made for its next step, in task path, task id and index order.
    pub writes: Vec<PendingWrite>,
}
