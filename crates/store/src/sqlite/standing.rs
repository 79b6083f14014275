//! The SQL of how runs and threads stand.

use std::collections::{HashMap, HashSet};

use lgx_model::{RunId, RunStatus, ThreadId};
use rusqlite::{Connection, Row};

use super::columns::{run_status, text_or_null};
use crate::runs::{RunStanding, StopOrder};
use crate::{Result, StoreError};

/// How these runs stand; nothing of those that are not there.
pub(crate) fn runs(
    connection: &Connection,
    run_ids: &[RunId],
) -> Result<HashMap<RunId, RunStanding>> {
    let mut statement = connection
        .prepare_cached("SELECT status, stop, stop_reason FROM runs WHERE run_id = ?1")?;
    let mut standings = HashMap::new();
    for run_id in run_ids {
        let mut rows = statement.query_and_then([run_id.to_string()], standing)?;
        if let Some(standing) = rows.next() {
            standings.insert(*run_id, standing?);
        }
    }
    Ok(standings)
}

fn standing(row: &Row<'_>) -> Result<RunStanding, StoreError> {
    let status = run_status(row, 0)?;
    let stop = match text_or_null(row, 1)? {
        Some(word) if status == RunStatus::Running => Some(StopOrder::stored(word, row.get(2)?)),
        _ => None,
    };
    Ok(RunStanding { status, stop })
}

/// Those of these threads that there are.
pub(crate) fn threads(
    connection: &Connection,
    thread_ids: &[ThreadId],
) -> Result<HashSet<ThreadId>> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM threads WHERE thread_id = ?1")?;
    let mut there_are = HashSet::new();
    for thread_id in thread_ids {
        if statement.exists([thread_id.to_string()])? {
            there_are.insert(*thread_id);
        }
    }
    Ok(there_are)
}
