//! Searching items by namespace and fields, and listing namespaces.

use lgx_testkit::TestServer;
use serde_json::json;

use super::{found, get, namespaces, put};
use crate::steps::{self};

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
