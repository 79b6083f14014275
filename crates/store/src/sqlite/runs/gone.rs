//! The SQL of runs that went with their threads when they ended: the last of them are kept with what they did.

use lgx_model::{AssistantId, ThreadId};
use rusqlite::{Connection, params, params_from_iter};

use super::record::put_as;
use super::{COLUMNS, values_of};
use crate::runs::{GoneRun, MOST_GONE, MOST_GONE_BYTES};
use crate::sqlite::columns::json;
use crate::{Result, Scope};

/// Keeps these, the oldest first; those that are too many go.
pub(crate) fn keep(connection: &Connection, runs: &[GoneRun]) -> Result<()> {
    keep_within(connection, runs, MOST_GONE, MOST_GONE_BYTES)
}

/// The same, with other bounds.
pub(crate) fn keep_within(
    connection: &Connection,
    runs: &[GoneRun],
    most: u32,
    most_bytes: i64,
) -> Result<()> {
    for gone in runs {
        insert(connection, gone)?;
    }
    connection
        .prepare_cached(
            "DELETE FROM gone_runs WHERE sequence IN (
               SELECT sequence FROM (
                 SELECT sequence, row_number() OVER newest AS place, sum(bytes) OVER newest AS so_far FROM gone_runs
                 WINDOW newest AS (ORDER BY sequence))
               WHERE place > ?1 OR so_far > ?2)",
        )?
        .execute(params![most, most_bytes])?;
    Ok(())
}

fn insert(connection: &Connection, gone: &GoneRun) -> Result<()> {
    let key: i64 = connection
        .prepare_cached("SELECT coalesce(min(sequence), 0) - 1 FROM gone_runs")?
        .query_row([], |row| row.get(0))?;
    let kwargs = json(&gone.run.kwargs)?;
    let bytes = gone.bytes(kwargs.len());
    let mut values = values_of(&gone.run)?.to_vec();
    let metadata = json(&gone.thread_metadata)?;
    values.extend([
        key.into(),
        gone.attempts.into(),
        metadata.into(),
        bytes.into(),
    ]);
    connection
        .prepare_cached(&format!(
            "INSERT INTO gone_runs ({COLUMNS}, sequence, attempts, thread_metadata, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
        ))?
        .execute(params_from_iter(values))?;
    match &gone.record {
        Some(record) => put_as(connection, key, record),
        None => Ok(()),
    }
}

/// Forgets those that were on a thread.
pub(crate) fn forget_thread(connection: &Connection, thread_id: ThreadId) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM gone_runs WHERE thread_id = ?1")?
        .execute([thread_id.to_string()])?;
    Ok(())
}

/// Forgets those of an assistant, as far as the caller might have deleted their threads.
pub(crate) fn forget_assistant(
    connection: &Connection,
    assistant_id: AssistantId,
    scope: &Scope,
) -> Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM gone_runs WHERE assistant_id = ?1 AND (?2 IS NULL OR lgx_allowed(thread_metadata, ?2))",
        )?
        .execute(params![assistant_id.to_string(), scope.text()])?;
    Ok(())
}

/// Forgets those of threads that the caller might have deleted.
pub(crate) fn clear(connection: &Connection, scope: &Scope) -> Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM gone_runs WHERE ?1 IS NULL OR lgx_allowed(thread_metadata, ?1)",
        )?
        .execute([scope.text()])?;
    Ok(())
}
