//! The `Origin` of a page: Studio, pages of this machine and those that `http.cors` names may use the server, by any method; others,
//! and pages without an origin of their own (`null`), may not.

use lgx_devserver::Notice;
use lgx_testkit::{TestProject, TestServer};
use serde_json::json;

use super::raw;
use crate::steps::{self, thread};

const STUDIO: &str = "https://smith.langchain.com";
const FOREIGN: &str = "https://evil.example";
const METHODS: [&str; 9] = [
    "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY",
];

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
async fn other_pages_are_refused_by_every_method_and_change_nothing() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let mut listener = server.listen();
    let path = format!("/threads/{id}");
    for origin in [FOREIGN, "null", "http://localhost.evil.example"] {
        for method in METHODS {
            let request = server.request(method, &*path);
            let refusal = request.from_foreign_page(origin).raw().await;
            assert_eq!(refusal.status, 403, "{method} {origin}");
            let refusal = refusal.text();
            let told_how = refusal.contains("http.cors.allow_origins") || method == "HEAD";
            assert!(told_how, "{method}: {refusal}");
            let told = listener
                .hear("the origin", |notice| match notice {
                    Notice::OriginRefused { origin } => Some(origin.clone()),
                    _ => None,
                })
                .await;
            assert_eq!(told, origin);
        }
    }
    steps::get(&server, &id).await;
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

/// What the SDKs and Studio always send stays allowed beside what the project names.
const ALLOWED_WITH_ONE_MORE: &str = "content-type, authorization, x-api-key, x-auth-scheme, last-event-id, mcp-protocol-version, mcp-session-id, x-tenant";

#[tokio::test]
async fn the_project_adds_origins_and_keeps_studio() {
    let cors = json!({"http": {"cors": {
        "allow_origins": ["https://app.example"], "allow_origin_regex": "https://.*\\.preview\\.example",
        "allow_methods": ["GET", "POST"], "allow_headers": ["x-tenant"],
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
        for (name, expected) in [
            ("access-control-max-age", "5"),
            ("access-control-allow-methods", "GET, POST"),
            ("access-control-allow-headers", ALLOWED_WITH_ONE_MORE),
        ] {
            assert_eq!(preflight.header(name), Some(expected), "{name}");
        }
    }
    for origin in [FOREIGN, "https://app.example.evil", "http://app.example"] {
        let refused = server.post("/threads", &json!({}));
        refused.from_foreign_page(origin).await.refused(403);
    }
}

/// The status of an answer to a request with these headers, each of which may be there several times.
async fn status(server: &TestServer, headers: &str) -> u16 {
    let head =
        format!("GET /info HTTP/1.1\r\nhost: localhost\r\n{headers}connection: close\r\n\r\n");
    raw::answer(server, head.as_bytes()).await.status
}

#[tokio::test]
async fn an_origin_that_is_none_or_several_is_that_of_no_page_that_may() {
    let server = TestServer::start().await;
    for (origins, expected) in [
        (&["http://localhost:3000"][..], 200),
        (&["http://localhost:3000", "https://evil.example"], 403),
        (&["http://localhost:3000", "http://localhost:3000"], 403),
        (&["http://localhost:3000 https://evil.example"], 403),
        (&["http://localhost:3000, https://evil.example"], 403),
        (&["http://localhost@evil.example"], 403),
        (&["http://evil.example#localhost"], 403),
        (&["localhost"], 403),
        (&["file://localhost"], 403),
        (&["\u{e9}"], 403),
        (&["null"], 403),
        (&[""], 403),
    ] {
        let mut headers = String::new();
        for origin in origins {
            headers.push_str("origin: ");
            headers.push_str(origin);
            headers.push_str("\r\n");
        }
        assert_eq!(status(&server, &headers).await, expected, "{origins:?}");
    }
}
