//! Requests that the app answers are counted by their routes, and told like all others.

use lgx_devserver::Notice;
use lgx_testkit::TestServer;
use serde_json::{Value, json};

use super::{serve, wrapped};

/// How many requests have been counted, by method, path and status.
async fn counted(server: &TestServer) -> Vec<(String, String, u64, u64)> {
    let summary = server.get("/metrics?format=json").await.ok();
    let counts = summary["api"]["http_requests_total"]
        .as_array()
        .unwrap()
        .clone();
    let text = |count: &Value, key: &str| count[key].as_str().unwrap().to_owned();
    let mut counts: Vec<_> = counts
        .iter()
        .map(|count| {
            let (status, times) = (count["status"].as_u64(), count["count"].as_u64());
            (
                text(count, "method"),
                text(count, "path"),
                status.unwrap(),
                times.unwrap(),
            )
        })
        .filter(|(_, path, ..)| path != "/metrics")
        .collect();
    counts.sort();
    counts
}

fn count(method: &str, path: &str, status: u64, times: u64) -> (String, String, u64, u64) {
    (method.to_owned(), path.to_owned(), status, times)
}

#[tokio::test]
async fn they_are_counted_by_the_route_as_the_app_writes_it() {
    let server = serve().await;
    for path in ["/app/hello", "/app/hello?a=b", "/app/asks"] {
        server.get(path).await.ok();
    }
    server.request("POST", "/app/echo").body("x").await.ok();
    server.get("/app/crash").await.refused(500);
    server.get("/app/unknown").await.refused(404);
    server.get("/app/streams").open().await;
    let expected = [
        count("GET", "", 404, 1),
        count("GET", "/app/{what}", 200, 4),
        count("GET", "/app/{what}", 500, 1),
        count("POST", "/app/{what}", 200, 1),
    ];
    assert_eq!(counted(&server).await, expected);
}

#[tokio::test]
async fn what_middleware_leaves_to_the_server_is_counted_once() {
    let server = wrapped().await;
    server.post("/threads", &json!({})).await.ok();
    server.get("/app/hello").await.ok();
    let expected = [
        count("GET", "/app/{what}", 200, 1),
        count("POST", "/threads", 200, 1),
    ];
    assert_eq!(counted(&server).await, expected);
}

#[tokio::test]
async fn the_log_has_them_with_path_and_status() {
    let server = serve().await;
    let mut listener = server.listen();
    server.get("/app/hello").await.ok();
    server.get("/app/crash").await.refused(500);
    let request = |notice: &Notice| match notice {
        Notice::Request {
            method,
            path,
            status,
            ..
        } => Some(format!("{method} {path} {status}")),
        _ => None,
    };
    for expected in ["GET /app/hello 200", "GET /app/crash 500"] {
        assert_eq!(listener.hear("a request", request).await, expected);
    }
}
