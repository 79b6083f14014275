//! What runs did, kept beside them.

use std::sync::Arc;

use lgx_model::RunId;

use crate::runs::{PackedRecord, RecordedRun, RunRecord};
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
        self.sqlite
            .read(move |connection| sql::recorded(connection, run_id, with_calls, &scope))
            .await
    }

    /// What a run has done that goes on, if some of that is kept.
    ///
    /// Takes no scope: it goes on for whoever it was begun for.
    pub async fn get_record_of_own_run(&self, run_id: RunId) -> Result<Option<RunRecord>> {
        self.sqlite
            .read(move |connection| sql::record(connection, run_id, true))
            .await
    }

    /// Keeps what a run has done so far that goes on at the next start of the server.
    ///
    /// Takes no scope: the server itself stops it.
    pub async fn keep_record(&self, run_id: RunId, record: Arc<PackedRecord>) -> Result<()> {
        self.sqlite
            .write(move |connection| sql::put_record(connection, run_id, &record))
            .await
    }
}
