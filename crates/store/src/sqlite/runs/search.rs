//! The SQL of searching runs over all threads.

use lgx_model::RunStatus;
use lgx_model::query::{Page, Rows, RunSearch};
use rusqlite::{Connection, Row};

use super::record::generation_of;
use super::{COLUMNS, run_of};
use crate::runs::FoundRun;
use crate::sqlite::columns::time;
use crate::sqlite::search::Search;
use crate::{Result, Scope};

/// What comes behind [`COLUMNS`], with the table.
const BESIDE: &str = "attempts, generation, life, started_at FROM known_runs LEFT JOIN run_records ON run_records.run = known_runs.sequence";

/// The runs that match on threads that the caller may see, one page of them, the newest first.
pub(crate) fn search(
    connection: &Connection,
    query: &RunSearch,
    page: Page,
    scope: &Scope,
) -> Result<Rows<FoundRun>> {
    let order = "created_at DESC, sequence DESC";
    let columns = format!("{COLUMNS}, {BESIDE}");
    matching(query, scope).page(connection, &columns, order, page, found_of)
}

fn matching<'a>(query: &'a RunSearch, scope: &'a Scope) -> Search<'a> {
    let mut search = Search::of("known_runs");
    if let Some(status) = query.status {
        search.and("status = ?", RunStatus::as_str(status));
    }
    if let Some(graph_id) = &query.graph_id {
        search.and(
            "json_extract(kwargs, '$.config.configurable.graph_id') = ?",
            graph_id,
        );
    }
    if let Some(assistant_id) = query.assistant_id {
        search.and("assistant_id = ?", assistant_id.to_string());
    }
    if let Some(thread_id) = query.thread_id {
        search.and("thread_id = ?", thread_id.to_string());
    }
    if let Some(cron_id) = query.cron_id {
        search.and("cron_id = ?", cron_id.to_string());
    }
    if let Some(after) = query.created_after {
        search.and("created_at >= ?", after.micros());
    }
    if let Some(before) = query.created_before {
        search.and("created_at < ?", before.micros());
    }
    if let Some(filter) = scope.text() {
        search.and(
            "lgx_allowed(coalesce(thread_metadata,
               (SELECT metadata FROM threads WHERE threads.thread_id = known_runs.thread_id)), ?)",
            filter,
        );
    }
    search
}

fn found_of(row: &Row<'_>) -> Result<FoundRun> {
    let has_started = row.get::<_, Option<i64>>(14)?.is_some();
    Ok(FoundRun {
        run: run_of(row)?,
        attempts: row.get(11)?,
        generation: generation_of(row, 12)?,
        started_at: has_started.then(|| time(row, 14)).transpose()?,
    })
}
