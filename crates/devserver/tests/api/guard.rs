//! What every request passes first: its host, its origin, its size, and how deep its JSON goes.

use lgx_devserver::Notice;
use lgx_testkit::{Client, TestProject, TestServer};
use serde_json::{Value, json};

use crate::steps::{self, thread};

const STUDIO: &str = "https://smith.langchain.com";
const FOREIGN: &str = "https://evil.example";

async fn threads(client: &Client) -> Value {
    client.post("/threads/count", &json!({})).await.ok()
}

#[tokio::test]
async fn only_names_of_this_machine_are_answered_to() {
    let server = TestServer::start().await;
    let port = server.running().address().port();
    for host in ["localhost", "127.0.0.1", "[::1]", "app.localhost"] {
        server.get("/ok").header("host", host).await.ok();
        let host = format!("{host}:{port}");
        server.get("/ok").header("host", &host).await.ok();
    }
    let mut listener = server.listen();
    for host in ["evil.example", "127.0.0.1.evil.example", "192.168.1.7", ""] {
        for (method, path) in [("GET", "/ok"), ("POST", "/threads"), ("OPTIONS", "/info")] {
            let refusal = server
                .request(method, path)
                .header("host", host)
                .body("{}")
                .await
                .refused(403);
            assert!(refusal.contains(host), "{refusal}");
            let told = listener
                .hear("the host", |notice| match notice {
                    Notice::HostRefused { host } => Some(host.clone()),
                    _ => None,
                })
                .await;
            assert_eq!(told, host);
        }
    }
    assert_eq!(threads(&server).await, json!(0));
}

#[tokio::test]
async fn pages_of_studio_and_of_this_machine_may_use_the_server() {
    let server = TestServer::start().await;
    for origin in [STUDIO, "http://localhost:3000", "http://127.0.0.1:5173"] {
        // The client itself checks the headers of each answer.
        server.get("/info").from_page(origin).await.ok();
        let made = server.post("/threads", &json!({})).from_page(origin);
        made.await.ok();
        server.get("/nope").from_page(origin).await.refused(404);
        let missing = format!("/threads/{}", steps::NOBODY);
        server.delete(missing).from_page(origin).await.refused(404);
    }
}

#[tokio::test]
async fn other_pages_change_nothing_and_cannot_read() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let mut listener = server.listen();
    let path = format!("/threads/{id}");
    for origin in [FOREIGN, "null", "http://localhost.evil.example"] {
        for request in [server.post("/threads", &json!({})), server.delete(&*path)] {
            let refusal = request.from_foreign_page(origin).await.refused(403);
            assert!(refusal.contains("http.cors.allow_origins"), "{refusal}");
            let told = listener
                .hear("the origin", |notice| match notice {
                    Notice::OriginRefused { origin } => Some(origin.clone()),
                    _ => None,
                })
                .await;
            assert_eq!(told, origin);
        }
        // It may be asked, but without CORS headers, which the client checks, a browser does not show the answer.
        server.get(&*path).from_foreign_page(origin).await.ok();
    }
    assert_eq!(threads(&server).await, json!(1));
}

#[tokio::test]
async fn other_pages_cannot_end_a_run_by_looking_at_it() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let run = steps::create(
        &server,
        &id,
        json!({"assistant_id": "multi", "input": {"log": []}}),
    )
    .await;
    server.worker.slow().arrived(1).await;
    let run = format!("/threads/{id}/runs/{run}");
    for way in ["stream", "join"] {
        let path = format!("{run}/{way}?cancel_on_disconnect=true");
        let page = server.get(&*path).from_foreign_page(FOREIGN);
        page.await.refused(403);
        // An image has no origin.
        let image = server.get(&*path).header("sec-fetch-site", "cross-site");
        image.await.refused(403);
    }
    assert_eq!(server.get(&*run).await.ok()["status"], "running");
    // Pages of this machine and clients that are no browsers go on as before.
    let path = format!("{run}/stream?cancel_on_disconnect=true");
    let ours = server.get(&*path).from_page("http://localhost:3000");
    let ours = ours.header("sec-fetch-site", "same-site").open().await;
    assert_eq!(ours.status, 200);
    server.worker.slow().open();
    ours.events().rest().await;
}

#[tokio::test]
async fn a_preflight_lets_studio_reach_this_machine() {
    let server = TestServer::start().await;
    for path in ["/threads/search", "/info", "/nope"] {
        let answer = server
            .request("OPTIONS", path)
            .from_page(STUDIO)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "content-type,x-auth-scheme,x-api-key",
            )
            .header("access-control-request-private-network", "true")
            .await;
        assert_eq!(answer.status, 200);
        for (name, expected) in [
            ("access-control-allow-private-network", "true"),
            (
                "access-control-allow-headers",
                "content-type,x-auth-scheme,x-api-key",
            ),
            ("access-control-max-age", "600"),
        ] {
            assert_eq!(answer.header(name), Some(expected), "{path}");
        }
        let methods = answer.header("access-control-allow-methods").unwrap();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            assert!(methods.contains(method), "{methods}");
        }
    }
    let refused = server
        .request("OPTIONS", "/threads/search")
        .from_foreign_page(FOREIGN)
        .header("access-control-request-method", "POST")
        .header("access-control-request-private-network", "true")
        .await;
    assert_eq!(refused.header("access-control-allow-private-network"), None);
    refused.refused(403);
}

