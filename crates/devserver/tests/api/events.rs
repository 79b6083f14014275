//! Watching threads: their stream, the event protocol over each of its transports, and what a restart leaves of it.

mod commands;
mod filters;
mod protocol;
mod restart;
mod secrecy;
mod socket;
mod thread_ends;
mod thread_stream;

use lgx_testkit::Client;
use lgx_testkit::sse::{Event, Events};
use serde_json::{Value, json};

use crate::steps::text;

/// Every channel there is.
const ALL: [&str; 9] = [
    "values",
    "updates",
    "messages",
    "tools",
    "lifecycle",
    "input",
    "checkpoints",
    "tasks",
    "custom",
];

/// Sends a command, and gives its answer.
async fn command(client: &Client, thread: &str, method: &str, params: Value) -> Value {
    let command = json!({"id": 1, "method": method, "params": params});
    client
        .post(format!("/threads/{thread}/commands"), &command)
        .await
        .ok()
}

/// Starts a run over the event protocol, and gives its id.
async fn start(client: &Client, thread: &str, graph: &str, input: Value) -> String {
    let params = json!({"assistant_id": graph, "input": input});
    let answer = command(client, thread, "run.start", params).await;
    assert_eq!(answer["type"], "success", "{answer}");
    assert_eq!(answer["meta"], json!({"applied_through_seq": 0}));
    text(&answer["result"], "run_id")
}

/// Opens the event protocol's stream.
async fn watch(client: &Client, thread: &str, body: Value) -> Events {
    client
        .post(format!("/threads/{thread}/stream/events"), &body)
        .events()
        .await
}

/// The next events of a stream.
async fn next(events: &mut Events, count: usize) -> Vec<Event> {
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.push(events.next().await.unwrap());
    }
    taken
}

/// The next frames of the event protocol, each as its method and data.
async fn frames(events: &mut Events, count: usize) -> Vec<(String, Value)> {
    let told = next(events, count).await.into_iter().map(|event| {
        assert_eq!(event.data["type"], "event");
        assert_eq!(event.data["method"], *event.name);
        assert_eq!(event.id, Some(event.data["seq"].to_string()));
        (event.name, event.data["params"]["data"].clone())
    });
    told.collect()
}

/// A frame as `frames` gives it.
fn frame(method: &str, data: Value) -> (String, Value) {
    (method.to_owned(), data)
}

/// The lifecycle of a run as a whole.
fn lifecycle(event: &str, graph: &str) -> (String, Value) {
    frame("lifecycle", json!({"event": event, "graph_name": graph}))
}

/// The frames of a run of `multi` that gets `input` on an empty thread.
fn multi_frames(input: &str) -> Vec<(String, Value)> {
    vec![
        lifecycle("running", "multi"),
        frame("values", json!({"log": [input]})),
        frame("values", json!({"log": [input, "a"]})),
        frame("values", json!({"log": [input, "a", "slow"]})),
        frame("values", json!({"log": [input, "a", "slow", "b"]})),
        lifecycle("completed", "multi"),
    ]
}
