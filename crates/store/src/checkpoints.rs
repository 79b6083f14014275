//! What operations on checkpoints take and give, and what a run that writes them is asked and told.

pub(crate) mod needed;
pub(crate) mod prepared;
pub(crate) mod stored;

use lgx_model::checkpoint::ChannelBlob;
use lgx_model::{CheckpointRow, CheckpointTuple, JsonObject, PendingWrite, ThreadId};

use crate::StoreError;
use crate::runs::Claim;

/// Which checkpoints to list; newest first.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// Only of this thread.
    pub thread_id: Option<ThreadId>,
    /// Only of this namespace.
    pub checkpoint_ns: Option<String>,
    /// Only this one.
    pub checkpoint_id: Option<String>,
    /// Only those whose id is smaller.
    pub before: Option<String>,
    /// Contained in the checkpoint's metadata.
    pub filter: JsonObject,
    /// At most so many.
    pub limit: Option<u64>,
    /// No more once what is listed has so many bytes; the first is listed whatever it has.
    pub most_bytes: Option<usize>,
}

/// Checkpoints that were listed.
#[derive(Debug)]
pub struct Listed {
    /// The checkpoints, newest first.
    pub tuples: Vec<CheckpointTuple>,
    /// Whether there are more, left out for their bytes.
    pub more: bool,
}

/// Writes of tasks for the next step of a checkpoint.
#[derive(Debug, Clone)]
pub struct NewWrites {
    /// The thread of the checkpoint.
    pub thread_id: ThreadId,
    /// Its namespace.
    pub checkpoint_ns: String,
    /// Its id.
    pub checkpoint_id: String,
    /// The run that they are of, if any.
    pub run_id: Option<String>,
    /// The writes.
    pub writes: Vec<PendingWrite>,
}

/// One of the writes that an update of a state consists of.
#[derive(Debug, Clone)]
pub enum StateWrite {
    /// A checkpoint, and the values of the channels that are new in it.
    Checkpoint(Box<CheckpointRow>, Vec<ChannelBlob>),
    /// Writes of tasks for a checkpoint's next step.
    Writes(NewWrites),
}

/// A run on whose behalf checkpoints are written.
///
/// Its writes are applied in the order of their places, and each stands on those before it. So the run is asked when it is a write's turn,
/// not when the write is enqueued: it may have been deleted in between. And it is told of a write that fails before the next one has
/// its turn, so that nothing is saved that stands on what is lost.
pub trait RunWriter: Send + Sync + 'static {
    /// By what right it is written to: a backend that others write to, too, looks there whether that still holds.
    fn claim(&self) -> Claim;

    /// Whether what it wrote may still be saved.
    fn may_write(&self) -> bool;

    /// A write of it could not be saved. Called twice when it is known twice.
    fn write_failed(&self, error: &StoreError);

    /// A write of it was refused: its claim does not hold any more. Whoever wrote it has nothing more to do with the run.
    fn write_refused(&self);
}
