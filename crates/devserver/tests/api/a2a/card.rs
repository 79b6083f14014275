//! Agent cards: where they are, and what they say.

use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::json;

use crate::steps::NOBODY;

#[tokio::test]
async fn a_card_is_at_three_places_by_id_and_by_name() {
    let server = TestServer::start().await;
    let found = server
        .post("/assistants/search", &json!({"graph_id": "agent"}))
        .await
        .ok();
    let id = found[0]["assistant_id"].as_str().unwrap();
    let card = server.get(format!("/a2a/{id}")).await.ok();
    for name in ["agent", id] {
        for path in [
            format!("/a2a/{name}"),
            format!("/a2a/{name}/.well-known/agent-card.json"),
            format!("/.well-known/agent-card.json?assistant_id={name}"),
        ] {
            assert_eq!(server.get(&path).await.ok(), card, "{path}");
        }
    }
    let url = format!("{}/a2a/{id}", server.running().url());
    assert_eq!(card["url"], url);
    assert_eq!(card["name"], "agent");
    assert_eq!(card["capabilities"]["streaming"], true);
    assert_eq!(
        card["supportedInterfaces"],
        json!([
            {"url": url, "protocolBinding": "JSONRPC", "protocolVersion": "1.0"},
            {"url": url, "protocolBinding": "JSONRPC", "protocolVersion": "0.3"},
        ])
    );
    assert_eq!(
        card["skills"][0]["metadata"]["inputSchema"],
        json!({"required": [], "properties": ["messages"], "supportsA2A": true})
    );
    // What is sent to that URL is answered.
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "ListTasks"});
    let path = format!("/a2a/{id}");
    assert_eq!(
        server.post(path, &body).await.ok()["result"]["tasks"],
        json!([])
    );
}

#[tokio::test]
async fn cards_that_are_not_there_are_not_found() {
    let server = TestServer::start().await;
    let missing = server
        .get("/.well-known/agent-card.json")
        .await
        .refused(400);
    assert!(missing.contains("assistant_id"), "{missing}");
    server.get(format!("/a2a/{NOBODY}")).await.refused(404);
    server.get("/a2a/nobody").await.refused(422);
}

#[tokio::test]
async fn the_card_has_the_description_and_the_security_of_the_project() {
    let openapi = json!({"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}, "security": [{"token": []}]});
    let project = TestProject::with(json!({
        "auth": {"path": "./auth.py:auth", "openapi": openapi},
        "graphs": {"agent": {"path": "./graphs.py:agent", "description": "Says it again."}},
    }));
    let server = TestServer::over(project)
        .worker(FakeWorker::new())
        .start()
        .await;
    let card = server.user("alice").get("/a2a/agent").await.ok();
    assert_eq!(card["description"], "Says it again.");
    assert_eq!(card["securitySchemes"], openapi["securitySchemes"]);
    assert_eq!(card["security"], openapi["security"]);
}

#[tokio::test]
async fn behind_a_prefix_the_card_says_so() {
    let project = TestProject::with(json!({"http": {"mount_prefix": "/pre"}}));
    let server = TestServer::over(project).start().await;
    let card = server.get("/pre/a2a/agent").await.ok();
    let url = card["url"].as_str().unwrap();
    assert!(url.contains("/pre/a2a/"), "{url}");
    server.get("/a2a/agent").await.refused(404);
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let project = TestProject::with(json!({"http": {"disable_a2a": true}}));
    let server = TestServer::over(project).start().await;
    for path in [
        "/a2a/agent",
        "/a2a/agent/.well-known/agent-card.json",
        "/.well-known/agent-card.json?assistant_id=agent",
    ] {
        server.get(path).await.refused(404);
    }
    server.post("/a2a/agent", &json!({})).await.refused(404);
    let described = server.get("/openapi.json").await.ok();
    assert!(!described["paths"].to_string().contains("a2a"));
}
