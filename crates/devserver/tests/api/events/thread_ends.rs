//! Whoever watches a thread hears that it is gone, whatever the reason.

use lgx_testkit::sse::{Event, Events};
use lgx_testkit::{Client, TestServer, within};
use serde_json::json;

use crate::bodies::multi;
use crate::steps::{NOBODY, thread, wait};

async fn watch(client: &Client, thread: &str) -> Events {
    client
        .get(format!("/threads/{thread}/stream"))
        .events()
        .await
}

/// A thread on which the default assistant of a graph has run, so that it counts as one of its threads.
async fn used(server: &TestServer) -> String {
    let id = thread(server).await;
    wait(server, &id, multi("in")).await;
    id
}

/// What a stream still brings before it ends, which it has to.
async fn ended(events: Events) -> Vec<Event> {
    within("the stream to end", events.rest()).await
}

#[tokio::test]
async fn a_stream_ends_with_its_thread_when_that_expires() {
    let server = TestServer::start().await;
    let id = used(&server).await;
    let events = watch(&server, &id).await;
    let body = json!({"ttl": {"ttl": 0.001}});
    server.patch(format!("/threads/{id}"), &body).await.ok();
    assert!(ended(events).await.is_empty());
}

#[tokio::test]
async fn a_stream_ends_with_its_thread_when_that_goes_with_its_assistant() {
    let server = TestServer::start().await;
    let id = used(&server).await;
    let other = thread(&server).await;
    let events = watch(&server, &id).await;
    let mut others = watch(&server, &other).await;
    let thread = server.get(format!("/threads/{id}")).await.ok();
    let assistant = thread["metadata"]["assistant_id"].as_str().unwrap();
    server
        .delete(format!("/assistants/{assistant}?delete_threads=true"))
        .await
        .empty(204);
    assert!(ended(events).await.is_empty());
    // A thread that is nobody's is still there, and so is who watches it.
    wait(&server, &other, multi("in")).await;
    assert_eq!(others.next().await.unwrap().name, "metadata");
}

#[tokio::test]
async fn a_stream_ends_with_its_thread_when_that_is_pruned_or_truncated() {
    let server = TestServer::start().await;
    for (path, body) in [
        (
            "/threads/prune",
            json!({"thread_ids": [], "strategy": "delete"}),
        ),
        ("/internal/truncate", json!({"threads": true})),
    ] {
        let id = used(&server).await;
        let events = watch(&server, &id).await;
        let mut body = body;
        if body.get("thread_ids").is_some() {
            body["thread_ids"] = json!([id]);
        }
        server.post(path, &body).await.ok();
        assert!(ended(events).await.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_thread_when_that_could_not_get_its_first_state() {
    let server = TestServer::start().await;
    let events = watch(&server, NOBODY).await;
    let body = json!({
        "thread_id": NOBODY,
        "metadata": {"graph_id": "multi"},
        "supersteps": [{"updates": [{"values": {}, "as_node": "nope"}]}],
    });
    server.post("/threads", &body).await.refused(400);
    assert!(ended(events).await.is_empty());
}
