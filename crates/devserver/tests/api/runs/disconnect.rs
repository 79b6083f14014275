//! Clients that go away before their answer is there.

use lgx_testkit::TestServer;
use lgx_testkit::client::Opened;
use serde_json::json;

use crate::bodies::{multi, multi_with};
use crate::steps::{create, get, join, thread};

const GONE: &str = "client disconnected from the run stream (on_disconnect=cancel)";

/// A held up run that a client asked for and waits for, the path of the run, and its thread.
async fn held_up(server: &TestServer, how: &str, on_disconnect: &str) -> (Opened, String, String) {
    let arrivals = server.worker.slow().arrivals();
    server.worker.slow().close();
    let id = thread(server).await;
    let body = multi_with("in", json!({"on_disconnect": on_disconnect}));
    let opened = server
        .post(format!("/threads/{id}/runs/{how}"), &body)
        .open()
        .await;
    let place = opened.header("content-location").to_owned();
    server.worker.slow().arrived(arrivals + 1).await;
    (opened, place, id)
}

#[tokio::test]
async fn a_run_can_be_told_to_end_with_its_client() {
    let server = TestServer::start().await;
    for how in ["wait", "stream"] {
        let (opened, place, id) = held_up(&server, how, "cancel").await;
        drop(opened);
        let joined = server.get(format!("{place}/join")).await.ok();
        assert_eq!(joined, json!({"log": ["in", "a"]}), "{how}");
        assert_eq!(server.get(place).await.ok()["status"], "interrupted");
        let stopped = get(&server, &id).await;
        assert_eq!(stopped["status"], "interrupted");
        assert_eq!(
            stopped["error"],
            json!({"error": "UserInterrupt", "message": GONE})
        );
    }
}

#[tokio::test]
async fn a_run_goes_on_without_its_client() {
    let server = TestServer::start().await;
    for how in ["wait", "stream"] {
        let (opened, place, _) = held_up(&server, how, "continue").await;
        drop(opened);
        server.worker.slow().open();
        let joined = server.get(format!("{place}/join")).await.ok();
        assert_eq!(joined, json!({"log": ["in", "a", "slow", "b"]}), "{how}");
        assert_eq!(server.get(place).await.ok()["status"], "success");
    }
}

#[tokio::test]
async fn who_joins_may_take_the_run_along() {
    let server = TestServer::start().await;
    for how in ["join", "stream"] {
        for (flag, expected) in [
            ("true", "interrupted"),
            ("1", "interrupted"),
            ("false", "success"),
            ("0", "success"),
        ] {
            let arrivals = server.worker.slow().arrivals();
            server.worker.slow().close();
            let id = thread(&server).await;
            let run = create(&server, &id, multi("in")).await;
            server.worker.slow().arrived(arrivals + 1).await;
            let place = format!("/threads/{id}/runs/{run}");
            let opened = server
                .get(format!("{place}/{how}?cancel_on_disconnect={flag}"))
                .open()
                .await;
            drop(opened);
            if expected == "success" {
                server.worker.slow().open();
            }
            join(&server, &id, &run).await;
            let run = server.get(place).await.ok();
            assert_eq!(run["status"], expected, "{how} {flag}");
        }
    }
}

#[tokio::test]
async fn a_client_that_has_its_answer_cancels_nothing() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    for how in ["wait", "stream"] {
        let body = multi_with("in", json!({"on_disconnect": "cancel"}));
        let opened = server
            .post(format!("/threads/{id}/runs/{how}"), &body)
            .open()
            .await;
        let place = opened.header("content-location").to_owned();
        opened.whole().await;
        assert_eq!(server.get(place).await.ok()["status"], "success", "{how}");
    }
    assert_eq!(get(&server, &id).await["status"], "idle");
}
