//! Draining before a stop: what executes comes to its end, what waits is left, and whoever comes nevertheless is answered.

use std::time::Duration;

use lgx_testkit::{TestProject, TestServer};
use serde_json::json;

use crate::bodies::{echo, multi, multi_with};
use crate::own_app;
use crate::steps::{create, join, status, thread, wait};

/// Longer than any test waits.
const LONG: Duration = Duration::from_secs(600);

async fn again(project: TestProject) -> TestServer {
    TestServer::over(project).start().await
}

#[tokio::test]
async fn what_executes_comes_to_its_end_and_what_waits_is_left_for_the_next_start() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let waiting = server
        .post(format!("/threads/{id}/runs/wait"), &multi("in"))
        .open()
        .await;
    server.worker.slow().arrived(1).await;
    let enqueued = multi_with("later", json!({"multitask_strategy": "enqueue"}));
    let later = create(&server, &id, enqueued).await;

    let meanwhile = async {
        let ready = server.get("/ok?ready=1").raw().await;
        assert_eq!(ready.status, 503, "{ready:?}");
        assert_eq!(ready.json()["detail"], "The server is about to stop.");
        let live = server.get("/ok").await;
        assert_eq!(live.header("connection"), Some("close"));
        assert_eq!(live.ok()["ok"], true);
        // Who was sent here all the same gets an answer.
        let other = thread(&server).await;
        wait(&server, &other, echo("hi")).await;

        server.worker.slow().open();
        let answer = waiting.whole().await.ok();
        assert_eq!(answer, json!({"log": ["in", "a", "slow", "b"]}));
    };
    // Polled in this order, so that the server drains before anything is asked.
    let (left, ()) = tokio::join!(biased; server.running().drain(LONG), meanwhile);
    assert_eq!(left, 0);
    assert_eq!(status(&server, &id, &later).await, "pending");

    let server = again(server.stop().await).await;
    let joined = join(&server, &id, &later).await;
    assert_eq!(joined["log"].as_array().map(Vec::len), Some(8), "{joined}");
}

#[tokio::test]
async fn what_does_not_end_in_time_goes_on_at_the_next_start() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let run = create(&server, &id, multi("in")).await;
    server.worker.slow().arrived(1).await;

    assert_eq!(server.running().drain(Duration::ZERO).await, 1);

    let server = again(server.stop().await).await;
    assert_eq!(server.running().left_runs().going_on[0].run_id, run);
    let joined = join(&server, &id, &run).await;
    assert_eq!(joined, json!({"log": ["in", "a", "slow", "b"]}));
}

#[tokio::test]
async fn what_the_app_is_answering_is_waited_for() {
    let server = own_app::serve().await;
    server.worker.answering().close();
    let mut answer = server.get("/app/streams").open().await;
    assert_eq!(answer.piece().await.unwrap().unwrap(), "first ");
    let meanwhile = async {
        server.get("/ok").await.ok();
        server.worker.answering().open();
        assert_eq!(answer.piece().await.unwrap().unwrap(), "second");
        assert!(answer.piece().await.is_none());
    };
    let (left, ()) = tokio::join!(biased; server.running().drain(LONG), meanwhile);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_server_at_rest_drains_at_once() {
    let server = TestServer::start().await;
    assert_eq!(server.running().drain(LONG).await, 0);
}
