//! What runs did, kept beside them.

#[cfg(feature = "postgres")]
use std::sync::Arc;

use lgx_model::{RunId, ThreadId};

#[cfg(feature = "postgres")]
use crate::postgres::{Session, runs as pg};
use crate::runs::{GoneRun, RecordSoFar, RecordedRun, RunLog, RunRecord};
use crate::sqlite::runs as sql;
use crate::store::Backend;
use crate::{Result, Scope, Store};

impl Store {
    /// A run with what it did, of one moment, if it is there and the caller may see its thread; with the calls that it made only if
    /// they are wanted.
    pub async fn get_recorded_run(
        &self,
        run_id: RunId,
        with_calls: bool,
        scope: &Scope,
    ) -> Result<Option<RecordedRun>> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| sql::recorded(connection, run_id, with_calls, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                pg::recorded(&postgres.read().await?, run_id, with_calls, &scope).await
            }
        }
    }

    /// The thread of a run, also of one that is gone.
    ///
    /// Takes no scope: the caller names the run alone, and what they may see of it is decided with the thread that this gives.
    pub async fn get_thread_of_known_run(&self, run_id: RunId) -> Result<Option<ThreadId>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| sql::thread_of_known(connection, run_id))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                pg::thread_of_known(&postgres.look().await?, run_id).await
            }
        }
    }

    /// What a run printed and logged, as far as that is kept.
    ///
    /// Takes no scope: whoever asks has been given the run.
    pub async fn get_log_of_run(&self, run_id: RunId) -> Result<RunLog> {
        let log = match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| sql::log(connection, run_id))
                    .await?
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => pg::log(&postgres.look().await?, run_id).await?,
        };
        Ok(log.unwrap_or_default())
    }

    /// What a run has done and said that goes on, if some of that is kept.
    ///
    /// Takes no scope: it goes on for whoever it was begun for.
    pub async fn get_record_of_own_run(
        &self,
        run_id: RunId,
    ) -> Result<Option<(RunRecord, RunLog)>> {
        let (record, log) = match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| {
                        let record = sql::record(connection, run_id, true)?;
                        Ok((record, sql::log(connection, run_id)?))
                    })
                    .await?
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let session = postgres.read().await?;
                let record = pg::record(&session, run_id, true).await?;
                (record, pg::log(&session, run_id).await?)
            }
        };
        Ok(record.map(|record| (record, log.unwrap_or_default())))
    }

    /// Keeps what runs have done so far, of those that execute.
    ///
    /// Takes no scope: the server itself does so, for when it is killed.
    pub async fn keep_records(&self, records: Vec<RecordSoFar>) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| {
                        for RecordSoFar { claim, record } in &records {
                            sql::put_so_far(connection, *claim, record)?;
                        }
                        Ok(())
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let written: Vec<_> = records.iter().map(|of| Arc::clone(&of.record)).collect();
                let write = move |session: Session| async move {
                    pg::put_so_far(&session, &records).await?;
                    session.commit(()).await
                };
                postgres.write([], write).await?;
                for record in &written {
                    postgres.has_logged(Some(record));
                }
                Ok(())
            }
        }
    }

    /// Keeps runs that went with their threads when they ended, the oldest first, in the place of older ones.
    ///
    /// Takes no scope: they have been let in to run.
    pub async fn keep_gone_runs(&self, runs: Vec<GoneRun>) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| sql::keep_gone(connection, &runs))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let write = move |session: Session| async move {
                    pg::keep_gone(&session, &runs).await?;
                    session.commit(()).await
                };
                postgres.write([], write).await
            }
        }
    }
}
