//! The SQL of reports: written with the end of a run, kept until they are delivered or given up.

use lgx_model::{JsonObject, RawJson, Run, RunError, RunId, Timestamp};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::postgres::Session;
use crate::postgres::columns::{json, object, parsed, parsed_or_null, raw, time, value};
use crate::reports::{Report, ReportId};
use crate::{Result, Scope, StoreError};

/// Keeps a report of a run on a thread with this metadata, which this instance tells of. Its first try counts from here on.
pub(crate) async fn insert(
    session: &Session,
    metadata: &JsonObject,
    run: Run,
    began: Timestamp,
    values: RawJson,
    error: Option<RunError>,
    taken_by: Option<Uuid>,
) -> Result<Report> {
    let tried_at = run.updated_at;
    let row = session
        .row(
            "INSERT INTO reports (metadata, run, began, thread_values, error, tries, tried_at, taken_by)
             VALUES ($1, $2, $3, $4, $5, 1, $6, $7) RETURNING report_id",
            &[
                &json(metadata)?,
                &json(&run)?,
                &began.micros(),
                &values.get(),
                &error.as_ref().map(json).transpose()?,
                &tried_at.micros(),
                &taken_by,
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

/// How many reports one takes at a time where there are others, who take some, too.
const MOST_TAKEN: i64 = 256;

/// Takes those that nobody tells of, the oldest first: all of them where there are no other instances.
pub(crate) async fn take(session: &Session, me: Option<Uuid>) -> Result<Vec<Report>> {
    let sql = "WITH left_behind AS (
           SELECT report_id AS id FROM reports
           WHERE $1::uuid IS NULL OR NOT EXISTS (SELECT 1 FROM instances WHERE instances.instance_id = reports.taken_by)
           ORDER BY report_id LIMIT $2 FOR UPDATE SKIP LOCKED
         )
         UPDATE reports SET taken_by = $1 FROM left_behind WHERE report_id = id
         RETURNING report_id, run, began, thread_values, error, tries, tried_at";
    let most = me.map(|_| MOST_TAKEN);
    let rows = session.rows(sql, &[&me, &most]).await?;
    let mut taken = rows.iter().map(report_of).collect::<Result<Vec<_>>>()?;
    taken.sort_by_key(|report| report.id.0);
    Ok(taken)
}

/// That of a run, if it is stored still and this instance tells of it.
pub(crate) async fn of_run(
    session: &Session,
    run_id: RunId,
    me: Option<Uuid>,
) -> Result<Option<Report>> {
    let sql = "SELECT report_id, run, began, thread_values, error, tries, tried_at FROM reports
         WHERE run::json ->> 'run_id' = $1 AND taken_by IS NOT DISTINCT FROM $2";
    let row = session.row(sql, &[&run_id.to_string(), &me]).await?;
    row.as_ref().map(report_of).transpose()
}

/// Counts one more try. False when the report is not there any more, or another instance tells of it by now.
pub(crate) async fn begin_try(
    session: &Session,
    id: ReportId,
    now: Timestamp,
    me: Option<Uuid>,
) -> Result<bool> {
    let sql = "UPDATE reports SET tries = tries + 1, tried_at = $2 WHERE report_id = $1 AND taken_by IS NOT DISTINCT FROM $3";
    let counted = session.execute(sql, &[&id.0, &now.micros(), &me]).await?;
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
