//! Items of long-term memory: put, get, delete, search, namespaces, times to live, and what auth handlers make of requests.

use std::time::Duration;

use http::Method;
use lgx_testkit::{Client, FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use crate::steps::{self, text};

/// Puts an item at a path of labels.
async fn put(client: &Client, path: &str, key: &str, value: Value) {
    put_with(client, path, key, value, json!({})).await;
}

async fn put_with(client: &Client, path: &str, key: &str, value: Value, more: Value) {
    let mut body = json!({"namespace": labels(path), "key": key, "value": value});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    client.put("/store/items", &body).await.empty(204);
}

fn labels(path: &str) -> Vec<&str> {
    path.split_terminator('/').collect()
}

/// The item, or null. The namespace is written with dots.
async fn get(client: &Client, namespace: &str, key: &str) -> Value {
    client
        .get(format!("/store/items?namespace={namespace}&key={key}"))
        .await
        .ok()
}

/// The keys that a search finds.
async fn found(client: &Client, body: Value) -> String {
    let answer = client.post("/store/items/search", &body).await.ok();
    let keys = answer["items"].as_array().unwrap().iter();
    keys.map(|item| text(item, "key"))
        .collect::<Vec<_>>()
        .join(" ")
}

async fn namespaces(client: &Client, body: Value) -> Vec<String> {
    let answer = client.post("/store/namespaces", &body).await.ok();
    let namespaces: Vec<Vec<String>> =
        serde_json::from_value(answer["namespaces"].clone()).unwrap();
    namespaces
        .iter()
        .map(|namespace| namespace.join("/"))
        .collect()
}

#[tokio::test]
async fn an_item_is_there_until_it_is_deleted() {
    let server = TestServer::start().await;
    let value = json!({"name": "Alice", "n": {"x": 1.0}, "big": 9_007_199_254_740_993_u64});
    put(&server, "users/u1", "k", value.clone()).await;
    let item = get(&server, "users.u1", "k").await;
    assert_eq!(
        item,
        json!({"namespace": ["users", "u1"], "key": "k", "value": value, "created_at": item["created_at"],
               "updated_at": item["created_at"]})
    );
    assert!(text(&item, "created_at").ends_with("+00:00"));
    assert_eq!(get(&server, "users", "k").await, Value::Null);
    assert_eq!(get(&server, "users.u1", "other").await, Value::Null);

    let body = json!({"namespace": ["users", "u1"], "key": "k"});
    for _ in 0..2 {
        let request = server.request("DELETE", "/store/items");
        request.body(body.to_string()).await.empty(204);
        assert_eq!(get(&server, "users.u1", "k").await, Value::Null);
    }
}

#[tokio::test]
async fn an_item_put_again_is_replaced_and_keeps_the_time_it_was_made() {
    let server = TestServer::start().await;
    put(&server, "users", "k", json!({"a": 1, "b": 2})).await;
    let before = get(&server, "users", "k").await;
    put(&server, "users", "k", json!({"c": 3})).await;
    let after = get(&server, "users", "k").await;
    assert_eq!(after["value"], json!({"c": 3}));
    assert_eq!(after["created_at"], before["created_at"]);
    assert!(text(&after, "updated_at") > text(&before, "updated_at"));
}

#[tokio::test]
async fn items_survive_a_restart() {
    let server = TestServer::start().await;
    put(&server, "users", "k", json!({"a": 1})).await;
    let before = get(&server, "users", "k").await;
    let server = TestServer::over(server.stop().await).start().await;
    assert_eq!(get(&server, "users", "k").await, before);
}

#[tokio::test]
async fn odd_names_are_names_too() {
    let server = TestServer::start().await;
    put(&server, "a b|ü*", "k/é .x", json!({"n": 1})).await;
    let path = "/store/items?namespace=a+b%7C%C3%BC*&key=k%2F%C3%A9+.x";
    assert_eq!(server.get(path).await.ok()["value"]["n"], 1);
    put(&server, "below/langgraph", "", json!({"n": 2})).await;
    assert_eq!(get(&server, "below.langgraph", "").await["value"]["n"], 2);
    // Of a repeated parameter the last counts, and commas do not part labels.
    let path = "/store/items?namespace=x&namespace=below.langgraph&key=y&key=";
    assert_eq!(server.get(path).await.ok()["value"]["n"], 2);
    assert_eq!(get(&server, "below,langgraph", "").await, Value::Null);
}

#[tokio::test]
async fn what_cannot_be_put_is_refused() {
    let server = TestServer::start().await;
    let refused = async |status: u16, more: Value| {
        let mut body = json!({"namespace": ["a"], "key": "k", "value": {}});
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        server.put("/store/items", &body).await.refused(status)
    };
    for namespace in [json!([]), json!(["langgraph"]), json!(["langgraph", "x"])] {
        refused(400, json!({"namespace": namespace})).await;
    }
    for namespace in [
        json!(["a.b"]),
        json!(["a", ""]),
        json!(["a", 5]),
        json!("a"),
        json!(null),
    ] {
        refused(422, json!({"namespace": namespace})).await;
    }
    for more in [
        json!({"key": 5}),
        json!({"key": null}),
        json!({"value": null}),
        json!({"value": "text"}),
        json!({"value": [1]}),
        json!({"index": true}),
        json!({"index": "x"}),
        json!({"index": 5}),
        json!({"index": [5]}),
        json!({"ttl": "5"}),
        json!({"ttl": true}),
        json!({"ttl": 0}),
        json!({"ttl": -1}),
    ] {
        refused(422, more).await;
    }
    for missing in ["namespace", "key", "value"] {
        let mut body = json!({"namespace": ["a"], "key": "k", "value": {}});
        body.as_object_mut().unwrap().remove(missing);
        let detail = server.put("/store/items", &body).await.refused(422);
        assert!(detail.contains(missing), "{detail}");
    }
    steps::refuses_what_is_no_object(&server, "PUT", "/store/items").await;
    assert_eq!(namespaces(&server, json!({})).await, [""; 0]);
    for index in [json!(false), json!(null), json!([]), json!(["a.b[*]"])] {
        put_with(
            &server,
            "a",
            "k",
            json!({}),
            json!({"index": index, "ttl": null, "else": 1}),
        )
        .await;
    }
}

#[tokio::test]
async fn a_look_up_needs_a_namespace_and_a_key() {
    let server = TestServer::start().await;
    let path = |query: &str| format!("/store/items?{query}");
    for query in [
        "",
        "key=k",
        "namespace=&key=k",
        "namespace=a..b&key=k",
        "namespace=a.&key=k",
    ] {
        server.get(path(query)).await.refused(422);
    }
    server.get(path("namespace=a.b")).await.refused(400);
    let nothing = path("namespace=langgraph&key=k&refresh_ttl=xx&other=1");
    assert_eq!(server.get(nothing).await.ok(), Value::Null);
    for method in [Method::POST, Method::PATCH] {
        server
            .request(method.as_str(), "/store/items")
            .await
            .refused(405);
    }
}

#[tokio::test]
async fn deleting_needs_a_key() {
    let server = TestServer::start().await;
    let delete = |body: Value| {
        server
            .request("DELETE", "/store/items")
            .body(body.to_string())
    };
    for body in [
        json!({"namespace": ["a"]}),
        json!({"namespace": ["a.b"], "key": "k"}),
        json!({"namespace": "a", "key": "k"}),
        json!({"namespace": null, "key": "k"}),
    ] {
        delete(body).await.refused(422);
    }
    steps::refuses_what_is_no_object(&server, "DELETE", "/store/items").await;
    for body in [
        json!({"key": "k"}),
        json!({"namespace": [], "key": "k"}),
        json!({"namespace": ["langgraph"], "key": ""}),
    ] {
        delete(body).await.empty(204);
    }
}

#[tokio::test]
async fn a_search_finds_what_is_below_a_namespace_in_the_order_it_was_put() {
    let server = TestServer::start().await;
    for (path, key) in [
        ("list/p", "a"),
        ("list", "b"),
        ("listing", "c"),
        ("list/q", "d"),
    ] {
        put(&server, path, key, json!({})).await;
    }
    assert_eq!(found(&server, json!({})).await, "a b c d");
    assert_eq!(
        found(&server, json!({"namespace_prefix": null})).await,
        "a b c d"
    );
    assert_eq!(
        found(&server, json!({"namespace_prefix": []})).await,
        "a b c d"
    );
    assert_eq!(
        found(&server, json!({"namespace_prefix": ["list"]})).await,
        "a b d"
    );
    assert_eq!(
        found(&server, json!({"namespace_prefix": ["list", "*"]})).await,
        ""
    );
    assert_eq!(
        found(&server, json!({"limit": 2, "offset": 1.0})).await,
        "b c"
    );
    assert_eq!(
        found(&server, json!({"limit": 100_000, "offset": 3})).await,
        "d"
    );
    assert_eq!(
        found(&server, json!({"offset": 500, "refresh_ttl": true})).await,
        ""
    );
    for number in 0..12 {
        put(&server, "many", &format!("k{number}"), json!({})).await;
    }
    let ten = found(&server, json!({"namespace_prefix": ["many"]})).await;
    assert_eq!(ten, "k0 k1 k2 k3 k4 k5 k6 k7 k8 k9");
    // Without an index there is nothing near to anything.
    let answer = server
        .post(
            "/store/items/search",
            &json!({"query": "hello", "limit": 1}),
        )
        .await
        .ok();
    let item = &answer["items"][0];
    assert_eq!(
        answer,
        json!({"items": [{"namespace": ["list", "p"], "key": "a", "value": {}, "created_at": item["created_at"],
                          "updated_at": item["updated_at"], "score": null}]})
    );
    assert!(server.worker.requests("store.embed").is_empty());
}

#[tokio::test]
async fn a_search_is_narrowed_by_what_is_in_the_values() {
    let server = TestServer::start().await;
    for (key, value) in [
        ("a", json!({"n": 1, "o": {"x": 1, "y": 2}, "s": "10"})),
        ("b", json!({"n": 2, "o": {"x": 2}, "t": ["x", 2]})),
        ("c", json!({"n": 3.0, "o": null, "flag": true})),
    ] {
        put(&server, "x", key, value).await;
    }
    for (filter, keys) in [
        (json!(null), "a b c"),
        (json!({"n": 3}), "c"),
        (json!({"n": {"$gte": 2}, "o": {"x": 2}}), "b"),
        (json!({"n": {"$gt": 1, "$lt": 3}}), "b"),
        (json!({"n": {"$ne": 2}}), "a c"),
        (json!({"n": {"$gt": "1"}}), "b c"),
        (json!({"o": {"x": {"$lte": 1}}}), "a"),
        (json!({"o": {}}), "a b"),
        (json!({"t": ["x", 2]}), "b"),
        (json!({"t": [2, "x"]}), ""),
        (json!({"s": {"$gt": 9}}), "a"),
        (json!({"missing": null}), "a b c"),
        (json!({"missing": {"$gt": 1}}), ""),
        (json!({"o.x": 1}), ""),
    ] {
        assert_eq!(
            found(&server, json!({"filter": filter})).await,
            keys,
            "{filter}"
        );
    }
    for filter in [
        json!({"n": {"$in": [1]}}),
        json!({"n": {"$gt": "word"}}),
        json!({"o": {"x": {"$bad": 1}}}),
    ] {
        let body = json!({"filter": filter});
        server.post("/store/items/search", &body).await.refused(400);
    }
}

#[tokio::test]
async fn what_cannot_be_searched_is_refused() {
    let server = TestServer::start().await;
    let wrong = [
        json!({"namespace_prefix": "list"}),
        json!({"namespace_prefix": ["a.b"]}),
        json!({"namespace_prefix": [""]}),
        json!({"namespace_prefix": [5]}),
        json!({"limit": "x"}),
        json!({"limit": null}),
        json!({"limit": 0}),
        json!({"limit": -1}),
        json!({"offset": -1}),
        json!({"filter": []}),
        json!({"filter": "x"}),
        json!({"query": 5}),
        json!({"refresh_ttl": "x"}),
    ];
    steps::refuses(&server, "/store/items/search", 422, &wrong).await;
    steps::refuses_what_is_no_object(&server, "POST", "/store/items/search").await;
}

#[tokio::test]
async fn namespaces_are_listed_while_they_have_items() {
    let server = TestServer::start().await;
    for path in ["docs/a/b", "docs/c", "users/u1", "a-b"] {
        put(&server, path, "k", json!({})).await;
    }
    // Looking for something makes nothing.
    get(&server, "ghost", "k").await;
    let all = ["a-b", "docs/a/b", "docs/c", "users/u1"];
    assert_eq!(namespaces(&server, json!({})).await, all);
    assert_eq!(
        namespaces(&server, json!({"prefix": [], "suffix": []})).await,
        all
    );
    assert_eq!(
        namespaces(&server, json!({"prefix": ["docs", "*"]})).await,
        all[1..3]
    );
    assert_eq!(
        namespaces(&server, json!({"suffix": ["*", "b"]})).await,
        all[1..2]
    );
    assert_eq!(
        namespaces(&server, json!({"max_depth": 1})).await,
        ["a-b", "docs", "users"]
    );
    assert_eq!(
        namespaces(&server, json!({"limit": 2, "offset": 1})).await,
        all[1..3]
    );
    assert_eq!(namespaces(&server, json!({"limit": 0})).await, [""; 0]);
    let delete = server.request("DELETE", "/store/items");
    let body = json!({"namespace": ["a-b"], "key": "k"});
    delete.body(body.to_string()).await.empty(204);
    assert_eq!(namespaces(&server, json!({})).await, all[1..]);
    let wrong = [
        json!({"prefix": null}),
        json!({"prefix": "x"}),
        json!({"prefix": ["a.b"]}),
        json!({"prefix": [""]}),
        json!({"suffix": null}),
        json!({"suffix": ["a.b"]}),
        json!({"max_depth": null}),
        json!({"max_depth": "1"}),
        json!({"limit": "x"}),
        json!({"limit": -1}),
        json!({"offset": -1}),
    ];
    steps::refuses(&server, "/store/namespaces", 422, &wrong).await;
    steps::refuses_what_is_no_object(&server, "POST", "/store/namespaces").await;
}

#[tokio::test]
async fn an_item_is_gone_when_its_time_has_passed() {
    let project = TestProject::with(json!({"store": {"ttl": {"default_ttl": 0.005}}}));
    let server = TestServer::over(project).start().await;
    put(&server, "x", "configured", json!({})).await;
    put_with(&server, "x", "asked", json!({}), json!({"ttl": 0.005})).await;
    put_with(&server, "x", "long", json!({}), json!({"ttl": 60})).await;
    put_with(&server, "x", "ever", json!({}), json!({"ttl": null})).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(found(&server, json!({})).await, "long ever");
    assert_eq!(get(&server, "x", "asked").await, Value::Null);
    // Put again before anyone may have swept it, it is a new one.
    put_with(&server, "x", "asked", json!({}), json!({"ttl": 60})).await;
    let again = get(&server, "x", "asked").await;
    assert_eq!(again["created_at"], again["updated_at"]);
}

#[tokio::test]
async fn reading_an_item_puts_its_end_off_unless_told_otherwise() {
    let project = TestProject::with(json!({"store": {"ttl": {"refresh_on_read": false}}}));
    let server = TestServer::over(project).start().await;
    for key in ["read", "kept", "found", "lost"] {
        put_with(&server, key, key, json!({}), json!({"ttl": 0.05})).await;
    }
    let half = || tokio::time::sleep(Duration::from_millis(1600));
    half().await;
    let path = |name: &str, more: &str| format!("/store/items?namespace={name}&key={name}{more}");
    server.get(path("read", "")).await.ok();
    server.get(path("kept", "&refresh_ttl=true")).await.ok();
    found(
        &server,
        json!({"namespace_prefix": ["found"], "refresh_ttl": true}),
    )
    .await;
    found(&server, json!({"namespace_prefix": ["lost"]})).await;
    half().await;
    assert_eq!(found(&server, json!({})).await, "kept found");
}

/// A server whose items are found by how often each of the first three letters occurs in their texts.
async fn start_indexed(fields: &[&str]) -> TestServer {
    let project = TestProject::new();
    project.write("embed.py", "# The fake worker knows what is in here.\n");
    project.configure(
        json!({"store": {"index": {"embed": "./embed.py:embed", "dims": 3, "fields": fields}}}),
    );
    TestServer::over(project).start().await
}

#[tokio::test]
async fn items_are_found_by_meaning() {
    let server = start_indexed(&["text"]).await;
    put(&server, "x", "far", json!({"text": "bbb"})).await;
    put(&server, "x", "near", json!({"text": "aab"})).await;
    put(&server, "x", "exact", json!({"text": "aa"})).await;
    put(&server, "x", "none", json!({"other": "aa"})).await;
    put_with(
        &server,
        "x",
        "off",
        json!({"text": "aa"}),
        json!({"index": false}),
    )
    .await;
    put_with(
        &server,
        "x",
        "other",
        json!({"text": "b", "title": "aac"}),
        json!({"index": ["title"]}),
    )
    .await;
    let query = |more: Value| {
        let mut body = json!({"query": "a"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let answer = server
        .post("/store/items/search", &query(json!({})))
        .await
        .ok();
    let ranked: Vec<(String, Option<f64>)> = answer["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (text(item, "key"), item["score"].as_f64()))
        .collect();
    let keys: Vec<&str> = ranked.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["exact", "near", "other", "far", "none", "off"]);
    let scores: Vec<Option<f64>> = ranked.iter().map(|(_, score)| *score).collect();
    assert!((scores[0].unwrap() - 1.0).abs() < 1e-6, "{scores:?}");
    assert!(
        (scores[1].unwrap() - 0.8f64.sqrt()).abs() < 1e-6,
        "{scores:?}"
    );
    assert!(scores[3].unwrap().abs() < 1e-6, "{scores:?}");
    assert_eq!(scores[4..], [None, None]);

    assert_eq!(
        found(&server, query(json!({"limit": 1, "offset": 1}))).await,
        "near"
    );
    assert_eq!(
        found(&server, query(json!({"filter": {"text": "bbb"}}))).await,
        "far"
    );
    // Nothing to be near to: the order in which they were put.
    let all = "far near exact none off other";
    assert_eq!(found(&server, json!({"query": ""})).await, all);
    assert_eq!(found(&server, json!({"query": null})).await, all);
    put(&server, "x", "far", json!({"text": "aaaa"})).await;
    assert_eq!(
        found(&server, query(json!({"limit": 2}))).await,
        "far exact"
    );
}

#[tokio::test]
async fn the_worker_is_told_what_to_embed_with() {
    let server = start_indexed(&["$"]).await;
    let loaded = &server.worker.requests("load")[0]["store"];
    let file = server.project.path().join("embed.py");
    assert_eq!(
        *loaded,
        json!({"index": {"embed": {"file": file, "attribute": "embed"}, "dims": 3, "fields": ["$"]}, "ttl": null})
    );
    put(&server, "x", "k", json!({"text": "c"})).await;
    let found = server
        .post("/store/items/search", &json!({"query": "c"}))
        .await
        .ok();
    assert!(found["items"][0]["score"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn embeddings_that_fail_put_nothing() {
    let server = start_indexed(&["text"]).await;
    let body = json!({"namespace": ["x"], "key": "k", "value": {"text": "!"}});
    let detail = server.put("/store/items", &body).await.refused(500);
    assert_eq!(detail, "ValueError: the model does not answer");
    assert_eq!(get(&server, "x", "k").await, Value::Null);
    let query = json!({"query": "!"});
    server
        .post("/store/items/search", &query)
        .await
        .refused(500);
}

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
