//! `GET /lgx/logs` and `GET /lgx/runs/{run_id}/logs`: the lines that are kept.

use lgx_testkit::{Client, FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use super::page;
use crate::auth::guarded;
use crate::steps::{NOBODY, create, join, thread};

async fn says(client: &Client, thread_id: &str, what: &str) -> String {
    let said = json!({"messages": [{"role": "user", "content": what}]});
    let body = json!({"assistant_id": "agent", "input": said});
    let run = create(client, thread_id, body).await;
    join(client, thread_id, &run).await;
    run
}

fn messages(found: &Value) -> Vec<&str> {
    let lines = found["lines"].as_array().unwrap().iter();
    lines
        .map(|line| line["message"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn lines_are_kept_of_each_run() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let first = says(&server, &id, "one").await;
    let second = says(&server, &id, "two").await;
    let studio = page(&server);
    let all = studio.get("/lgx/logs").await.ok();
    assert_eq!(messages(&all), ["echoing one", "echoing two"]);
    assert_eq!(all["dropped"], 0);
    let after = format!("/lgx/logs?after={}", all["lines"][0]["id"]);
    assert_eq!(messages(&studio.get(after).await.ok()), ["echoing two"]);
    for (run, said) in [(first, "echoing one"), (second, "echoing two")] {
        let of_run = studio.get(format!("/lgx/runs/{run}/logs")).await.ok();
        assert_eq!(messages(&of_run), [said]);
        assert_eq!(of_run["lines"][0]["run_id"], json!(run));
        assert_eq!(of_run["lines"][0]["node"], "chatbot");
        let steps = studio.get(format!("/lgx/runs/{run}")).await.ok()["steps"].clone();
        assert_eq!(of_run["lines"][0]["task_id"], steps[0]["task_id"]);
    }
    let nobody = format!("/lgx/runs/{NOBODY}/logs");
    studio.get(nobody).await.refused(404);
}

#[tokio::test]
async fn the_lines_of_a_run_are_there_after_a_restart_and_go_with_the_run() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let first = says(&server, &id, "one").await;
    let path = format!("/lgx/runs/{first}/logs");
    let before = page(&server).get(&*path).await.ok();
    assert_eq!(messages(&before), ["echoing one"]);
    let server = TestServer::over(server.stop().await).start().await;
    assert_eq!(page(&server).get(&*path).await.ok(), before);
    let second = says(&server, &id, "two").await;
    let path_of_second = format!("/lgx/runs/{second}/logs");
    let later = page(&server).get(&*path_of_second).await.ok();
    // So that the lines of a run that went on are in order.
    assert!(later["lines"][0]["id"].as_u64() > before["lines"][0]["id"].as_u64());
    assert_eq!(
        messages(&page(&server).get("/lgx/logs").await.ok()),
        ["echoing two"]
    );
    server
        .delete(format!("/threads/{id}/runs/{first}"))
        .await
        .empty(204);
    page(&server).get(&*path).await.refused(404);
}

#[tokio::test]
async fn without_traces_lines_are_not_stored() {
    let server = TestServer::over(TestProject::new())
        .without_traces()
        .start()
        .await;
    let id = thread(&server).await;
    let run = says(&server, &id, "one").await;
    let path = format!("/lgx/runs/{run}/logs");
    let live = page(&server).get(&*path).await.ok();
    assert_eq!(messages(&live), ["echoing one"]);
    let server = TestServer::over(server.stop().await).start().await;
    let after = page(&server).get(&*path).await.ok();
    assert_eq!(after, json!({"lines": [], "dropped": 0}));
}

#[tokio::test]
async fn lines_of_runs_of_others_are_not_shown() {
    let server = guarded(FakeWorker::builder().owners().build()).await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let id = thread(&alice).await;
    let run = says(&alice, &id, "mine").await;
    let path = format!("/lgx/runs/{run}/logs");
    assert_eq!(messages(&alice.get(&*path).await.ok()), ["echoing mine"]);
    bob.get(&*path).await.refused(404);
    assert_eq!(
        messages(&alice.get("/lgx/logs").await.ok()),
        ["echoing mine"]
    );
    assert!(messages(&bob.get("/lgx/logs").await.ok()).is_empty());
}
