//! Operations on crons: make, read, search, change and delete them, and find those that are due.

use lgx_model::query::{CronQuery, Page, Rows};
use lgx_model::{AssistantId, Cron, CronId, ThreadId, Timestamp};

use crate::crons::{CronTarget, StoredCron};
#[cfg(feature = "postgres")]
use crate::postgres::{Session, crons as in_postgres};
use crate::runs::Firing;
use crate::sqlite::crons as in_sqlite;
use crate::store::Backend;
use crate::{Result, Scope, Store};

impl Store {
    /// Makes a cron. On a thread, says whether that is there and `threads` lets the caller see it; nothing is made if not.
    pub async fn create_cron(&self, stored: StoredCron, threads: &Scope) -> Result<bool> {
        let threads = threads.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| in_sqlite::create(connection, &stored, &threads))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let write = move |session: Session| async move {
                    let made = in_postgres::create(&session, &stored, &threads).await?;
                    session.commit(made).await
                };
                postgres.write([], write).await
            }
        }
    }

    /// The cron, if it is there and the caller may see it.
    pub async fn get_cron(&self, cron_id: CronId, scope: &Scope) -> Result<Option<StoredCron>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let scope = scope.clone();
                sqlite
                    .read(move |connection| in_sqlite::get(connection, cron_id, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::get(&postgres.look().await?, cron_id, scope).await
            }
        }
    }

    /// Changes a cron as `change` says, and gives what it gives; nothing is changed if that is an error, nor when the cron is not there
    /// or the caller may not see it.
    pub async fn change_cron<E: Send + 'static>(
        &self,
        cron_id: CronId,
        scope: &Scope,
        change: impl FnOnce(&mut StoredCron) -> Result<(), E> + Send + 'static,
    ) -> Result<Option<Result<Cron, E>>> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| in_sqlite::change(connection, cron_id, &scope, change))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let write = move |session: Session| async move {
                    let changed = in_postgres::change(&session, cron_id, &scope, change).await?;
                    session.commit(changed).await
                };
                postgres.write([], write).await
            }
        }
    }

    /// Deletes the cron, if it is there and the caller may see it. Runs that it started stay.
    pub async fn delete_cron(&self, cron_id: CronId, scope: &Scope) -> Result<bool> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| in_sqlite::delete(connection, cron_id, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let write = move |session: Session| async move {
                    let deleted = in_postgres::delete(&session, cron_id, &scope).await?;
                    session.commit(deleted).await
                };
                postgres.write([], write).await
            }
        }
    }

    /// The crons that match, one page of them: those that `scope` lets the caller see, on threads that `threads` lets them see.
    pub async fn search_crons(
        &self,
        query: CronQuery,
        page: Page,
        scope: &Scope,
        threads: &Scope,
    ) -> Result<Rows<Cron>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let (scope, threads) = (scope.clone(), threads.clone());
                sqlite
                    .read(move |connection| {
                        in_sqlite::search(connection, &query, page, &scope, &threads)
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::search(&postgres.read().await?, &query, page, scope, threads).await
            }
        }
    }

    /// How many crons match; see [`Store::search_crons`].
    pub async fn count_crons(
        &self,
        query: CronQuery,
        scope: &Scope,
        threads: &Scope,
    ) -> Result<u64> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let (scope, threads) = (scope.clone(), threads.clone());
                sqlite
                    .read(move |connection| in_sqlite::count(connection, &query, &scope, &threads))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::count(&postgres.look().await?, &query, scope, threads).await
            }
        }
    }

    /// The crons that are due, the longest due first.
    ///
    /// Takes no scope: the server fires everybody's crons.
    pub async fn list_due_crons(&self, now: Timestamp) -> Result<Vec<StoredCron>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| in_sqlite::due(connection, now))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => in_postgres::due(&postgres.look().await?, now).await,
        }
    }

    /// The enabled crons that are due later.
    ///
    /// Takes no scope, as [`Store::list_due_crons`].
    pub async fn list_crons_ahead(&self, now: Timestamp) -> Result<Vec<StoredCron>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| in_sqlite::ahead(connection, now))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => in_postgres::ahead(&postgres.look().await?, now).await,
        }
    }

    /// When the next cron is due.
    ///
    /// Takes no scope, as [`Store::list_due_crons`].
    pub async fn next_due_cron(&self) -> Result<Option<Timestamp>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.read(in_sqlite::next_due).await,
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => in_postgres::next_due(&postgres.look().await?).await,
        }
    }

    /// What a cron that is due runs.
    ///
    /// Takes no scope: whoever made the cron was let in to its thread and its assistant then.
    pub async fn get_cron_target(
        &self,
        assistant_id: AssistantId,
        thread_id: Option<ThreadId>,
    ) -> Result<CronTarget> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| in_sqlite::target(connection, assistant_id, thread_id))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let session = postgres.read().await?;
                in_postgres::target(&session, assistant_id, thread_id).await
            }
        }
    }

    /// Notes when a cron is due next that starts no run this time. Says whether it was still due as it was seen: it may have been
    /// changed, disabled or deleted meanwhile, and then nothing happens.
    ///
    /// Takes no scope, as [`Store::list_due_crons`].
    pub async fn advance_cron(&self, firing: Firing) -> Result<bool> {
        let Firing { cron_id, due, next } = firing;
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| in_sqlite::advance(connection, cron_id, due, next))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let write = move |session: Session| async move {
                    let advanced = in_postgres::advance(&session, cron_id, due, next).await?;
                    session.commit(advanced).await
                };
                postgres.write([], write).await
            }
        }
    }
}
