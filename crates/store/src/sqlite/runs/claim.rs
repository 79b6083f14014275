//! The queue: which pending run is next, and when.

use lgx_model::{Run, RunStatus, Timestamp};
use rusqlite::Connection;

use super::{COLUMNS, run_of};
use crate::Result;
use crate::runs::Claimed;
use crate::sqlite::checkpoints;
use crate::sqlite::columns::time;

/// Takes the oldest due run whose thread has no run running.
pub(crate) fn claim(connection: &Connection, now: Timestamp) -> Result<Option<Claimed>> {
    let Some(mut run) = next(connection, now)? else {
        return Ok(None);
    };
    run.status = RunStatus::Running;
    let attempt = connection
        .prepare_cached(
            "UPDATE runs SET status = 'running', attempts = attempts + 1 WHERE run_id = ?1 RETURNING attempts",
        )?
        .query_row([run.run_id.to_string()], |row| row.get(0))?;
    let checkpoint = checkpoints::get(connection, run.thread_id, "", None)?;
    Ok(Some(Claimed {
        run,
        checkpoint,
        attempt,
    }))
}

fn next(connection: &Connection, now: Timestamp) -> Result<Option<Run>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM runs WHERE status = 'pending' AND created_at <= ?1 AND NOT EXISTS (
           SELECT 1 FROM runs AS other WHERE other.thread_id = runs.thread_id AND other.status = 'running')
         ORDER BY created_at, sequence LIMIT 1"
    ))?;
    let mut rows = statement.query([now.micros()])?;
    rows.next()?.map(run_of).transpose()
}

/// When the next scheduled run becomes due: the earliest time after `now` that a pending run waits for. Give it the
/// `now` of the claim that found nothing; a later one would pass over a run that became due in between.
pub(crate) fn next_due(connection: &Connection, now: Timestamp) -> Result<Option<Timestamp>> {
    let mut statement = connection.prepare_cached(
        "SELECT created_at FROM runs WHERE status = 'pending' AND created_at > ?1 ORDER BY created_at LIMIT 1",
    )?;
    let mut rows = statement.query([now.micros()])?;
    rows.next()?.map(|row| time(row, 0)).transpose()
}
