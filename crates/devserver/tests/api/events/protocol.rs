//! The event protocol over server-sent events: what a run becomes, in which order, and that it is replayed exactly.

use lgx_testkit::TestServer;
use lgx_testkit::sse::Event;
use serde_json::{Value, json};

use super::{ALL, command, frame, frames, lifecycle, multi_frames, next, start, watch};
use crate::steps::{create, get, join, text, thread, wait};

fn all() -> Value {
    json!({"channels": ALL})
}

#[tokio::test]
async fn a_run_is_told_from_its_beginning_to_its_end() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let mut events = watch(&server, &id, all()).await;
    let run = start(&server, &id, "multi", json!({"log": ["x"]})).await;
    let told = next(&mut events, 6).await;
    let seqs: Vec<u64> = told
        .iter()
        .map(|event| event.data["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5, 6]);
    assert_eq!(told[0].data["event_id"], format!("synth:{run}:lc||running"));
    assert_eq!(
        told[5].data["event_id"],
        format!("synth:{run}:lc||completed")
    );
    let shown: Vec<(String, Value)> = told
        .iter()
        .map(|event| (event.name.clone(), event.data["params"]["data"].clone()))
        .collect();
    assert_eq!(shown, multi_frames("x"));
    // What the end tells can be read.
    assert_eq!(get(&server, &id).await["status"], "idle");

    let run = server.get(format!("/threads/{id}/runs/{run}")).await.ok();
    assert_eq!(run["kwargs"]["resumable"], true);
    assert_eq!(run["kwargs"]["subgraphs"], true);
}

#[tokio::test]
async fn nothing_is_lost_between_the_start_of_a_run_and_the_first_look() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let run = start(&server, &id, "multi", json!({"log": ["x"]})).await;
    join(&server, &id, &run).await;
    let first = next(&mut watch(&server, &id, all()).await, 6).await;
    let again = next(&mut watch(&server, &id, all()).await, 6).await;
    assert_eq!(first, again, "a replay is exact");

    let mut since = watch(&server, &id, json!({"channels": ["values"], "since": 3})).await;
    let seqs: Vec<Option<String>> = next(&mut since, 2)
        .await
        .into_iter()
        .map(|event| event.id)
        .collect();
    assert_eq!(seqs, [Some("4".to_owned()), Some("5".to_owned())]);
    // It goes on with the next run, in the same numbers.
    start(&server, &id, "multi", json!({"log": ["y"]})).await;
    assert_eq!(since.next().await.unwrap().id.as_deref(), Some("8"));
}

#[tokio::test]
async fn a_question_is_asked_answered_and_the_run_goes_on() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let mut events = watch(&server, &id, all()).await;
    let run = start(&server, &id, "hitl", json!({"question": "name?"})).await;
    let told = next(&mut events, 5).await;
    let asked = &told[2];
    let interrupt = text(&asked.data["params"]["data"], "interrupt_id");
    assert_eq!(
        asked.data["event_id"],
        format!("synth:{run}:input||{interrupt}")
    );
    let shown: Vec<(String, Value)> = told
        .iter()
        .map(|event: &Event| (event.name.clone(), event.data["params"]["data"].clone()))
        .collect();
    let question = json!({"question": "name?"});
    let payload = json!({"q": "name?"});
    assert_eq!(
        shown,
        [
            lifecycle("running", "hitl"),
            frame("values", question.clone()),
            frame(
                "input.requested",
                json!({"interrupt_id": interrupt, "payload": payload, "value": payload})
            ),
            lifecycle("interrupted", "hitl"),
            frame("values", question.clone()),
        ]
    );

    // At once: the run that asked may not have come to its end.
    let answer = json!({"namespace": [], "interrupt_id": interrupt, "response": "Bob", "metadata": {"m": 1}});
    let answered = command(&server, &id, "input.respond", answer.clone()).await;
    assert_eq!(answered["result"], json!({}), "{answered}");
    let told = frames(&mut events, 5).await;
    assert_eq!(told[0], lifecycle("running", "hitl"));
    assert_eq!(told[3].1["final"], "answer=Bob");
    assert_eq!(told[4], lifecycle("completed", "hitl"));
    let runs = server.get(format!("/threads/{id}/runs")).await.ok();
    assert_eq!(runs[0]["metadata"]["m"], 1);

    let twice = command(&server, &id, "input.respond", answer).await;
    assert_eq!(twice["error"], "no_such_interrupt");
}

