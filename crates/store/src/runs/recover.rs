//! What becomes of the runs that a server left behind when it ended: they go on, but not for ever.

use lgx_model::{RunError, RunId, Thread, ThreadId, Timestamp};
use rusqlite::{Connection, params};

use super::{Finish, find, finish};
use crate::StoreError;
use crate::columns::id;

/// How often a run is executed at most. One that was executing each time when the server ended may be why it ended, or why
/// somebody ended it.
pub const MOST_ATTEMPTS: u32 = 3;

/// The runs that a server left behind.
#[derive(Debug, Default, PartialEq)]
pub struct Recovered {
    /// Those that go on, in the order in which they do.
    pub going_on: Vec<GoingOn>,
    /// Those that have ended now, because they were cut off too often, with their threads as they left them.
    pub given_up: Vec<GivenUp>,
}

/// A run that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoingOn {
    /// The run.
    pub run_id: RunId,
    /// Its thread.
    pub thread_id: ThreadId,
    /// Which attempt at it comes next; 1 for a run that waited and has not been executed yet.
    pub attempt: u32,
}

/// A run that does not go on.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenUp {
    /// The run as it ended.
    pub run: lgx_model::Run,
    /// Its thread, even if that went with it.
    pub thread: Option<Thread>,
    /// Why it ended, as its thread has it.
    pub error: RunError,
}

/// Puts the runs that were running back in the queue, in their old order, to go on from their last checkpoints; ends those
/// that were executed too often; and makes the status of threads fit their runs.
pub fn recover(connection: &Connection, now: Timestamp) -> Result<Recovered, StoreError> {
    let mut given_up = Vec::new();
    for run_id in cut_off_too_often(connection)? {
        let error = RunError::new(
            "TooManyAttempts",
            format!(
                "the server ended while the run was executing, {MOST_ATTEMPTS} times; it is not tried again"
            ),
        );
        let end = Finish::failed(error.clone(), now);
        let temporary = find(connection, run_id)?.is_some_and(|run| run.kwargs.temporary);
        let end = Finish {
            delete_thread: temporary,
            ..end
        };
        let finished = finish(connection, run_id, &end)?;
        given_up.extend(finished.run.map(|run| GivenUp {
            run,
            thread: finished.thread,
            error,
        }));
    }
    connection
        .prepare_cached("UPDATE runs SET status = 'pending' WHERE status = 'running'")?
        .execute([])?;
    connection
        .prepare_cached(
            "UPDATE threads SET status = resting_status, updated_at = ?1 WHERE status = 'busy' AND NOT EXISTS (
               SELECT 1 FROM runs WHERE runs.thread_id = threads.thread_id AND runs.status IN ('pending', 'running'))",
        )?
        .execute(params![now.micros()])?;
    Ok(Recovered {
        going_on: going_on(connection, now)?,
        given_up,
    })
}

fn cut_off_too_often(connection: &Connection) -> Result<Vec<RunId>, StoreError> {
    connection
        .prepare_cached("SELECT run_id FROM runs WHERE status = 'running' AND attempts >= ?1")?
        .query_and_then([MOST_ATTEMPTS], |row| id(row, 0))?
        .collect()
}

fn going_on(connection: &Connection, now: Timestamp) -> Result<Vec<GoingOn>, StoreError> {
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
