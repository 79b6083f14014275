//! What runs did, kept beside them.

use lgx_model::{RunId, ThreadId};

use crate::runs::{GoneRun, RecordSoFar, RecordedRun, RunLog, RunRecord};
use crate::sqlite::runs as sql;
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
        self.sqlite()
            .read(move |connection| sql::recorded(connection, run_id, with_calls, &scope))
            .await
    }

    /// The thread of a run, also of one that is gone.
    ///
    /// Takes no scope: the caller names the run alone, and what they may see of it is decided with the thread that this gives.
    pub async fn get_thread_of_known_run(&self, run_id: RunId) -> Result<Option<ThreadId>> {
        self.sqlite()
            .read(move |connection| sql::thread_of_known(connection, run_id))
            .await
    }

    /// What a run printed and logged, as far as that is kept.
    ///
    /// Takes no scope: whoever asks has been given the run.
    pub async fn get_log_of_run(&self, run_id: RunId) -> Result<RunLog> {
        let log = self
            .sqlite()
            .read(move |connection| sql::log(connection, run_id))
            .await?;
        Ok(log.unwrap_or_default())
    }

    /// What a run has done and said that goes on, if some of that is kept.
    ///
    /// Takes no scope: it goes on for whoever it was begun for.
    pub async fn get_record_of_own_run(
        &self,
        run_id: RunId,
    ) -> Result<Option<(RunRecord, RunLog)>> {
        self.sqlite()
            .read(move |connection| {
                let record = sql::record(connection, run_id, true)?;
                let log = sql::log(connection, run_id)?.unwrap_or_default();
                Ok(record.map(|record| (record, log)))
            })
            .await
    }

    /// Keeps what runs have done so far, of those that execute.
    ///
    /// Takes no scope: the server itself does so, for when it is killed.
    pub async fn keep_records(&self, records: Vec<RecordSoFar>) -> Result<()> {
        self.sqlite()
            .write(move |connection| {
                for RecordSoFar { run_id, record } in &records {
                    sql::put_so_far(connection, *run_id, record)?;
                }
                Ok(())
            })
            .await
    }

    /// Keeps runs that went with their threads when they ended, the oldest first, in the place of older ones.
    ///
    /// Takes no scope: they have been let in to run.
    pub async fn keep_gone_runs(&self, runs: Vec<GoneRun>) -> Result<()> {
        self.sqlite()
            .write(move |connection| sql::keep_gone(connection, &runs))
            .await
    }
}
