//! The SQL of runs that went with their threads when they ended: the last of them are kept with what they did.
//!
//! Rows of several runs are locked in their order, or passed over where somebody else has them, so that no two wait for each other.

use lgx_model::{AssistantId, ThreadId};

use super::Values;
use super::record::put_as;
use crate::postgres::columns::{json, object, value};
use crate::postgres::{Parameter, Session};
use crate::runs::{GoneRun, MOST_GONE, MOST_GONE_BYTES};
use crate::{Result, Scope};

/// Keeps these, the oldest first; those that are too many go.
pub(crate) async fn keep(session: &Session, runs: &[GoneRun]) -> Result<()> {
    keep_within(session, runs, MOST_GONE, MOST_GONE_BYTES).await
}

/// The same, with other bounds.
pub(crate) async fn keep_within(
    session: &Session,
    runs: &[GoneRun],
    most: u32,
    most_bytes: i64,
) -> Result<()> {
    for gone in runs {
        insert(session, gone).await?;
    }
    session
        .execute(
            "WITH placed AS (
               SELECT sequence, row_number() OVER newest AS place, sum(bytes) OVER newest AS so_far FROM gone_runs
               WINDOW newest AS (ORDER BY sequence)),
             surplus AS (
               SELECT sequence FROM gone_runs WHERE sequence IN (SELECT sequence FROM placed WHERE place > $1 OR so_far > $2::bigint)
               FOR UPDATE SKIP LOCKED)
             DELETE FROM gone_runs WHERE sequence IN (SELECT sequence FROM surplus)",
            &[&i64::from(most), &most_bytes],
        )
        .await?;
    Ok(())
}

async fn insert(session: &Session, gone: &GoneRun) -> Result<()> {
    let values = Values::of(&gone.run)?;
    let attempts = i32::try_from(gone.attempts).unwrap_or(i32::MAX);
    let metadata = json(&gone.thread_metadata)?;
    let bytes = gone.bytes(values.kwargs.len());
    let status = gone.run.status.as_str();
    let beside: [Parameter<'_>; 4] = [&status, &attempts, &metadata, &bytes];
    let parameters = [&values.parameters()[..], &beside[..]].concat();
    let columns = Values::COLUMNS;
    let row = session
        .row(
            &format!(
                "INSERT INTO gone_runs ({columns}, status, attempts, thread_metadata, bytes)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING sequence"
            ),
            &parameters,
        )
        .await?;
    match (row, &gone.record) {
        (Some(row), Some(record)) => put_as(session, value(&row, 0)?, record).await,
        _ => Ok(()),
    }
}

/// Locks those of an assistant, and those of threads that end with it.
pub(crate) async fn lock(
    session: &Session,
    assistant_id: AssistantId,
    thread_ids: &[ThreadId],
) -> Result<()> {
    let thread_ids: Vec<_> = thread_ids.iter().map(|id| id.uuid()).collect();
    let sql = "SELECT 1 FROM gone_runs WHERE assistant_id = $1 OR thread_id = ANY($2) ORDER BY sequence FOR UPDATE";
    session
        .rows(sql, &[&assistant_id.uuid(), &thread_ids])
        .await?;
    Ok(())
}

/// Forgets those of an assistant, as far as the caller might have deleted their threads.
pub(crate) async fn forget_assistant(
    session: &Session,
    assistant_id: AssistantId,
    scope: &Scope,
) -> Result<()> {
    forget(session, "assistant_id = $1", &[&assistant_id.uuid()], scope).await
}

/// Forgets those of threads that the caller might have deleted.
pub(crate) async fn clear(session: &Session, scope: &Scope) -> Result<()> {
    forget(session, "true", &[], scope).await
}

/// Forgets those of which this holds, as far as the caller might have deleted their threads.
async fn forget(
    session: &Session,
    condition: &str,
    parameters: &[Parameter<'_>],
    scope: &Scope,
) -> Result<()> {
    let metadata = if scope.may_hide() {
        "thread_metadata"
    } else {
        "'{}'"
    };
    let rows = session
        .rows(
            &format!(
                "SELECT sequence, {metadata} FROM gone_runs WHERE {condition} ORDER BY sequence FOR UPDATE"
            ),
            parameters,
        )
        .await?;
    let mut forgotten: Vec<i64> = Vec::new();
    for row in &rows {
        if scope.allows(&object(row, 1)?) {
            forgotten.push(value(row, 0)?);
        }
    }
    let sql = "DELETE FROM gone_runs WHERE sequence = ANY($1)";
    session.execute(sql, &[&forgotten]).await?;
    Ok(())
}
