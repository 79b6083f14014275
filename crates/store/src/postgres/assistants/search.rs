//! Searching assistants: by graph, name and metadata.

use lgx_model::Assistant;
use lgx_model::query::{AssistantQuery, AssistantSort, Page, Rows, SortOrder};

use super::assistant_of;
use crate::postgres::Session;
use crate::postgres::search::{RowSearch, wanted};
use crate::{Result, Scope};

/// The assistants that match, one page of them.
pub(crate) async fn search(
    session: &Session,
    query: &AssistantQuery,
    page: Page,
    scope: &Scope,
) -> Result<Rows<Assistant>> {
    let direction = match query.sort_order {
        SortOrder::Asc => "ASC",
        SortOrder::Desc => "DESC",
    };
    let order = match query.sort_by {
        AssistantSort::AssistantId => format!("assistant_id {direction}"),
        AssistantSort::CreatedAt => format!("created_at {direction}, sequence {direction}"),
        AssistantSort::UpdatedAt => format!("updated_at {direction}, sequence {direction}"),
        AssistantSort::Name => format!("folded_name {direction}, sequence"),
        AssistantSort::GraphId => format!("graph_id {direction}, sequence"),
    };
    let columns = format!(
        "assistant_id, graph_id, {}, {}, {}, name, created_at, updated_at, version, description FROM assistants",
        wanted(&query.fields, "config", "'{}'"),
        wanted(&query.fields, "context", "'{}'"),
        wanted(&query.fields, "metadata", "'{}'"),
    );
    matching(query, scope)
        .page(session, &columns, &order, page, assistant_of)
        .await
}

/// How many assistants match.
pub(crate) async fn count(session: &Session, query: &AssistantQuery, scope: &Scope) -> Result<u64> {
    matching(query, scope).count(session).await
}

fn matching<'a>(query: &'a AssistantQuery, scope: &Scope) -> RowSearch<'a> {
    let mut search = RowSearch::of("assistants");
    if let Some(graph_id) = &query.graph_id {
        search.and("graph_id = ?", graph_id.as_str());
    }
    if let Some(name) = &query.name {
        search.and("strpos(folded_name, ?) > 0", name.to_lowercase());
    }
    search.metadata(&query.metadata, scope);
    search
}
