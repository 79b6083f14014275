//! Operations on checkpoints: the blobs a graph continues from, under the keys that find them.
//!
//! None takes a scope: they are asked for by runs, and by workers for callers, who were let in to the thread before.
//!
//! Most give a [`Pending`]: once a call has its place, the next one may come, and finds what this one leaves. So a graph that writes a
//! checkpoint goes on without waiting for the disk.

use std::sync::Arc;

use lgx_model::checkpoint::ChannelBlob;
use lgx_model::{CheckpointRow, CheckpointTuple, PruneStrategy, ThreadId};

use crate::Store;
use crate::checkpoints::{ListQuery, Listed, NewWrites, RunWriter, StateWrite};
use crate::pending::Pending;
use crate::sqlite::checkpoints as sql;
use crate::sqlite::checkpoints::PreparedWrite;
use crate::{Result, StoreError};

impl Store {
    /// Stores a checkpoint and the values of the channels that are new in it; nothing when `run` may not write any more. It comes to its
    /// place once large values are packed.
    pub async fn put_checkpoint(
        &self,
        run: Option<Arc<dyn RunWriter>>,
        row: CheckpointRow,
        channels: Vec<ChannelBlob>,
    ) -> Pending<()> {
        let write = PreparedWrite::checkpoint(Box::new(row), channels).await;
        self.store_prepared(run, write).await
    }

    /// Stores writes of tasks for a checkpoint's next step; nothing when `run` may not write any more. One with a negative index
    /// replaces what is there; any other keeps it.
    pub async fn put_checkpoint_writes(
        &self,
        run: Option<Arc<dyn RunWriter>>,
        writes: NewWrites,
    ) -> Pending<()> {
        let write = PreparedWrite::writes(writes).await;
        self.store_prepared(run, write).await
    }

    async fn store_prepared(
        &self,
        run: Option<Arc<dyn RunWriter>>,
        write: Result<PreparedWrite>,
    ) -> Pending<()> {
        match write {
            Ok(write) => {
                let arrival = write.arrival();
                let store = move |connection: &_| write.store(connection);
                self.sqlite().enqueue_for(run, arrival, store).await
            }
            Err(error) => failed(run, error),
        }
    }

    /// Stores what an update of a state consists of: all of it, or nothing. Of an update that is cut off, a state that shows the writes
    /// of tasks without the checkpoint that came of them would be neither the one before nor the one after it.
    pub async fn put_update(&self, writes: Vec<StateWrite>) -> Pending<()> {
        let mut all = Vec::with_capacity(writes.len());
        for write in writes {
            let write = match write {
                StateWrite::Checkpoint(row, channels) => {
                    PreparedWrite::checkpoint(row, channels).await
                }
                StateWrite::Writes(writes) => PreparedWrite::writes(writes).await,
            };
            match write {
                Ok(write) => all.push(write),
                Err(error) => return failed(None, error),
            }
        }
        let arrivals: Vec<_> = all.iter().filter_map(PreparedWrite::arrival).collect();
        self.sqlite()
            .enqueue_for(None, arrivals, move |connection| {
                all.iter().try_for_each(|write| write.store(connection))
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
        self.sqlite()
            .read_behind(move |connection| {
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
        self.sqlite()
            .read_behind(move |connection| sql::list(connection, &query))
            .await
    }

    /// Deletes all checkpoints of a thread.
    pub async fn delete_checkpoints(&self, thread_id: ThreadId) -> Pending<()> {
        self.sqlite()
            .enqueue(move |connection| sql::delete_thread(connection, thread_id))
            .await
    }

    /// Deletes what these runs stored: their checkpoints, and their writes to checkpoints of others.
    pub async fn delete_checkpoints_of_runs(&self, run_ids: Vec<String>) -> Pending<()> {
        self.sqlite()
            .enqueue(move |connection| sql::delete_for_runs(connection, &run_ids))
            .await
    }

    /// Copies all checkpoints of a thread, their ids as they are.
    pub async fn copy_checkpoints(&self, source: ThreadId, target: ThreadId) -> Pending<()> {
        self.sqlite()
            .enqueue(move |connection| sql::copy_thread(connection, source, target))
            .await
    }

    /// Removes old checkpoints of these threads.
    pub async fn prune_checkpoints(
        &self,
        thread_ids: Vec<ThreadId>,
        strategy: PruneStrategy,
    ) -> Pending<()> {
        self.sqlite()
            .enqueue(move |connection| sql::prune(connection, &thread_ids, strategy))
            .await
    }
}

/// The result of a write of `run` that failed before it had a place.
fn failed(run: Option<Arc<dyn RunWriter>>, error: StoreError) -> Pending<()> {
    if let Some(run) = run {
        run.write_failed(&error);
    }
    Pending::failed(error)
}
