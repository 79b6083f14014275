//! Cancelling: which runs a request means, and the end of those that have not started.

use std::collections::{BTreeMap, HashMap};

use lgx_model::{RunId, RunStatus, ThreadId, ThreadStatus, Timestamp};
use rusqlite::{Connection, params};

use super::{find, remove};
use crate::runs::{CancelTarget, Cancelled, StopOrder, in_status};
use crate::sqlite::columns::{self, id};
use crate::sqlite::threads;
use crate::{Result, Scope};

/// Ends those of the runs that are pending; notes what the running ones are told, and says which those are.
pub(crate) fn cancel(
    connection: &Connection,
    which: &CancelTarget,
    order: &StopOrder,
    now: Timestamp,
    scope: &Scope,
) -> Result<Cancelled> {
    let found = runs_to_cancel(connection, which, scope)?;
    let pending = in_status(&found, RunStatus::Pending);
    let running = in_status(&found, RunStatus::Running);
    let threads = cancel_pending(connection, &pending, order.rollback, now)?;
    for run_id in &running {
        tell(connection, *run_id, order)?;
    }
    Ok(Cancelled {
        pending,
        running,
        threads,
    })
}

/// The runs that a request to cancel means, as far as the caller may see them, and their status.
pub(crate) fn runs_to_cancel(
    connection: &Connection,
    which: &CancelTarget,
    scope: &Scope,
) -> Result<Vec<(RunId, RunStatus)>> {
    match which {
        CancelTarget::Runs(thread_id, run_ids) => {
            find_by_id(connection, *thread_id, run_ids, scope)
        }
        CancelTarget::Status(statuses) => find_by_status(connection, statuses, scope),
    }
}

/// Those of `run_ids` that are on this thread, whatever their status; none when the caller may not see the thread.
fn find_by_id(
    connection: &Connection,
    thread_id: ThreadId,
    run_ids: &[RunId],
    scope: &Scope,
) -> Result<Vec<(RunId, RunStatus)>> {
    if !threads::exists(connection, thread_id, scope)? {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for &run_id in run_ids {
        if let Some(run) = find(connection, run_id)?.filter(|run| run.thread_id == thread_id) {
            found.push((run_id, run.status));
        }
    }
    Ok(found)
}

/// The pending and running runs in one of `statuses` on threads the caller may see, oldest first.
fn find_by_status(
    connection: &Connection,
    statuses: &[RunStatus],
    scope: &Scope,
) -> Result<Vec<(RunId, RunStatus)>> {
    // The plus keeps SQLite from walking all runs in the order asked for; those under way are few.
    let mut statement = connection.prepare_cached(
        "SELECT run_id, status, thread_id FROM runs WHERE status IN ('pending', 'running') ORDER BY +sequence",
    )?;
    let mut rows = statement.query([])?;
    let mut visible = HashMap::new();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let status = columns::run_status(row, 1)?;
        if !statuses.contains(&status) {
            continue;
        }
        let thread_id: ThreadId = id(row, 2)?;
        let seen = match visible.get(&thread_id) {
            Some(seen) => *seen,
            None => threads::exists(connection, thread_id, scope)?,
        };
        visible.insert(thread_id, seen);
        if seen {
            found.push((id(row, 0)?, status));
        }
    }
    Ok(found)
}

/// Ends these pending runs: they are gone with `rollback`, else interrupted. Gives the status of their threads, which follows.
fn cancel_pending(
    connection: &Connection,
    run_ids: &[RunId],
    rollback: bool,
    now: Timestamp,
) -> Result<Vec<(ThreadId, ThreadStatus)>> {
    let mut statuses = BTreeMap::new();
    for &run_id in run_ids {
        // One that is named twice is no longer pending the second time.
        let Some(run) = find(connection, run_id)?.filter(|run| run.status == RunStatus::Pending)
        else {
            continue;
        };
        if rollback {
            remove(connection, run_id)?;
        } else {
            interrupt(connection, run_id, now)?;
        }
        let status = threads::settle(connection, run.thread_id)?;
        statuses.extend(status.map(|status| (run.thread_id, status)));
    }
    Ok(statuses.into_iter().collect())
}

/// Notes what a running run is told to do. The first order counts.
pub(super) fn tell(connection: &Connection, run_id: RunId, order: &StopOrder) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE runs SET stop = ?2, stop_reason = ?3 WHERE run_id = ?1 AND stop IS NULL",
        )?
        .execute(params![run_id.to_string(), order.word(), order.reason])?;
    Ok(())
}

/// Makes a pending run interrupted.
pub(super) fn interrupt(connection: &Connection, run_id: RunId, now: Timestamp) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE runs SET status = 'interrupted', updated_at = ?2 WHERE run_id = ?1",
        )?
        .execute(params![run_id.to_string(), now.micros()])?;
    Ok(())
}
