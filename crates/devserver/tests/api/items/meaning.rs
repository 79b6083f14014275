//! Items that are found by meaning.

use lgx_testkit::{TestProject, TestServer};
use serde_json::{Value, json};

use super::{found, get, put, put_with};
use crate::steps::text;

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
