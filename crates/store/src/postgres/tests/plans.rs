//! Query plans: what is looked for often is found by an index, and no page of a list walks all rows.

use lgx_model::ThreadStatus;
use lgx_model::query::{Page, ThreadQuery};
use serde_json::{Value, json};
use tokio_postgres::types::Type;

use super::{connected, database};
use crate::examples::object;
use crate::postgres::session::{Parameter, Session};
use crate::postgres::threads::{BEHIND, EXPIRED, IN_ORDER, NEXT_EXPIRY, plan};
use crate::terms::terms;
use crate::{Authority, Filter, Scope};

/// So many threads that walking them all takes longer than an index: all of one kind, each thousandth alice's, and each hundredth with a
/// time to live.
async fn many(session: &Session) {
    let kind = terms(&object(json!({"kind": "all"})));
    let owner = terms(&object(json!({"owner": "alice"})));
    let threads = "INSERT INTO threads (thread_id, created_at, updated_at, state_updated_at, metadata, terms, status, resting_status,
         config, interrupts, ttl_minutes, ttl_strategy)
       SELECT gen_random_uuid(), n, n, n, '{}', CASE WHEN n % 1000 = 0 THEN $1::bigint[] || $2::bigint[] ELSE $1 END,
         CASE WHEN n % 100 = 2 THEN 'busy' ELSE 'idle' END, 'idle', '{}', '{}', CASE WHEN n % 100 = 1 THEN 1 END,
         CASE WHEN n % 100 = 1 THEN 'delete' END
       FROM generate_series(1, 20000) AS n";
    session.execute(threads, &[&kind, &owner]).await.unwrap();
    session.batch("ANALYZE threads").await.unwrap();
}

/// How the database goes about a statement.
async fn explained(session: &Session, sql: &str, parameters: &[(Parameter<'_>, Type)]) -> String {
    let explain = format!("EXPLAIN {sql}");
    let rows = session.rows_once(&explain, parameters).await.unwrap();
    let lines = rows.iter().map(|row| row.get::<_, String>(0));
    lines.collect::<Vec<_>>().join("\n")
}

fn uses(plan: &str, index: &str) {
    let walks = plan.contains("Seq Scan on threads");
    assert!(plan.contains(index) && !walks, "{index}:\n{plan}");
}

#[tokio::test]
async fn a_page_of_threads_is_found_by_an_index() {
    let Some(database) = database() else { return };
    let session = connected(&database).await;
    many(&session).await;
    let everything = Authority::new().everything();
    let alices = Filter::parse(&json!({"owner": "alice"})).unwrap();
    let alices = Authority::new().filtered(alices);
    let of = |metadata: Value| ThreadQuery {
        metadata: object(metadata),
        ..ThreadQuery::default()
    };
    let busy = ThreadQuery {
        status: Some(ThreadStatus::Busy),
        ..ThreadQuery::default()
    };
    let cases: [(ThreadQuery, &Scope, &str); 6] = [
        (ThreadQuery::default(), &everything, "threads_by_update"),
        (of(json!({"kind": "all"})), &everything, "threads_by_update"),
        (
            of(json!({"owner": "alice"})),
            &everything,
            "threads_by_terms",
        ),
        (of(json!({"kind": "all"})), &alices, "threads_by_terms"),
        (of(json!({"owner": "bob"})), &alices, "threads_by_terms"),
        (busy, &everything, "threads_by_status"),
    ];
    let page = Page {
        limit: 10,
        offset: 0,
    };
    for (query, scope, index) in cases {
        uses(&plan(&session, &query, page, scope).await.unwrap(), index);
    }
}

#[tokio::test]
async fn what_is_looked_for_from_time_to_time_walks_no_threads() {
    let Some(database) = database() else { return };
    let session = connected(&database).await;
    many(&session).await;
    let now = (&5_i64 as Parameter<'_>, Type::INT8);
    let most = (&10_i64 as Parameter<'_>, Type::INT8);
    let expired = explained(&session, EXPIRED, &[now.clone(), most.clone()]).await;
    uses(&expired, "threads_by_expiry");
    let next = explained(&session, NEXT_EXPIRY, std::slice::from_ref(&now)).await;
    uses(&next, "threads_by_expiry");
    uses(&explained(&session, BEHIND, &[]).await, "threads_behind");
    let all = (&None::<&str> as Parameter<'_>, Type::TEXT);
    let words = explained(&session, IN_ORDER, &[now.clone(), now, all, most]).await;
    uses(&words, "threads_by_update");
}
