//! How deep the JSON of a request may nest, and what else of it no parser has to take.

use lgx_testkit::TestServer;
use serde_json::json;

use crate::steps::{self, thread};

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
async fn json_that_other_parsers_would_read_in_another_way_is_refused() {
    let server = TestServer::start().await;
    let digits = format!(r#"{{"metadata":{{"a":1{}}}}}"#, "0".repeat(100_000));
    for body in [
        &b"{\"metadata\":{\"a\":\"\xff\xfe\"}}"[..],
        b"{\"metadata\":{\"a\":\"\x00\"}}",
        b"\xef\xbb\xbf{}",
        br#"{"metadata":{"a":1e999}}"#,
        br#"{"metadata":{"a":NaN}}"#,
        br#"{"metadata":{"a":"\ud800"}}"#,
        br#"{"metadata":{},"metadata":{}}"#,
        br#"{"metadata":{}} {}"#,
        digits.as_bytes(),
    ] {
        let refused = server.request("POST", "/threads").body(body.to_vec());
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]);
        let refused = refused.await;
        assert_eq!(refused.status, 422, "{shown}: {}", refused.text());
    }
    let threads = server.post("/threads/count", &json!({}));
    assert_eq!(threads.await.ok(), json!(0));
}
