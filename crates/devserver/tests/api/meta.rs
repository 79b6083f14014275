//! Health, versions, and the description of the API.

use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::json;

use crate::steps;

#[tokio::test]
async fn the_port_answers_before_the_graphs_are_loaded() {
    let worker = FakeWorker::new();
    worker.loading().close();
    let server = TestServer::over(TestProject::new())
        .worker(worker)
        .listen_only()
        .await;

    let up = json!({"ok": true, "services": {}});
    assert_eq!(server.get("/ok").await.ok(), up);
    assert_eq!(server.get("/").await.ok(), up);
    assert_eq!(server.get("/ok?check_db=1").await.ok(), up);
    assert_eq!(server.get("/ok?ready=0").await.ok(), up);
    assert_eq!(
        server.get("/info").await.ok()["langgraph_py_version"],
        json!(null)
    );
    server.get("/ok?ready=1").await.refused(503);
    server.get("/ok?ready=true").await.refused(503);

    server.worker.loading().open();
    server.ready().await;
    assert_eq!(server.get("/ok?ready=1").await.ok(), up);
}

#[tokio::test]
async fn info_names_versions_and_features() {
    let server = TestServer::start().await;
    let info = server.get("/info").await.ok();
    assert_eq!(info["version"], "0.0.0-test");
    assert_eq!(info["langgraph_py_version"], "1.2.22");
    assert_eq!(info["flags"]["assistants"], true);
    assert_eq!(info["flags"]["langsmith"], false);
    assert_eq!(info["host"]["kind"], "self-hosted");
}

#[tokio::test]
async fn every_endpoint_of_the_description_is_served() {
    let server = TestServer::start().await;
    let description = server.get("/openapi.json").await.ok();
    let url = server.running().url();
    assert_eq!(description["servers"], json!([{"url": url}]));
    let endpoints = steps::endpoints(&description);
    assert!(endpoints.len() > 30, "{endpoints:?}");
    for endpoint in endpoints {
        // Some answers never end.
        let answer = server.request(&endpoint.method, &*endpoint.path);
        let answer = answer.open().await;
        assert_ne!(answer.status, 405, "{endpoint:?}");
        if answer.status == 404 {
            let whole = answer.whole().await;
            assert_ne!(whole.text(), r#"{"detail":"Not Found"}"#, "{endpoint:?}");
        }
    }
}

#[tokio::test]
async fn the_documentation_page_needs_no_network() {
    let server = TestServer::start().await;
    let page = server.get("/docs").await;
    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    for scheme in ["http://", "https://", "src=\"//", "href=\"//", "url(//"] {
        assert!(!page.text().contains(scheme), "the page uses {scheme}");
    }
    assert!(page.text().contains("openapi.json"));
}

#[tokio::test]
async fn wrong_paths_methods_and_queries_are_refused() {
    let server = TestServer::start().await;
    server.get("/ok?check_db=x").await.refused(400);
    for path in ["/nope", "/ok/", "/Threads", "/internal"] {
        assert_eq!(server.get(path).await.refused(404), "Not Found", "{path}");
    }
    for (method, path, allowed) in [
        ("PUT", "/assistants/search", "POST"),
        ("OPTIONS", "/assistants/search", "POST"),
        ("DELETE", "/threads/search", "POST"),
        ("POST", "/info", "GET"),
        ("OPTIONS", "/threads", "POST"),
        ("TRACE", "/threads", "POST"),
    ] {
        let answer = server.request(method, path).await;
        assert_eq!(answer.refused(405), "Method Not Allowed");
        let allow = answer.header("allow").unwrap_or_default();
        assert!(allow.contains(allowed), "{method} {path}: {allow:?}");
    }
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let server = TestServer::start().await;
    for (path, status) in [("/ok", 200), ("/info", 200), ("/nope", 404)] {
        let answer = server.request("HEAD", path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn the_clients_request_id_comes_back() {
    let server = TestServer::start().await;
    // The client compares the ids itself, on refusals too.
    server.get("/ok").header("x-request-id", "mine").await.ok();
    server
        .get("/nope")
        .header("x-request-id", "mine")
        .await
        .refused(404);
    let (one, other) = (server.get("/ok").await, server.get("/ok").await);
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
}
