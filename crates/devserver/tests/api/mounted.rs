//! The server's own routes as langgraph.json wants them: behind a prefix, and without those that it switches off.

use lgx_testkit::{TestProject, TestServer};
use serde_json::{Value, json};

async fn with(http: Value) -> TestServer {
    TestServer::over(TestProject::with(json!({"http": http})))
        .start()
        .await
}

#[tokio::test]
async fn all_routes_are_behind_the_prefix_and_health_is_at_both_places() {
    let server = with(json!({"mount_prefix": "/pre/"})).await;
    assert!(server.running().url().ends_with("/pre"));
    server.get("/ok").await.ok();
    server.get("/pre/ok").await.ok();
    server.get("/pre").await.ok();
    server.get("/info").await.refused(404);
    server.get("/prefix/info").await.refused(404);
    let thread = server.post("/pre/threads", &json!({})).await.ok();
    let id = thread["thread_id"].as_str().unwrap();
    let run = json!({"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": "hi"}]}});
    let path = format!("/pre/threads/{id}/runs/wait?raise_error=true");
    server.post(&path, &run).await.ok();
    let described = server.get("/pre/openapi.json").await.ok();
    assert_eq!(described["servers"][0]["url"], server.running().url());
}

#[tokio::test]
async fn what_is_switched_off_is_not_there_and_not_described() {
    let server = with(json!({"disable_store": true, "disable_assistants": true})).await;
    for path in ["/store/items", "/store/namespaces", "/assistants/search"] {
        server.post(path, &json!({})).await.refused(404);
    }
    server.post("/threads", &json!({})).await.ok();
    let described = server.get("/openapi.json").await.ok();
    let paths: Vec<&String> = described["paths"].as_object().unwrap().keys().collect();
    assert!(paths.iter().any(|path| path.starts_with("/threads")));
    let off = |path: &&&String| path.starts_with("/store") || path.starts_with("/assistants");
    assert_eq!(paths.iter().find(off), None);
}

#[tokio::test]
async fn without_what_describes_it_the_server_still_says_that_it_is_up() {
    let server = with(json!({"disable_meta": true, "disable_runs": true})).await;
    for path in ["/", "/info", "/docs", "/openapi.json", "/metrics"] {
        server.get(path).await.refused(404);
    }
    server.get("/ok").await.ok();
    server.post("/runs/wait", &json!({})).await.refused(404);
    server
        .post("/runs/crons/search", &json!({}))
        .await
        .refused(404);
}
