//! Commands over HTTP: their envelope, and what they refuse.

use lgx_testkit::TestServer;
use serde_json::{Value, json};

use super::{command, start};
use crate::steps::{NOBODY, get, join, text, thread};

#[tokio::test]
async fn what_is_no_command_is_a_bad_request() {
    let server = TestServer::start().await;
    let path = format!("/threads/{NOBODY}/commands");
    let send = |body: &'static str| server.request("POST", &*path).body(body).open();
    let refusal = send("{nope").await.whole().await;
    assert_eq!(refusal.refused(400), "Invalid JSON body");
    for (body, id) in [
        (r#"{"method":"run.start","params":{}}"#, json!(null)),
        (r#"{"id":3}"#, json!(3)),
    ] {
        let answer = server.request("POST", &*path).body(body).raw().await;
        assert_eq!(answer.status, 400);
        assert_eq!(
            answer.json(),
            json!({"type": "error", "id": id, "error": "invalid_argument",
                   "message": "Protocol commands must include an integer id and string method."})
        );
    }
}

#[tokio::test]
async fn commands_that_cannot_be_carried_out_say_why() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let failure = async |method: &str, params: Value| {
        let answer = command(&server, &id, method, params).await;
        assert_eq!(
            (&answer["type"], &answer["id"]),
            (&json!("error"), &json!(1))
        );
        (text(&answer, "error"), text(&answer, "message"))
    };
    for method in ["foo.bar", "state.get", "run.cancel", "input.inject"] {
        let expected = format!("Unknown protocol command: {method}");
        let told = failure(method, json!({})).await;
        assert_eq!(told, ("unknown_command".to_owned(), expected));
    }
    let (code, message) = failure("agent.getTree", json!({})).await;
    assert_eq!(code, "no_such_run", "{message}");
    let (code, message) = failure("run.start", json!({"input": {}})).await;
    assert_eq!(code, "invalid_argument");
    assert_eq!(message, "run.start requires an assistant_id.");
    let (code, message) = failure("run.start", json!({"assistant_id": "zzz", "input": {}})).await;
    assert_eq!(code, "unknown_error");
    assert!(
        message.starts_with("422: Invalid assistant: 'zzz'"),
        "{message}"
    );
    let (code, _) = failure("input.respond", json!({})).await;
    assert_eq!(code, "invalid_argument");
    let (code, message) =
        failure("input.respond", json!({"interrupt_id": "x", "response": 1})).await;
    assert_eq!(code, "no_such_interrupt");
    assert_eq!(message, "Unknown or already-consumed interrupt: x");
    let (code, message) = failure("subscription.subscribe", json!({"channels": []})).await;
    assert_eq!(code, "invalid_argument");
    assert!(message.contains("non-empty channels array"), "{message}");
    let (code, _) = failure(
        "subscription.unsubscribe",
        json!({"subscription_id": "nope"}),
    )
    .await;
    assert_eq!(code, "no_such_subscription");
    server
        .post("/threads/abc/commands", &json!({"id": 1, "method": "x"}))
        .await
        .refused(422);
}

#[tokio::test]
async fn a_start_makes_its_thread_and_takes_configuration_and_metadata() {
    let server = TestServer::start().await;
    let params = json!({"assistant_id": "multi", "input": {"log": ["new"]}, "metadata": {"k": "v"},
        "config": {"configurable": {"foo": "bar"}, "tags": ["t"]}, "langsmith_tracer": {"project_name": "p"}});
    let answer = command(&server, NOBODY, "run.start", params).await;
    let run = text(&answer["result"], "run_id");
    let values = join(&server, NOBODY, &run).await;
    assert_eq!(values["log"], json!(["new", "a", "slow", "b"]));
    let run = server
        .get(format!("/threads/{NOBODY}/runs/{run}"))
        .await
        .ok();
    assert_eq!(run["metadata"]["k"], "v");
    assert_eq!(run["kwargs"]["config"]["configurable"]["foo"], "bar");
    assert_eq!(run["kwargs"]["config"]["tags"], json!(["t"]));
    assert_eq!(get(&server, NOBODY).await["metadata"]["k"], "v");
    assert_eq!(
        run["kwargs"]["stream_mode"],
        json!([
            "values",
            "updates",
            "messages",
            "tools",
            "lifecycle",
            "custom",
            "tasks",
            "checkpoints"
        ])
    );
}

#[tokio::test]
async fn no_other_request_can_ask_for_what_the_protocol_streams() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let body =
        json!({"assistant_id": "multi", "input": {}, "stream_mode": ["values", "lifecycle"]});
    server
        .post(format!("/threads/{id}/runs"), &body)
        .await
        .refused(422);
}

#[tokio::test]
async fn a_busy_thread_takes_the_next_run_as_its_strategy_says() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let first = start(&server, &id, "multi", json!({"log": ["x"]})).await;
    server.worker.slow().arrived(1).await;
    let with = |strategy: &str| json!({"assistant_id": "multi", "input": {"log": ["y"]}, "multitaskStrategy": strategy});
    let rejected = command(&server, &id, "run.start", with("reject")).await;
    assert_eq!(rejected["error"], "unknown_error");
    assert!(
        text(&rejected, "message").starts_with("409: "),
        "{rejected}"
    );
    let next = start(&server, &id, "multi", json!({"log": ["z"]})).await;
    server.worker.slow().open();
    join(&server, &id, &first).await;
    let values = join(&server, &id, &next).await;
    assert_eq!(
        values["log"],
        json!(["x", "a", "slow", "b", "z", "a", "slow", "b"])
    );
}

#[tokio::test]
async fn several_answers_come_in_one_command() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let run = start(&server, &id, "hitl", json!({"question": "name?"})).await;
    join(&server, &id, &run).await;
    let interrupts = &get(&server, &id).await["interrupts"];
    let (_, asked) = interrupts.as_object().unwrap().iter().next().unwrap();
    let answers = json!({"responses": [{"namespace": [], "interrupt_id": asked[0]["id"], "response": "Eve"}]});
    let answer = command(&server, &id, "input.respond", answers).await;
    assert_eq!(answer["type"], "success", "{answer}");
    let runs = server.get(format!("/threads/{id}/runs")).await.ok();
    let values = join(&server, &id, &text(&runs[0], "run_id")).await;
    assert_eq!(values["final"], "answer=Eve");
}
