//! Searching assistants: by graph, name and metadata.

use lgx_model::Assistant;
use lgx_model::query::{AssistantQuery, Page, Rows};

use super::assistant_of;
use crate::pages::{assistant_columns, assistant_order};
use crate::postgres::Session;
use crate::postgres::any_text::AnyText;
use crate::postgres::search::RowSearch;
use crate::{Result, Scope};

/// The assistants that match, one page of them.
pub(crate) async fn search(
    session: &Session,
    query: &AssistantQuery,
    page: Page,
    scope: &Scope,
) -> Result<Rows<Assistant>> {
    let columns = assistant_columns(query);
    let order = assistant_order(query, "folded_name");
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
        search.and("graph_id = ?", AnyText::of(graph_id));
    }
    if let Some(name) = &query.name {
        let folded = name.to_lowercase();
        search.and(
            "strpos(folded_name, ?) > 0",
            AnyText::of(&folded).into_owned(),
        );
    }
    search.metadata(&query.metadata, scope);
    search
}
