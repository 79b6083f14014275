//! The SQL of what runs did.

use lgx_model::{RawJson, Run, RunId, ThreadId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::de::DeserializeOwned;

use super::claim::holds;
use super::{COLUMNS, run_of};
use crate::runs::{
    Claim, CodeGeneration, PackedRecord, RecordedRun, RunRecord, stored_count, unpacked,
};
use crate::sqlite::columns::{id, parsed_or_null, raw};
use crate::sqlite::threads;
use crate::{Result, Scope};

/// The number under which the record of a run that is not gone is kept.
fn key(connection: &Connection, run_id: RunId) -> Result<Option<i64>> {
    Ok(connection
        .prepare_cached("SELECT sequence FROM runs WHERE run_id = ?1")?
        .query_row([run_id.to_string()], |row| row.get(0))
        .optional()?)
}

/// Keeps what a run did so far, in the place of what is kept of it. Nothing happens when it is not there any more.
pub(crate) fn put(connection: &Connection, run_id: RunId, record: &PackedRecord) -> Result<()> {
    match key(connection, run_id)? {
        Some(key) => put_as(connection, key, record),
        None => Ok(()),
    }
}

/// Keeps what a run has done so far, if it is executing: a later record has been kept with its end.
pub(crate) fn put_so_far(
    connection: &Connection,
    claim: Claim,
    record: &PackedRecord,
) -> Result<()> {
    if holds(connection, claim)? {
        put(connection, claim.run_id, record)?;
    }
    Ok(())
}

/// Keeps a record under a number.
pub(super) fn put_as(connection: &Connection, key: i64, record: &PackedRecord) -> Result<()> {
    let (steps_dropped, calls_dropped) = (
        stored_count(record.steps_dropped),
        stored_count(record.calls_dropped),
    );
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO run_records (run, error, steps_dropped, calls_dropped, steps, calls, started_at, generation, life)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            key,
            record.error.as_ref().map(RawJson::get),
            steps_dropped,
            calls_dropped,
            record.steps,
            record.calls,
            record.started_at.map(Timestamp::micros),
            record.generation.map(|code| stored_count(code.number)),
            record.generation.map(|code| code.life),
        ])?;
    match &record.log {
        Some(log) => super::log::put(connection, key, log),
        None => Ok(()),
    }
}

/// What is kept of what a run did, whoever asks; with the calls that it made only if they are wanted.
pub(crate) fn get(
    connection: &Connection,
    run_id: RunId,
    with_calls: bool,
) -> Result<Option<RunRecord>> {
    let calls = if with_calls { "calls" } else { "NULL" };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT error, steps_dropped, calls_dropped, steps, {calls}, generation, life FROM run_records
         WHERE run = (SELECT sequence FROM known_runs WHERE run_id = ?1)"
    ))?;
    let mut rows = statement.query([run_id.to_string()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(RunRecord {
        error: Some(raw(row, 0)?).filter(|error| !error.is_null()),
        steps_dropped: count(row, 1)?,
        calls_dropped: count(row, 2)?,
        steps: list(row, 3)?,
        calls: list(row, 4)?,
        generation: generation_of(row, 5)?,
    }))
}

/// A run with what it did, if the caller may see its thread, or might have.
pub(crate) fn recorded(
    connection: &Connection,
    run_id: RunId,
    with_calls: bool,
    scope: &Scope,
) -> Result<Option<RecordedRun>> {
    let Some((run, attempts)) = known(connection, run_id, scope)? else {
        return Ok(None);
    };
    let record = get(connection, run_id, with_calls)?.unwrap_or_default();
    Ok(Some(RecordedRun {
        run,
        attempts,
        record,
    }))
}

/// The thread of a run, also of one that is gone.
pub(crate) fn thread_of(connection: &Connection, run_id: RunId) -> Result<Option<ThreadId>> {
    let mut statement =
        connection.prepare_cached("SELECT thread_id FROM known_runs WHERE run_id = ?1")?;
    let mut rows = statement.query([run_id.to_string()])?;
    rows.next()?.map(|row| id(row, 0)).transpose()
}

/// A run of which something is known, and how often its execution has begun, if the caller may see its thread, or might have.
fn known(connection: &Connection, run_id: RunId, scope: &Scope) -> Result<Option<(Run, u32)>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS}, attempts, thread_metadata FROM known_runs WHERE run_id = ?1"
    ))?;
    let mut rows = statement.query([run_id.to_string()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let run = run_of(row)?;
    let sees = match parsed_or_null(row, 12)? {
        Some(metadata) => scope.allows(&metadata),
        None => threads::exists(connection, run.thread_id, scope)?,
    };
    let attempts = row.get(11)?;
    Ok(sees.then_some((run, attempts)))
}

/// The columns `generation` and `life`, the first of which is this one.
pub(super) fn generation_of(row: &Row<'_>, column: usize) -> Result<Option<CodeGeneration>> {
    let number: Option<i64> = row.get(column)?;
    let life: Option<i64> = row.get(column + 1)?;
    Ok(number.zip(life).map(|(number, life)| CodeGeneration {
        number: number.unsigned_abs(),
        life,
    }))
}

/// A count as it was stored.
pub(super) fn count(row: &Row<'_>, column: usize) -> Result<u64> {
    let count: i64 = row.get(column)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// A list that is JSON, or packed JSON; NULL is an empty one.
pub(super) fn list<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<Vec<T>> {
    let bytes = row.get_ref(column)?.as_blob_or_null();
    let bytes = bytes.map_err(rusqlite::Error::from)?;
    unpacked(bytes)
}
