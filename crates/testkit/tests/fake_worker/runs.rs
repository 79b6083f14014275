//! Runs of the fake graphs.

use lgx_model::{RawJson, RunError};
use lgx_worker::{Method, RunOutcome};
use serde_json::{Value, json};

use crate::server::{finish, serving};

fn names(events: &[(String, Value)]) -> Vec<&str> {
    events.iter().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn a_chat_goes_on_from_run_to_run() {
    let server = serving(&["agent"]).await;
    for (said, messages) in [("hi", 2), ("again", 4)] {
        let input = json!({"messages": [{"role": "user", "content": said}]});
        let ended = server.run(&server.request("agent", &input)).await;
        assert_eq!(ended.end.status, RunOutcome::Success);
        let all = ended.values["messages"].as_array().unwrap();
        assert_eq!(all.len(), messages);
        assert_eq!(
            (&all[messages - 2]["type"], &all[messages - 2]["content"]),
            (&json!("human"), &json!(said))
        );
        assert_eq!(
            (&all[messages - 1]["type"], &all[messages - 1]["content"]),
            (&json!("ai"), &json!(format!("echo: {said}")))
        );
        assert_eq!(
            names(&ended.events),
            ["values", "messages", "updates", "values"]
        );
    }
    assert_eq!(server.memory.logs.lock().unwrap()[0].text, "echoing hi");
}

#[tokio::test]
async fn the_log_grows_node_by_node_and_waits_at_the_gate() {
    let server = serving(&["log"]).await;
    server.fake.slow().close();
    let run = server
        .begin(&server.request("log", &json!({"log": ["in"]})))
        .await;
    server.fake.slow().arrived(1).await;
    server.fake.slow().open();
    let ended = finish(run).await;
    let shown: Vec<_> = ended
        .events
        .iter()
        .map(|(name, data)| format!("{name} {data}"))
        .collect();
    assert_eq!(
        shown,
        [
            r#"values {"log":["in"]}"#,
            r#"updates {"a":{"log":["a"]}}"#,
            r#"values {"log":["in","a"]}"#,
            r#"updates {"slow":{"log":["slow"]}}"#,
            r#"values {"log":["in","a","slow"]}"#,
            r#"updates {"b":{"log":["b"]}}"#,
            r#"values {"log":["in","a","slow","b"]}"#,
        ]
    );
    assert_eq!(
        (ended.end.next.len(), ended.values),
        (0, json!({"log": ["in", "a", "slow", "b"]}))
    );
}

#[tokio::test]
async fn a_cancelled_run_keeps_what_it_wrote_and_goes_on_later() {
    let server = serving(&["log"]).await;
    server.fake.slow().close();
    let run = server
        .begin(&server.request("log", &json!({"log": ["in"]})))
        .await;
    server.fake.slow().arrived(1).await;
    run.cancel();
    let ended = finish(run).await;
    assert_eq!(
        (ended.end.status, ended.end.next.as_slice()),
        (RunOutcome::Cancelled, &["slow".to_owned()][..])
    );
    assert_eq!(ended.values, json!({"log": ["in", "a"]}));
    server.fake.slow().open();
    let ended = server.run(&server.request("log", &Value::Null)).await;
    assert_eq!(ended.values, json!({"log": ["in", "a", "slow", "b"]}));
}

#[tokio::test]
async fn an_exception_is_told_to_clients_and_to_the_developer() {
    let server = serving(&["boom"]).await;
    let ended = server.run(&server.request("boom", &json!({}))).await;
    assert_eq!(
        (ended.end.status, ended.end.error),
        (
            RunOutcome::Error,
            Some(RunError::new("ValueError", "kaboom"))
        )
    );
    assert_eq!(
        ended.end.diagnostic.unwrap().file.as_deref(),
        Some("graph.py")
    );
    assert_eq!(ended.end.next, ["boom"]);
}

#[tokio::test]
async fn an_interrupt_waits_for_its_answer() {
    let server = serving(&["hitl"]).await;
    let asked = server
        .run(&server.request("hitl", &json!({"question": "name?"})))
        .await;
    assert_eq!(
        (asked.end.status, asked.end.next.as_slice()),
        (RunOutcome::Success, &["ask".to_owned()][..])
    );
    let interrupts: Value = asked.end.interrupts.parse().unwrap();
    let (task, interrupt) = interrupts.as_object().unwrap().iter().next().unwrap();
    assert_eq!(
        (&interrupt[0]["value"], &interrupt[0]["response_schema"]),
        (&json!({"q": "name?"}), &Value::Null)
    );
    assert_eq!(
        asked.events.last().unwrap().1["__interrupt__"][0]["id"],
        interrupt[0]["id"]
    );
    let state = server
        .section(Method::StateGet, json!({"graph_id": "hitl"}))
        .await;
    assert_eq!(
        (
            &state["tasks"][0]["id"],
            &state["tasks"][0]["interrupts"][0]["id"]
        ),
        (&json!(task), &interrupt[0]["id"])
    );

    let mut answer = server.request("hitl", &Value::Null);
    answer.command = RawJson::of(&json!({"resume": "Ann"}));
    let answered = server.run(&answer).await;
    assert_eq!(
        answered.values,
        json!({"question": "name?", "answer": "Ann", "final": "answer=Ann"})
    );
    assert_eq!(answered.end.interrupts.get(), "{}");
}

#[tokio::test]
async fn breakpoints_stop_before_and_after() {
    let server = serving(&["log"]).await;
    let mut request = server.request("log", &json!({"log": []}));
    request.interrupt_before = RawJson::of(&["slow"]);
    request.interrupt_after = RawJson::of("*");
    let mut stops = vec![];
    for _ in 0..3 {
        let ended = server.run(&request).await;
        stops.push(ended.end.next.join(","));
        request.input = RawJson::null();
    }
    assert_eq!(stops, ["slow", "b", ""]);
}

#[tokio::test]
async fn nothing_to_start_from_is_an_error() {
    let server = serving(&["log"]).await;
    let ended = server.run(&server.request("log", &Value::Null)).await;
    assert_eq!(ended.end.error.unwrap().error, "EmptyInputError");
    assert!(!ended.end.has_values);
}

#[tokio::test]
async fn many_events_come_in_order() {
    let server = serving(&["custom", "tokens"]).await;
    let ended = server
        .run(&server.request("custom", &json!({"count": 3000})))
        .await;
    let numbers = ended
        .events
        .iter()
        .filter(|(name, _)| name == "custom")
        .map(|(_, data)| data["number"].as_u64().unwrap());
    assert!(numbers.eq(0..3000));
    let ended = server
        .run(&server.request("tokens", &json!({"count": 3})))
        .await;
    let tokens: Vec<_> = ended
        .events
        .iter()
        .filter(|(name, _)| name == "messages")
        .map(|(_, data)| &data[0]["content"])
        .collect();
    assert_eq!(tokens, ["token0 ", "token1 ", "token2 "]);
    assert_eq!(
        ended.values["messages"][0]["content"],
        "token0 token1 token2 "
    );
}

#[tokio::test]
async fn durability_decides_which_checkpoints_there_are() {
    for (durability, temporary, checkpoints) in [
        ("sync", false, 5),
        ("async", false, 5),
        ("exit", false, 1),
        ("async", true, 0),
    ] {
        let server = serving(&["log"]).await;
        let mut request = server.request("log", &json!({"log": ["in"]}));
        request.durability = durability.into();
        request.temporary = temporary;
        let ended = server.run(&request).await;
        assert_eq!(ended.values["log"].as_array().unwrap().len(), 4);
        assert_eq!(
            server.memory.tuples.lock().unwrap().len(),
            checkpoints,
            "{durability}"
        );
    }
}

#[tokio::test]
async fn a_stuck_run_hears_nothing_until_it_is_let_go() {
    let server = serving(&["stuck", "log"]).await;
    let stuck = server.begin(&server.request("stuck", &json!({}))).await;
    server.fake.stuck().arrived(1).await;
    stuck.cancel();
    // The worker serves others meanwhile.
    let draw = server
        .section(Method::GraphDraw, json!({"graph_id": "log"}))
        .await;
    assert_eq!(draw["nodes"].as_array().unwrap().len(), 5);
    let before = server.memory.tuples.lock().unwrap().len();
    server.fake.stuck().open();
    assert_eq!(finish(stuck).await.end.status, RunOutcome::Cancelled);
    assert_eq!(
        server.memory.tuples.lock().unwrap().len(),
        before + 1,
        "it wrote after it was cancelled"
    );
}
