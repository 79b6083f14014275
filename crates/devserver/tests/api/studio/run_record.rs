//! `GET /lgx/runs/{run_id}`: the steps of a run, whoever started it and whatever it streams, and what it raised.

use lgx_testkit::{TestServer, within};
use serde_json::{Value, json};

use super::page;
use crate::bodies::{echo, multi, multi_with};
use crate::steps::{NOBODY, create, join, text, thread, wait};

async fn record(server: &TestServer, run_id: &str) -> Value {
    page(server).get(format!("/lgx/runs/{run_id}")).await.ok()
}

/// The nodes of a record, how they ended, and in which attempt.
fn steps(record: &Value) -> Vec<(&str, &str, u64)> {
    let steps = record["steps"].as_array().unwrap().iter();
    steps
        .map(|step| {
            let attempt = step["attempt"].as_u64().unwrap();
            (
                step["node"].as_str().unwrap(),
                step["status"].as_str().unwrap(),
                attempt,
            )
        })
        .collect()
}

const ALL: [(&str, &str, u64); 3] = [
    ("a", "success", 1),
    ("slow", "success", 1),
    ("b", "success", 1),
];

#[tokio::test]
async fn the_steps_of_a_run_are_seen_while_it_goes_on_and_after_a_restart() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let run = create(&server, &id, multi("in")).await;
    within("its second node", server.worker.slow().arrived(1)).await;
    let going = record(&server, &run).await;
    assert_eq!(steps(&going), [("a", "success", 1), ("slow", "running", 1)]);
    assert_eq!(going["steps"][1]["ended_at"], Value::Null);
    assert_eq!(
        (&going["status"], &going["graph_id"], &going["error"]),
        (&json!("running"), &json!("multi"), &Value::Null)
    );
    server.worker.slow().open();
    join(&server, &id, &run).await;
    let ended = record(&server, &run).await;
    assert_eq!(steps(&ended), ALL);
    assert_eq!(ended["kwargs"]["input"], json!({"log": ["in"]}));
    let server = TestServer::over(server.stop().await).start().await;
    assert_eq!(record(&server, &run).await["steps"], ended["steps"]);
}

#[tokio::test]
async fn clients_that_did_not_ask_for_tasks_are_not_told_of_them() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let body = multi_with("in", json!({"stream_mode": ["updates"]}));
    let events = server
        .post(format!("/threads/{id}/runs/stream"), &body)
        .events()
        .await
        .rest()
        .await;
    let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["metadata", "updates", "updates", "updates"]);
}

#[tokio::test]
async fn what_a_run_raised_is_there_after_a_restart() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let boom = json!({"assistant_id": "boom", "input": {"log": []}});
    let run = create(&server, &id, boom).await;
    join(&server, &id, &run).await;
    let failed = record(&server, &run).await;
    let last = failed["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["status"], &last["error"]),
        (&json!("error"), &json!("ValueError: kaboom"))
    );
    let server = TestServer::over(server.stop().await).start().await;
    let error = &record(&server, &run).await["error"];
    assert_eq!(
        (&error["type"], &error["message"], &error["line"]),
        (&json!("ValueError"), &json!("kaboom"), &json!(3))
    );
}

#[tokio::test]
async fn a_redacted_error_is_stored_without_what_it_says() {
    let server = TestServer::over(lgx_testkit::TestProject::new())
        .redacting()
        .start()
        .await;
    let id = thread(&server).await;
    let boom = json!({"assistant_id": "boom", "input": {"log": []}});
    let run = create(&server, &id, boom).await;
    join(&server, &id, &run).await;
    let error = record(&server, &run).await["error"].clone();
    assert_eq!(error["type"], "ValueError");
    assert_eq!(error["traceback"], "");
    assert!(!error.to_string().contains("kaboom"), "{error}");
}

#[tokio::test]
async fn a_cancelled_run_leaves_no_step_running() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let run = create(&server, &id, multi("in")).await;
    within("its second node", server.worker.slow().arrived(1)).await;
    server
        .request("POST", format!("/threads/{id}/runs/{run}/cancel?wait=1"))
        .await;
    let cancelled = record(&server, &run).await;
    assert_eq!(
        steps(&cancelled),
        [("a", "success", 1), ("slow", "cancelled", 1)]
    );
    assert!(cancelled["steps"][1]["ended_at"].is_string());
}

#[tokio::test]
async fn a_step_whose_worker_died_is_executed_again_in_the_next_attempt() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let run = create(&server, &id, multi("in")).await;
    within("its second node", server.worker.slow().arrived(1)).await;
    server.worker.crash();
    within("its second node again", server.worker.slow().arrived(2)).await;
    server.worker.slow().open();
    join(&server, &id, &run).await;
    let again = record(&server, &run).await;
    assert_eq!(
        steps(&again),
        [
            ("a", "success", 1),
            ("slow", "cancelled", 1),
            ("slow", "success", 2),
            ("b", "success", 2)
        ]
    );
    assert_eq!(again["attempt"], 2);
}

