//! Finds threads: the database narrows by what their metadata has, by their status and ids.

use lgx_model::Thread;
use lgx_model::query::{Page, Rows, ThreadQuery};
use uuid::Uuid;

use super::{columns_for, thread_of};
use crate::pages::thread_order;
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
        .page(session, &columns, &thread_order(query), page, thread_of)
        .await
}

/// How many threads match.
pub(crate) async fn count(session: &Session, query: &ThreadQuery, scope: &Scope) -> Result<u64> {
    matching(query, scope).count(session).await
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
    search.plan(session, &thread_order(query), page).await
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
