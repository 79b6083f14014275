//! Cancelling: which runs a request means, and the end of those that have not started.

use std::collections::BTreeSet;

use lgx_model::{RunId, RunStatus, ThreadId, Timestamp};
use rusqlite::{Connection, Row, params};

use super::find;
use crate::columns::{self, id};
use crate::{Scope, StoreError, threads};

/// Which runs to cancel. Runs that are over are never meant.
#[derive(Debug, Clone)]
pub enum CancelTarget {
    /// These of a thread.
    Runs {
        /// The thread.
        thread_id: ThreadId,
        /// The runs.
        run_ids: Vec<RunId>,
    },
    /// All of all threads in this status, pending or running; in either without one.
    Status(Option<RunStatus>),
}

/// A run that is pending or running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundRun {
    /// The run.
    pub run_id: RunId,
    /// Its thread.
    pub thread_id: ThreadId,
    /// Pending or running.
    pub status: RunStatus,
}

/// The pending and running runs that `target` means and the caller may see, oldest first.
pub fn find_for_cancel(
    connection: &Connection,
    target: &CancelTarget,
    scope: &Scope,
) -> Result<Vec<FoundRun>, StoreError> {
    let mut found = match target {
        CancelTarget::Runs { thread_id, run_ids } => {
            let mut statement = connection.prepare_cached(
                "SELECT run_id, thread_id, status FROM runs
                 WHERE thread_id = ?1 AND status IN ('pending', 'running') ORDER BY sequence",
            )?;
            let mut found = collect(statement.query_and_then([thread_id.to_string()], found_of)?)?;
            found.retain(|run| run_ids.contains(&run.run_id));
            found
        }
        CancelTarget::Status(status) => {
            let mut statement = connection.prepare_cached(
                "SELECT run_id, thread_id, status FROM runs
                 WHERE status IN ('pending', 'running') AND (?1 IS NULL OR status = ?1) ORDER BY sequence",
            )?;
            collect(statement.query_and_then([status.map(RunStatus::as_str)], found_of)?)?
        }
    };
    let mut visible = BTreeSet::new();
    for thread_id in found
        .iter()
        .map(|run| run.thread_id)
        .collect::<BTreeSet<_>>()
    {
        if threads::exists(connection, thread_id, scope)? {
            visible.insert(thread_id);
        }
    }
    found.retain(|run| visible.contains(&run.thread_id));
    Ok(found)
}

fn collect(
    rows: impl Iterator<Item = Result<FoundRun, StoreError>>,
) -> Result<Vec<FoundRun>, StoreError> {
    rows.collect()
}

fn found_of(row: &Row<'_>) -> Result<FoundRun, StoreError> {
    Ok(FoundRun {
        run_id: id(row, 0)?,
        thread_id: id(row, 1)?,
        status: columns::run_status(row, 2)?,
    })
}

/// Makes those of `run_ids` that are pending interrupted, and returns them; their threads' status follows.
pub fn cancel_pending(
    connection: &Connection,
    run_ids: &[RunId],
    now: Timestamp,
) -> Result<Vec<RunId>, StoreError> {
    let mut cancelled = Vec::new();
    for &run_id in run_ids {
        let Some(run) = find(connection, run_id)?.filter(|run| run.status == RunStatus::Pending)
        else {
            continue;
        };
        interrupt(connection, run_id, now)?;
        threads::settle(connection, run.thread_id)?;
        cancelled.push(run_id);
    }
    Ok(cancelled)
}

/// Makes a pending run interrupted.
pub(super) fn interrupt(
    connection: &Connection,
    run_id: RunId,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE runs SET status = 'interrupted', updated_at = ?2 WHERE run_id = ?1",
        )?
        .execute(params![run_id.to_string(), now.micros()])?;
    Ok(())
}
