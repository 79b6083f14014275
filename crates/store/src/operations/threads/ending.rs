//! Operations that end threads: by request, or because their time has passed.

use std::collections::BTreeSet;

use lgx_model::{PruneStrategy, ThreadId, Timestamp};

#[cfg(feature = "postgres")]
use crate::postgres::threads as in_postgres;
use crate::sqlite::threads as in_sqlite;
use crate::store::Backend;
use crate::threads::Pruned;
use crate::{Result, Scope, Store};

impl Store {
    /// Takes back a thread that was just made and could not get its first state.
    ///
    /// Takes no scope: the caller was let in to make it. `in_commit_order` is told which thread ends; see [`Store`].
    pub async fn withdraw_thread<R: Send + 'static>(
        &self,
        thread_id: ThreadId,
        in_commit_order: impl FnOnce(Vec<ThreadId>) -> R + Send + 'static,
    ) -> Result<R> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| {
                        in_sqlite::remove(connection, thread_id)?;
                        Ok(in_commit_order(vec![thread_id]))
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                postgres
                    .write([thread_id], move |session| async move {
                        in_postgres::remove(&session, thread_id).await?;
                        let told = in_commit_order(vec![thread_id]);
                        session.commit(told).await
                    })
                    .await
            }
        }
    }

    /// Ends a thread: deletes it with its runs, checkpoints and crons. Nothing when it is not there or the caller may not see it.
    ///
    /// `in_commit_order` is told which thread ends; see [`Store`].
    pub async fn delete_thread<R: Send + 'static>(
        &self,
        thread_id: ThreadId,
        scope: &Scope,
        in_commit_order: impl FnOnce(Vec<ThreadId>) -> R + Send + 'static,
    ) -> Result<Option<R>> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| {
                        let deleted = in_sqlite::delete(connection, thread_id, &scope)?;
                        Ok(deleted.map(|()| in_commit_order(vec![thread_id])))
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                postgres
                    .write([thread_id], move |session| async move {
                        let deleted = in_postgres::delete(&session, thread_id, &scope).await?;
                        let told = deleted.map(|()| in_commit_order(vec![thread_id]));
                        session.commit(told).await
                    })
                    .await
            }
        }
    }

    /// Ends threads, or all but the latest state of those that have no run: a run may still be rolled back to what was before
    /// it. Those that are not there do not count, unless the caller may not see everything: then they are as good as hidden.
    ///
    /// `in_commit_order` is told which threads end; see [`Store`].
    pub async fn prune_threads<R: Send + 'static>(
        &self,
        thread_ids: BTreeSet<ThreadId>,
        strategy: PruneStrategy,
        scope: &Scope,
        in_commit_order: impl FnOnce(Vec<ThreadId>) -> R + Send + 'static,
    ) -> Result<Pruned<R>> {
        let scope = scope.clone();
        let done = move |pruned: Vec<ThreadId>| {
            let count = pruned.len();
            let ended = match strategy {
                PruneStrategy::Delete => pruned,
                PruneStrategy::KeepLatest => Vec::new(),
            };
            Pruned::Done {
                count,
                ended: in_commit_order(ended),
            }
        };
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| {
                        let pruned = in_sqlite::prune(connection, &thread_ids, strategy, &scope)?;
                        Ok(pruned.map_or(Pruned::Hidden, done))
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                postgres
                    .write(thread_ids.clone(), move |session| async move {
                        let pruned = in_postgres::prune(&session, &thread_ids, strategy, &scope);
                        let told = pruned.await?.map_or(Pruned::Hidden, done);
                        session.commit(told).await
                    })
                    .await
            }
        }
    }

    /// Ends some of the threads whose time has passed and that have no run: deletes them, or prunes them to their latest state.
    /// More may be left; see [`Store::next_thread_expiry`].
    ///
    /// Takes no scope: time passes for everybody's threads. `in_commit_order` is told which threads end; see [`Store`].
    pub async fn expire_threads<R: Send + 'static>(
        &self,
        now: Timestamp,
        in_commit_order: impl FnOnce(Vec<ThreadId>) -> R + Send + 'static,
    ) -> Result<R> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| in_sqlite::sweep(connection, now).map(in_commit_order))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                postgres
                    .write([], move |session| async move {
                        let told = in_commit_order(in_postgres::sweep(&session, now).await?);
                        session.commit(told).await
                    })
                    .await
            }
        }
    }

    /// When the next thread expires, if any does. One that is busy cannot before it has been idle for its whole time to live.
    ///
    /// Takes no scope, as [`Store::expire_threads`].
    pub async fn next_thread_expiry(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| in_sqlite::next_expiry(connection, now))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::next_expiry(&postgres.look().await?, now).await
            }
        }
    }
}
