//! Finds threads: by an index of what their metadata has, by one of their status, or else by looking at each.

use lgx_model::query::{Page, Rows, ThreadQuery, ThreadSort};
use lgx_model::{Thread, ThreadStatus};
use rusqlite::{Connection, params};

use super::{columns_for, thread_of};
use crate::pages::thread_order;
use crate::sqlite::columns::json;
use crate::sqlite::search::Search;
use crate::terms::Wanted;
use crate::{Result, Scope};

/// Up to how many threads are looked at and sorted, where an index says which may match. More of them are so many that the first page is
/// found soon in the order that is asked for.
const FEW: u64 = 4000;

/// Where the threads come from.
#[derive(Debug, PartialEq, Eq)]
enum Source {
    /// From all of them; a key or an index may help by itself.
    All,
    /// From the few that have a term.
    Term(i64),
    /// In order, as it is known how many there are: of those that have these terms.
    InOrder { terms: Vec<i64>, total: u64 },
}

/// The threads that match, one page of them.
pub(crate) fn search(
    connection: &Connection,
    query: &ThreadQuery,
    page: Page,
    scope: &Scope,
) -> Result<Rows<Thread>> {
    let order = thread_order(query);
    let columns = columns_for(&query.fields);
    let is_ordered = matches!(
        query.sort_by,
        ThreadSort::ThreadId | ThreadSort::CreatedAt | ThreadSort::UpdatedAt
    );
    let source = source(connection, query, scope, is_ordered)?;
    let search = matching(query, scope, &source)?;
    match source {
        Source::InOrder { total, .. } => {
            search.page_in_order(connection, &columns, &order, page, total, thread_of)
        }
        Source::All | Source::Term(_) => search.page(connection, &columns, &order, page, thread_of),
    }
}

/// How many threads match.
pub(crate) fn count(connection: &Connection, query: &ThreadQuery, scope: &Scope) -> Result<u64> {
    match source(connection, query, scope, true)? {
        Source::InOrder { total, .. } => Ok(total),
        source => matching(query, scope, &source)?.count(connection),
    }
}

/// Where the threads of a query come from; in order only if there is an index of that.
fn source(
    connection: &Connection,
    query: &ThreadQuery,
    scope: &Scope,
    is_ordered: bool,
) -> Result<Source> {
    if !query.ids.is_empty() {
        return Ok(Source::All);
    }
    let of_metadata = Wanted::of(&query.metadata);
    let of_scope = scope
        .filter()
        .map(crate::Filter::wanted)
        .unwrap_or_default();
    let only_terms = !of_metadata.more && !of_scope.more && query.values.is_empty();
    let mut terms: Vec<(u64, i64)> = Vec::new();
    for term in of_metadata.terms.into_iter().chain(of_scope.terms) {
        let few = up_to(connection, term, FEW + 1)?;
        if few <= FEW {
            return Ok(Source::Term(term));
        }
        terms.push((few, term));
    }
    if !only_terms || !is_ordered {
        return Ok(Source::All);
    }
    let terms: Vec<i64> = terms.into_iter().map(|(_, term)| term).collect();
    let total = match (query.status, &terms[..]) {
        (Some(status), []) => with_status(connection, status)?,
        (None, [_, ..]) => with_terms(connection, &terms)?,
        _ => return Ok(Source::All),
    };
    // Few of a status are sorted sooner than they are met in order.
    Ok(if total <= FEW {
        Source::All
    } else {
        Source::InOrder { terms, total }
    })
}

