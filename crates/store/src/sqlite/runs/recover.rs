//! What becomes of the runs that a server left behind when it ended: they go on, but not for ever.

use lgx_model::{ThreadId, Timestamp};
use rusqlite::{Connection, params};

use super::{executing, find, finish};
use crate::Result;
use crate::instances::Executing;
use crate::runs::{
    Claim, Finish, Finished, GivenUp, GoingOn, MOST_ATTEMPTS, Recovered, StopOrder, StoppedRun,
    cut_off_too_often,
};
use crate::sqlite::columns::id;

/// Puts the runs that were running back in the queue, in their old order, to go on from their last checkpoints; ends those
/// that had been told to stop, and those that were executed too often; and makes the status of threads fit their runs.
pub(crate) fn recover(
    connection: &Connection,
    now: Timestamp,
    stopped_as: impl Fn(&StopOrder) -> Finish,
) -> Result<Recovered> {
    let mut stopped = Vec::new();
    let mut given_up = Vec::new();
    for Executing { claim, stop } in executing(connection)? {
        let Some(order) = stop else { continue };
        let finished = end(connection, claim, stopped_as(&order))?;
        stopped.extend(finished.run.map(|run| StoppedRun { run, order }));
    }
    for claim in executed_too_often(connection)? {
        let error = cut_off_too_often();
        let finished = end(connection, claim, Finish::failed(error.clone(), now))?;
        given_up.extend(finished.run.map(|run| GivenUp { run, error }));
    }
    connection
        .prepare_cached(
            "UPDATE runs SET status = 'pending', claims = claims + 1 WHERE status = 'running'",
        )?
        .execute([])?;
    connection
        .prepare_cached(
            "UPDATE threads SET status = resting_status, updated_at = ?1 WHERE status = 'busy' AND NOT EXISTS (
               SELECT 1 FROM runs WHERE runs.thread_id = threads.thread_id AND runs.status IN ('pending', 'running'))",
        )?
        .execute(params![now.micros()])?;
    Ok(Recovered {
        going_on: going_on(connection, now)?,
        stopped,
        given_up,
    })
}

/// Ends a run, and its thread with it if that is temporary.
fn end(connection: &Connection, claim: Claim, end: Finish) -> Result<Finished<Vec<ThreadId>>> {
    let Some(run) = find(connection, claim.run_id)? else {
        return Ok(Finished::before(false, false, None));
    };
    let end = Finish {
        delete_thread: run.kwargs.temporary,
        ..end
    };
    finish(connection, claim, &end)
}

/// The plus keeps `SQLite` from walking all runs in the order asked for; those that execute are few.
fn executed_too_often(connection: &Connection) -> Result<Vec<Claim>> {
    connection
        .prepare_cached("SELECT run_id, thread_id, claims FROM runs WHERE status = 'running' AND attempts >= ?1 ORDER BY +sequence")?
        .query_and_then([MOST_ATTEMPTS], |row| {
            Ok(Claim {
                run_id: id(row, 0)?,
                thread_id: id(row, 1)?,
                number: row.get(2)?,
            })
        })?
        .collect()
}

fn going_on(connection: &Connection, now: Timestamp) -> Result<Vec<GoingOn>> {
    connection
        .prepare_cached(
            "SELECT run_id, thread_id, attempts FROM runs WHERE status = 'pending' AND created_at <= ?1
             ORDER BY created_at, sequence",
        )?
        .query_and_then([now.micros()], |row| {
            Ok(GoingOn {
                run_id: id(row, 0)?,
                thread_id: id(row, 1)?,
                attempt: row.get::<_, u32>(2)? + 1,
            })
        })?
        .collect()
}
