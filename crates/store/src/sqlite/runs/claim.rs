//! The queue: which pending run is next, and when.

use lgx_model::{Run, RunStatus, Timestamp};
use rusqlite::Connection;

use super::{COLUMNS, run_of};
use crate::Result;
use crate::instances::Executing;
use crate::runs::{Claim, Claimed, StopOrder};
use crate::sqlite::checkpoints;
use crate::sqlite::columns::{id, time};

/// Takes the oldest due run whose thread has no run running.
pub(crate) fn claim(connection: &Connection, now: Timestamp) -> Result<Option<Claimed>> {
    let Some(mut run) = next(connection, now)? else {
        return Ok(None);
    };
    run.status = RunStatus::Running;
    let (attempt, number) = connection
        .prepare_cached(
            "UPDATE runs SET status = 'running', attempts = attempts + 1, claims = claims + 1 WHERE run_id = ?1 RETURNING attempts, claims",
        )?
        .query_row([run.run_id.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let claim = Claim {
        thread_id: run.thread_id,
        run_id: run.run_id,
        number,
    };
    let checkpoint = checkpoints::get(connection, run.thread_id, "", None)?;
    Ok(Some(Claimed {
        run,
        checkpoint,
        attempt,
        claim,
    }))
}

/// Whether a claim holds: its run executes, and was not claimed again.
pub(super) fn holds(connection: &Connection, claim: Claim) -> Result<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM runs WHERE run_id = ?1 AND thread_id = ?2 AND claims = ?3 AND status = 'running'",
    )?;
    Ok(statement.exists(params_of(claim))?)
}

/// Puts a run that executes back in the queue, as if it had not been claimed; not one that is to stop.
pub(crate) fn hand_back(
    connection: &Connection,
    claim: Claim,
    was_not_begun: bool,
) -> Result<bool> {
    let (run_id, thread_id, number) = params_of(claim);
    let handed_back = connection
        .prepare_cached(
            "UPDATE runs SET status = 'pending', attempts = attempts - 1, claims = claims + 1
             WHERE run_id = ?1 AND thread_id = ?2 AND claims = ?3 AND status = 'running' AND (stop IS NULL OR ?4)",
        )?
        .execute((run_id, thread_id, number, was_not_begun))?;
    Ok(handed_back > 0)
}

/// The runs that execute, the oldest first. The plus keeps `SQLite` from walking all runs in that order; those that execute are few.
pub(crate) fn executing(connection: &Connection) -> Result<Vec<Executing>> {
    let mut statement = connection.prepare_cached(
        "SELECT run_id, thread_id, claims, stop, stop_reason FROM runs WHERE status = 'running' ORDER BY +sequence",
    )?;
    let executing = statement.query_and_then([], |row| {
        let order: Option<String> = row.get(3)?;
        let reason: Option<String> = row.get(4)?;
        Ok(Executing {
            claim: Claim {
                run_id: id(row, 0)?,
                thread_id: id(row, 1)?,
                number: row.get(2)?,
            },
            stop: order.map(|word| StopOrder::stored(&word, reason.unwrap_or_default())),
        })
    })?;
    executing.collect()
}

fn params_of(claim: Claim) -> (String, String, i64) {
    let (run_id, thread_id) = (claim.run_id.to_string(), claim.thread_id.to_string());
    (run_id, thread_id, claim.number)
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
