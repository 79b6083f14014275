//! Runs of assistants: what of a version reaches the graph, and what becomes of a run whose assistant goes.

use lgx_testkit::{Client, TestServer};
use serde_json::{Value, json};

use crate::bodies::multi;
use crate::steps::{self, NOBODY, create, get, text, thread};

/// An assistant of the graph a → slow → b, by its id.
async fn assistant(client: &Client, more: Value) -> String {
    let mut body = json!({"graph_id": "multi"});
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    text(
        &client.post("/assistants", &body).await.ok(),
        "assistant_id",
    )
}

/// What the graph was given by a run with these fields: its context, its `configurable` without the server's keys, its tags,
/// and the graph itself.
async fn given(server: &TestServer, assistant_id: &str, more: Value) -> Value {
    let mut body = json!({"assistant_id": assistant_id, "input": {"log": []}});
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    server.post("/runs/wait", &body).await.ok();
    let run = server.worker.requests("run").pop().unwrap();
    let mut configurable = run["config"]["configurable"].clone();
    configurable.as_object_mut().unwrap().retain(|key, _| {
        !key.starts_with("langgraph_") && !key.starts_with("__") && !key.ends_with("_id")
    });
    json!({"context": run["context"], "configurable": configurable, "tags": run["config"]["tags"], "graph": run["graph_id"]})
}

#[tokio::test]
async fn context_and_configurable_are_one_for_the_graph() {
    let server = TestServer::start().await;
    let one = json!({"model": "m"});
    for settings in [
        json!({"context": one}),
        json!({"config": {"configurable": one}}),
    ] {
        let id = assistant(&server, settings).await;
        let plain = given(&server, &id, json!({})).await;
        assert_eq!((&plain["context"], &plain["configurable"]), (&one, &one));
        let both = json!({"model": "m", "user": "u"});
        for request in [
            json!({"context": {"user": "u"}}),
            json!({"config": {"configurable": {"user": "u"}}}),
        ] {
            let more = given(&server, &id, request).await;
            assert_eq!((&more["context"], &more["configurable"]), (&both, &both));
        }
        let other = json!({"model": "other"});
        for request in [
            json!({"context": other}),
            json!({"config": {"configurable": other}}),
        ] {
            let more = given(&server, &id, request).await;
            assert_eq!((&more["context"], &more["configurable"]), (&other, &other));
        }
    }
}

#[tokio::test]
async fn a_run_gets_what_the_latest_version_says() {
    let server = TestServer::start().await;
    let id = assistant(
        &server,
        json!({"context": {"first": 1, "shared": 1}, "config": {"tags": ["one"]}}),
    )
    .await;
    let path = format!("/assistants/{id}");
    let first = given(&server, &id, json!({})).await;
    assert_eq!(
        first,
        json!({"context": {"first": 1, "shared": 1}, "configurable": {"first": 1, "shared": 1}, "tags": ["one"], "graph": "multi"})
    );

    let patch =
        json!({"graph_id": "custom", "context": {"shared": 2}, "config": {"tags": ["two"]}});
    server.patch(&path, &patch).await.ok();
    let second = given(&server, &id, json!({})).await;
    assert_eq!(
        second,
        json!({"context": {"shared": 2}, "configurable": {"shared": 2}, "tags": ["two"], "graph": "custom"}),
        "nothing is left of the first"
    );

    let latest = format!("{path}/latest");
    server.post(&latest, &json!({"version": 1})).await.ok();
    assert_eq!(given(&server, &id, json!({})).await, first);
    server.post(&latest, &json!({"version": 2})).await.ok();
    assert_eq!(given(&server, &id, json!({})).await, second);
}

#[tokio::test]
async fn a_context_that_was_cleared_does_not_come_back() {
    let server = TestServer::start().await;
    let id = assistant(&server, json!({"context": {"model": "m"}})).await;
    let cleared = server
        .patch(format!("/assistants/{id}"), &json!({"context": {}}))
        .await
        .ok();
    assert_eq!(cleared["context"], json!({}));
    assert_eq!(given(&server, &id, json!({})).await["context"], json!({}));
    let own = given(&server, &id, json!({"context": {"user": "u"}})).await;
    assert_eq!(own["context"], json!({"user": "u"}));
}