#[tokio::test]
async fn a_run_started_on_a_paused_thread_answers_what_it_asks() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let mut events = watch(&server, &id, all()).await;
    start(&server, &id, "hitl", json!({"question": "name?"})).await;
    // As soon as the question is heard.
    events.until("input.requested").await;
    let run = start(&server, &id, "hitl", json!("Bob")).await;
    let values = join(&server, &id, &run).await;
    assert_eq!(values["final"], "answer=Bob");
    let run = server.get(format!("/threads/{id}/runs/{run}")).await.ok();
    assert_eq!(run["kwargs"]["input"], json!(null));
    assert_eq!(run["kwargs"]["command"], json!({"resume": "Bob"}));
}

#[tokio::test]
async fn a_run_started_without_input_on_a_paused_thread_asks_again() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let first = start(&server, &id, "hitl", json!({"question": "name?"})).await;
    join(&server, &id, &first).await;
    let run = start(&server, &id, "hitl", json!(null)).await;
    join(&server, &id, &run).await;
    let run = server.get(format!("/threads/{id}/runs/{run}")).await.ok();
    assert_eq!(run["kwargs"]["command"], json!(null));
    assert_eq!(get(&server, &id).await["status"], "interrupted");
}

#[tokio::test]
async fn a_failure_and_a_cancellation_are_ends_too() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let only = json!({"channels": ["lifecycle"]});
    let mut events = watch(&server, &id, only).await;
    start(&server, &id, "boom", json!({})).await;
    assert_eq!(
        frames(&mut events, 2).await,
        [
            lifecycle("running", "boom"),
            frame(
                "lifecycle",
                json!({"event": "failed", "graph_name": "boom", "error": "kaboom"})
            ),
        ]
    );
    server.worker.slow().close();
    let run = start(&server, &id, "multi", json!({"log": []})).await;
    server.worker.slow().arrived(1).await;
    let cancel = format!("/threads/{id}/runs/{run}/cancel");
    server.post(cancel, &json!({})).await.empty(202);
    assert_eq!(
        frames(&mut events, 2).await,
        [
            lifecycle("running", "multi"),
            lifecycle("interrupted", "multi")
        ]
    );
}

#[tokio::test]
async fn what_models_say_is_streamed() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let only = json!({"channels": ["messages"]});
    let mut events = watch(&server, &id, only).await;
    start(&server, &id, "tokens", json!({"count": 2})).await;
    let told: Vec<String> = frames(&mut events, 6)
        .await
        .into_iter()
        .map(|(_, data)| text(&data, "event"))
        .collect();
    assert_eq!(
        told,
        [
            "message-start",
            "content-block-start",
            "content-block-delta",
            "content-block-delta",
            "content-block-finish",
            "message-finish"
        ]
    );
}

#[tokio::test]
async fn other_runs_are_seen_live_node_by_node_and_replayed_only_if_resumable() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let mut events = watch(&server, &id, all()).await;
    let body = json!({"assistant_id": "multi", "input": {"log": ["x"]}, "stream_mode": ["updates", "messages"]});
    let run = create(&server, &id, body.clone()).await;
    let told = next(&mut events, 5).await;
    assert_eq!(told[0].data["event_id"], format!("synth:{run}:lc||running"));
    assert_eq!(told[1].data["params"]["data"], json!({"log": ["a"]}));
    assert_eq!(told[1].data["params"]["node"], "a");
    assert_eq!(told[4].data["params"]["data"]["event"], "completed");

    let mut resumable = body;
    resumable["stream_resumable"] = json!(true);
    wait(&server, &id, resumable).await;
    let live = next(&mut events, 5).await;
    let replayed = next(&mut watch(&server, &id, all()).await, 5).await;
    assert_eq!(replayed, live);
    assert_eq!(replayed[0].id.as_deref(), Some("6"));
}
