//! A running run is executed once more, because the worker that had begun on it has died.

use std::sync::Arc;

use lgx_model::RunId;

use crate::runs::{Again, PackedRecord};
use crate::sqlite::runs as sql;
use crate::{Result, Store};

impl Store {
    /// Looks up where a running run goes on, behind all that it wrote, and counts one more attempt at it if `counted`. Nothing when it
    /// does not run any more. `record` is what it has done so far.
    ///
    /// Takes no scope: the run goes on for whoever it was begun for. `in_commit_order` is called when it goes on, see [`Store`]: what
    /// its last worker writes from then on comes too late.
    pub async fn execute_again(
        &self,
        run_id: RunId,
        counted: bool,
        record: Option<Arc<PackedRecord>>,
        in_commit_order: impl FnOnce() + Send + 'static,
    ) -> Result<Option<Again>> {
        self.sqlite()
            .write(move |connection| {
                let again = sql::execute_again(connection, run_id, counted)?;
                if let Some(record) = record {
                    sql::put_record(connection, run_id, &record)?;
                }
                Ok(again.inspect(|_| in_commit_order()))
            })
            .await
    }
}
