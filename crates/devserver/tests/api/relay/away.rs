//! A home that cannot be reached: what the state tells is answered all the same, and the rest is to be asked for again.

use lgx_testkit::TestServer;
use serde_json::json;

use super::pair;
use crate::bodies::{multi, multi_with};
use crate::steps::create;

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:1";

async fn held_up(home: &TestServer, id: &str, more: serde_json::Value) -> String {
    home.worker.slow().close();
    let run = create(home, id, multi_with("in", more)).await;
    home.worker.slow().arrived(2).await;
    run
}

#[tokio::test]
async fn what_needs_the_home_is_to_be_asked_for_again() {
    let Some(pair) = pair(Some(NOWHERE)).await else {
        return;
    };
    let id = pair.thread().await;
    let run = held_up(&pair.home, &id, json!({})).await;
    for (method, path) in [
        ("POST", format!("/threads/{id}/runs")),
        ("POST", format!("/threads/{id}/runs/wait")),
        ("GET", format!("/threads/{id}/stream")),
        ("GET", format!("/threads/{id}/runs/{run}/stream")),
        ("DELETE", format!("/threads/{id}")),
    ] {
        let request = pair.other.request(method, &*path);
        let answer = request.body(multi("in").to_string()).await;
        let detail = answer.refused(503);
        assert!(detail.contains("try again"), "{path}: {detail}");
        assert_eq!(answer.header("retry-after"), Some("1"), "{path}");
    }
    // What is in the database is read as ever.
    assert_eq!(pair.other.get(format!("/threads/{id}")).await.status, 200);
    pair.home.worker.slow().open();
}

#[tokio::test]
async fn a_join_waits_for_what_the_state_says() {
    let Some(pair) = pair(Some(NOWHERE)).await else {
        return;
    };
    let id = pair.thread().await;
    let run = held_up(&pair.home, &id, json!({})).await;
    let path = format!("/threads/{id}/runs/{run}/join");
    let joining = pair.other.get(&*path).open().await;
    pair.home.worker.slow().open();
    let joined = joining.whole().await.ok();
    assert_eq!(joined, pair.home.get(path).await.ok());
    assert_eq!(joined["log"].as_array().unwrap().len(), 8);
}

#[tokio::test]
async fn a_resumable_run_is_streamed_from_what_is_kept_of_it() {
    let Some(pair) = pair(Some(NOWHERE)).await else {
        return;
    };
    let id = pair.thread().await;
    let run = held_up(&pair.home, &id, json!({"stream_resumable": true})).await;
    let path = format!("/threads/{id}/runs/{run}/stream");
    let from_start = |server: &TestServer| server.get(&*path).header("last-event-id", "-");
    let streaming = from_start(&pair.other).events().await;
    pair.home.worker.slow().open();
    let events = streaming.rest().await;
    assert_eq!(events, from_start(&pair.home).events().await.rest().await);
    let last = events[0].id.clone().unwrap();
    let request = pair.other.get(&*path).header("last-event-id", &last);
    assert_eq!(request.events().await.rest().await, events[1..]);
}
