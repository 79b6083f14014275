//! One more attempt at a run that is running.

use lgx_model::{RunId, RunStatus};
use rusqlite::{Connection, params};

use super::find;
use crate::Result;
use crate::runs::Again;
use crate::sqlite::checkpoints;

/// Where a running run goes on; counts one more attempt at it if `counted`.
pub(crate) fn execute_again(
    connection: &Connection,
    run_id: RunId,
    counted: bool,
) -> Result<Option<Again>> {
    let run = find(connection, run_id)?.filter(|run| run.status == RunStatus::Running);
    let Some(run) = run else {
        return Ok(None);
    };
    let attempt = connection
        .prepare_cached(
            "UPDATE runs SET attempts = attempts + ?2 WHERE run_id = ?1 RETURNING attempts",
        )?
        .query_row(params![run_id.to_string(), counted], |row| row.get(0))?;
    Ok(Some(Again {
        checkpoint: checkpoints::get(connection, run.thread_id, "", None)?,
        attempt,
    }))
}
