//! A thread's checkpoints at a glance: what lies in their rows, and no value of them unpacked.

use lgx_model::ThreadId;
use lgx_model::checkpoint_summary::{
    CheckpointSummary, CheckpointsFound, node_of_path, time_of_id,
};
use lgx_model::query::Page;
use rusqlite::{Connection, Row, params};

use crate::Result;

/// One page of them, the newest first; only those of a namespace, if one is given.
pub(crate) fn summaries(
    connection: &Connection,
    thread_id: ThreadId,
    ns: Option<&str>,
    page: Page,
) -> Result<CheckpointsFound> {
    let thread = thread_id.to_string();
    let total = connection
        .prepare_cached(
            "SELECT count(*) FROM checkpoints WHERE thread_id = ?1 AND (?2 IS NULL OR checkpoint_ns = ?2)",
        )?
        .query_row(params![thread, ns], |row| row.get::<_, u32>(0))?;
    // The tasks that made a checkpoint have written to the one before.
    let mut statement = connection.prepare_cached(
        "SELECT checkpoint_id, parent_checkpoint_id, checkpoint_ns, coalesce(json_extract(metadata, '$.step'), -1),
           coalesce(json_extract(metadata, '$.source'), 'loop') AS source, run_id, length(checkpoint) + octet_length(metadata),
           CASE WHEN json_extract(metadata, '$.source') = 'loop' THEN (
             SELECT group_concat(task_path, char(10)) FROM (
               SELECT DISTINCT task_path FROM writes
               WHERE writes.thread_id = checkpoints.thread_id AND writes.checkpoint_ns = checkpoints.checkpoint_ns
                 AND writes.checkpoint_id = checkpoints.parent_checkpoint_id ORDER BY task_path)) END
         FROM checkpoints WHERE thread_id = ?1 AND (?2 IS NULL OR checkpoint_ns = ?2)
         ORDER BY checkpoint_id DESC LIMIT ?3 OFFSET ?4",
    )?;
    let offset = i64::try_from(page.offset).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![thread, ns, page.limit, offset], summary)?;
    Ok(CheckpointsFound {
        checkpoints: rows.collect::<std::result::Result<_, _>>()?,
        total: total.into(),
    })
}

fn summary(row: &Row<'_>) -> rusqlite::Result<CheckpointSummary> {
    let checkpoint_id: String = row.get(0)?;
    let run_id: Option<String> = row.get(5)?;
    let paths: Option<String> = row.get(7)?;
    let mut nodes: Vec<String> = Vec::new();
    for node in paths.iter().flat_map(|paths| paths.lines()) {
        if let Some(node) =
            node_of_path(node).filter(|node| nodes.iter().all(|known| known != node))
        {
            nodes.push(node.to_owned());
        }
    }
    Ok(CheckpointSummary {
        created_at: time_of_id(&checkpoint_id),
        checkpoint_id,
        parent_id: row.get(1)?,
        ns: row.get(2)?,
        step: row.get(3)?,
        source: row.get(4)?,
        nodes,
        run_id: run_id.and_then(|id| id.parse().ok()),
        bytes: row.get::<_, u32>(6)?.into(),
    })
}
