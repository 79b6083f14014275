//! Calls of tools: results, failures, questions, and what is told on the way.

use lgx_testkit::TestServer;
use serde_json::{Value, json};

use super::{ask, call, call_with_progress, error, result, text};

#[tokio::test]
async fn a_call_gives_the_values_as_text_and_as_they_are() {
    let server = TestServer::start().await;
    let called = result(call(&server, "multi", json!({"log": ["in"]}))).await;
    let values = json!({"log": ["in", "a", "slow", "b"]});
    assert_eq!(called["structuredContent"], values);
    let told: Value = serde_json::from_str(text(&called)).unwrap();
    assert_eq!(told, values);
    assert_eq!(called["isError"], false);
    let run = &server.worker.requests("run")[0];
    assert_eq!(run["input"], json!({"log": ["in"]}));
    // Nothing of it stays.
    let threads = server.post("/threads/count", &json!({})).await.ok();
    assert_eq!(threads, json!(0));
}

#[tokio::test]
async fn a_call_without_arguments_gives_the_graph_an_empty_object() {
    let server = TestServer::start().await;
    for params in [
        json!({"name": "multi"}),
        json!({"name": "multi", "arguments": null}),
    ] {
        let called = result(ask(&server, "tools/call", params)).await;
        assert_eq!(
            called["structuredContent"],
            json!({"log": ["a", "slow", "b"]})
        );
    }
}

#[tokio::test]
async fn a_run_that_fails_is_an_error_with_its_message() {
    let server = TestServer::start().await;
    let called = result(call(&server, "boom", json!({"log": []}))).await;
    assert_eq!(
        called,
        json!({"content": [{"type": "text", "text": "ValueError: kaboom"}], "isError": true})
    );
}

#[tokio::test]
async fn a_graph_that_asks_is_an_error_that_says_what() {
    let server = TestServer::start().await;
    let called = result(call(&server, "hitl", json!({"question": "sure?"}))).await;
    assert_eq!(called["isError"], true);
    assert!(
        text(&called).contains(r#"It asks: {"q":"sure?"}."#),
        "{called}"
    );
    assert_eq!(called.get("structuredContent"), None);
}

#[tokio::test]
async fn calls_that_are_wrong_in_themselves_run_nothing() {
    let server = TestServer::start().await;
    for (params, says) in [
        (json!({"name": "nope"}), "Unknown tool: nope"),
        (json!({}), "name"),
        (json!({"name": 5}), "Invalid params"),
        (json!({"name": "multi", "arguments": [1]}), "not an object"),
        (json!({"name": "multi", "arguments": "x"}), "not an object"),
        (json!([]), "Invalid params"),
    ] {
        let (status, told) = error(ask(&server, "tools/call", params)).await;
        assert_eq!((status, &told["code"]), (200, &json!(-32602)), "{told}");
        assert!(told["message"].as_str().unwrap().contains(says), "{told}");
    }
    assert!(server.worker.requests("run").is_empty());
}

/// The messages of a stream: what was told on the way, and the answer.
fn messages(events: &[lgx_testkit::sse::Event]) -> (Vec<Value>, Value) {
    assert!(events.iter().all(|event| event.name == "message"));
    let (answer, told) = events.split_last().unwrap();
    let told = told.iter().map(|event| {
        assert_eq!(event.data["method"], "notifications/progress");
        assert_eq!(event.data.get("id"), None);
        event.data["params"].clone()
    });
    assert_eq!(answer.data["id"], 1, "{answer:?}");
    (told.collect(), answer.data["result"].clone())
}

#[tokio::test]
async fn what_a_graph_writes_itself_is_progress() {
    let server = TestServer::start().await;
    let events = call_with_progress(&server, "custom", json!({"count": 3})).events();
    let (told, called) = messages(&events.await.rest().await);
    let step = |number: u32| json!({"progressToken": "mine", "progress": number + 1, "message": format!("{{\"number\":{number}}}")});
    assert_eq!(told, [step(0), step(1), step(2)]);
    assert_eq!(called["structuredContent"]["log"], json!(["work"]));
}

#[tokio::test]
async fn what_models_say_is_progress() {
    let server = TestServer::start().await;
    let events = call_with_progress(&server, "tokens", json!({"count": 2})).events();
    let (told, called) = messages(&events.await.rest().await);
    let said: Vec<_> = told.iter().map(|one| &one["message"]).collect();
    assert_eq!(said, ["token0 ", "token1 "]);
    let answer = &called["structuredContent"]["messages"][0]["content"];
    assert_eq!(*answer, "token0 token1 ");
}

#[tokio::test]
async fn failures_end_a_stream_too() {
    let server = TestServer::start().await;
    let events = call_with_progress(&server, "boom", json!({})).events();
    let (told, called) = messages(&events.await.rest().await);
    assert_eq!(told, [] as [Value; 0]);
    assert_eq!(text(&called), "ValueError: kaboom");
}

#[tokio::test]
async fn progress_comes_while_the_run_goes_on() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let events = call_with_progress(&server, "multi", json!({}))
        .events()
        .await;
    server.worker.slow().arrived(1).await;
    server.worker.slow().open();
    let (told, called) = messages(&events.rest().await);
    assert_eq!(told, [] as [Value; 0]);
    assert_eq!(called["isError"], false);
}

#[tokio::test]
async fn who_reads_no_events_gets_json() {
    let server = TestServer::start().await;
    for accept in ["application/json", "*/*"] {
        let request = call_with_progress(&server, "custom", json!({"count": 1}));
        let called = result(request.header("accept", accept)).await;
        assert_eq!(
            called["structuredContent"]["log"],
            json!(["work"]),
            "{accept}"
        );
    }
    // Nor does anybody who did not ask for progress get events.
    let called = result(call(&server, "custom", json!({"count": 1}))).await;
    assert_eq!(called["isError"], false);
    let modes: Vec<_> = server.worker.requests("run");
    assert!(
        modes
            .iter()
            .all(|run| run["stream_mode"] == json!(["values"])),
        "{modes:?}"
    );
}
