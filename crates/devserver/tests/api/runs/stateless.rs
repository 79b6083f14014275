//! Runs without a thread of the client's: alone, waited for, streamed, and in batches.

use lgx_testkit::{TestServer, within};
use serde_json::{Value, json};

use crate::bodies::{multi, multi_with};
use crate::steps::{NOBODY, get, join, status, text};

#[tokio::test]
async fn the_thread_goes_with_the_run() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let answer = server.post("/runs", &multi("in")).await;
    let run = answer.ok();
    let (id, run_id) = (text(&run, "thread_id"), text(&run, "run_id"));
    assert_eq!(
        answer.header("content-location"),
        Some(&*format!("/runs/{run_id}"))
    );
    assert_eq!(answer.header("location"), None);
    assert_eq!(run["kwargs"]["temporary"], true);
    server.worker.slow().arrived(1).await;
    assert_eq!(get(&server, &id).await["status"], "busy");
    assert_eq!(status(&server, &id, &run_id).await, "running");
    let joined = server
        .get(format!("/threads/{id}/runs/{run_id}/join"))
        .open()
        .await;

    server.worker.slow().open();
    joined.whole().await.ok();
    server.get(format!("/threads/{id}")).await.refused(404);
    server
        .get(format!("/threads/{id}/runs/{run_id}"))
        .await
        .refused(404);
    assert_eq!(
        server.post("/threads/count", &json!({})).await.ok(),
        json!(0)
    );
}

#[tokio::test]
async fn runs_that_wait_on_the_thread_are_gone_with_it() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let run = server.post("/runs", &multi("in")).await.ok();
    let id = text(&run, "thread_id");
    server.worker.slow().arrived(1).await;
    let waiting = server
        .post(format!("/threads/{id}/runs/wait"), &multi("next"))
        .open()
        .await;
    assert_eq!(waiting.status, 200);

    server.worker.slow().open();
    let answer = within("the waiting run to be told", waiting.whole()).await;
    assert_eq!(answer.ok()["__error__"]["message"], "404: Run not found");
}

#[tokio::test]
async fn the_thread_may_be_kept() {
    let server = TestServer::start().await;
    let body = multi_with(
        "in",
        json!({"on_completion": "keep", "metadata": {"mine": 1}}),
    );
    let run = server.post("/runs", &body).await.ok();
    let (id, run_id) = (text(&run, "thread_id"), text(&run, "run_id"));
    assert_eq!(run["kwargs"]["temporary"], false);
    assert_eq!(
        join(&server, &id, &run_id).await,
        json!({"log": ["in", "a", "slow", "b"]})
    );
    let thread = get(&server, &id).await;
    assert_eq!(thread["status"], "idle");
    assert_eq!(thread["metadata"]["mine"], 1);
    assert_eq!(thread["metadata"]["graph_id"], "multi");
}

#[tokio::test]
async fn waiting_answers_with_the_final_state() {
    let server = TestServer::start().await;
    let answer = server.post("/runs/wait", &multi("in")).await;
    assert_eq!(answer.ok(), json!({"log": ["in", "a", "slow", "b"]}));
    let place = answer.header("content-location").unwrap();
    assert!(
        place.starts_with("/threads/") && place.contains("/runs/"),
        "{place}"
    );
    assert_eq!(answer.header("location"), Some(&*format!("{place}/join")));

    let boom = json!({"assistant_id": "boom", "input": {}});
    let failed = server.post("/runs/wait", &boom).await.ok();
    assert_eq!(failed["__error__"]["message"], "kaboom");
    let hitl = json!({"assistant_id": "hitl", "input": {"question": "q"}});
    let asked = server.post("/runs/wait", &hitl).await.ok();
    assert_eq!(asked["__interrupt__"][0]["value"], json!({"q": "q"}));
    assert_eq!(
        server.post("/threads/count", &json!({})).await.ok(),
        json!(0)
    );
}

#[tokio::test]
async fn a_stream_names_the_run_alone() {
    let server = TestServer::start().await;
    let events = server.post("/runs/stream", &multi("in")).events().await;
    let place = events.header("content-location").to_owned();
    let location = events.header("location").to_owned();
    assert_eq!(location, format!("{place}/stream"));
    let events = events.rest().await;
    assert_eq!(place, format!("/runs/{}", text(&events[0].data, "run_id")));
    assert_eq!(events.last().unwrap().data["log"][3], "b");
}

#[tokio::test]
async fn a_batch_makes_runs_in_order() {
    let server = TestServer::start().await;
    let bodies = json!([
        multi_with("one", json!({"on_completion": "keep"})),
        multi_with("two", json!({"on_completion": "keep"})),
    ]);
    let answer = server.post("/runs/batch", &bodies).await;
    assert_eq!(answer.header("content-location"), None);
    let runs = answer.ok();
    assert_eq!(runs.as_array().unwrap().len(), 2);
    for (run, input) in runs.as_array().unwrap().iter().zip(["one", "two"]) {
        let joined = join(&server, &text(run, "thread_id"), &text(run, "run_id")).await;
        assert_eq!(joined["log"][0], input);
    }
    let request =
        |run: &Value| run["kwargs"]["config"]["configurable"]["langgraph_request_id"].clone();
    assert_eq!(request(&runs[0]), request(&runs[1]));
}

#[tokio::test]
async fn a_batch_is_made_whole_or_not_at_all() {
    let server = TestServer::start().await;
    for (bodies, status) in [
        (json!([]), 422),
        (json!({}), 422),
        (json!(null), 422),
        (multi("in"), 422),
        (json!([multi("in"), {}]), 422),
        (json!([multi("in"), 5]), 422),
        (json!([multi("in"), {"assistant_id": "zzz"}]), 422),
        (
            json!([multi("in"), multi_with("in", json!({"stream_mode": "zap"}))]),
            422,
        ),
        (json!([multi("in"), {"assistant_id": NOBODY}]), 404),
    ] {
        server.post("/runs/batch", &bodies).await.refused(status);
    }
    server.request("POST", "/runs/batch").await.refused(422);
    assert!(server.worker.requests("run").is_empty());
    assert_eq!(
        server.post("/threads/count", &json!({})).await.ok(),
        json!(0)
    );
}
