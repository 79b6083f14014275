//! Runs that stop to ask, runs that are told to stop at a node, and commands that take them up again.

use lgx_testkit::TestServer;
use serde_json::{Value, json};

use crate::bodies::multi_with;
use crate::steps::{create, get, join, status, text, thread, wait};

fn ask() -> Value {
    json!({"assistant_id": "hitl", "input": {"question": "name?"}})
}

fn answer(resume: &Value) -> Value {
    json!({"assistant_id": "hitl", "command": {"resume": resume}})
}

#[tokio::test]
async fn a_run_that_asks_shows_its_question_everywhere() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let result = wait(&server, &id, ask()).await;
    let interrupt = &result["__interrupt__"][0];
    let interrupt_id = text(interrupt, "id");
    assert_eq!(
        result,
        json!({"question": "name?", "__interrupt__": [{"id": interrupt_id, "value": {"q": "name?"}, "response_schema": null}]})
    );
    let shown = json!({"id": interrupt_id, "value": {"q": "name?"}});
    let thread = get(&server, &id).await;
    assert_eq!(thread["status"], "interrupted");
    assert_eq!(thread["values"], json!({"question": "name?"}));
    let state = server.get(format!("/threads/{id}/state")).await.ok();
    assert_eq!(state["next"], json!(["ask"]));
    assert_eq!(state["interrupts"], json!([shown]));
    let task = text(&state["tasks"][0], "id");
    assert_eq!(thread["interrupts"], json!({task: [shown]}));

    let runs = server.get(format!("/threads/{id}/runs")).await.ok();
    assert_eq!(runs[0]["status"], "success");
    let joined = join(&server, &id, &text(&runs[0], "run_id")).await;
    assert_eq!(joined, json!({"__interrupt__": [shown]}));
}

#[tokio::test]
async fn a_stream_ends_with_the_question() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let events = server
        .post(format!("/threads/{id}/runs/stream"), &ask())
        .events()
        .await;
    let last = events.rest().await.pop().unwrap();
    assert_eq!(last.name, "values");
    assert_eq!(
        last.data["__interrupt__"][0]["value"],
        json!({"q": "name?"})
    );
    assert_eq!(
        last.data["__interrupt__"][0]["response_schema"],
        json!(null)
    );
}

#[tokio::test]
async fn an_answer_takes_the_run_up_again() {
    let server = TestServer::start().await;
    for (resume, shown) in [
        (json!("Bob"), "answer=Bob"),
        (json!({"other": "keys"}), r#"answer={"other":"keys"}"#),
        (json!(7), "answer=7"),
    ] {
        let id = thread(&server).await;
        wait(&server, &id, ask()).await;
        let result = wait(&server, &id, answer(&resume)).await;
        assert_eq!(
            result,
            json!({"question": "name?", "answer": resume, "final": shown})
        );
        let thread = get(&server, &id).await;
        assert_eq!(
            (&thread["status"], &thread["interrupts"]),
            (&json!("idle"), &json!({}))
        );
    }
}

#[tokio::test]
async fn an_answer_may_name_its_question() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let result = wait(&server, &id, ask()).await;
    let interrupt_id = text(&result["__interrupt__"][0], "id");
    let result = wait(&server, &id, answer(&json!({interrupt_id: "Bob"}))).await;
    assert_eq!(result["final"], "answer=Bob");
}

#[tokio::test]
async fn a_command_wins_over_input() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    wait(&server, &id, ask()).await;
    let both = json!({"assistant_id": "hitl", "input": {"question": "other?"}, "command": {"resume": "Bob", "update": null, "goto": null}});
    assert_eq!(wait(&server, &id, both).await["question"], "name?");
}

#[tokio::test]
async fn new_input_starts_over() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let first = wait(&server, &id, ask()).await;
    let again = json!({"assistant_id": "hitl", "input": {"question": "again?"}});
    let second = wait(&server, &id, again).await;
    assert_eq!(second["__interrupt__"][0]["value"], json!({"q": "again?"}));
    assert_ne!(
        first["__interrupt__"][0]["id"],
        second["__interrupt__"][0]["id"]
    );
}

