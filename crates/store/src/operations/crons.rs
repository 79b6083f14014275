//! Operations on crons: make, read, search, change and delete them, and find those that are due.

use lgx_model::query::{CronQuery, Page, Rows};
use lgx_model::{AssistantId, Cron, CronId, ThreadId, Timestamp};

use crate::crons::{CronTarget, StoredCron};
use crate::runs::Firing;
use crate::sqlite::crons as sql;
use crate::{Result, Scope, Store, sqlite};

impl Store {
    /// Makes a cron. On a thread, says whether that is there and `threads` lets the caller see it; nothing is made if not.
    pub async fn create_cron(&self, stored: StoredCron, threads: &Scope) -> Result<bool> {
        let threads = threads.clone();
        self.sqlite()
            .write(move |connection| {
                if let Some(thread_id) = stored.cron.thread_id
                    && !sqlite::threads::exists(connection, thread_id, &threads)?
                {
                    return Ok(false);
                }
                sql::insert(connection, &stored)?;
                Ok(true)
            })
            .await
    }

    /// The cron, if it is there and the caller may see it.
    pub async fn get_cron(&self, cron_id: CronId, scope: &Scope) -> Result<Option<StoredCron>> {
        let scope = scope.clone();
        self.sqlite()
            .read(move |connection| sql::get(connection, cron_id, &scope))
            .await
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
        self.sqlite()
            .write(move |connection| {
                let Some(mut stored) = sql::get(connection, cron_id, &scope)? else {
                    return Ok(None);
                };
                if let Err(refused) = change(&mut stored) {
                    return Ok(Some(Err(refused)));
                }
                sql::update(connection, &stored)?;
                Ok(Some(Ok(stored.cron)))
            })
            .await
    }

    /// Deletes the cron, if it is there and the caller may see it. Runs that it started stay.
    pub async fn delete_cron(&self, cron_id: CronId, scope: &Scope) -> Result<bool> {
        let scope = scope.clone();
        self.sqlite()
            .write(move |connection| sql::delete(connection, cron_id, &scope))
            .await
    }

    /// The crons that match, one page of them: those that `scope` lets the caller see, on threads that `threads` lets them see.
    pub async fn search_crons(
        &self,
        query: CronQuery,
        page: Page,
        scope: &Scope,
        threads: &Scope,
    ) -> Result<Rows<Cron>> {
        let (scope, threads) = (scope.clone(), threads.clone());
        self.sqlite()
            .read(move |connection| sql::search(connection, &query, page, &scope, &threads))
            .await
    }

    /// How many crons match; see [`Store::search_crons`].
    pub async fn count_crons(
        &self,
        query: CronQuery,
        scope: &Scope,
        threads: &Scope,
    ) -> Result<u64> {
        let (scope, threads) = (scope.clone(), threads.clone());
        self.sqlite()
            .read(move |connection| sql::count(connection, &query, &scope, &threads))
            .await
    }

    /// The crons that are due, the longest due first.
    ///
    /// Takes no scope: the server fires everybody's crons.
    pub async fn list_due_crons(&self, now: Timestamp) -> Result<Vec<StoredCron>> {
        self.sqlite()
            .read(move |connection| sql::due(connection, now))
            .await
    }

    /// The enabled crons that are due later.
    ///
    /// Takes no scope, as [`Store::list_due_crons`].
    pub async fn list_crons_ahead(&self, now: Timestamp) -> Result<Vec<StoredCron>> {
        self.sqlite()
            .read(move |connection| sql::ahead(connection, now))
            .await
    }

    /// When the next cron is due.
    ///
    /// Takes no scope, as [`Store::list_due_crons`].
    pub async fn next_due_cron(&self) -> Result<Option<Timestamp>> {
        self.sqlite().read(sql::next_due).await
    }

    /// What a cron that is due runs.
    ///
    /// Takes no scope: whoever made the cron was let in to its thread and its assistant then.
    pub async fn get_cron_target(
        &self,
        assistant_id: AssistantId,
        thread_id: Option<ThreadId>,
    ) -> Result<CronTarget> {
        self.sqlite()
            .read(move |connection| {
                let thread = thread_id
                    .map(|thread_id| sqlite::threads::find_metadata(connection, thread_id))
                    .transpose()?;
                Ok(CronTarget {
                    assistant: sqlite::assistants::find(connection, assistant_id)?,
                    thread_metadata: thread.flatten(),
                })
            })
            .await
    }

    /// Notes when a cron is due next that starts no run this time. Says whether it was still due as it was seen: it may have been
    /// changed, disabled or deleted meanwhile, and then nothing happens.
    ///
    /// Takes no scope, as [`Store::list_due_crons`].
    pub async fn advance_cron(&self, firing: Firing) -> Result<bool> {
        let Firing { cron_id, due, next } = firing;
        self.sqlite()
            .write(move |connection| sql::advance(connection, cron_id, due, next))
            .await
    }
}
