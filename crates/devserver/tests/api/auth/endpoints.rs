//! Each endpoint authenticates once, and asks the project's handlers for what `tests/auth-matrix.json` says, in that order.

use lgx_testkit::FakeWorker;
use serde_json::Value;

use super::guarded;
use super::matrix::{Named, check_keys, rows_of};

/// Endpoints that ask for what the request says.
const BY_REQUEST: [&str; 2] = ["/internal/truncate", "/mcp"];

#[tokio::test]
async fn each_endpoint_asks_what_the_matrix_says() {
    let server = guarded(FakeWorker::new()).await;
    let alice = server.user("alice");
    let description = server.get("/openapi.json").await.ok();
    let nothing = Named::nothing();
    for row in rows_of(&description) {
        let path = row.path(&nothing);
        let what = format!("{} {path} {}", row.method(), row.body(&nothing));
        let before = server.worker.requests("auth").len();
        if row.socket {
            drop(alice.socket(&path).await);
        } else {
            let request = alice.request(row.method(), &*path).body(row.body(&nothing));
            drop(request.open().await);
        }
        let requests = server.worker.requests("auth").split_off(before);
        let authenticated = requests
            .iter()
            .filter(|asked| asked["authenticate"] == true);
        assert_eq!(
            authenticated.count(),
            1,
            "{what}: the request is authenticated once"
        );
        let checks = requests
            .iter()
            .filter_map(|asked| asked["checks"].as_array());
        let mut checks: Vec<&Value> = checks.flatten().collect();
        if row.of_each {
            assert!(checks.len() > row.asks.len(), "{what}: there are several");
            let last = name(checks[row.asks.len() - 1]);
            let all_the_same = checks.split_off(row.asks.len());
            assert!(all_the_same.iter().all(|check| name(check) == last));
        }
        let asked: Vec<String> = checks.iter().map(|check| name(check)).collect();
        let expected: Vec<&str> = row.asks.iter().map(|(asked, _)| asked.as_str()).collect();
        assert_eq!(asked, expected, "{what}");
        for (check, (asked, shape)) in checks.iter().zip(&row.asks) {
            check_keys(&format!("{what}: {asked}"), &check["value"], shape);
        }
        let operation = &description["paths"][row.template()][row.method().to_lowercase()];
        assert_eq!(
            operation["x-auth-on"].as_str(),
            expected
                .first()
                .copied()
                .filter(|_| !BY_REQUEST.contains(&row.template())),
            "{what}: the description says what is asked first"
        );
    }
}

/// `threads.read`
fn name(check: &Value) -> String {
    let word = |key: &str| check[key].as_str().unwrap_or_default();
    format!("{}.{}", word("resource"), word("action"))
}
