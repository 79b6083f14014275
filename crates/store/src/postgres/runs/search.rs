//! The SQL of searching runs over all threads.

use lgx_model::RunStatus;
use lgx_model::query::{Page, Rows, RunSearch};
use tokio_postgres::Row;

use super::record::generation_of;
use super::{COLUMNS, attempts, run_of};
use crate::postgres::Session;
use crate::postgres::any_text::AnyText;
use crate::postgres::columns::time_or_null;
use crate::postgres::search::RowSearch;
use crate::runs::FoundRun;
use crate::{Result, Scope};

/// What comes behind [`COLUMNS`], with the table.
const BESIDE: &str = "attempts, generation, life, started_at FROM known_runs LEFT JOIN run_records ON run_records.run = known_runs.sequence";

/// The metadata of a run's thread, as it is or as it was.
const METADATA: &str = "coalesce(thread_metadata, (SELECT metadata FROM threads WHERE threads.thread_id = known_runs.thread_id))";

/// The runs that match on threads that the caller may see, one page of them, the newest first.
pub(crate) async fn search(
    session: &Session,
    query: &RunSearch,
    page: Page,
    scope: &Scope,
) -> Result<Rows<FoundRun>> {
    let order = "created_at DESC, sequence DESC";
    let columns = format!("{COLUMNS}, {BESIDE}");
    matching(query, scope)
        .page(session, &columns, order, page, found_of)
        .await
}

fn matching<'a>(query: &'a RunSearch, scope: &Scope) -> RowSearch<'a> {
    let mut search = RowSearch::of("known_runs");
    if let Some(status) = query.status {
        search.and("status = ?", RunStatus::as_str(status));
    }
    if let Some(graph_id) = &query.graph_id {
        search.and("graph_id = ?", AnyText::of(graph_id));
    }
    if let Some(assistant_id) = query.assistant_id {
        search.and("assistant_id = ?", assistant_id.uuid());
    }
    if let Some(thread_id) = query.thread_id {
        search.and("thread_id = ?", thread_id.uuid());
    }
    if let Some(cron_id) = query.cron_id {
        search.and("cron_id = ?", cron_id.uuid());
    }
    if let Some(after) = query.created_after {
        search.and("created_at >= ?", after.micros());
    }
    if let Some(before) = query.created_before {
        search.and("created_at < ?", before.micros());
    }
    search.allowed(METADATA, scope);
    search
}

fn found_of(row: &Row) -> Result<FoundRun> {
    Ok(FoundRun {
        run: run_of(row)?,
        attempts: attempts(row, 11)?,
        generation: generation_of(row, 12)?,
        started_at: time_or_null(row, 14)?,
    })
}
