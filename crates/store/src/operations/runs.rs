//! Operations on runs: admission, the queue, the end of a run, cancelling and recovery in files of their own; here, reading and deleting.

mod admission;
mod again;
mod cancel;
mod finish;
mod queue;
mod record;
mod recover;

use lgx_model::query::{Page, Rows, RunQuery, RunSearch};
use lgx_model::{AssistantId, Run, RunId, RunStatus, ThreadId, ThreadStatus};

#[cfg(feature = "postgres")]
use crate::postgres::{Session, runs as pg, threads};
use crate::runs::{AssistantRuns, FoundRun};
use crate::sqlite::runs as sql;
use crate::store::Backend;
use crate::threads::ThreadWithRuns;
use crate::{Result, Scope, Store};

impl Store {
    /// The run of this thread, if it is there and the caller may see the thread.
    pub async fn get_run(
        &self,
        thread_id: ThreadId,
        run_id: RunId,
        scope: &Scope,
    ) -> Result<Option<Run>> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| sql::get(connection, thread_id, run_id, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                pg::get(&postgres.look().await?, thread_id, run_id, &scope).await
            }
        }
    }

    /// Calls `in_commit_order` with the run if it has not ended: where it is called, the run cannot end; see [`Store`]. Nothing if it
    /// has, or is not there, or the caller may not see its thread.
    pub async fn with_unfinished_run<R: Send + 'static>(
        &self,
        thread_id: ThreadId,
        run_id: RunId,
        scope: &Scope,
        in_commit_order: impl FnOnce(&Run) -> R + Send + 'static,
    ) -> Result<Option<R>> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| {
                        let run = sql::get(connection, thread_id, run_id, &scope)?;
                        let unfinished = run.filter(|run| !run.status.is_final());
                        Ok(unfinished.as_ref().map(in_commit_order))
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let write = move |session: Session| async move {
                    if !threads::lock(&session, thread_id).await?.0 {
                        return Ok(None);
                    }
                    let run = pg::get(&session, thread_id, run_id, &scope).await?;
                    let unfinished = run.filter(|run| !run.status.is_final());
                    let told = unfinished.as_ref().map(in_commit_order);
                    session.commit(told).await
                };
                postgres.write([thread_id], write).await
            }
        }
    }

    /// The thread of a run, whichever it is.
    ///
    /// Takes no scope: the caller names the run alone, and what they may see of it is decided with the thread that this gives.
    pub async fn get_thread_of_run(&self, run_id: RunId) -> Result<Option<ThreadId>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let run = sqlite
                    .read(move |connection| sql::find(connection, run_id))
                    .await?;
                Ok(run.map(|run| run.thread_id))
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => pg::thread_of(&postgres.look().await?, run_id).await,
        }
    }

    /// The user of a run that has not ended, as it was sealed for whichever instance executes it; none where no other one could.
    ///
    /// Takes no scope: only who executes the run opens it.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "with it, it waits")
    )]
    pub async fn get_sealed_user(&self, run_id: RunId) -> Result<Option<Vec<u8>>> {
        match &self.backend {
            Backend::Sqlite(_) => {
                let _ = run_id;
                Ok(None)
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => pg::sealed_user(&postgres.look().await?, run_id).await,
        }
    }

    /// The runs of a thread, newest first; nothing when the thread is not there or the caller may not see it.
    pub async fn list_runs(
        &self,
        thread_id: ThreadId,
        query: RunQuery,
        page: Page,
        scope: &Scope,
    ) -> Result<Option<Vec<Run>>> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| sql::list(connection, thread_id, &query, page, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                pg::list(&postgres.look().await?, thread_id, &query, page, &scope).await
            }
        }
    }

    /// The runs that match on all threads that the caller may see, one page of them, the newest first.
    pub async fn search_runs(
        &self,
        query: RunSearch,
        page: Page,
        scope: &Scope,
    ) -> Result<Rows<FoundRun>> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| sql::search(connection, &query, page, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                pg::search(&postgres.read().await?, &query, page, &scope).await
            }
        }
    }

    /// The runs of a thread that are pending or running, oldest first; none when the caller may not see it.
    pub async fn list_active_runs(
        &self,
        thread_id: ThreadId,
        scope: &Scope,
    ) -> Result<Vec<(RunId, RunStatus)>> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| sql::visible_active(connection, thread_id, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                pg::visible_active(&postgres.look().await?, thread_id, &scope).await
            }
        }
    }

    /// The thread with its runs, of one moment, if it is there and the caller may see it.
    pub async fn get_thread_with_runs(
        &self,
        thread_id: ThreadId,
        scope: &Scope,
    ) -> Result<Option<ThreadWithRuns>> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| sql::thread_with_runs(connection, thread_id, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                pg::thread_with_runs(&postgres.read().await?, thread_id, &scope).await
            }
        }
    }

    /// The threads on which an assistant has run and that the caller may see, with all their runs, of one moment.
    /// The threads come without their values.
    pub async fn list_threads_of_assistant(
        &self,
        asked: AssistantRuns,
        scope: &Scope,
    ) -> Result<Vec<ThreadWithRuns>> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| sql::threads_of_assistant(connection, asked, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                pg::threads_of_assistant(&postgres.read().await?, asked, &scope).await
            }
        }
    }

    /// The assistant of a thread's newest run.
    ///
    /// Takes no scope: it becomes the assistant of another run on the thread, with which it is decided whether the caller may start
    /// one there.
    pub async fn get_assistant_of_newest_run(
        &self,
        thread_id: ThreadId,
    ) -> Result<Option<AssistantId>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| sql::newest_assistant(connection, thread_id))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                pg::newest_assistant(&postgres.look().await?, thread_id).await
            }
        }
    }

    /// Deletes a run with its checkpoints; the thread's status follows. Nothing when it is not there, or the caller may not see its
    /// thread.
    ///
    /// `in_commit_order` is called when it is, with the status of the thread; see [`Store`].
    pub async fn delete_run<R: Send + 'static>(
        &self,
        thread_id: ThreadId,
        run_id: RunId,
        scope: &Scope,
        in_commit_order: impl FnOnce(ThreadStatus) -> R + Send + 'static,
    ) -> Result<Option<R>> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| {
                        let deleted = sql::delete(connection, thread_id, run_id, &scope)?;
                        Ok(deleted.map(in_commit_order))
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let write = move |session: Session| async move {
                    let deleted = pg::delete(&session, thread_id, run_id, &scope).await?;
                    let told = deleted.map(in_commit_order);
                    session.commit(told).await
                };
                postgres.write([thread_id], write).await
            }
        }
    }
}