#[tokio::test]
async fn a_waiting_run_keeps_the_version_it_was_made_with() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = assistant(&server, json!({"context": {"version": 1}})).await;
    let thread = thread(&server).await;
    let body = json!({"assistant_id": id, "input": {"log": []}});
    let first = create(&server, &thread, body.clone()).await;
    server.worker.slow().arrived(1).await;
    let second = create(&server, &thread, body).await;
    let patch = json!({"graph_id": "boom", "context": {"version": 2}});
    server.patch(format!("/assistants/{id}"), &patch).await.ok();
    server.worker.slow().open();
    steps::join(&server, &thread, &second).await;
    for (run, request) in [first, second].iter().zip(server.worker.requests("run")) {
        assert_eq!(
            (
                &request["run_id"],
                &request["graph_id"],
                &request["context"]
            ),
            (&json!(run), &json!("multi"), &json!({"version": 1}))
        );
    }
}

#[tokio::test]
async fn runs_end_with_their_assistant_and_its_threads() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = assistant(&server, json!({})).await;
    let thread = thread(&server).await;
    let body = json!({"assistant_id": id, "input": {"log": []}});
    let events = server
        .post(format!("/threads/{thread}/runs/stream"), &body)
        .events()
        .await;
    let running = events.header("content-location").to_owned();
    let waiting = create(&server, &thread, body.clone()).await;
    let waiting = format!("/threads/{thread}/runs/{waiting}");
    server.worker.slow().arrived(1).await;
    let mut joined = Vec::new();
    for run in [&running, &waiting] {
        joined.push(server.get(format!("{run}/join")).open().await);
        let stream = server.get(format!("{run}/stream")).open().await;
        joined.push(stream);
    }

    server
        .delete(format!("/assistants/{id}?delete_threads=true"))
        .await
        .empty(204);
    let gone = json!({"error": "HTTPException", "message": "404: Run not found"});
    let mut streams = vec![events];
    for answer in joined {
        if answer.header("content-type") == "application/json" {
            let body = answer.whole().await.ok();
            assert_eq!(body, json!({"__error__": gone}));
        } else {
            streams.push(answer.events());
        }
    }
    for events in streams {
        let last = events.rest().await.pop().unwrap();
        assert_eq!((last.name.as_str(), &last.data), ("error", &gone));
    }
    for path in [&running, &waiting] {
        server.get(path).await.refused(404);
    }
    server.get(format!("/threads/{thread}")).await.refused(404);

    // Nothing of it holds anything up: its slot is free, and its id can be used again.
    server.worker.slow().open();
    let other = server
        .post("/threads", &json!({"thread_id": thread}))
        .await
        .ok();
    assert_eq!(other["status"], "idle");
    let values = steps::wait(&server, &thread, multi("again")).await;
    assert_eq!(values, json!({"log": ["again", "a", "slow", "b"]}));
    assert_eq!(get(&server, &thread).await["status"], "idle");
}

#[tokio::test]
async fn a_run_whose_assistant_goes_alone_goes_to_its_end() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = assistant(&server, json!({})).await;
    let thread = thread(&server).await;
    let body = json!({"assistant_id": id, "input": {"log": ["in"]}});
    let run = create(&server, &thread, body.clone()).await;
    server.worker.slow().arrived(1).await;
    server.delete(format!("/assistants/{id}")).await.empty(204);
    server.worker.slow().open();
    assert_eq!(
        steps::join(&server, &thread, &run).await,
        json!({"log": ["in", "a", "slow", "b"]})
    );
    // No other run of it can be made.
    for id in [&*id, NOBODY] {
        let body = json!({"assistant_id": id, "input": {"log": []}});
        server
            .post(format!("/threads/{thread}/runs"), &body)
            .await
            .refused(404);
    }
}