fn matching<'a>(query: &'a ThreadQuery, scope: &'a Scope, source: &Source) -> Result<Search<'a>> {
    let mut search = Search::of("threads");
    match source {
        Source::All => {}
        Source::Term(term) => search.and(
            "sequence IN (SELECT thread FROM thread_terms WHERE term = ?)",
            *term,
        ),
        Source::InOrder { terms, .. } => {
            for term in terms {
                search.and(
                    "EXISTS (SELECT 1 FROM thread_terms WHERE term = ? AND thread = sequence)",
                    *term,
                );
            }
        }
    }
    if !query.ids.is_empty() {
        search.and(
            "thread_id IN (SELECT value FROM json_each(?))",
            json(&query.ids)?,
        );
    }
    if let Some(status) = query.status {
        search.and("status = ?", status.as_str());
    }
    if !query.metadata.is_empty() {
        search.and("lgx_contains(metadata, ?)", json(&query.metadata)?);
    }
    if let Some(filter) = scope.text() {
        search.and("lgx_allowed(metadata, ?)", filter);
    }
    if !query.values.is_empty() {
        let values =
            "(SELECT state FROM thread_values WHERE thread_values.thread_id = threads.thread_id)";
        search.and(&format!("lgx_contains({values}, ?)"), json(&query.values)?);
    }
    Ok(search)
}

/// How many threads have a term; no more than `most` are counted.
fn up_to(connection: &Connection, term: i64, most: u64) -> Result<u64> {
    number(
        connection,
        "SELECT count(*) FROM (SELECT 1 FROM thread_terms WHERE term = ?1 LIMIT ?2)",
        params![term, i64::try_from(most).unwrap_or(i64::MAX)],
    )
}

/// How many threads have all of these terms.
fn with_terms(connection: &Connection, terms: &[i64]) -> Result<u64> {
    let others = (2..=terms.len()).map(|nth| {
        format!(
            " AND EXISTS (SELECT 1 FROM thread_terms AS other WHERE other.term = ?{nth} AND other.thread = first.thread)"
        )
    });
    let others = others.collect::<Vec<_>>().concat();
    let sql = format!("SELECT count(*) FROM thread_terms AS first WHERE first.term = ?1{others}");
    number(connection, &sql, rusqlite::params_from_iter(terms))
}

/// How many threads have a status.
fn with_status(connection: &Connection, status: ThreadStatus) -> Result<u64> {
    let sql = "SELECT count(*) FROM threads WHERE status = ?1";
    number(connection, sql, [status.as_str()])
}

