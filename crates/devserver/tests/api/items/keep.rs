//! Putting, getting and deleting items.

use http::Method;
use lgx_testkit::TestServer;
use serde_json::{Value, json};

use super::{get, namespaces, put, put_with};
use crate::steps::{self, text};

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