#[tokio::test]
async fn commands_update_and_go_to_nodes() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    wait(
        &server,
        &id,
        multi_with("in", json!({"interrupt_before": ["slow"]})),
    )
    .await;
    let command = json!({"assistant_id": "multi", "input": null, "command": {"goto": "b", "update": {"log": ["u"]}}});
    assert_eq!(
        wait(&server, &id, command).await,
        json!({"log": ["in", "a", "u", "b"]})
    );
    for goto in [
        json!("nope"),
        json!(["nope"]),
        json!([]),
        json!({"node": "nope", "input": 1}),
        json!([{"node": "nope"}]),
    ] {
        let command = json!({"assistant_id": "multi", "command": {"goto": goto}});
        let run = create(&server, &id, command).await;
        join(&server, &id, &run).await;
        assert_eq!(status(&server, &id, &run).await, "success");
    }
}

#[tokio::test]
async fn a_run_stops_before_or_after_nodes() {
    let server = TestServer::start().await;
    for (how, log, next) in [
        (
            json!({"interrupt_before": ["slow"]}),
            json!(["in", "a"]),
            "slow",
        ),
        (
            json!({"interrupt_after": ["slow"]}),
            json!(["in", "a", "slow"]),
            "b",
        ),
        (json!({"interrupt_before": "*"}), json!(["in"]), "a"),
        (
            json!({"interrupt_after": "*", "interrupt_before": []}),
            json!(["in", "a"]),
            "slow",
        ),
    ] {
        let id = thread(&server).await;
        let result = wait(&server, &id, multi_with("in", how.clone())).await;
        assert_eq!(result, json!({"log": log}), "{how}");
        let stopped = get(&server, &id).await;
        assert_eq!(
            (&stopped["status"], &stopped["interrupts"]),
            (&json!("interrupted"), &json!({}))
        );
        let state = server.get(format!("/threads/{id}/state")).await.ok();
        assert_eq!(state["next"], json!([next]), "{how}");
        let on = json!({"assistant_id": "multi", "input": null});
        assert_eq!(wait(&server, &id, on).await["log"][3], "b");
        assert_eq!(get(&server, &id).await["status"], "idle");
    }
    let id = thread(&server).await;
    let unknown = multi_with("in", json!({"interrupt_before": ["nope"]}));
    assert_eq!(wait(&server, &id, unknown).await["log"][3], "b");
}

#[tokio::test]
async fn a_copy_of_a_thread_that_asks_can_be_answered_too() {
    let server = TestServer::start().await;
    let source = thread(&server).await;
    wait(&server, &source, ask()).await;
    let asked = get(&server, &source).await;
    let copy = server
        .post(format!("/threads/{source}/copy"), &json!({}))
        .await
        .ok();
    let id = text(&copy, "thread_id");
    for key in ["status", "values", "interrupts"] {
        assert_eq!(copy[key], asked[key], "{key}");
    }
    let state = server.get(format!("/threads/{id}/state")).await.ok();
    let task = &state["tasks"][0];
    assert_eq!(state["next"], json!(["ask"]));
    assert_eq!(
        copy["interrupts"],
        json!({text(task, "id"): task["interrupts"]}),
        "the thread and its state name the same task"
    );
    assert_eq!(state["checkpoint"]["thread_id"], json!(id));

    let answered = wait(&server, &id, answer(&json!("Bob"))).await;
    assert_eq!(
        answered,
        json!({"question": "name?", "answer": "Bob", "final": "answer=Bob"})
    );
    let copy = get(&server, &id).await;
    assert_eq!(
        (&copy["status"], &copy["interrupts"]),
        (&json!("idle"), &json!({}))
    );

    // The source still asks, and can be answered otherwise.
    let mut untouched = get(&server, &source).await;
    untouched["updated_at"] = asked["updated_at"].clone();
    assert_eq!(untouched, asked);
    let answered = wait(&server, &source, answer(&json!("Eve"))).await;
    assert_eq!(answered["final"], "answer=Eve");
}
