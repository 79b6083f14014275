//! Items of long-term memory over HTTP, and the requests that the tests of them make.

mod expire;
mod handlers;
mod keep;
mod meaning;
mod search;

use lgx_testkit::Client;
use serde_json::{Value, json};

use crate::steps::text;

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
