//! Each endpoint asks the project's auth for what its line in the table of routes says.

use lgx_testkit::FakeWorker;
use serde_json::{Value, json};

use super::guarded;
use crate::steps;

/// A body that the endpoint can read, where it needs one.
fn readable_body(path: &str) -> Value {
    let ends_with = |end: &str| path.ends_with(end);
    if ["search", "count", "namespaces"]
        .iter()
        .any(|end| ends_with(end))
    {
        json!({"namespace_prefix": ["a"], "limit": 1, "offset": 0})
    } else if path.contains("crons") {
        json!({"assistant_id": "agent", "schedule": "* * * * *"})
    } else if ends_with("/runs/batch") {
        json!([{"assistant_id": "agent"}])
    } else if ends_with("/runs/cancel") {
        json!({"status": "all"})
    } else if path.contains("/runs") {
        json!({"assistant_id": "agent", "input": {}})
    } else if ends_with("/store/items") {
        json!({"namespace": ["a"], "key": "k", "value": {}})
    } else if ends_with("/commands") {
        json!({"id": 1, "method": "run.start", "params": {"assistant_id": "agent", "input": {}}})
    } else if ends_with("/stream/events") {
        json!({"channels": ["values"]})
    } else if ends_with("/prune") {
        json!({"thread_ids": [steps::NOBODY]})
    } else if ends_with("/state/checkpoint") {
        json!({"checkpoint": {}})
    } else {
        json!({"graph_id": "agent", "version": 1, "values": {}, "limit": 1})
    }
}

#[tokio::test]
async fn each_endpoint_asks_first_what_the_description_says() {
    let server = guarded(FakeWorker::new()).await;
    let alice = server.user("alice");
    let description = server.get("/openapi.json").await.ok();
    let mut asked = 0;
    for endpoint in steps::endpoints(&description) {
        let before = server.worker.requests("auth").len();
        let path = match (&*endpoint.method, &*endpoint.path) {
            ("GET", "/store/items") => "/store/items?namespace=a&key=k",
            (_, path) => path,
        };
        if endpoint.method == "GET" && path.ends_with("/stream/events") {
            continue; // a WebSocket, of which `events::socket` shows it
        }
        let request = alice.request(&endpoint.method, path);
        let answer = match &*endpoint.method {
            "GET" => request.open().await,
            _ => request.body(readable_body(path).to_string()).open().await,
        };
        let requests = server.worker.requests("auth").split_off(before);
        let Some(expected) = &endpoint.asks else {
            let none = requests
                .iter()
                .all(|request| request["authenticate"] == true);
            assert!(
                endpoint.public == requests.is_empty() && none,
                "{endpoint:?}"
            );
            continue;
        };
        let checks = requests
            .iter()
            .filter_map(|request| request["checks"].as_array());
        let first = checks.flatten().next();
        let first = first.map(|check| {
            let word = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
            format!("{}.{}", word("resource"), word("action"))
        });
        let status = answer.status;
        assert_eq!(
            first.as_ref(),
            Some(expected),
            "{endpoint:?} answered {status}"
        );
        asked += 1;
    }
    assert!(asked > 50, "{asked}");
}
