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
use crate::checkpoints::prepared::PreparedWrite;
use crate::checkpoints::{ListQuery, Listed, NewWrites, RunWriter, StateWrite};
use crate::pending::Pending;
#[cfg(feature = "postgres")]
use crate::postgres::{checkpoints as in_postgres, threads::lock_all};
use crate::sqlite::checkpoints as in_sqlite;
use crate::store::Backend;

impl Store {
    /// Stores a checkpoint and the values of the channels that are new in it; nothing when `run` may not write any more. It comes to its
    /// place once large values are packed.
    pub async fn put_checkpoint(
        &self,
        run: Option<Arc<dyn RunWriter>>,
        row: CheckpointRow,
        channels: Vec<ChannelBlob>,
    ) -> Pending<()> {
        self.store_of(run, StateWrite::Checkpoint(Box::new(row), channels))
            .await
    }

    /// Stores writes of tasks for a checkpoint's next step; nothing when `run` may not write any more. One with a negative index
    /// replaces what is there; any other keeps it.
    pub async fn put_checkpoint_writes(
        &self,
        run: Option<Arc<dyn RunWriter>>,
        writes: NewWrites,
    ) -> Pending<()> {
        self.store_of(run, StateWrite::Writes(writes)).await
    }

    /// Stores a write of this run, or of none.
    async fn store_of(&self, run: Option<Arc<dyn RunWriter>>, write: StateWrite) -> Pending<()> {
        let Some(run) = run else {
            return self.put_update(vec![write]).await;
        };
        let write = match PreparedWrite::of(write, self.packed_from()).await {
            Ok(write) => write,
            Err(error) => {
                run.write_failed(&error);
                return Pending::failed(error);
            }
        };
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let arrival = write.arrival();
                let store = move |connection: &_| write.store(connection);
                sqlite.enqueue_for(Some(run), arrival, store).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => postgres.enqueue_for(run, write),
        }
    }

    /// From how many bytes on a value is packed before it has its turn.
    const fn packed_from(&self) -> usize {
        match &self.backend {
            Backend::Sqlite(_) => in_sqlite::LARGE,
            #[cfg(feature = "postgres")]
            Backend::Postgres(_) => in_postgres::PACKED_FROM,
        }
    }

    /// Stores what an update of a state consists of: all of it, or nothing. Of an update that is cut off, a state that shows the writes
    /// of tasks without the checkpoint that came of them would be neither the one before nor the one after it.
    pub async fn put_update(&self, writes: Vec<StateWrite>) -> Pending<()> {
        let mut all = Vec::with_capacity(writes.len());
        for write in writes {
            match PreparedWrite::of(write, self.packed_from()).await {
                Ok(write) => all.push(write),
                Err(error) => return Pending::failed(error),
            }
        }
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let arrivals: Vec<_> = all.iter().filter_map(PreparedWrite::arrival).collect();
                let store = move |connection: &_| {
                    let mut all = all.iter();
                    all.try_for_each(|write| write.store(connection))
                };
                sqlite.enqueue_for(None, arrivals, store).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => postgres.enqueue_all(all),
        }
    }

    /// A checkpoint with its values and writes, behind what was enqueued before; the newest of the namespace without an id.
    pub async fn get_checkpoint(
        &self,
        thread_id: ThreadId,
        checkpoint_ns: String,
        checkpoint_id: Option<String>,
    ) -> Pending<Option<CheckpointTuple>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let get = move |connection: &_| {
                    let checkpoint_id = checkpoint_id.as_deref();
                    in_sqlite::get(connection, thread_id, &checkpoint_ns, checkpoint_id)
                };
                sqlite.read_behind(get).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                postgres.enqueue_get(thread_id, checkpoint_ns, checkpoint_id)
            }
        }
    }

    /// The checkpoints that match, newest first, behind what was enqueued before on their thread.
    pub async fn list_checkpoints(&self, query: ListQuery) -> Pending<Listed> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let list = move |connection: &_| in_sqlite::list(connection, &query);
                sqlite.read_behind(list).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => postgres.enqueue_list(query),
        }
    }

    /// Deletes all checkpoints of a thread.
    pub async fn delete_checkpoints(&self, thread_id: ThreadId) -> Pending<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let delete = move |connection: &_| in_sqlite::delete_thread(connection, thread_id);
                sqlite.enqueue(delete).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let delete = move |session| async move {
                    lock_all(&session, [thread_id]).await?;
                    in_postgres::delete_thread(&session, thread_id).await?;
                    session.commit(()).await
                };
                postgres.enqueue([thread_id], delete)
            }
        }
    }

    /// Deletes what these runs stored: their checkpoints, and their writes to checkpoints of others.
    pub async fn delete_checkpoints_of_runs(&self, run_ids: Vec<String>) -> Pending<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let delete = move |connection: &_| in_sqlite::delete_for_runs(connection, &run_ids);
                sqlite.enqueue(delete).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => postgres.enqueue_deletion_for(run_ids).await,
        }
    }

    /// Copies all checkpoints of a thread, their ids as they are.
    pub async fn copy_checkpoints(&self, source: ThreadId, target: ThreadId) -> Pending<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let copy = move |connection: &_| in_sqlite::copy_thread(connection, source, target);
                sqlite.enqueue(copy).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let copy = move |session| async move {
                    lock_all(&session, [source, target]).await?;
                    in_postgres::copy_thread(&session, source, target).await?;
                    session.commit(()).await
                };
                postgres.enqueue([source, target], copy)
            }
        }
    }

    /// Removes old checkpoints of these threads.
    pub async fn prune_checkpoints(
        &self,
        thread_ids: Vec<ThreadId>,
        strategy: PruneStrategy,
    ) -> Pending<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let prune =
                    move |connection: &_| in_sqlite::prune(connection, &thread_ids, strategy);
                sqlite.enqueue(prune).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let prune = move |session, thread_ids: Vec<ThreadId>| async move {
                    lock_all(&session, thread_ids.iter().copied()).await?;
                    in_postgres::prune(&session, &thread_ids, strategy).await?;
                    session.commit(()).await
                };
                let threads = thread_ids.clone();
                postgres.enqueue(threads, move |session| prune(session, thread_ids))
            }
        }
    }
}
