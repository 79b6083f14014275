//! Two servers on one database, neither of which reaches the other: what one does to runs and threads that are live at the other is heard there.

use std::io::Write as _;
use std::time::{Duration, Instant};

use lgx_test_postgres::TestDatabase;
use lgx_testkit::{TestProject, TestServer, within};
use serde_json::json;

use crate::bodies::multi;
use crate::steps::{create, status, thread};

/// How long a run takes at most to hear that it is to stop, on a machine that does much else.
const HEARD_WITHIN: Duration = Duration::from_secs(4);

/// Two servers; none, and the reason on stderr, where there is no Postgres.
async fn pair() -> Option<[TestServer; 2]> {
    let database = match TestDatabase::make().unwrap() {
        Ok(database) => database,
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
            return None;
        }
    };
    let server = async || {
        let project = TestProject::in_database(database.clone());
        TestServer::over(project).sharing().start().await
    };
    Some([server().await, server().await])
}

#[tokio::test]
async fn a_run_is_cancelled_from_wherever_it_is_asked() {
    let Some([one, other]) = pair().await else {
        return;
    };
    one.worker.slow().close();
    let id = thread(&one).await;
    let run = create(&one, &id, multi("in")).await;
    one.worker.slow().arrived(1).await;
    let asked = Instant::now();
    let path = format!("/threads/{id}/runs/{run}/cancel?wait=1");
    let shown = other.request("POST", path).await.ok();
    let took = asked.elapsed();
    assert_eq!(shown, json!({"log": ["in", "a"]}));
    assert_eq!(status(&other, &id, &run).await, "interrupted");
    // A look without a hint comes after five seconds.
    assert!(took < HEARD_WITHIN, "{took:?}");
}

#[tokio::test]
async fn who_waits_for_runs_hears_that_they_are_cancelled_elsewhere() {
    let Some([one, other]) = pair().await else {
        return;
    };
    one.worker.slow().close();
    let id = thread(&one).await;
    let path = format!("/threads/{id}/runs/wait");
    let running = one.post(path.as_str(), &multi("in")).open().await;
    one.worker.slow().arrived(1).await;
    let waiting = one.post(path.as_str(), &multi("later")).open().await;
    let all = json!({"status": "all"});
    let cancelled = other.post("/runs/cancel", &all).await;
    assert_eq!(cancelled.status, 204);
    within("the end of what ran and what waited", async {
        let ran = running.whole().await.ok();
        assert_eq!(ran, json!({"log": ["in", "a"]}));
        waiting.whole().await;
    })
    .await;
    one.worker.slow().open();
    // The thread takes runs as before.
    let after = one.post(path, &multi("after")).await.ok();
    assert_eq!(after["log"], json!(["in", "a", "after", "a", "slow", "b"]));
}

#[tokio::test]
async fn who_watches_a_thread_hears_that_it_was_deleted_elsewhere() {
    let Some([one, other]) = pair().await else {
        return;
    };
    let id = thread(&one).await;
    let watched = one.get(format!("/threads/{id}/stream")).open().await;
    let mut events = watched.events();
    let pruned = json!({"thread_ids": [id], "strategy": "delete"});
    other.post("/threads/prune", &pruned).await.ok();
    within("the end of the stream", async {
        while events.next().await.is_some() {}
    })
    .await;
}
