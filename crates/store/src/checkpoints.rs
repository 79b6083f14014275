//! Operations on checkpoints: the blobs a graph continues from, under the keys that find them.
//!
//! None takes a scope: they are asked for by runs, and by workers for callers, who were let in to the thread before.
//!
//! Most give a [`Pending`]: once a call has its place, the next one may come, and finds what this one leaves. So a graph that writes a
//! checkpoint goes on without waiting for the disk.

use std::sync::Arc;

use lgx_model::checkpoint::ChannelBlob;
use lgx_model::{
    CheckpointRow, CheckpointTuple, JsonObject, PendingWrite, PruneStrategy, ThreadId,
};

use crate::sqlite::checkpoints as sql;
use crate::store::Pending;
use crate::{Store, StoreError};

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

/// A run on whose behalf checkpoints are written.
///
/// Its writes are applied in the order of their places, and each stands on those before it. So the run is asked when it is a write's turn,
/// not when the write is enqueued: it may have been deleted in between. And it is told of a write that fails before the next one has
/// its turn, so that nothing is saved that stands on what is lost.
pub trait RunWriter: Send + Sync + 'static {
    /// Whether what it wrote may still be saved.
    fn may_write(&self) -> bool;

    /// A write of it could not be saved. Called twice when it is known twice.
    fn write_failed(&self, error: &StoreError);
}

impl Store {
    /// Stores a checkpoint and the values of the channels that are new in it; nothing when `run` may not write any more.
    pub async fn put_checkpoint(
        &self,
        run: Option<Arc<dyn RunWriter>>,
        row: CheckpointRow,
        channels: Vec<ChannelBlob>,
    ) -> Pending<()> {
        self.sqlite
            .enqueue_for(run, move |connection| sql::put(connection, &row, &channels))
            .await
    }

    /// Stores writes of tasks for a checkpoint's next step; nothing when `run` may not write any more. One with a negative index
    /// replaces what is there; any other keeps it.
    pub async fn put_checkpoint_writes(
        &self,
        run: Option<Arc<dyn RunWriter>>,
        writes: NewWrites,
    ) -> Pending<()> {
        self.sqlite
            .enqueue_for(run, move |connection| {
                let run_id = writes.run_id.as_deref();
                sql::put_writes(
                    connection,
                    writes.thread_id,
                    &writes.checkpoint_ns,
                    &writes.checkpoint_id,
                    run_id,
                    &writes.writes,
                )
            })
            .await
    }

    /// A checkpoint with its values and writes, behind what was enqueued before; the newest of the namespace without an id.
    pub async fn get_checkpoint(
        &self,
        thread_id: ThreadId,
        checkpoint_ns: String,
        checkpoint_id: Option<String>,
    ) -> Pending<Option<CheckpointTuple>> {
        self.sqlite
            .enqueue(move |connection| {
                sql::get(
                    connection,
                    thread_id,
                    &checkpoint_ns,
                    checkpoint_id.as_deref(),
                )
            })
            .await
    }

    /// The checkpoints that match, newest first, behind what was enqueued before.
    pub async fn list_checkpoints(&self, query: ListQuery) -> Pending<Listed> {
        self.sqlite
            .enqueue(move |connection| sql::list(connection, &query))
            .await
    }

    /// Deletes all checkpoints of a thread.
    pub async fn delete_checkpoints(&self, thread_id: ThreadId) -> Pending<()> {
        self.sqlite
            .enqueue(move |connection| sql::delete_thread(connection, thread_id))
            .await
    }

    /// Deletes what these runs stored: their checkpoints, and their writes to checkpoints of others.
    pub async fn delete_checkpoints_of_runs(&self, run_ids: Vec<String>) -> Pending<()> {
        self.sqlite
            .enqueue(move |connection| sql::delete_for_runs(connection, &run_ids))
            .await
    }

    /// Copies all checkpoints of a thread, their ids as they are.
    pub async fn copy_checkpoints(&self, source: ThreadId, target: ThreadId) -> Pending<()> {
        self.sqlite
            .enqueue(move |connection| sql::copy_thread(connection, source, target))
            .await
    }

    /// Removes old checkpoints of these threads.
    pub async fn prune_checkpoints(
        &self,
        thread_ids: Vec<ThreadId>,
        strategy: PruneStrategy,
    ) -> Pending<()> {
        self.sqlite
            .enqueue(move |connection| sql::prune(connection, &thread_ids, strategy))
            .await
    }
}