#[tokio::test]
async fn a_run_that_goes_on_after_a_restart_has_the_steps_from_before_it() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let run = create(&server, &id, multi("in")).await;
    within("its second node", server.worker.slow().arrived(1)).await;
    let server = TestServer::over(server.stop().await).start().await;
    join(&server, &id, &run).await;
    let whole = record(&server, &run).await;
    // That it was handed back was no attempt: what was cut off then is executed once more in the same one.
    let steps_of_both = [("a", "success", 1), ("slow", "success", 1)];
    assert_eq!(steps(&whole)[..2], steps_of_both);
    assert_eq!(steps(&whole).last(), Some(&("b", "success", 1)));
}

#[tokio::test]
async fn a_stateless_run_is_remembered_when_it_is_gone() {
    let server = TestServer::start().await;
    let answer = server.post("/runs/wait", &multi("in")).await;
    let place = answer.header("content-location").unwrap().to_owned();
    let run = place.rsplit('/').next().unwrap();
    let gone = record(&server, run).await;
    assert_eq!(steps(&gone), ALL);
    let found = page(&server).post("/lgx/runs/search", &json!({})).await;
    assert_eq!(found.ok()["runs"][0]["run_id"], json!(run));
    let server = TestServer::over(server.stop().await).start().await;
    let again = record(&server, run).await;
    assert_eq!(again["steps"], gone["steps"]);
    assert_eq!(again["kwargs"]["input"], json!({"log": ["in"]}));
    let whole = page(&server)
        .post("/lgx/runs/search", &json!({}))
        .await
        .ok();
    assert_eq!(whole["total"], 1);
    assert_eq!(whole["runs"][0]["generation"], 1);
    // The API itself knows nothing of it any more.
    server.get(&*place).await.refused(404);
    let everything = json!({"threads": true, "runs": true});
    server.post("/internal/truncate", &everything).await.ok();
    page(&server)
        .get(format!("/lgx/runs/{run}"))
        .await
        .refused(404);
}

#[tokio::test]
async fn a_stateless_run_that_is_taken_back_is_not_remembered() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let run = server.post("/runs", &multi("in")).await.ok();
    within("its second node", server.worker.slow().arrived(1)).await;
    let (id, run) = (text(&run, "thread_id"), text(&run, "run_id"));
    let path = format!("/threads/{id}/runs/{run}/cancel?wait=1&action=rollback");
    server.request("POST", path).await;
    page(&server)
        .get(format!("/lgx/runs/{run}"))
        .await
        .refused(404);
}

#[tokio::test]
async fn without_traces_a_stateless_run_is_remembered_without_what_it_was_given() {
    let server = TestServer::over(lgx_testkit::TestProject::new())
        .without_traces()
        .start()
        .await;
    let answer = server.post("/runs/wait", &multi("in")).await;
    let place = answer.header("content-location").unwrap().to_owned();
    let gone = record(&server, place.rsplit('/').next().unwrap()).await;
    assert_eq!(steps(&gone), ALL);
    assert_eq!(gone["kwargs"]["input"], Value::Null);
}

#[tokio::test]
async fn what_is_deleted_has_no_record() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    wait(&server, &id, echo("hi")).await;
    let runs = server.get(format!("/threads/{id}/runs")).await.ok();
    let run = text(&runs[0], "run_id");
    record(&server, &run).await;
    server.delete(format!("/threads/{id}")).await.empty(204);
    for id in [run.as_str(), NOBODY] {
        let page = page(&server);
        page.get(format!("/lgx/runs/{id}")).await.refused(404);
        page.get(format!("/lgx/runs/{id}/calls")).await.refused(404);
    }
}

#[tokio::test]
async fn the_calls_of_a_run_are_there_after_a_restart() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let tokens = json!({"assistant_id": "tokens", "input": {"messages": []}});
    let run = create(&server, &id, tokens).await;
    join(&server, &id, &run).await;
    let path = format!("/lgx/runs/{run}/calls");
    let told = page(&server).get(&path).await.ok();
    let call = &told["calls"][0];
    assert_eq!(
        (&call["kind"], &call["model"], &call["status"]),
        (&json!("model"), &json!("fake-1"), &json!("success"))
    );
    assert_eq!(
        (&call["input"], &call["output"]),
        (&json!(["hi"]), &json!("HI"))
    );
    assert_eq!(call["usage"]["total_tokens"], 7);
    assert!(call["first_token_at"].is_string());
    assert!(told["dropped"].as_u64() > Some(0), "{told}");
    let server = TestServer::over(server.stop().await).start().await;
    assert_eq!(page(&server).get(&path).await.ok(), told);
}
