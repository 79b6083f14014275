//! The SQL of reports: written with the end of a run, kept until they are delivered or given up.

use lgx_model::{JsonObject, RawJson, Run, RunError, Timestamp};
use tokio_postgres::Row;

use crate::postgres::Session;
use crate::postgres::columns::{json, object, parsed, parsed_or_null, raw, time, value};
use crate::reports::{Report, ReportId};
use crate::{Result, Scope, StoreError};

/// Keeps a report of a run on a thread with this metadata. Its first try counts from here on.
pub(crate) async fn insert(
    session: &Session,
    metadata: &JsonObject,
    run: Run,
    began: Timestamp,
    values: RawJson,
    error: Option<RunError>,
) -> Result<Report> {
    let tried_at = run.updated_at;
    let row = session
        .row(
            "INSERT INTO reports (metadata, run, began, thread_values, error, tries, tried_at)
             VALUES ($1, $2, $3, $4, $5, 1, $6) RETURNING report_id",
            &[
                &json(metadata)?,
                &json(&run)?,
                &began.micros(),
                &values.get(),
                &error.as_ref().map(json).transpose()?,
                &tried_at.micros(),
            ],
        )
        .await?
        .ok_or(StoreError::Closed)?;
    Ok(Report {
        id: ReportId(value(&row, 0)?),
        run,
        began,
        values,
        error,
        tries: 1,
        tried_at,
    })
}

/// All of them, oldest first.
pub(crate) async fn list(session: &Session) -> Result<Vec<Report>> {
    let sql = "SELECT report_id, run, began, thread_values, error, tries, tried_at FROM reports ORDER BY report_id";
    let rows = session.rows(sql, &[]).await?;
    rows.iter().map(report_of).collect()
}

/// Counts one more try. False when the report is not there any more.
pub(crate) async fn begin_try(session: &Session, id: ReportId, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE reports SET tries = tries + 1, tried_at = $2 WHERE report_id = $1";
    let counted = session.execute(sql, &[&id.0, &now.micros()]).await?;
    Ok(counted > 0)
}

/// Forgets one.
pub(crate) async fn delete(session: &Session, id: ReportId) -> Result<()> {
    let sql = "DELETE FROM reports WHERE report_id = $1";
    session.execute(sql, &[&id.0]).await?;
    Ok(())
}

/// Forgets those of threads that the caller may delete, or might have deleted.
pub(crate) async fn clear(session: &Session, scope: &Scope) -> Result<()> {
    if !scope.may_hide() {
        session.execute("DELETE FROM reports", &[]).await?;
        return Ok(());
    }
    let sql = "SELECT report_id, metadata FROM reports";
    let mut cleared: Vec<i64> = Vec::new();
    for row in session.rows(sql, &[]).await? {
        if scope.allows(&object(&row, 1)?) {
            cleared.push(value(&row, 0)?);
        }
    }
    let sql = "DELETE FROM reports WHERE report_id = ANY($1)";
    session.execute(sql, &[&cleared]).await?;
    Ok(())
}

fn report_of(row: &Row) -> Result<Report> {
    Ok(Report {
        id: ReportId(value(row, 0)?),
        run: parsed(row, 1)?,
        began: time(row, 2)?,
        values: raw(row, 3)?,
        error: parsed_or_null(row, 4)?,
        tries: value::<i32>(row, 5)?.unsigned_abs(),
        tried_at: time(row, 6)?,
    })
}
