//! One more attempt at a run that is running.

use rusqlite::{Connection, params};

use super::claim::holds;
use crate::Result;
use crate::runs::{Again, Claim};
use crate::sqlite::checkpoints;

/// Where a running run of this thread goes on; counts one more attempt at it if `counted`.
pub(crate) fn execute_again(
    connection: &Connection,
    claim: Claim,
    counted: bool,
) -> Result<Option<Again>> {
    if !holds(connection, claim)? {
        return Ok(None);
    }
    let attempt = connection
        .prepare_cached(
            "UPDATE runs SET attempts = attempts + ?2 WHERE run_id = ?1 RETURNING attempts",
        )?
        .query_row(params![claim.run_id.to_string(), counted], |row| row.get(0))?;
    Ok(Some(Again {
        checkpoint: checkpoints::get(connection, claim.thread_id, "", None)?,
        attempt,
    }))
}
