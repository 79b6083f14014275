//! A2A: assistants as agents, their tasks, and who may see them.
#![allow(
    clippy::needless_pass_by_value,
    reason = "`json!(…)` as an argument reads better than a reference to it"
)]

mod access;
mod card;
mod messages;
mod questions;
mod streams;
mod tasks;
mod two_users;

use lgx_testkit::Client;
use lgx_testkit::client::Request;
use serde_json::{Value, json};

/// A JSON-RPC request to the agent of a graph.
fn asks(client: &Client, graph: &str, method: &str, params: Value) -> Request {
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
    client.post(format!("/a2a/{graph}"), &body)
}

/// What the agent of a graph answers.
async fn result(client: &Client, graph: &str, method: &str, params: Value) -> Value {
    let answer = asks(client, graph, method, params).await.ok();
    assert_eq!(
        (&answer["jsonrpc"], &answer["id"]),
        (&json!("2.0"), &json!(7))
    );
    assert!(answer.get("error").is_none(), "{answer}");
    answer["result"].clone()
}

/// The number and the text of the error that the agent of a graph answers.
async fn error(client: &Client, graph: &str, method: &str, params: Value) -> (i64, String) {
    let answer = asks(client, graph, method, params).await.ok();
    assert!(answer.get("result").is_none(), "{answer}");
    let message = answer["error"]["message"].as_str().unwrap_or_default();
    (
        answer["error"]["code"].as_i64().unwrap(),
        message.to_owned(),
    )
}

/// A message of one part.
fn says(part: Value) -> Value {
    json!({"message": {"role": "user", "messageId": "m1", "parts": [part]}})
}

/// The same, within a context or for a task.
fn says_in(part: Value, place: Value) -> Value {
    let mut params = says(part);
    let message = params["message"].as_object_mut().unwrap();
    message.extend(place.as_object().unwrap().clone());
    params
}

/// A part of text.
fn text(text: &str) -> Value {
    json!({"kind": "text", "text": text})
}

/// A part of data.
fn data(data: Value) -> Value {
    json!({"kind": "data", "data": data})
}

/// A task of the graph that waits in its second node, which was not waited for.
async fn begun(client: &Client) -> Value {
    let mut params = says(data(json!({"log": ["in"]})));
    params["configuration"] = json!({"blocking": false});
    result(client, "multi", "message/send", params).await
}
