//! Operations on threads: make, read, change and copy them.

mod behind;
mod ending;
mod search;

use lgx_model::checkpoint_summary::CheckpointsFound;
use lgx_model::query::Page;
use lgx_model::thread::ThreadStorage;
use lgx_model::{JsonObject, Thread, ThreadId, ThreadTtl, TimeToLive, Timestamp};

#[cfg(feature = "postgres")]
use crate::postgres;
#[cfg(feature = "postgres")]
use crate::postgres::threads as in_postgres;
use crate::sqlite;
use crate::sqlite::threads as in_sqlite;
use crate::store::Backend;
use crate::threads::{NewThread, ThreadActivity, ThreadCopy, ThreadState, ThreadWithCommands};
use crate::{Creation, Result, Scope, Store, WriteTime};

impl Store {
    /// Makes a thread unless there is one of its id.
    pub async fn create_thread(&self, new: NewThread, scope: &Scope) -> Result<Creation<Thread>> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| in_sqlite::create(connection, new, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                postgres
                    .write([new.thread_id], move |session| async move {
                        let created = in_postgres::create(&session, new, &scope).await?;
                        session.commit(created).await
                    })
                    .await
            }
        }
    }

    /// The thread, if it is there and the caller may see it.
    pub async fn get_thread(&self, thread_id: ThreadId, scope: &Scope) -> Result<Option<Thread>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let scope = scope.clone();
                sqlite
                    .read(move |connection| in_sqlite::get(connection, thread_id, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::get(&postgres.look().await?, thread_id, scope).await
            }
        }
    }

    /// Whether there is such a thread that the caller may see.
    pub async fn thread_exists(&self, thread_id: ThreadId, scope: &Scope) -> Result<bool> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let scope = scope.clone();
                sqlite
                    .read(move |connection| in_sqlite::exists(connection, thread_id, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::exists(&postgres.look().await?, thread_id, scope).await
            }
        }
    }

    /// A thread and the commands that are under way on it, of one moment: which of its interrupts nobody has answered yet. Nothing when
    /// it is not there or the caller may not see it.
    pub async fn get_thread_to_answer(
        &self,
        thread_id: ThreadId,
        scope: &Scope,
    ) -> Result<Option<ThreadWithCommands>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let scope = scope.clone();
                sqlite
                    .read(move |connection| {
                        sqlite::runs::thread_with_commands(connection, thread_id, &scope)
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let session = postgres.read().await?;
                postgres::runs::thread_with_commands(&session, thread_id, scope).await
            }
        }
    }

    /// The time to live of a thread, if it has one and the caller may see the thread.
    pub async fn get_thread_ttl(
        &self,
        thread_id: ThreadId,
        scope: &Scope,
    ) -> Result<Option<ThreadTtl>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let scope = scope.clone();
                sqlite
                    .read(move |connection| in_sqlite::ttl(connection, thread_id, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::ttl(&postgres.look().await?, thread_id, scope).await
            }
        }
    }

    /// What has happened on a thread since then, to the millisecond, that its stream would have shown.
    ///
    /// Takes no scope: who asks has been let in to the thread's stream, and hears only whether it is whole.
    pub async fn thread_activity_since(
        &self,
        thread_id: ThreadId,
        since: Timestamp,
    ) -> Result<ThreadActivity> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| in_sqlite::activity_since(connection, thread_id, since))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::activity_since(&postgres.look().await?, thread_id, since).await
            }
        }
    }

    /// How many checkpoints, channel values and writes a thread has, and how many bytes are in them. Nothing when it is not there or
    /// the caller may not see it.
    pub async fn get_thread_storage(
        &self,
        thread_id: ThreadId,
        scope: &Scope,
    ) -> Result<Option<ThreadStorage>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let scope = scope.clone();
                sqlite
                    .read(move |connection| {
                        let exists = in_sqlite::exists(connection, thread_id, &scope)?;
                        exists
                            .then(|| sqlite::checkpoints::storage(connection, thread_id))
                            .transpose()
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let session = postgres.read().await?;
                if !in_postgres::exists(&session, thread_id, scope).await? {
                    return Ok(None);
                }
                let storage = postgres::checkpoints::storage(&session, thread_id);
                storage.await.map(Some)
            }
        }
    }

    /// A thread's checkpoints at a glance, one page of them, the newest first; nothing when it is not there or the caller may not see it.
    pub async fn list_checkpoint_summaries(
        &self,
        thread_id: ThreadId,
        ns: Option<String>,
        page: Page,
        scope: &Scope,
    ) -> Result<Option<CheckpointsFound>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let scope = scope.clone();
                sqlite
                    .read(move |connection| {
                        let exists = in_sqlite::exists(connection, thread_id, &scope)?;
                        let ns = ns.as_deref();
                        let list =
                            || sqlite::checkpoints::summaries(connection, thread_id, ns, page);
                        exists.then(list).transpose()
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let session = postgres.read().await?;
                if !in_postgres::exists(&session, thread_id, scope).await? {
                    return Ok(None);
                }
                let ns = ns.as_deref();
                let list = postgres::checkpoints::summaries(&session, thread_id, ns, page);
                list.await.map(Some)
            }
        }
    }

    /// Merges `metadata` into the thread's, key by key, and gives it this time to live, if any. Nothing when it is not there or the
    /// caller may not see it.
    pub async fn patch_thread(
        &self,
        thread_id: ThreadId,
        metadata: JsonObject,
        ttl: Option<TimeToLive>,
        now: impl Into<WriteTime>,
        scope: &Scope,
    ) -> Result<Option<Thread>> {
        let now = now.into();
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| {
                        in_sqlite::patch(
                            connection,
                            thread_id,
                            &metadata,
                            ttl,
                            now.instant(),
                            &scope,
                        )
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                postgres
                    .write([thread_id], move |session| async move {
                        let patched =
                            in_postgres::patch(&session, thread_id, metadata, ttl, now, &scope);
                        let patched = patched.await?;
                        session.commit(patched).await
                    })
                    .await
            }
        }
    }

    /// Records the state that an update left, and gives the thread with it. One with a run stays busy. Nothing when it is not there.
    ///
    /// Takes no scope: the caller was let in before the update, which is in the checkpoints already.
    pub async fn set_thread_state(
        &self,
        thread_id: ThreadId,
        state: ThreadState,
        now: impl Into<WriteTime>,
    ) -> Result<Option<Thread>> {
        let now = now.into();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| {
                        in_sqlite::set_state(connection, thread_id, &state, now.instant())
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                postgres
                    .write([thread_id], move |session| async move {
                        // One that is made meanwhile is not locked, and not meant.
                        if !in_postgres::lock(&session, thread_id).await?.0 {
                            return Ok(None);
                        }
                        let now = now.instant();
                        let thread =
                            in_postgres::set_state(&session, thread_id, &state, now).await?;
                        session.commit(thread).await
                    })
                    .await
            }
        }
    }

    /// Copies a thread with its checkpoints, values, interrupts, error and time to live, but without its runs: a copy of a busy
    /// thread is as the thread was before its run. Nothing when the source is not there or the caller may not see it.
    pub async fn copy_thread(&self, copy: ThreadCopy, scope: &Scope) -> Result<Option<Thread>> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| in_sqlite::copy(connection, &copy, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                postgres
                    .write([copy.source, copy.target], move |session| async move {
                        let copied = in_postgres::copy(&session, copy, &scope).await?;
                        session.commit(copied).await
                    })
                    .await
            }
        }
    }
}
