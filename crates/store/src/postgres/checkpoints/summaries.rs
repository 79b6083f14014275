//! A thread's checkpoints at a glance: what lies in their rows, and no value of them unpacked.

use lgx_model::ThreadId;
use lgx_model::checkpoint_summary::{CheckpointSummary, CheckpointsFound, time_of_id};
use lgx_model::query::Page;
use serde_json::Value;
use tokio_postgres::Row;

use crate::Result;
use crate::checkpoints::stored::nodes_of;
use crate::postgres::Session;
use crate::postgres::any_text::{self, AnyText};
use crate::postgres::columns::{any_text, any_text_or_null, object, value};

/// One page of them, the newest first; only those of a namespace, if one is given.
pub(crate) async fn summaries(
    session: &Session,
    thread_id: ThreadId,
    ns: Option<&str>,
    page: Page,
) -> Result<CheckpointsFound> {
    // Of one namespace the key gives the order, too.
    let of_ns = match ns {
        Some(_) => "checkpoint_ns = $2",
        None => "$2::text IS NULL",
    };
    let sql = format!(
        "WITH page AS (
           SELECT checkpoint_ns, checkpoint_id FROM checkpoints WHERE thread_id = $1 AND {of_ns}
           ORDER BY checkpoint_id DESC, checkpoint_ns DESC LIMIT $3 OFFSET $4)
         SELECT checkpoint_id, parent_checkpoint_id, checkpoint_ns, metadata, run_id, octet_length(checkpoint) + octet_length(metadata),
           -- The tasks that made a checkpoint have written to the one before.
           ARRAY(SELECT DISTINCT task_path FROM writes
             WHERE writes.thread_id = checkpoints.thread_id AND writes.checkpoint_ns = checkpoints.checkpoint_ns
               AND writes.checkpoint_id = checkpoints.parent_checkpoint_id ORDER BY task_path)
         FROM page JOIN checkpoints USING (checkpoint_ns, checkpoint_id) WHERE thread_id = $1
         ORDER BY checkpoint_id DESC, checkpoint_ns DESC"
    );
    let (limit, offset) = (
        i64::from(page.limit),
        i64::try_from(page.offset).unwrap_or(i64::MAX),
    );
    let rows = session
        .rows(
            &sql,
            &[&thread_id.uuid(), &ns.map(AnyText::of), &limit, &offset],
        )
        .await?;
    Ok(CheckpointsFound {
        checkpoints: rows.iter().map(summary).collect::<Result<_>>()?,
        total: total(session, thread_id, ns).await?,
    })
}

async fn total(session: &Session, thread_id: ThreadId, ns: Option<&str>) -> Result<u64> {
    let sql = "SELECT count(*) FROM checkpoints WHERE thread_id = $1 AND ($2::text IS NULL OR checkpoint_ns = $2)";
    let row = session
        .row(sql, &[&thread_id.uuid(), &ns.map(AnyText::of)])
        .await?;
    let total = row.map(|row| value::<i64>(&row, 0)).transpose()?;
    Ok(total.unwrap_or_default().unsigned_abs())
}

fn summary(row: &Row) -> Result<CheckpointSummary> {
    let checkpoint_id = any_text(row, 0)?;
    let metadata = object(row, 3)?;
    let source = metadata.get("source").and_then(Value::as_str);
    let paths: Vec<&str> = match source {
        Some("loop") => value(row, 6)?,
        _ => Vec::new(),
    };
    let paths: Vec<String> = paths.into_iter().map(any_text::read).collect();
    Ok(CheckpointSummary {
        created_at: time_of_id(&checkpoint_id),
        checkpoint_id,
        parent_id: any_text_or_null(row, 1)?,
        ns: any_text(row, 2)?,
        step: metadata.get("step").and_then(Value::as_i64).unwrap_or(-1),
        source: source.unwrap_or("loop").to_owned(),
        nodes: nodes_of(paths.iter().map(String::as_str)),
        run_id: any_text_or_null(row, 4)?.and_then(|id| id.parse().ok()),
        bytes: value::<i32>(row, 5)?.unsigned_abs().into(),
    })
}
