//! The end of a run: its outcome, what it leaves on its thread, or how it is taken back.

use lgx_model::{
    RawJson, Run, RunError, RunId, RunStatus, Thread, ThreadId, ThreadStatus, Timestamp,
};
use rusqlite::{Connection, named_params, params};

use super::{find, remove};
use crate::columns::json;
use crate::{StoreError, checkpoints, threads};

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Finish {
    /// Its final status.
    pub status: RunStatus,
    /// What it leaves on its thread.
    pub thread: ThreadEnd,
    /// The present.
    pub now: Timestamp,
    /// Whether the run is taken back: it and its checkpoints go, and the thread's values, interrupts and status stay as
    /// before it. Only the thread's error is set.
    pub rollback: bool,
    /// Whether the thread goes with the run.
    pub delete_thread: bool,
}

impl Finish {
    /// The end of a run that failed outside the project's code. The thread keeps the values it had.
    pub fn failed(error: RunError, now: Timestamp) -> Self {
        Self {
            status: RunStatus::Error,
            thread: ThreadEnd {
                status: ThreadStatus::Error,
                values: None,
                error: Some(error),
                interrupts: RawJson::empty_object(),
            },
            now,
            rollback: false,
            delete_thread: false,
        }
    }
}

/// What a run leaves on its thread.
#[derive(Debug, Clone)]
pub struct ThreadEnd {
    /// The status, unless more runs wait.
    pub status: ThreadStatus,
    /// The newest root values; the present ones stay when not given.
    pub values: Option<RawJson>,
    /// Why the run failed.
    pub error: Option<RunError>,
    /// Pending interrupts by task id.
    pub interrupts: RawJson,
}

/// What there is to do after a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// Whether any run of any thread is pending.
    pub more_pending: bool,
    /// The thread as the run left it, even if it went with the run; nothing when it was deleted before.
    pub thread: Option<Thread>,
    /// The run with its final status, even if it was taken back; nothing when it was deleted or over before, in which
    /// case nothing was changed.
    pub run: Option<Run>,
}

/// Ends a running run.
pub fn finish(
    connection: &Connection,
    run_id: RunId,
    end: &Finish,
) -> Result<Finished, StoreError> {
    let run = find(connection, run_id)?.filter(|run| run.status == RunStatus::Running);
    let Some(mut run) = run else {
        return Ok(Finished {
            more_pending: more_pending(connection)?,
            thread: None,
            run: None,
        });
    };
    run.status = end.status;
    run.updated_at = end.now;
    if end.rollback {
        checkpoints::delete_for_runs(connection, &[run_id.to_string()])?;
        remove(connection, run_id)?;
    } else {
        connection
            .prepare_cached("UPDATE runs SET status = ?2, updated_at = ?3 WHERE run_id = ?1")?
            .execute(params![
                run_id.to_string(),
                end.status.as_str(),
                end.now.micros()
            ])?;
    }
    leave_thread(connection, run.thread_id, end)?;
    let thread = threads::find(connection, run.thread_id)?;
    if end.delete_thread {
        threads::remove(connection, run.thread_id)?;
    }
    Ok(Finished {
        more_pending: more_pending(connection)?,
        thread,
        run: Some(run),
    })
}

fn leave_thread(
    connection: &Connection,
    thread_id: ThreadId,
    end: &Finish,
) -> Result<(), StoreError> {
    let kept = (!end.rollback).then_some(&end.thread);
    if let Some(values) = kept.and_then(|thread| thread.values.as_ref()) {
        threads::write_values(connection, thread_id, values)?;
    }
    connection
        .prepare_cached(
            "UPDATE threads SET resting_status = coalesce(:status, resting_status), error = :error,
               interrupts = coalesce(:interrupts, interrupts), updated_at = :now, state_updated_at = :now,
               status = CASE WHEN EXISTS (SELECT 1 FROM runs WHERE runs.thread_id = threads.thread_id
                   AND runs.status IN ('pending', 'running'))
                 THEN 'busy' ELSE coalesce(:status, resting_status) END
             WHERE thread_id = :thread",
        )?
        .execute(named_params! {
            ":thread": thread_id.to_string(),
            ":status": kept.map(|thread| thread.status.as_str()),
            ":error": end.thread.error.as_ref().map(json).transpose()?,
            ":interrupts": kept.map(|thread| thread.interrupts.get()),
            ":now": end.now.micros(),
        })?;
    Ok(())
}

fn more_pending(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM runs WHERE status = 'pending' LIMIT 1")?
        .exists([])?)
}
