//! What every run needs is found by a key, never by walking a table.

use lgx_model::{JsonObject, MultitaskStrategy, ThreadId, ThreadStatus};
use serde_json::json;

use super::{BESIDE_OTHERS, Postgres, Session, address, database};
use crate::Authority;
use crate::examples::{at, new_run, success, with_strategy};
use crate::postgres::{runs, threads};
use crate::runs::{Admission, CancelTarget, Finish, StopOrder};
use crate::threads::NewThread;

#[tokio::test]
async fn a_runs_whole_life_walks_no_table() {
    let Some(database) = database() else { return };
    let opened = Postgres::open(&address(&database), BESIDE_OTHERS).await;
    let postgres = opened.unwrap();
    let session = postgres.begin().await.unwrap();
    // Of tables this small all would be walked: now only those are for which there is no other way.
    let only_if_it_must = "SET LOCAL enable_seqscan = off";
    session.batch(only_if_it_must).await.unwrap();
    let before = walks(&session).await;
    let everything = Authority::new().everything();
    let thread_id = ThreadId::fresh();
    let new = NewThread {
        thread_id,
        metadata: JsonObject::new(),
        ttl: None,
        now: at(0),
    };
    let made = threads::insert(&session, new, ThreadStatus::Idle, JsonObject::new(), None).await;
    made.unwrap().unwrap();
    for strategy in [
        MultitaskStrategy::Enqueue,
        MultitaskStrategy::Interrupt,
        MultitaskStrategy::Rollback,
    ] {
        let first = new_run(thread_id, 1);
        let admission = runs::admit(&session, first, None, &everything)
            .await
            .unwrap();
        let Admission::Started(running) = admission else {
            panic!("{admission:?}")
        };
        let waiting = with_strategy(new_run(thread_id, 2), strategy);
        let waits = waiting.run.run_id;
        runs::admit(&session, waiting, None, &everything)
            .await
            .unwrap();
        let which = CancelTarget::Runs(thread_id, vec![running.run.run_id]);
        let order = StopOrder::displaced(false);
        let now = at(3).into();
        let cancelled = runs::cancel(&session, &which, &order, now, &everything).await;
        cancelled.unwrap();
        let end = Finish {
            rollback: strategy == MultitaskStrategy::Rollback,
            ..success(json!({}), 4)
        };
        let finished = runs::finish(&session, running.claim, &end, None, None).await;
        finished.unwrap().run.unwrap();
        let claimed = runs::claim(&session, at(5), None).await.unwrap().unwrap();
        assert_eq!(claimed.run.run_id, waits);
        let end = success(json!({}), 6);
        let finished = runs::finish(&session, claimed.claim, &end, None, None).await;
        finished.unwrap().run.unwrap();
        runs::next_due(&session, at(7)).await.unwrap();
    }
    assert_eq!(walks(&session).await, before);
    let walking = "SELECT 1 FROM runs WHERE metadata = ''";
    session.rows(walking, &[]).await.unwrap();
    assert_ne!(walks(&session).await, before, "it would be seen");
}

/// How often each table has been walked on this connection, in the last moments.
async fn walks(session: &Session) -> Vec<(String, i64)> {
    let sql = "SELECT relname::text, seq_scan FROM pg_stat_xact_user_tables ORDER BY relname";
    let rows = session.rows(sql, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}
