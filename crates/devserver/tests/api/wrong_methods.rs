//! Methods that a path does not have.

use lgx_testkit::TestServer;

use crate::steps;

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
            // What changes something below /lgx/ has to carry it.
            let request = server.request(method, &**path);
            let answer = request.header("x-lgx-studio", "1").await;
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
