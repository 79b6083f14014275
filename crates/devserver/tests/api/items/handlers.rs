//! What auth handlers make of requests to the store.

use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use super::{found, get, namespaces, put, put_with};

/// Moves every request below the user's own namespace; `mallory` may do nothing, and the handler is broken for `bug`.
fn scoping() -> FakeWorker {
    FakeWorker::builder()
        .auth(|request| {
            let headers = request["request"]["headers"].as_array().unwrap();
            let token = headers.iter().find(|header| header[0] == "authorization");
            let name = token.and_then(|header| header[1].as_str()?.strip_prefix("Bearer "));
            let refusal = |status, message: &str| lgx_worker::RemoteError {
                kind: "HTTPException".to_owned(),
                message: message.to_owned(),
                status: Some(status),
                headers: None,
                diagnostic: None,
            };
            let name = name.ok_or_else(|| refusal(401, "who are you?"))?;
            let mut checks = Vec::new();
            for check in request["checks"].as_array().unwrap() {
                assert_eq!(check["resource"], "store");
                if name == "mallory" {
                    return Err(refusal(403, "not you"));
                }
                let mut value = check["value"].clone();
                let labels = value["namespace"].as_array().cloned().unwrap_or_default();
                value["namespace"] = if name == "bug" {
                    json!(name)
                } else {
                    [json!(format!("{name}@example.com"))]
                        .into_iter()
                        .chain(labels)
                        .collect()
                };
                checks.push(json!({"filter": null, "value": value}));
            }
            Ok(json!({"user": {"identity": name, "permissions": []}, "checks": checks}))
        })
        .auth_handlers(&[("store", "*")])
        .build()
}

#[tokio::test]
async fn a_handler_can_give_each_user_a_namespace_of_their_own() {
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project).worker(scoping()).start().await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    put(&alice, "notes", "k", json!({"of": "alice"})).await;
    put(&bob, "notes", "k", json!({"of": "bob"})).await;
    assert_eq!(get(&alice, "notes", "k").await["value"]["of"], "alice");
    assert_eq!(get(&bob, "notes", "k").await["value"]["of"], "bob");
    assert_eq!(
        namespaces(&alice, json!({})).await,
        ["alice@example.com/notes"]
    );
    assert_eq!(found(&bob, json!({})).await, "k");
    let body = json!({"namespace": ["notes"], "key": "k"}).to_string();
    bob.request("DELETE", "/store/items")
        .body(body)
        .await
        .empty(204);
    assert_eq!(get(&bob, "notes", "k").await, Value::Null);
    assert_eq!(
        found(&alice, json!({"namespace_prefix": ["notes"]})).await,
        "k"
    );
}

#[tokio::test]
async fn the_handler_sees_what_is_asked() {
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project).start().await;
    let user = server.user("alice");
    put_with(
        &user,
        "a/b",
        "k",
        json!({"n": 1}),
        json!({"index": ["n"], "ttl": 5}),
    )
    .await;
    get(&user, "a.b", "k").await;
    found(
        &user,
        json!({"namespace_prefix": ["a"], "filter": {"n": 1}, "query": "q"}),
    )
    .await;
    namespaces(&user, json!({"prefix": ["a"], "max_depth": 1})).await;
    let delete = user.request("DELETE", "/store/items");
    delete
        .body(json!({"namespace": ["a", "b"], "key": "k"}).to_string())
        .await
        .empty(204);
    let seen: Vec<Value> = server
        .worker
        .requests("auth")
        .iter()
        .map(|request| request["checks"][0].clone())
        .collect();
    let check =
        |action: &str, value: Value| json!({"resource": "store", "action": action, "value": value});
    assert_eq!(
        seen,
        [
            check(
                "put",
                json!({"namespace": ["a", "b"], "key": "k", "value": {"n": 1}, "index": ["n"], "ttl": 5.0})
            ),
            check(
                "get",
                json!({"namespace": ["a", "b"], "key": "k", "refresh_ttl": true})
            ),
            check(
                "search",
                json!({"namespace": ["a"], "filter": {"n": 1}, "limit": 10, "offset": 0, "query": "q",
                                   "refresh_ttl": null})
            ),
            check(
                "list_namespaces",
                json!({"namespace": ["a"], "suffix": null, "max_depth": 1, "limit": 100, "offset": 0})
            ),
            check("delete", json!({"namespace": ["a", "b"], "key": "k"})),
        ]
    );
}

#[tokio::test]
async fn the_gate_comes_first() {
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project).worker(scoping()).start().await;
    let good = json!({"namespace": ["a"], "key": "k", "value": {}});
    let bad = json!({"namespace": ["a.b"]});
    server.put("/store/items", &bad).await.refused(401);
    server.put("/store/items", &good).await.refused(401);
    let mallory = server.user("mallory");
    assert_eq!(
        mallory.put("/store/items", &good).await.refused(403),
        "not you"
    );
    mallory
        .get("/store/items?namespace=a&key=k")
        .await
        .refused(403);
    mallory
        .post("/store/items/search", &json!({}))
        .await
        .refused(403);
    mallory
        .post("/store/namespaces", &json!({}))
        .await
        .refused(403);
    mallory.put("/store/items", &bad).await.refused(422);
    let broken = server
        .user("bug")
        .put("/store/items", &good)
        .await
        .refused(500);
    assert!(broken.contains("`namespace`"), "{broken}");
}
