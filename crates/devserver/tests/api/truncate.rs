//! Emptying the server between tests.

use lgx_testkit::{Client, FakeWorker, TestProject, TestServer};
use lgx_worker::RemoteError;
use serde_json::{Value, json};

use crate::bodies::multi;
use crate::steps::{self, create, get, text, thread, wait};

async fn truncate(client: &Client, body: Value) {
    let answer = client.post("/internal/truncate", &body).await.ok();
    assert_eq!(answer, json!({"ok": true}));
}

async fn count(client: &Client, noun: &str) -> Value {
    let path = format!("/{noun}/count");
    client.post(path, &json!({})).await.ok()
}

/// A thread on which a run has ended and another is held up half-way.
async fn busy(server: &TestServer) -> String {
    let id = thread(server).await;
    wait(server, &id, multi("in")).await;
    server.worker.slow().close();
    create(server, &id, multi("in")).await;
    server.worker.slow().arrived(2).await;
    id
}

async fn runs(client: &Client, thread_id: &str) -> usize {
    let runs = client.get(format!("/threads/{thread_id}/runs")).await.ok();
    runs.as_array().unwrap().len()
}

async fn history(client: &Client, thread_id: &str) -> usize {
    let body = json!({"limit": 100});
    let path = format!("/threads/{thread_id}/history");
    client
        .post(path, &body)
        .await
        .ok()
        .as_array()
        .unwrap()
        .len()
}

#[tokio::test]
async fn threads_go_with_everything_on_them() {
    let server = TestServer::start().await;
    let id = busy(&server).await;
    let cron = json!({"assistant_id": "multi", "schedule": "0 0 1 1 *"});
    let path = format!("/threads/{id}/runs/crons");
    server.post(path, &cron).await.ok();
    server.post("/runs/crons", &cron).await.ok();
    let stream = server.get(format!("/threads/{id}/runs")).await.ok();
    let running = text(&stream[0], "run_id");
    let joined = server
        .get(format!("/threads/{id}/runs/{running}/join"))
        .open()
        .await;
    truncate(&server, json!({"threads": true})).await;
    joined.whole().await.ok();
    assert_eq!(count(&server, "threads").await, json!(0));
    assert_eq!(count(&server, "runs/crons").await, json!(1));
    server.get(format!("/threads/{id}")).await.refused(404);
    // What was held up writes nothing any more.
    server.worker.slow().open();
    let next = thread(&server).await;
    wait(&server, &next, multi("in")).await;
    assert_eq!(count(&server, "threads").await, json!(1));
}

#[tokio::test]
async fn runs_go_and_threads_stay_as_they_were() {
    let server = TestServer::start().await;
    let id = busy(&server).await;
    truncate(&server, json!({"runs": true, "threads": false})).await;
    assert_eq!(runs(&server, &id).await, 0);
    let thread = get(&server, &id).await;
    assert_eq!(
        (&thread["status"], &thread["values"]),
        (&json!("idle"), &json!({"log": ["in", "a", "slow", "b"]}))
    );
    assert!(history(&server, &id).await > 0);
}

#[tokio::test]
async fn checkpoints_go_with_the_runs_that_need_them() {
    let server = TestServer::start().await;
    let id = busy(&server).await;
    truncate(&server, json!({"checkpointer": true})).await;
    assert_eq!(runs(&server, &id).await, 1);
    assert_eq!(history(&server, &id).await, 0);
    let thread = get(&server, &id).await;
    assert_eq!(
        (&thread["status"], &thread["values"]),
        (&json!("idle"), &Value::Null)
    );
    server.worker.slow().open();
    let values = wait(&server, &id, multi("in")).await;
    assert_eq!(values, json!({"log": ["in", "a", "slow", "b"]}));
}

#[tokio::test]
async fn default_assistants_come_back_as_they_were() {
    let server = TestServer::start().await;
    let mine = json!({"graph_id": "agent", "name": "mine"});
    server.post("/assistants", &mine).await.ok();
    let default = server
        .post("/assistants/search", &json!({"name": "multi"}))
        .await
        .ok()[0]
        .clone();
    let path = format!("/assistants/{}", text(&default, "assistant_id"));
    server.patch(&path, &json!({"name": "changed"})).await.ok();
    assert_eq!(count(&server, "assistants").await, json!(9));
    truncate(&server, json!({"assistants": true})).await;
    assert_eq!(count(&server, "assistants").await, json!(8));
    let back = server.get(&path).await.ok();
    assert_eq!(
        (&back["name"], &back["version"]),
        (&json!("multi"), &json!(1))
    );
}

#[tokio::test]
async fn what_is_not_named_stays() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    wait(&server, &id, multi("in")).await;
    for body in [
        json!({}),
        json!({"threads": false}),
        json!({"unknown": true}),
    ] {
        truncate(&server, body).await;
    }
    assert_eq!(runs(&server, &id).await, 1);
    steps::refuses_what_is_no_object(&server, "POST", "/internal/truncate").await;
    let wrong = [
        json!({"threads": "yes"}),
        json!({"runs": null}),
        json!({"store": 1}),
    ];
    steps::refuses(&server, "/internal/truncate", 422, &wrong).await;
    server.get("/internal/truncate").await.refused(405);
}

#[tokio::test]
async fn callers_clear_what_they_may_delete() {
    let worker = FakeWorker::builder()
        .auth(|request| {
            let headers = request["request"]["headers"].as_array().cloned();
            let headers = headers.unwrap_or_default();
            let token = headers.iter().find(|header| header[0] == "authorization");
            let Some(name) = token.and_then(|header| header[1].as_str()?.strip_prefix("Bearer "))
            else {
                return Err(RemoteError {
                    kind: "HTTPException".to_owned(),
                    message: "Who?".to_owned(),
                    status: Some(401),
                    headers: None,
                    diagnostic: None,
                });
            };
            let checks = request["checks"].as_array().cloned().unwrap_or_default();
            let checks: Vec<Value> = checks
                .into_iter()
                .map(|mut check| {
                    if check["action"] == "create" {
                        check["value"]["metadata"]["owner"] = json!(name);
                    }
                    json!({"filter": {"owner": name}, "value": check["value"]})
                })
                .collect();
            Ok(json!({"user": {"identity": name, "permissions": []}, "checks": checks}))
        })
        .build();
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project).worker(worker).start().await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let (hers, his) = (thread(&alice).await, thread(&bob).await);
    let everything = json!({"runs": true, "threads": true, "assistants": true, "checkpointer": true, "store": true});
    server
        .post("/internal/truncate", &everything)
        .await
        .refused(401);
    truncate(&alice, everything).await;
    alice.get(format!("/threads/{hers}")).await.refused(404);
    bob.get(format!("/threads/{his}")).await.ok();
}

#[tokio::test]
async fn items_of_the_store_go() {
    let server = TestServer::start().await;
    let item = json!({"namespace": ["docs"], "key": "k", "value": {"n": 1}});
    server.put("/store/items", &item).await;
    truncate(&server, json!({"store": false})).await;
    let search = json!({"namespace_prefix": []});
    let found = server.post("/store/items/search", &search).await.ok();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    truncate(&server, json!({"store": true})).await;
    let found = server.post("/store/items/search", &search).await.ok();
    assert_eq!(found, json!({"items": []}));
}
