//! Checkpoints as the worker writes and reads them: opaque blobs under the keys that find them.
//!
//! The JSON of these types is what the worker protocol says of them. Bytes have no place in it: they travel beside it, as sections of
//! the frame, in the order in which they stand here.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use crate::{JsonObject, ThreadId};

/// A blob and the name of its encoding, as langgraph's serializer gives it (`("msgpack", bytes)`). In JSON it is its encoding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TypedBlob {
    /// The encoding: `msgpack`, `bytes`, `null`, …
    pub encoding: String,
    /// The bytes, never looked into.
    #[serde(skip)]
    pub bytes: Bytes,
}

/// A checkpoint without its channel values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckpointRow {
    /// The thread.
    pub thread_id: ThreadId,
    /// The subgraph's namespace, empty at the root.
    pub checkpoint_ns: String,
    /// The id: sorts by time within a thread.
    pub checkpoint_id: String,
    /// The checkpoint this one follows.
    pub parent_checkpoint_id: Option<String>,
    /// The run that wrote it, when a run did. The worker names it apart from the checkpoint.
    #[serde(skip)]
    pub run_id: Option<String>,
    /// The checkpoint itself.
    #[serde(rename = "encoding")]
    pub checkpoint: TypedBlob,
    /// Its metadata (`source`, `step`, `parents`, the run's metadata).
    pub metadata: JsonObject,
    /// The version of each channel, which is where its value is found.
    pub channel_versions: JsonObject,
}

/// A write of a task that belongs to a checkpoint's next step.
#[derive(Debug, Clone, PartialEq, Serialize_tuple, Deserialize_tuple)]
pub struct PendingWrite {
    /// The task.
    pub task_id: String,
    /// The index within the task; negative for the special channels.
    pub idx: i64,
    /// The channel written.
    pub channel: String,
    /// The value.
    pub value: TypedBlob,
    /// The task's path, which orders writes of parallel tasks.
    pub task_path: String,
}

/// The value of a channel at one of its versions.
#[derive(Debug, Clone, PartialEq, Serialize_tuple, Deserialize_tuple)]
pub struct ChannelBlob {
    /// The channel.
    pub channel: String,
    /// Its version.
    pub version: String,
    /// The value.
    pub value: TypedBlob,
}

/// A checkpoint with everything needed to continue from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckpointTuple {
    /// The checkpoint.
    #[serde(rename = "checkpoint")]
    pub row: CheckpointRow,
    /// The value of each channel it has a version of.
    pub channels: Vec<ChannelBlob>,
    /// Writes already made for its next step, in task path, task id and index order.
    pub writes: Vec<PendingWrite>,
}
