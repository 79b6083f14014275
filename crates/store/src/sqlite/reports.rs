//! The SQL of reports: written with the end of a run, kept until they are delivered or given up.

use lgx_model::{JsonObject, RawJson, Run, RunError, RunId, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::reports::{Report, ReportId};
use crate::sqlite::columns::{json, parsed, parsed_or_null, raw, time};
use crate::{Result, Scope};

/// Keeps a report of a run on a thread with this metadata. Its first try counts from here on.
pub(crate) fn insert(
    connection: &Connection,
    metadata: &JsonObject,
    run: Run,
    began: Timestamp,
    values: RawJson,
    error: Option<RunError>,
) -> Result<Report> {
    let tried_at = run.updated_at;
    connection
        .prepare_cached(
            "INSERT INTO reports (metadata, run, began, thread_values, error, tries, tried_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6)",
        )?
        .execute(params![
            json(metadata)?,
            json(&run)?,
            began.micros(),
            values.get(),
            error.as_ref().map(json).transpose()?,
            tried_at.micros(),
        ])?;
    Ok(Report {
        id: ReportId(connection.last_insert_rowid()),
        run,
        began,
        values,
        error,
        tries: 1,
        tried_at,
    })
}

/// All of them, oldest first.
pub(crate) fn list(connection: &Connection) -> Result<Vec<Report>> {
    connection
        .prepare_cached(
            "SELECT report_id, run, began, thread_values, error, tries, tried_at FROM reports ORDER BY report_id",
        )?
        .query_and_then([], report_of)?
        .collect()
}

/// That of a run, if it is stored still.
pub(crate) fn of_run(connection: &Connection, run_id: RunId) -> Result<Option<Report>> {
    connection
        .prepare_cached(
            "SELECT report_id, run, began, thread_values, error, tries, tried_at FROM reports WHERE run ->> '$.run_id' = ?1",
        )?
        .query_and_then([run_id.to_string()], report_of)?
        .next()
        .transpose()
}

/// Counts one more try. False when the report is not there any more.
pub(crate) fn begin_try(connection: &Connection, id: ReportId, now: Timestamp) -> Result<bool> {
    let counted = connection
        .prepare_cached("UPDATE reports SET tries = tries + 1, tried_at = ?2 WHERE report_id = ?1")?
        .execute(params![id.0, now.micros()])?;
    Ok(counted > 0)
}

/// Forgets one.
pub(crate) fn delete(connection: &Connection, id: ReportId) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM reports WHERE report_id = ?1")?
        .execute([id.0])?;
    Ok(())
}

/// Forgets those of threads that the caller may delete, or might have deleted.
pub(crate) fn clear(connection: &Connection, scope: &Scope) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM reports WHERE ?1 IS NULL OR lgx_allowed(metadata, ?1)")?
        .execute([scope.text()])?;
    Ok(())
}

fn report_of(row: &Row<'_>) -> Result<Report> {
    Ok(Report {
        id: ReportId(row.get(0)?),
        run: parsed(row, 1)?,
        began: time(row, 2)?,
        values: raw(row, 3)?,
        error: parsed_or_null(row, 4)?,
        tries: row.get(5)?,
        tried_at: time(row, 6)?,
    })
}
