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
use crate::checkpoints::{ListQuery, Listed, NewWrites, RunWriter};
use crate::pending::Pending;
use crate::sqlite::checkpoints as sql;
use crate::sqlite::checkpoints::deltas::Arrival;
use crate::sqlite::threads;
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
        let large = channels
            .iter()
            .any(|channel| sql::is_large(&channel.value.bytes));
        let values = match prepared(large, channels, sql::NewValue::prepare).await {
            Ok(values) => values,
            Err(error) => return failed(run, error),
        };
        let arrival = Arrival::of(&row, &values);
        // Until whoever has the state updated writes that too, the thread's row is behind.
        let is_update = row.run_id.is_none() && row.checkpoint_ns.is_empty();
        self.sqlite
            .enqueue_for(run, arrival, move |connection| {
                if is_update {
                    threads::mark(connection, row.thread_id)?;
                }
                sql::put(connection, &row, &values)
            })
            .await
    }

    /// Stores writes of tasks for a checkpoint's next step; nothing when `run` may not write any more. One with a negative index
    /// replaces what is there; any other keeps it.
    pub async fn put_checkpoint_writes(
        &self,
        run: Option<Arc<dyn RunWriter>>,
        writes: NewWrites,
    ) -> Pending<()> {
        let NewWrites {
            thread_id,
            checkpoint_ns,
            checkpoint_id,
            run_id,
            writes,
        } = writes;
        let large = writes.iter().any(|write| sql::is_large(&write.value.bytes));
        let writes = match prepared(large, writes, sql::NewWrite::prepare).await {
            Ok(writes) => writes,
            Err(error) => return failed(run, error),
        };
        self.sqlite
            .enqueue_for(run, None, move |connection| {
                sql::put_writes(
                    connection,
                    thread_id,
                    &checkpoint_ns,
                    &checkpoint_id,
                    run_id.as_deref(),
                    &writes,
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
        self.sqlite
            .read_behind(move |connection| sql::list(connection, &query))
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

/// Values as they will be stored; made where nothing waits for it if some are large.
async fn prepared<T: Send + 'static, P: Send + 'static>(
    large: bool,
    values: Vec<T>,
    prepare: fn(T) -> P,
) -> Result<Vec<P>> {
    let prepare = move || values.into_iter().map(prepare).collect();
    if !large {
        return Ok(prepare());
    }
    let prepared = tokio::task::spawn_blocking(prepare).await;
    prepared.map_err(|error| StoreError::Panicked(error.to_string()))
}

/// The result of a write of `run` that failed before it had a place.
fn failed(run: Option<Arc<dyn RunWriter>>, error: StoreError) -> Pending<()> {
    if let Some(run) = run {
        run.write_failed(&error);
    }
    Pending::failed(error)
}