fn number(connection: &Connection, sql: &str, parameters: impl rusqlite::Params) -> Result<u64> {
    let mut statement = connection.prepare_cached(sql)?;
    let count: i64 = statement.query_row(parameters, |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use lgx_model::query::Fields;
    use lgx_model::{JsonObject, ThreadId, Timestamp};
    use serde_json::{Value, json};

    use super::*;
    use crate::sqlite::database::in_memory;
    use crate::sqlite::threads::{delete, patch};
    use crate::threads::NewThread;
    use crate::{Authority, Filter};

    const ALL: Page = Page {
        limit: 10_000,
        offset: 0,
    };

    fn object(value: Value) -> JsonObject {
        serde_json::from_value(value).unwrap()
    }

    fn owned_by(owner: &str) -> Scope {
        Authority::new().filtered(Filter::parse(&json!({"owner": owner})).unwrap())
    }

    /// More threads than are looked at one by one, of five owners, the last of which has a few.
    fn many() -> (Connection, Vec<ThreadId>) {
        let connection = in_memory();
        let scope = Authority::new().everything();
        let ids = (0..4500u32).map(|number| {
            let owner = if number % 100 == 0 { 4 } else { number % 4 };
            let metadata = json!({"kind": "all", "owner": owner.to_string(), "n": number % 7, "deep": {"even": number % 2 == 0}});
            let new = NewThread {
                thread_id: ThreadId::fresh(),
                metadata: object(metadata),
                ttl: None,
                // Not in the order in which they are made.
                now: Timestamp::from_micros(i64::from(number * 37 % 4500) / 2),
            };
            let thread_id = new.thread_id;
            super::super::create(&connection, new, &scope).unwrap();
            thread_id
        });
        let ids = ids.collect();
        let busy = "UPDATE threads SET status = 'busy' WHERE sequence % 1000 = 0";
        connection.execute(busy, []).unwrap();
        (connection, ids)
    }

    #[test]
    fn whatever_index_is_used_a_search_finds_what_looking_at_every_thread_finds() {
        let (connection, ids) = many();
        let everything = Authority::new().everything();
        let scopes = [everything.clone(), owned_by("1"), owned_by("4")];
        let filters = [
            json!({}),
            json!({"kind": "all"}),
            json!({"kind": "none"}),
            json!({"kind": "all", "owner": "2"}),
            json!({"owner": "4"}),
            json!({"n": 3.0}),
            json!({"kind": "all", "deep": {"even": true}}),
        ];
        let sorts = [ThreadSort::CreatedAt, ThreadSort::Status];
        let page = Page {
            limit: 20,
            offset: 15,
        };
        let mut sources = Vec::new();
        for (scope, filter) in scopes
            .iter()
            .flat_map(|scope| filters.iter().map(move |filter| (scope, filter)))
        {
            for (status, sort_by) in [None, Some(ThreadStatus::Busy), Some(ThreadStatus::Idle)]
                .into_iter()
                .flat_map(|status| sorts.map(|sort| (status, sort)))
            {
                let query = ThreadQuery {
                    metadata: object(filter.clone()),
                    status,
                    sort_by,
                    fields: Fields::from_iter(["thread_id"]),
                    ..ThreadQuery::default()
                };
                // Ids are looked up by themselves, so that no index of metadata or status is used.
                let by_hand = ThreadQuery {
                    ids: ids.clone(),
                    ..query.clone()
                };
                let expected = search(&connection, &by_hand, page, scope).unwrap();
                let found = search(&connection, &query, page, scope).unwrap();
                let what = format!("{filter} {status:?} {sort_by:?} {scope:?}");
                assert_eq!(found.total, expected.total, "{what}");
                assert_eq!(found.rows, expected.rows, "{what}");
                assert_eq!(
                    count(&connection, &query, scope).unwrap(),
                    expected.total,
                    "{what}"
                );
                sources.push(source(&connection, &query, scope, true).unwrap());
            }
        }
        for seen in [
            sources.contains(&Source::All),
            sources
                .iter()
                .any(|source| matches!(source, Source::Term(_))),
            sources
                .iter()
                .any(|source| matches!(source, Source::InOrder { terms, .. } if terms.is_empty())),
            sources
                .iter()
                .any(|source| matches!(source, Source::InOrder { terms, .. } if !terms.is_empty())),
        ] {
            assert!(seen, "{sources:?}");
        }
    }

    #[test]
    fn terms_follow_the_metadata_and_go_with_the_thread() {
        let (connection, ids) = many();
        let everything = Authority::new().everything();
        let of = |owner: &str| {
            let query = ThreadQuery {
                metadata: object(json!({"owner": owner})),
                ..ThreadQuery::default()
            };
            count(&connection, &query, &everything).unwrap()
        };
        let before = of("4");
        let now = Timestamp::from_micros(1);
        let change = object(json!({"owner": "new"}));
        patch(&connection, ids[0], &change, None, now, &everything).unwrap();
        assert_eq!((of("4"), of("new")), (before - 1, 1));
        for &thread_id in &ids {
            delete(&connection, thread_id, &everything).unwrap();
        }
        let left = number(&connection, "SELECT count(*) FROM thread_terms", []);
        assert_eq!(left.unwrap(), 0);
    }

    #[test]
    fn a_page_in_order_sorts_nothing() {
        let (connection, _) = many();
        let everything = Authority::new().everything();
        for query in [
            ThreadQuery {
                metadata: object(json!({"kind": "all"})),
                ..ThreadQuery::default()
            },
            ThreadQuery {
                status: Some(ThreadStatus::Idle),
                ..ThreadQuery::default()
            },
        ] {
            let source = source(&connection, &query, &everything, true).unwrap();
            let search = matching(&query, &everything, &source).unwrap();
            let plan = search.plan_in_order(&connection, "updated_at DESC, sequence DESC", ALL);
            assert!(
                plan.iter().all(|step| !step.contains("TEMP B-TREE")),
                "{plan:?}"
            );
        }
    }
}
