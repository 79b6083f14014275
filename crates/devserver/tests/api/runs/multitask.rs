//! A second run on a busy thread, by strategy.

use lgx_testkit::TestServer;
use serde_json::{Value, json};

use crate::bodies::{multi, multi_with};
use crate::steps::{create, get, join, status, thread};

/// A thread whose first run is held up half-way.
async fn busy(server: &TestServer) -> (String, String) {
    server.worker.slow().close();
    let id = thread(server).await;
    let first = create(server, &id, multi("one")).await;
    server.worker.slow().arrived(1).await;
    (id, first)
}

fn second(strategy: &str) -> Value {
    multi_with("two", json!({"multitask_strategy": strategy}))
}

#[tokio::test]
async fn reject_refuses_the_second_run() {
    let server = TestServer::start().await;
    let (id, first) = busy(&server).await;
    for path in ["", "/wait", "/stream"] {
        let path = format!("/threads/{id}/runs{path}");
        server.post(path, &second("reject")).await.refused(409);
    }
    server.worker.slow().open();
    assert_eq!(
        join(&server, &id, &first).await,
        json!({"log": ["one", "a", "slow", "b"]})
    );
    assert_eq!(get(&server, &id).await["status"], "idle");
    let runs = server.get(format!("/threads/{id}/runs")).await.ok();
    assert_eq!(runs.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn enqueue_runs_one_after_the_other_in_order() {
    let server = TestServer::start().await;
    let (id, first) = busy(&server).await;
    let second = create(&server, &id, multi("two")).await;
    let third = create(&server, &id, second_of("three")).await;
    assert_eq!(status(&server, &id, &second).await, "pending");
    server.worker.slow().open();
    let log = join(&server, &id, &third).await;
    assert_eq!(
        log,
        json!({"log": ["one", "a", "slow", "b", "two", "a", "slow", "b", "three", "a", "slow", "b"]})
    );
    for run in [first, second, third] {
        assert_eq!(status(&server, &id, &run).await, "success");
    }
    assert_eq!(get(&server, &id).await["status"], "idle");
}

fn second_of(input: &str) -> Value {
    multi_with(input, json!({"multitask_strategy": "enqueue"}))
}

#[tokio::test]
async fn interrupt_stops_the_first_run_and_keeps_its_work() {
    let server = TestServer::start().await;
    let (id, first) = busy(&server).await;
    let waiting = create(&server, &id, multi("never")).await;
    let attached = server
        .get(format!("/threads/{id}/runs/{first}/stream"))
        .events()
        .await;
    let newer = create(&server, &id, second("interrupt")).await;
    // Streams of the first run close without an error.
    assert!(attached.rest().await.is_empty());
    server.worker.slow().open();
    assert_eq!(
        join(&server, &id, &newer).await,
        json!({"log": ["one", "a", "two", "a", "slow", "b"]})
    );
    assert_eq!(status(&server, &id, &first).await, "interrupted");
    assert_eq!(status(&server, &id, &waiting).await, "interrupted");
    assert_eq!(status(&server, &id, &newer).await, "success");
    assert_eq!(get(&server, &id).await["status"], "idle");
}

#[tokio::test]
async fn rollback_deletes_the_first_run_and_its_work() {
    let server = TestServer::start().await;
    let (id, first) = busy(&server).await;
    let waiting = create(&server, &id, multi("never")).await;
    let newer = create(&server, &id, second("rollback")).await;
    server.worker.slow().open();
    assert_eq!(
        join(&server, &id, &newer).await,
        json!({"log": ["two", "a", "slow", "b"]})
    );
    for run in [first, waiting] {
        server
            .get(format!("/threads/{id}/runs/{run}"))
            .await
            .refused(404);
        let joined = join(&server, &id, &run).await;
        assert_eq!(joined["__error__"]["message"], "404: Run not found");
    }
    assert_eq!(get(&server, &id).await["status"], "idle");
}

#[tokio::test]
async fn what_fails_or_asks_does_not_hold_up_the_queue() {
    let server = TestServer::start().await;
    for graph in ["boom", "hitl"] {
        let (id, _) = busy(&server).await;
        let body = json!({"assistant_id": graph, "input": {"question": "q"}});
        create(&server, &id, body).await;
        let last = create(
            &server,
            &id,
            json!({"assistant_id": "custom", "input": {"count": 0}}),
        )
        .await;
        server.worker.slow().open();
        join(&server, &id, &last).await;
        assert_eq!(status(&server, &id, &last).await, "success", "{graph}");
    }
}

#[tokio::test]
async fn threads_do_not_wait_for_each_other() {
    let server = TestServer::start().await;
    let (_, _) = busy(&server).await;
    let other = thread(&server).await;
    let body = json!({"assistant_id": "agent", "input": {"messages": ["hi"]}});
    let result = crate::steps::wait(&server, &other, body).await;
    assert_eq!(result["messages"][1]["content"], "echo: hi");
}
