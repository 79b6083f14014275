//! The end of a run: its outcome, what it leaves on its thread, or how it is taken back.

use lgx_model::{Run, RunId, Thread, ThreadId};
use rusqlite::{Connection, named_params, params};

use super::claim::holds;
use super::{find, remove};
use crate::Result;
use crate::reports::Report;
use crate::runs::{Claim, Finish, Finished};
use crate::sqlite::columns::{self, json};
use crate::sqlite::{checkpoints, reports, threads};

/// Ends a running run of this thread. Says which thread ended with it, if its own did.
pub(crate) fn finish(
    connection: &Connection,
    claim: Claim,
    end: &Finish,
) -> Result<Finished<Vec<ThreadId>>> {
    let run_id = claim.run_id;
    let found = find(connection, run_id)?;
    let holds = holds(connection, claim)?;
    let Some(mut run) = found.filter(|_| holds) else {
        let goes_on = goes_on(connection, run_id)?;
        let report = reports::of_run(connection, run_id)?;
        return Ok(Finished::before(more_pending(connection)?, goes_on, report));
    };
    let now = end.now.instant();
    run.status = end.status;
    run.updated_at = now;
    let thread = threads::find(connection, run.thread_id)?;
    let thread = thread.map(|thread| end.left(thread, now));
    let report = thread
        .as_ref()
        .map(|thread| report(connection, &run, thread, end))
        .transpose()?
        .flatten();
    if end.delete_thread {
        // What goes is not written to first.
        threads::remove(connection, run.thread_id)?;
        return Ok(Finished {
            more_pending: more_pending(connection)?,
            thread,
            ended: vec![run.thread_id],
            run: Some(run),
            is_behind: false,
            report,
            goes_on_elsewhere: false,
        });
    }
    if end.rollback {
        checkpoints::delete_for_runs(connection, &[run_id.to_string()])?;
        remove(connection, run_id)?;
    } else {
        connection
            .prepare_cached("UPDATE runs SET status = ?2, updated_at = ?3 WHERE run_id = ?1")?
            .execute(params![
                run_id.to_string(),
                end.status.as_str(),
                now.micros()
            ])?;
    }
    let (thread, is_behind) = thread
        .map(|thread| leave(connection, thread, run_id, end))
        .transpose()?
        .unzip();
    Ok(Finished {
        more_pending: more_pending(connection)?,
        thread,
        run: Some(run),
        is_behind: is_behind.unwrap_or(false),
        report,
        ended: Vec::new(),
        goes_on_elsewhere: false,
    })
}

/// Whether a run is there, which somebody else has taken up then.
fn goes_on(connection: &Connection, run_id: RunId) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM runs WHERE run_id = ?1")?
        .exists([run_id.to_string()])?)
}

/// Keeps what the run's webhook is to be told, if it has one.
fn report(
    connection: &Connection,
    run: &Run,
    thread: &Thread,
    end: &Finish,
) -> Result<Option<Report>> {
    if run.kwargs.webhook.is_none() {
        return Ok(None);
    }
    let values = end.reported_values(thread);
    let began = end.began.unwrap_or(run.updated_at);
    let (metadata, error) = (&thread.metadata, thread.error.clone());
    reports::insert(connection, metadata, run.clone(), began, values, error).map(Some)
}

/// Writes what a run has left on its thread, and says whether its row is behind. Its status there is that of the runs that are left, if
/// there are any.
fn leave(
    connection: &Connection,
    thread: Thread,
    run_id: RunId,
    end: &Finish,
) -> Result<(Thread, bool)> {
    let kept = end.kept();
    let has_values = kept.is_some_and(|thread| thread.values.is_some());
    let is_behind = kept.is_some_and(|thread| thread.is_behind)
        && checkpoints::newest_is_of(connection, thread.thread_id, run_id)?;
    if let Some(values) = kept.and_then(|thread| thread.values.as_ref()) {
        threads::write_values(connection, thread.thread_id, values)?;
    }
    let (status, is_behind) = connection
        .prepare_cached(
            "UPDATE threads SET resting_status = coalesce(:status, resting_status), error = :error,
               interrupts = :interrupts, updated_at = :now, state_updated_at = :now,
               behind = CASE WHEN :has_values THEN 0 WHEN :is_behind THEN max(behind, :values) ELSE behind END,
               status = CASE WHEN EXISTS (SELECT 1 FROM runs WHERE runs.thread_id = threads.thread_id
                   AND runs.status IN ('pending', 'running'))
                 THEN 'busy' ELSE coalesce(:status, resting_status) END
             WHERE thread_id = :thread RETURNING status, behind != 0",
        )?
        .query_row(
            named_params! {
                ":thread": thread.thread_id.to_string(),
                ":status": kept.map(|thread| thread.status.as_str()),
                ":error": thread.error.as_ref().map(json).transpose()?,
                ":interrupts": thread.interrupts.get(),
                ":now": thread.updated_at.micros(),
                ":has_values": has_values,
                ":is_behind": is_behind,
                ":values": threads::VALUES,
            },
            |row| Ok((columns::thread_status(row, 0), row.get(1)?)),
        )?;
    let status = status?;
    Ok((Thread { status, ..thread }, is_behind))
}

fn more_pending(connection: &Connection) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM runs WHERE status = 'pending' LIMIT 1")?
        .exists([])?)
}
