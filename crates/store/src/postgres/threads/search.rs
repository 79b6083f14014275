//! Finds threads: the database narrows by what their metadata has, by their status and ids.

use lgx_model::Thread;
use lgx_model::query::{Page, Rows, SortOrder, ThreadQuery, ThreadSort};
use uuid::Uuid;

use super::{columns_for, thread_of};
use crate::postgres::search::RowSearch;
use crate::postgres::session::Session;
use crate::{Result, Scope};

/// The threads that match, one page of them.
pub(crate) async fn search(
    session: &Session,
    query: &ThreadQuery,
    page: Page,
    scope: &Scope,
) -> Result<Rows<Thread>> {
    let columns = columns_for(&query.fields);
    matching(query, scope)
        .page(session, &columns, &order(query), page, thread_of)
        .await
}

/// How many threads match.
pub(crate) async fn count(session: &Session, query: &ThreadQuery, scope: &Scope) -> Result<u64> {
    matching(query, scope).count(session).await
}

fn order(query: &ThreadQuery) -> String {
    let (column, tie) = match query.sort_by {
        ThreadSort::ThreadId => ("threads.thread_id", None),
        ThreadSort::Status => ("status", Some("sequence")),
        ThreadSort::CreatedAt => ("created_at", None),
        ThreadSort::UpdatedAt => ("updated_at", None),
        ThreadSort::StateUpdatedAt => ("state_updated_at", None),
    };
    let direction = match query.sort_order {
        SortOrder::Asc => "ASC",
        SortOrder::Desc => "DESC",
    };
    match tie {
        Some(tie) => format!("{column} {direction}, {tie}"),
        None => format!("{column} {direction}, sequence {direction}"),
    }
}

/// How the database goes about finding a page.
#[cfg(test)]
pub(crate) async fn plan(
    session: &Session,
    query: &ThreadQuery,
    page: Page,
    scope: &Scope,
) -> Result<String> {
    let search = matching(query, scope);
    search.plan(session, &order(query), page).await
}

fn matching<'a>(query: &'a ThreadQuery, scope: &'a Scope) -> RowSearch<'a> {
    let mut search = RowSearch::of("threads");
    if !query.ids.is_empty() {
        let ids: Vec<Uuid> = query.ids.iter().map(|id| id.uuid()).collect();
        search.and("thread_id = ANY(?)", ids);
    }
    if let Some(status) = query.status {
        search.and("status = ?", status.as_str());
    }
    search.metadata(&query.metadata, scope);
    search.contains(
        "(SELECT state FROM thread_values WHERE thread_values.thread_id = threads.thread_id)",
        &query.values,
    );
    search
}
