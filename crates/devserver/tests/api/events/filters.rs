//! What a client of the event protocol can ask to see, and what it cannot.

use lgx_testkit::TestServer;
use serde_json::json;

use super::{next, start, watch};
use crate::steps::{NOBODY, join, thread};

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let server = TestServer::start().await;
    let path = format!("/threads/{NOBODY}/stream/events");
    for (body, detail) in [
        ("{nope", "Invalid JSON body"),
        ("{}", "channels is required and must be a non-empty array"),
        (
            r#"{"channels":[]}"#,
            "channels is required and must be a non-empty array",
        ),
        (
            r#"{"channels":["debug","checkpoints"]}"#,
            "channels contains unsupported entries: debug. Allowed: ",
        ),
    ] {
        let refusal = server.request("POST", &*path).body(body).await.refused(400);
        assert!(refusal.starts_with(detail), "{refusal}");
    }
    let channels = json!({"channels": ["values"]});
    let not_a_thread = server.post("/threads/abc/stream/events", &channels);
    not_a_thread.await.refused(422);
}

#[tokio::test]
async fn channels_and_namespaces_choose_and_numbers_stay() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let run = start(&server, &id, "multi", json!({"log": ["x"]})).await;
    join(&server, &id, &run).await;
    for body in [
        json!({"channels": ["lifecycle"]}),
        json!({"channels": ["lifecycle"], "namespaces": [[]], "depth": 0}),
        json!({"channels": ["lifecycle"], "since": "x"}),
    ] {
        let ids: Vec<Option<String>> = next(&mut watch(&server, &id, body).await, 2)
            .await
            .into_iter()
            .map(|event| event.id)
            .collect();
        assert_eq!(ids, [Some("1".to_owned()), Some("6".to_owned())]);
    }
    // Nothing of a subgraph is there, so the first thing to come is of the next run.
    let below =
        json!({"channels": ["values", "lifecycle"], "namespaces": [["child"], []], "since": 6});
    let mut below = watch(&server, &id, below).await;
    start(&server, &id, "multi", json!({"log": ["y"]})).await;
    assert_eq!(below.next().await.unwrap().id.as_deref(), Some("7"));
}

#[tokio::test]
async fn the_stream_writers_own_events_can_be_chosen_by_name() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let mut all = watch(&server, &id, json!({"channels": ["custom"]})).await;
    let mut named = watch(
        &server,
        &id,
        json!({"channels": ["custom:other", "lifecycle"]}),
    )
    .await;
    let run = json!({"assistant_id": "custom", "input": {"count": 2}, "stream_mode": "custom"});
    crate::steps::wait(&server, &id, run).await;
    let told = next(&mut all, 2).await;
    assert_eq!(told[1].data["params"]["data"], json!({"number": 1}));
    let methods: Vec<String> = next(&mut named, 2)
        .await
        .into_iter()
        .map(|event| event.name)
        .collect();
    assert_eq!(methods, ["lifecycle", "lifecycle"]);
}
