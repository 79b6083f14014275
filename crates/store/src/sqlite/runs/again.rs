//! One more attempt at a run that is running.

use lgx_model::{Run, RunId, RunStatus, ThreadId};
use rusqlite::{Connection, params};

use super::find;
use crate::Result;
use crate::runs::Again;
use crate::sqlite::checkpoints;

/// Where a running run of this thread goes on; counts one more attempt at it if `counted`.
pub(crate) fn execute_again(
    connection: &Connection,
    thread_id: ThreadId,
    run_id: RunId,
    counted: bool,
) -> Result<Option<Again>> {
    let running = |run: &Run| run.status == RunStatus::Running && run.thread_id == thread_id;
    if !find(connection, run_id)?.is_some_and(|run| running(&run)) {
        return Ok(None);
    }
    let attempt = connection
        .prepare_cached(
            "UPDATE runs SET attempts = attempts + ?2 WHERE run_id = ?1 RETURNING attempts",
        )?
        .query_row(params![run_id.to_string(), counted], |row| row.get(0))?;
    Ok(Some(Again {
        checkpoint: checkpoints::get(connection, thread_id, "", None)?,
        attempt,
    }))
}
