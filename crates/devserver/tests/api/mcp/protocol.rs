//! The protocol itself: the handshake, versions, messages that are none, and where it is served.

use lgx_testkit::{TestProject, TestServer};
use serde_json::{Value, json};

use super::{ask, begin, error, result, session, tell};

#[tokio::test]
async fn a_session_begins_with_a_handshake() {
    let server = TestServer::start().await;
    for (asked, agreed) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
    ] {
        let begun = begin(&server, asked).await;
        assert_eq!(
            begun.ok()["result"],
            json!({
                "protocolVersion": agreed,
                "capabilities": {"tools": {"listChanged": false}},
                "serverInfo": {"name": "lgx", "title": "lgx Agent Server", "version": "0.0.0-test"},
            })
        );
        let again = begin(&server, asked).await;
        assert_ne!(session(&begun), session(&again));
    }
    let told = tell(
        &server,
        &json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
    );
    told.await.empty(202);
    assert_eq!(result(ask(&server, "ping", json!({}))).await, json!({}));
    let (status, wrong) = error(ask(&server, "initialize", json!({}))).await;
    assert_eq!((status, &wrong["code"]), (200, &json!(-32602)));
}

#[tokio::test]
async fn a_session_outlives_the_server() {
    let server = TestServer::start().await;
    let session = session(&begin(&server, "2025-11-25").await);
    let project = server.stop().await;
    let server = TestServer::over(project).start().await;
    let ping = ask(&server, "ping", json!({})).header("mcp-session-id", &session);
    assert_eq!(result(ping).await, json!({}));
}

#[tokio::test]
async fn what_the_server_does_not_have_is_told_so() {
    let server = TestServer::start().await;
    for method in ["resources/list", "prompts/list", "server/discover", "nope"] {
        let (status, told) = error(ask(&server, method, json!({}))).await;
        assert_eq!(status, 200, "{method}");
        assert_eq!(
            told,
            json!({"code": -32601, "message": format!("Method not found: {method}")})
        );
    }
    for other in [
        json!({"jsonrpc": "2.0", "method": "notifications/roots/list_changed"}),
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 9}}),
        json!({"jsonrpc": "2.0", "id": 5, "result": {}}),
        json!({"jsonrpc": "2.0", "id": 5, "error": {"code": -1, "message": "no"}}),
    ] {
        tell(&server, &other).await.empty(202);
    }
}

#[tokio::test]
async fn what_is_no_message_is_400() {
    let server = TestServer::start().await;
    for (body, code, id) in [
        ("", -32700, Value::Null),
        ("{", -32700, Value::Null),
        ("[]", -32600, Value::Null),
        (
            r#"[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]"#,
            -32600,
            Value::Null,
        ),
        (r#"{"id": 4, "method": "ping"}"#, -32600, json!(4)),
        (r#"{"jsonrpc": "2.0", "id": 4}"#, -32600, json!(4)),
    ] {
        let answer = server.request("POST", "/mcp").body(body).raw().await;
        assert_eq!(answer.status, 400, "{body}");
        let told = answer.json();
        assert_eq!(
            (&told["error"]["code"], &told["id"]),
            (&json!(code), &id),
            "{body}"
        );
    }
}

#[tokio::test]
async fn it_is_served_with_and_without_a_slash_for_posts_only() {
    let server = TestServer::start().await;
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    for path in ["/mcp", "/mcp/"] {
        assert_eq!(server.post(path, &ping).await.ok()["result"], json!({}));
        for method in ["GET", "DELETE"] {
            let refused = server.request(method, path).await;
            assert_eq!(refused.refused(405), "Method Not Allowed");
            assert_eq!(refused.header("allow"), Some("POST"));
        }
    }
    let described = server.get("/openapi.json").await.ok();
    let responses = &described["paths"]["/mcp"]["post"]["responses"];
    assert!(responses.get("202").is_some(), "{responses}");
    let page = ping.to_string();
    let answer = server.request("POST", "/mcp").body(page);
    let refused = answer.from_foreign_page("https://elsewhere.example").await;
    refused.refused(403);
}

#[tokio::test]
async fn a_project_can_do_without() {
    let project = TestProject::with(json!({"http": {"disable_mcp": true}}));
    let server = TestServer::over(project).start().await;
    for path in ["/mcp", "/mcp/"] {
        server.post(path, &json!({})).await.refused(404);
    }
    let described = server.get("/openapi.json").await.ok();
    assert_eq!(described["paths"].get("/mcp"), None);
}

#[tokio::test]
async fn versions_that_are_not_spoken_are_told_so() {
    let server = TestServer::start().await;
    let list = ask(&server, "tools/list", json!({})).header("mcp-protocol-version", "2020-01-01");
    let (status, told) = error(list).await;
    assert_eq!((status, &told["code"]), (400, &json!(-32022)));
    assert_eq!(told["data"]["requested"], "2020-01-01");
    let list = ask(&server, "tools/list", json!({})).header("mcp-protocol-version", "2025-06-18");
    assert!(result(list).await["tools"].is_array());
}

/// The parameters of a request that says for itself which version it is of.
fn alone(mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    params
}

#[tokio::test]
async fn requests_of_the_newest_version_need_no_handshake() {
    let server = TestServer::start().await;
    let alone = |method: &str, params: Value| {
        ask(&server, method, alone(params))
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method)
    };
    let found = result(alone("server/discover", json!({}))).await;
    assert_eq!(
        found["capabilities"],
        json!({"tools": {"listChanged": false}})
    );
    assert_eq!(found["resultType"], "complete");
    let versions = found["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!("2026-07-28")) && versions.contains(&json!("2025-11-25")));
    let listed = result(alone("tools/list", json!({}))).await;
    assert_eq!(
        (
            &listed["resultType"],
            &listed["ttlMs"],
            &listed["cacheScope"]
        ),
        (&json!("complete"), &json!(0), &json!("private"))
    );
    let multi = json!({"name": "multi", "arguments": {"log": ["in"]}});
    let called = result(alone("tools/call", multi.clone()).header("mcp-name", "multi")).await;
    assert_eq!(called["resultType"], "complete");
    assert_eq!(called["structuredContent"]["log"][3], "b");
    // Errors have a status, and headers have to say what the body says.
    for (request, status, code) in [
        (alone("nope", json!({})), 404, -32601),
        (alone("initialize", json!({})), 404, -32601),
        (
            alone("tools/call", json!({"name": "nope"})).header("mcp-name", "nope"),
            400,
            -32602,
        ),
        (alone("tools/call", multi), 400, -32020),
        (
            ask(&server, "tools/list", json!({})).header("mcp-protocol-version", "2026-07-28"),
            400,
            -32602,
        ),
    ] {
        let (answered, told) = error(request).await;
        assert_eq!((answered, &told["code"]), (status, &json!(code)), "{told}");
    }
}
