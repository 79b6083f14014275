//! The project's own HTTP app: what it gets to see, how its answers come and end, and on whose behalf it asks the server.

mod answers;
mod description;
mod metrics;
mod passes;
mod reloads;
mod sockets;

use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use crate::steps::thread;

/// A project with an app, and with these keys beside it.
fn project(keys: Value) -> TestProject {
    let mut config = json!({"http": {"app": "./app.py:app"}});
    if let (Value::Object(config), Value::Object(keys)) = (&mut config, keys) {
        config.extend(keys);
    }
    let project = TestProject::with(config);
    project.write("app.py", "# The fake worker knows what is in here.\n");
    project
}

/// A server with an app that has routes and no middleware.
pub(crate) async fn serve() -> TestServer {
    TestServer::over(project(json!({}))).start().await
}

/// One with an app whose middleware sees everything.
pub(crate) async fn wrapped() -> TestServer {
    let worker = FakeWorker::builder().wraps().build();
    let setup = TestServer::over(project(json!({})));
    setup.worker(worker).start().await
}

#[tokio::test]
async fn what_neither_a_route_nor_middleware_is_for_never_enters_python() {
    let server = serve().await;
    let id = thread(&server).await;
    server.get(format!("/threads/{id}")).await.ok();
    for path in ["/ok", "/info", "/metrics?format=json"] {
        server.get(path).await.ok();
    }
    server.get("/nowhere").await.refused(404);
    let page = "http://localhost:3000";
    let preflight = server.request("OPTIONS", "/threads").from_page(page);
    preflight
        .header("access-control-request-method", "POST")
        .raw()
        .await;
    assert_eq!(server.worker.asked("http").len(), 0);

    assert_eq!(server.get("/app/hello").await.ok(), json!({"app": "hello"}));
    assert_eq!(server.worker.asked("http").len(), 1);
}

#[tokio::test]
async fn what_the_app_has_no_route_for_after_all_is_answered_as_without_it() {
    let server = serve().await;
    let refused = server.post("/app/unknown", &json!({"a": 1})).await;
    assert_eq!(refused.refused(404), "Not Found");
    assert_eq!(server.worker.asked("http").len(), 1);
}

#[tokio::test]
async fn middleware_sees_everything_and_lets_everything_through() {
    let server = wrapped().await;
    let page = "http://localhost:3000";
    let preflight = server.request("OPTIONS", "/threads").from_page(page);
    let answer = preflight.header("access-control-request-method", "POST");
    let answer = answer.raw().await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "OK"));
    assert!(answer.header("access-control-allow-methods").is_some());
    assert_eq!(answer.header("x-app"), Some("1"));

    let made = server.post("/threads", &json!({})).await;
    assert_eq!(made.header("x-app"), Some("1"));
    let id = made.ok()["thread_id"].as_str().unwrap().to_owned();
    let refused = server.get("/nowhere").await;
    assert_eq!(refused.header("x-app"), Some("1"));
    assert_eq!(refused.refused(404), "Not Found");

    // A stream of events comes as it is made, and ends as it does.
    server.worker.slow().close();
    let body =
        json!({"assistant_id": "multi", "input": {"log": ["in"]}, "stream_mode": ["updates"]});
    let path = format!("/threads/{id}/runs/stream");
    let mut events = server.post(path, &body).events().await;
    let mut seen = Vec::new();
    while seen.len() < 2 {
        seen.push(events.next().await.unwrap().name);
    }
    server.worker.slow().open();
    while let Some(event) = events.next().await {
        seen.push(event.name);
    }
    assert_eq!(seen, ["metadata", "updates", "updates", "updates"]);
}

#[tokio::test]
async fn a_project_without_an_app_asks_its_worker_for_none() {
    let server = TestServer::start().await;
    let loaded = server.worker.requests("load").pop().unwrap();
    assert_eq!(loaded["app"], Value::Null);
    server.get("/app/hello").await.refused(404);
    assert_eq!(server.worker.asked("http").len(), 0);
}
