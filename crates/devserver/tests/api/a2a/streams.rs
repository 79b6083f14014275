//! Following tasks: from their first message on, or from the middle.

use lgx_testkit::TestServer;
use lgx_testkit::sse::Event;
use serde_json::{Value, json};

use super::{asks, begun, data, error, result, says};

/// What an event tells: its kind, and what is in it.
fn told(event: &Event) -> (String, Value) {
    assert_eq!(event.name, "message");
    let result = &event.data["result"];
    let kind = result["kind"].as_str().unwrap_or_default();
    (kind.to_owned(), result.clone())
}

#[tokio::test]
async fn text_comes_piece_by_piece_and_whole_at_the_end() {
    let server = TestServer::start().await;
    let params = says(data(json!({"count": 3, "messages": []})));
    let stream = asks(&server, "tokens", "message/stream", params)
        .events()
        .await;
    assert!(
        stream
            .header("content-type")
            .starts_with("text/event-stream")
    );
    let events: Vec<_> = stream.rest().await.iter().map(told).collect();
    let kinds: Vec<&str> = events.iter().map(|(kind, _)| &**kind).collect();
    assert_eq!(
        kinds,
        [
            "task",
            "status-update",
            "artifact-update",
            "artifact-update",
            "artifact-update",
            "artifact-update",
            "status-update"
        ]
    );
    assert_eq!(events[0].1["status"]["state"], "submitted");
    assert_eq!(events[0].1["history"][0]["messageId"], "m1");
    assert_eq!(events[1].1["status"]["state"], "working");
    assert_eq!(events[1].1["final"], false);
    let pieces: Vec<&Value> = events[2..5].iter().map(|(_, event)| event).collect();
    for (at, piece) in pieces.iter().enumerate() {
        assert_eq!(piece["append"], at > 0);
        assert_eq!(piece["lastChunk"], false);
        assert_eq!(piece["artifact"]["parts"][0]["text"], format!("token{at} "));
    }
    let whole = &events[5].1;
    assert_eq!(
        (&whole["append"], &whole["lastChunk"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        whole["artifact"]["artifactId"],
        pieces[0]["artifact"]["artifactId"]
    );
    assert_eq!(
        whole["artifact"]["parts"][0]["text"],
        "token0 token1 token2 "
    );
    assert_eq!(events[6].1["status"]["state"], "completed");
    assert_eq!(events[6].1["final"], true);
    // What was streamed is what the task has.
    let id = json!({"id": events[0].1["id"]});
    let task = result(&server, "tokens", "tasks/get", id).await;
    assert_eq!(task["artifacts"], json!([whole["artifact"]]));
}

#[tokio::test]
async fn version_1_wraps_what_it_tells() {
    let server = TestServer::start().await;
    let sent =
        json!({"message": {"role": "ROLE_USER", "messageId": "m", "parts": [{"text": "hi"}]}});
    let stream = asks(&server, "agent", "SendStreamingMessage", sent)
        .events()
        .await;
    let events = stream.rest().await;
    let keys = events.iter().map(|event| {
        let result = event.data["result"].as_object().unwrap();
        assert_eq!(result.len(), 1);
        result.keys().next().unwrap().clone()
    });
    assert_eq!(
        keys.collect::<Vec<_>>(),
        [
            "task",
            "statusUpdate",
            "artifactUpdate",
            "artifactUpdate",
            "statusUpdate"
        ]
    );
    let end = &events[4].data["result"]["statusUpdate"];
    assert_eq!(end["status"]["state"], "TASK_STATE_COMPLETED");
    assert!(end.get("final").is_none());
}

#[tokio::test]
async fn what_a_graph_writes_itself_is_progress() {
    let server = TestServer::start().await;
    let params = says(data(json!({"count": 2, "log": []})));
    let stream = asks(&server, "custom", "message/stream", params)
        .events()
        .await;
    let events: Vec<_> = stream.rest().await.iter().map(told).collect();
    let progress = events.iter().filter_map(|(_, event)| {
        let part = event["status"]["message"]["parts"].get(0)?;
        Some(part["data"].clone())
    });
    assert_eq!(
        progress.collect::<Vec<_>>(),
        [json!({"number": 0}), json!({"number": 1})]
    );
}

#[tokio::test]
async fn a_failure_ends_the_stream() {
    let server = TestServer::start().await;
    let params = says(data(json!({"log": []})));
    let stream = asks(&server, "boom", "message/stream", params)
        .events()
        .await;
    let events = stream.rest().await;
    let (kind, end) = told(events.last().unwrap());
    assert_eq!(kind, "status-update");
    assert_eq!(end["status"]["state"], "failed");
    assert_eq!(end["final"], true);
    assert_eq!(
        end["status"]["message"]["parts"][0]["text"],
        "ValueError: kaboom"
    );
}

#[tokio::test]
async fn a_task_is_followed_from_the_middle() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let task = begun(&server).await;
    server.worker.slow().arrived(1).await;
    let id = json!({"id": task["id"]});
    let mut stream = asks(&server, "multi", "tasks/resubscribe", id.clone())
        .events()
        .await;
    let (kind, first) = told(&stream.next().await.unwrap());
    assert_eq!((&*kind, &first["id"]), ("task", &task["id"]));
    assert_eq!(first["status"]["state"], "working");
    server.worker.slow().open();
    let events: Vec<_> = stream.rest().await.iter().map(told).collect();
    let output = &events[events.len() - 2].1["artifact"]["parts"][0]["data"];
    assert_eq!(*output, json!({"log": ["in", "a", "slow", "b"]}));
    let end = &events[events.len() - 1].1;
    assert_eq!(end["status"]["state"], "completed");
    // One that has ended is there to be got.
    let refused = error(&server, "multi", "tasks/resubscribe", id).await;
    assert_eq!(refused.0, -32004);
}

#[tokio::test]
async fn a_task_that_waits_for_its_turn_is_followed_too() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let first = begun(&server).await;
    server.worker.slow().arrived(1).await;
    let mut params = super::says_in(
        data(json!({"log": ["next"]})),
        json!({"contextId": first["contextId"]}),
    );
    params["configuration"] = json!({"blocking": false});
    let second = result(&server, "multi", "message/send", params).await;
    assert_eq!(second["status"]["state"], "submitted");
    let id = json!({"id": second["id"]});
    let mut stream = asks(&server, "multi", "SubscribeToTask", id).events().await;
    let task = stream.next().await.unwrap().data["result"]["task"].clone();
    assert_eq!(task["status"]["state"], "TASK_STATE_SUBMITTED");
    server.worker.slow().open();
    let events = stream.rest().await;
    let states = events.iter().filter_map(|event| {
        let state = event.data["result"]["statusUpdate"]["status"]["state"].as_str();
        state.map(str::to_owned)
    });
    assert_eq!(
        states.collect::<Vec<_>>(),
        ["TASK_STATE_WORKING", "TASK_STATE_COMPLETED"]
    );
}

#[tokio::test]
async fn a_client_that_goes_does_not_stop_the_task() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let params = says(data(json!({"log": ["in"]})));
    let mut stream = asks(&server, "multi", "message/stream", params)
        .events()
        .await;
    let (_, task) = told(&stream.next().await.unwrap());
    server.worker.slow().arrived(1).await;
    drop(stream);
    let id = json!({"id": task["id"]});
    let mut stream = asks(&server, "multi", "tasks/resubscribe", id)
        .events()
        .await;
    stream.next().await.unwrap();
    server.worker.slow().open();
    let (_, end) = told(stream.rest().await.last().unwrap());
    assert_eq!(end["status"]["state"], "completed");
}
