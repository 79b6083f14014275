//! The SQL of what runs did.

use lgx_model::{RawJson, RunId, Timestamp};
use rusqlite::{Connection, Row, params};
use serde::de::DeserializeOwned;

use super::find;
use crate::runs::{CodeGeneration, PackedRecord, RecordedRun, RunRecord};
use crate::sqlite::columns::raw;
use crate::sqlite::packing::unpack;
use crate::sqlite::threads;
use crate::{Result, Scope};

/// Keeps what a run did so far, in the place of what is kept of it. Nothing happens when it is not there any more.
pub(crate) fn put(connection: &Connection, run_id: RunId, record: &PackedRecord) -> Result<()> {
    let (steps_dropped, calls_dropped) = (
        i64::try_from(record.steps_dropped).unwrap_or(i64::MAX),
        i64::try_from(record.calls_dropped).unwrap_or(i64::MAX),
    );
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO run_records (run, error, steps_dropped, calls_dropped, steps, calls, started_at, generation, life)
             SELECT sequence, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM runs WHERE run_id = ?1",
        )?
        .execute(params![
            run_id.to_string(),
            record.error.as_ref().map(RawJson::get),
            steps_dropped,
            calls_dropped,
            record.steps,
            record.calls,
            record.started_at.map(Timestamp::micros),
            record.generation.and_then(|code| i64::try_from(code.number).ok()),
            record.generation.map(|code| code.life),
        ])?;
    Ok(())
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
         WHERE run = (SELECT sequence FROM runs WHERE run_id = ?1)"
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

/// A run with what it did, if the caller may see its thread.
pub(crate) fn recorded(
    connection: &Connection,
    run_id: RunId,
    with_calls: bool,
    scope: &Scope,
) -> Result<Option<RecordedRun>> {
    let Some(run) = find(connection, run_id)? else {
        return Ok(None);
    };
    if !threads::exists(connection, run.thread_id, scope)? {
        return Ok(None);
    }
    let attempts = connection
        .prepare_cached("SELECT attempts FROM runs WHERE run_id = ?1")?
        .query_row([run_id.to_string()], |row| row.get(0))?;
    let record = get(connection, run_id, with_calls)?.unwrap_or_default();
    Ok(Some(RecordedRun {
        run,
        attempts,
        record,
    }))
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

fn count(row: &Row<'_>, column: usize) -> Result<u64> {
    let count: i64 = row.get(column)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// A list that is JSON, or packed JSON; NULL is an empty one.
fn list<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<Vec<T>> {
    let bytes = row.get_ref(column)?.as_blob_or_null();
    let bytes = bytes.map_err(rusqlite::Error::from)?;
    Ok(match bytes {
        None => Vec::new(),
        Some(text) if text.first() == Some(&b'[') => serde_json::from_slice(text)?,
        Some(packed) => serde_json::from_slice(&unpack(packed, None)?)?,
    })
}
