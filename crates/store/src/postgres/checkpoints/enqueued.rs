//! Checkpoints are written and read in the lanes of their threads.

use std::sync::Arc;

use lgx_model::{CheckpointTuple, ThreadId};

use super::upkeep::threads_of_runs;
use super::{delete_for_runs, get, list, store};
use crate::checkpoints::prepared::PreparedWrite;
use crate::checkpoints::{ListQuery, Listed, RunWriter};
use crate::pending::Pending;
use crate::postgres::{Postgres, threads};
use crate::runs::Claim;
use crate::{Result, StoreError};

impl PreparedWrite {
    /// The thread that it is of.
    fn thread_id(&self) -> ThreadId {
        match self {
            Self::Checkpoint(row, _) => row.thread_id,
            Self::Writes(of, _) => of.thread_id,
        }
    }
}

impl Postgres {
    /// Stores a write of a run: nothing happens if that may not write any more when it is the write's turn, and it is told of a failure before
    /// any write behind this one has its turn.
    pub(crate) fn enqueue_for(
        self: &Arc<Self>,
        run: Arc<dyn RunWriter>,
        write: PreparedWrite,
    ) -> Pending<()> {
        if self.writes.is_closed() {
            run.write_failed(&StoreError::Closed);
            return Pending::failed(StoreError::Closed);
        }
        let postgres = Arc::clone(self);
        self.in_turn([write.thread_id()], async move {
            if !run.may_write() {
                return Ok(());
            }
            // What was stored by then is only stored once more.
            let stored = postgres
                .when_reached(|_| postgres.store_at_once(&write, run.claim()))
                .await;
            if !stored.inspect_err(|error| run.write_failed(error))? {
                run.write_refused();
            }
            Ok(())
        })
    }

    /// Stores a write in a statement of its own, which is a transaction.
    async fn store_at_once(&self, write: &PreparedWrite, claim: Claim) -> Result<bool> {
        let session = self.look().await?;
        store(&session, write, Some(claim)).await
    }

    /// Stores writes that are no run's: all of them, or none.
    pub(crate) fn enqueue_all(self: &Arc<Self>, writes: Vec<PreparedWrite>) -> Pending<()> {
        let threads: Vec<ThreadId> = writes.iter().map(PreparedWrite::thread_id).collect();
        self.enqueue(threads, |session| async move {
            for write in &writes {
                store(&session, write, None).await?;
            }
            session.commit(()).await
        })
    }
    /// Reads a checkpoint behind what was begun on its thread before.
    pub(crate) fn enqueue_get(
        self: &Arc<Self>,
        thread_id: ThreadId,
        checkpoint_ns: String,
        checkpoint_id: Option<String>,
    ) -> Pending<Option<CheckpointTuple>> {
        let postgres = Arc::clone(self);
        self.in_turn([thread_id], async move {
            let session = postgres.look().await?;
            get(
                &session,
                thread_id,
                &checkpoint_ns,
                checkpoint_id.as_deref(),
            )
            .await
        })
    }

    /// Lists checkpoints behind what was begun on their thread before, if they are of one.
    pub(crate) fn enqueue_list(self: &Arc<Self>, query: ListQuery) -> Pending<Listed> {
        let postgres = Arc::clone(self);
        self.in_turn(query.thread_id, async move {
            list(&postgres.read().await?, &query).await
        })
    }

    /// Deletes what these runs stored, in the lanes of the threads on which that is.
    pub(crate) async fn enqueue_deletion_for(
        self: &Arc<Self>,
        run_ids: Vec<String>,
    ) -> Pending<()> {
        let threads = match self.threads_of_runs(&run_ids).await {
            Ok(threads) => threads,
            Err(error) => return Pending::failed(error),
        };
        let locked = threads.clone();
        self.enqueue(threads, move |session| async move {
            threads::lock_all(&session, locked).await?;
            delete_for_runs(&session, &run_ids).await?;
            session.commit(()).await
        })
    }

    async fn threads_of_runs(&self, run_ids: &[String]) -> Result<Vec<ThreadId>> {
        threads_of_runs(&self.look().await?, run_ids).await
    }
}
