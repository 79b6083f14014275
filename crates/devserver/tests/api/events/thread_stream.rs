//! The stream of a whole thread.

use lgx_testkit::sse::Events;
use lgx_testkit::{Client, TestServer};
use serde_json::{Value, json};

use super::next;
use crate::bodies::multi_with;
use crate::steps::{create, join, thread, wait};

async fn open(client: &Client, thread: &str, query: &str) -> Events {
    client
        .get(format!("/threads/{thread}/stream{query}"))
        .events()
        .await
}

async fn again(client: &Client, thread: &str, last: &str) -> Events {
    client
        .get(format!("/threads/{thread}/stream"))
        .header("last-event-id", last)
        .events()
        .await
}

fn began(run: &str) -> Value {
    json!({"run_id": run, "attempt": 1})
}

fn done(run: &str) -> Value {
    json!({"status": "run_done", "run_id": run})
}

fn body(more: Value) -> Value {
    let mut body = multi_with("x", json!({"stream_mode": "updates"}));
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

#[tokio::test]
async fn every_run_is_streamed_with_its_beginning_and_its_end() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let mut events = open(&server, &id, "").await;
    for more in [json!({"stream_resumable": true}), json!({})] {
        let run = create(&server, &id, body(more)).await;
        let told = next(&mut events, 5).await;
        let data: Vec<&Value> = told.iter().map(|event| &event.data).collect();
        assert_eq!(data[0], &began(&run));
        assert_eq!(data[1], &json!({"a": {"log": ["a"]}}));
        assert_eq!(data[4], &done(&run));
        let names: Vec<&str> = told.iter().map(|event| &*event.name).collect();
        assert_eq!(
            names,
            ["metadata", "updates", "updates", "updates", "metadata"]
        );
        assert!(told.iter().all(|event| event.id.is_some()));
    }
}

#[tokio::test]
async fn what_is_kept_is_replayed_from_where_the_client_wants() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    wait(&server, &id, body(json!({}))).await;
    let run = create(&server, &id, body(json!({"stream_resumable": true}))).await;
    join(&server, &id, &run).await;

    let all = next(&mut again(&server, &id, "-").await, 5).await;
    assert_eq!(all[0].data, began(&run));
    assert_eq!(all[4].data, done(&run));
    for start in ["0", "-1"] {
        assert_eq!(next(&mut again(&server, &id, start).await, 5).await, all);
    }
    let second = all[1].id.as_deref().unwrap();
    assert_eq!(
        next(&mut again(&server, &id, second).await, 3).await,
        all[2..]
    );
    let garbage = server
        .get(format!("/threads/{id}/stream"))
        .header("last-event-id", "garbage");
    garbage.await.refused(422);
}

#[tokio::test]
async fn modes_choose_between_runs_their_lifecycle_and_updates_of_the_state() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    wait(&server, &id, body(json!({}))).await;
    let mut lifecycle = open(&server, &id, "?stream_modes=lifecycle").await;
    let mut singular = open(&server, &id, "?stream_mode=state_update").await;
    let mut both = open(
        &server,
        &id,
        "?stream_mode=lifecycle&stream_mode=state_update",
    )
    .await;
    let mut comma = open(&server, &id, "?stream_modes=lifecycle,state_update").await;

    let update = json!({"values": {"log": ["mine"]}, "as_node": "b"});
    let state = format!("/threads/{id}/state");
    server.post(&*state, &update).await.ok();
    let run = create(&server, &id, body(json!({}))).await;

    let told = singular.next().await.unwrap();
    assert_eq!(told.name, "state_update");
    assert_eq!(told.data["thread_id"], *id);
    assert_eq!(
        told.data["state"]["values"]["log"],
        json!(["x", "a", "slow", "b", "mine"])
    );
    for (events, count) in [(&mut lifecycle, 2), (&mut both, 3), (&mut comma, 3)] {
        let told = next(events, count).await;
        assert_eq!(told[count - 2].data, began(&run));
        assert_eq!(told[count - 1].data, done(&run));
        assert_eq!(told[0].name == "state_update", count == 3);
    }
    for query in ["?stream_modes=zap", "?stream_mode=values"] {
        let refusal = server.get(format!("/threads/{id}/stream{query}"));
        let detail = refusal.await.refused(422);
        assert!(detail.starts_with("Invalid stream mode: "), "{detail}");
    }
}

#[tokio::test]
async fn a_failure_is_told_before_the_end() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let mut events = open(&server, &id, "").await;
    let run = create(&server, &id, json!({"assistant_id": "boom", "input": {}})).await;
    let error = events.until("error").await;
    assert_eq!(error.data["error"], "ValueError");
    assert_eq!(events.next().await.unwrap().data, done(&run));
}

#[tokio::test]
async fn a_thread_can_be_watched_before_it_is_there_and_until_it_is_gone() {
    let server = TestServer::start().await;
    let id = crate::steps::NOBODY;
    let mut events = open(&server, id, "").await;
    let mut run = body(json!({"if_not_exists": "create"}));
    run["stream_mode"] = json!("values");
    let run = create(&server, id, run).await;
    assert_eq!(events.next().await.unwrap().data, began(&run));
    join(&server, id, &run).await;
    server.delete(format!("/threads/{id}")).await.empty(204);
    let rest = events.rest().await;
    assert_eq!(rest.last().unwrap().data, done(&run));
    server.get("/threads/abc/stream").await.refused(422);
}

#[tokio::test]
async fn a_deleted_run_is_not_replayed() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let mut runs = Vec::new();
    for _ in 0..2 {
        let run = create(&server, &id, body(json!({"stream_resumable": true}))).await;
        join(&server, &id, &run).await;
        runs.push(run);
    }
    // Somebody watches, so that the log is held in memory.
    let _watching = open(&server, &id, "").await;
    let first = format!("/threads/{id}/runs/{}", runs[0]);
    server.delete(first).await.empty(204);
    let replayed = again(&server, &id, "-").await.next().await.unwrap();
    assert_eq!(replayed.data, began(&runs[1]));
}
