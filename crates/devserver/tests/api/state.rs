//! The state of threads and its history.

mod checkpoint_keys;
mod history;
mod read;
mod update;

use lgx_testkit::TestServer;
use serde_json::{Value, json};

use crate::bodies::multi;
use crate::steps::{thread, wait};

const DONE: [&str; 4] = ["in", "a", "slow", "b"];

/// A thread on which the graph `multi` has run to its end.
async fn finished(server: &TestServer) -> String {
    let id = thread(server).await;
    let body = multi("in");
    assert_eq!(wait(server, &id, body).await, json!({"log": DONE}));
    id
}

async fn state(server: &TestServer, id: &str) -> Value {
    server.get(format!("/threads/{id}/state")).await.ok()
}

async fn history(server: &TestServer, id: &str, body: Value) -> Vec<Value> {
    let history = server
        .post(format!("/threads/{id}/history"), &body)
        .await
        .ok();
    history.as_array().cloned().unwrap_or_default()
}