#[tokio::test]
async fn a_preflight_is_answered_before_anybody_is_asked() {
    let auth = json!({"auth": {"path": "./auth.py:auth"}});
    let server = TestServer::over(TestProject::with(auth)).start().await;
    let answer = server
        .request("OPTIONS", "/threads")
        .from_page(STUDIO)
        .header("access-control-request-method", "POST")
        .await;
    assert_eq!(answer.status, 200);
    assert!(server.worker.requests("auth").is_empty());
    // What follows without a token is refused, in a form that the page can read.
    let page = server.post("/threads", &json!({})).from_page(STUDIO);
    page.await.refused(401);
}

#[tokio::test]
async fn the_project_adds_origins_and_keeps_studio() {
    let cors = json!({"http": {"cors": {
        "allow_origins": ["https://app.example"], "allow_origin_regex": "https://.*\\.preview\\.example",
        "allow_credentials": true, "expose_headers": ["x-own"], "max_age": 5
    }}});
    let server = TestServer::over(TestProject::with(cors)).start().await;
    for origin in [STUDIO, "https://app.example", "https://a.preview.example"] {
        let answer = server.post("/threads", &json!({})).from_page(origin).await;
        answer.ok();
        assert_eq!(
            answer.header("access-control-allow-credentials"),
            Some("true")
        );
        let exposed = answer.header("access-control-expose-headers").unwrap();
        assert!(exposed.ends_with(", x-own"), "{exposed}");
        let preflight = server
            .request("OPTIONS", "/threads")
            .from_page(origin)
            .header("access-control-request-method", "POST")
            .await;
        assert_eq!(preflight.header("access-control-max-age"), Some("5"));
    }
    for origin in [FOREIGN, "https://app.example.evil", "http://app.example"] {
        let refused = server.post("/threads", &json!({}));
        refused.from_foreign_page(origin).await.refused(403);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    const MOST: usize = 48 * 1024 * 1024;
    let server = TestServer::start().await;
    let mut body = br#"{"metadata":{"a":""#.to_vec();
    body.resize(MOST - 3, b'x');
    body.extend_from_slice(b"\"}}");
    assert_eq!(body.len(), MOST);
    let largest = server.request("POST", "/threads").body(body.clone()).await;
    assert_eq!(largest.status, 200);
    body.push(b' ');
    let refusal = server
        .request("POST", "/threads")
        .body(body)
        .from_page(STUDIO)
        .await
        .refused(413);
    assert!(refusal.contains("50331648"), "{refusal}");
    assert_eq!(threads(&server).await, json!(1));
}

#[tokio::test]
async fn json_that_goes_too_deep_is_refused_wherever_it_is() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let bodies = |depth: usize| {
        let deep = nested(depth);
        let agent = r#"{"assistant_id":"multi","input":{"log":[]}"#;
        [
            (
                "/threads".to_owned(),
                format!(r#"{{"metadata":{{"a":{deep}}}}}"#),
            ),
            (
                "/threads/search".to_owned(),
                format!(r#"{{"metadata":{{"a":{deep}}}}}"#),
            ),
            (
                format!("/threads/{id}/state"),
                format!(r#"{{"as_node":"a","values":{{"delay":{deep}}}}}"#),
            ),
            (
                "/runs/wait".to_owned(),
                format!(r#"{agent},"metadata":{{"a":{deep}}}}}"#),
            ),
            (
                "/runs/wait".to_owned(),
                format!(r#"{{"assistant_id":"multi","input":{{"log":[],"delay":{deep}}}}}"#),
            ),
            (
                "/runs/wait".to_owned(),
                format!(r#"{agent},"config":{{"configurable":{{"a":{deep}}}}}}}"#),
            ),
        ]
    };
    // Gives the thread its graph.
    let run = json!({"assistant_id": "multi", "input": {"log": []}});
    steps::wait(&server, &id, run).await;
    for (path, body) in bodies(60) {
        server.request("POST", &*path).body(body).await.ok();
    }
    for depth in [200, 100_000] {
        for (path, body) in bodies(depth) {
            let answer = server.request("POST", &*path).body(body).await;
            assert_eq!(answer.status, 422, "{depth} {path}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn every_wrong_method_is_told_the_right_ones() {
    let server = TestServer::start().await;
    let description = server.get("/openapi.json").await.ok();
    let endpoints = steps::endpoints(&description);
    let mut asked = 0;
    for path in endpoints.iter().map(|endpoint| &endpoint.path) {
        let served: Vec<&str> = endpoints
            .iter()
            .filter(|endpoint| endpoint.path == *path)
            .map(|endpoint| &*endpoint.method)
            .collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "QUERY"] {
            // A static path may be one of a pattern: `GET /threads/search` asks for a thread.
            let shadowed = endpoints
                .iter()
                .any(|endpoint| endpoint.method == method && pattern_matches(&endpoint.path, path));
            if served.contains(&method) || shadowed {
                continue;
            }
            let answer = server.request(method, &**path).await;
            assert_eq!(answer.refused(405), "Method Not Allowed");
            let allow = answer.header("allow").unwrap_or_default();
            for method in &served {
                assert!(allow.contains(method), "{path}: {allow}");
            }
            asked += 1;
        }
    }
    assert!(asked > 100, "{asked}");
}

/// Whether `path` would be taken for one of the pattern that `with_ids` was made from.
fn pattern_matches(with_ids: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) =
        (with_ids.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern
            .iter()
            .zip(&path)
            .all(|(one, other)| one == other || *one == steps::NOBODY)
}
