//! A thread's checkpoints at a glance: what lies in their rows, and no value of them unpacked.

use lgx_model::ThreadId;
use lgx_model::checkpoint_summary::{CheckpointSummary, CheckpointsFound, time_of_id};
use lgx_model::query::Page;
use rusqlite::{Connection, Row, ToSql, params};

use crate::Result;
use crate::checkpoints::stored::nodes_of;

/// One page of them, the newest first; only those of a namespace, if one is given.
pub(crate) fn summaries(
    connection: &Connection,
    thread_id: ThreadId,
    ns: Option<&str>,
    page: Page,
) -> Result<CheckpointsFound> {
    let thread = thread_id.to_string();
    // Of one namespace the key gives the order, too.
    let of_ns = ns.map_or("", |_| "AND checkpoint_ns = ?4");
    let offset = i64::try_from(page.offset).unwrap_or(i64::MAX);
    let mut parameters: Vec<&dyn ToSql> = vec![&thread, &page.limit, &offset];
    parameters.extend(ns.iter().map(|ns| -> &dyn ToSql { ns }));
    // The key alone says which are on the page; only these are looked at.
    let sql = format!(
        "WITH page AS (
           SELECT checkpoint_ns, checkpoint_id FROM checkpoints WHERE thread_id = ?1 {of_ns}
           ORDER BY checkpoint_id DESC, checkpoint_ns DESC LIMIT ?2 OFFSET ?3)
         SELECT checkpoint_id, parent_checkpoint_id, checkpoint_ns, coalesce(json_extract(metadata, '$.step'), -1),
           coalesce(json_extract(metadata, '$.source'), 'loop') AS source, run_id, length(checkpoint) + octet_length(metadata),
           CASE WHEN json_extract(metadata, '$.source') = 'loop' THEN (
             -- The tasks that made a checkpoint have written to the one before.
             SELECT group_concat(task_path, char(10)) FROM (
               SELECT DISTINCT task_path FROM writes
               WHERE writes.thread_id = checkpoints.thread_id AND writes.checkpoint_ns = checkpoints.checkpoint_ns
                 AND writes.checkpoint_id = checkpoints.parent_checkpoint_id ORDER BY task_path)) END
         FROM page JOIN checkpoints USING (checkpoint_ns, checkpoint_id) WHERE thread_id = ?1
         ORDER BY checkpoint_id DESC, checkpoint_ns DESC"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(&*parameters, summary)?;
    Ok(CheckpointsFound {
        checkpoints: rows.collect::<std::result::Result<_, _>>()?,
        total: total(connection, &thread, ns)?,
    })
}

fn total(connection: &Connection, thread: &str, ns: Option<&str>) -> Result<u64> {
    let sql = "SELECT count(*) FROM checkpoints WHERE thread_id = ?1 AND (?2 IS NULL OR checkpoint_ns = ?2)";
    let total: u32 = connection
        .prepare_cached(sql)?
        .query_row(params![thread, ns], |row| row.get(0))?;
    Ok(total.into())
}

fn summary(row: &Row<'_>) -> rusqlite::Result<CheckpointSummary> {
    let checkpoint_id: String = row.get(0)?;
    let run_id: Option<String> = row.get(5)?;
    let paths: Option<String> = row.get(7)?;
    Ok(CheckpointSummary {
        created_at: time_of_id(&checkpoint_id),
        checkpoint_id,
        parent_id: row.get(1)?,
        ns: row.get(2)?,
        step: row.get(3)?,
        source: row.get(4)?,
        nodes: nodes_of(paths.iter().flat_map(|paths| paths.lines())),
        run_id: run_id.and_then(|id| id.parse().ok()),
        bytes: row.get::<_, u32>(6)?.into(),
    })
}
