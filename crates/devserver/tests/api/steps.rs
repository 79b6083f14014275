//! What most tests do on their way: make threads and runs, and try bodies that are wrong.

use lgx_testkit::Client;
use serde_json::{Value, json};

/// A UUID that nothing has.
pub(crate) const NOBODY: &str = "11111111-1111-4111-8111-111111111111";

/// Bodies that are not JSON objects, whatever the endpoint.
pub(crate) const NOT_OBJECTS: [&str; 9] = [
    "",
    "{",
    "[]",
    "null",
    "nope",
    "{'a':1}",
    "{\"metadata\":{\"a\":1,}}",
    "{\"metadata\":{}}x",
    "\u{feff}{}",
];

/// A text of an answer.
#[track_caller]
pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no text `{key}` in {value}"))
        .to_owned()
}

/// Makes a thread.
pub(crate) async fn thread(client: &Client) -> String {
    thread_with(client, json!({})).await
}

/// Makes a thread with this metadata.
pub(crate) async fn thread_with(client: &Client, metadata: Value) -> String {
    let thread = client
        .post("/threads", &json!({"metadata": metadata}))
        .await
        .ok();
    text(&thread, "thread_id")
}

/// Runs a graph on a thread to its end.
pub(crate) async fn wait(client: &Client, thread_id: &str, body: Value) -> Value {
    client
        .post(format!("/threads/{thread_id}/runs/wait"), &body)
        .await
        .ok()
}

/// Creates a run in the background, and gives its id.
pub(crate) async fn create(client: &Client, thread_id: &str, body: Value) -> String {
    let run = client
        .post(format!("/threads/{thread_id}/runs"), &body)
        .await
        .ok();
    text(&run, "run_id")
}

/// Waits for a run's end, and gives what joining it answers.
pub(crate) async fn join(client: &Client, thread_id: &str, run_id: &str) -> Value {
    client
        .get(format!("/threads/{thread_id}/runs/{run_id}/join"))
        .await
        .ok()
}

/// The status of a run.
pub(crate) async fn status(client: &Client, thread_id: &str, run_id: &str) -> String {
    let run = client
        .get(format!("/threads/{thread_id}/runs/{run_id}"))
        .await
        .ok();
    text(&run, "status")
}

/// The thread as it is now.
pub(crate) async fn get(client: &Client, thread_id: &str) -> Value {
    client.get(format!("/threads/{thread_id}")).await.ok()
}

/// Sends each of these bodies, each of which has to be answered with this status.
pub(crate) async fn refuses(client: &Client, path: &str, status: u16, bodies: &[Value]) {
    for body in bodies {
        client.post(path, body).await.refused(status);
    }
}

/// Sends bodies that are no JSON objects, each of which has to be answered with 422.
pub(crate) async fn refuses_what_is_no_object(client: &Client, method: &str, path: &str) {
    for body in NOT_OBJECTS {
        client.request(method, path).body(body).await.refused(422);
    }
}

/// An endpoint that the description of the API names, with a UUID for each placeholder.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Whether it answers anybody.
    pub(crate) public: bool,
    /// Whether it speaks JSON-RPC, in which errors have a form of their own.
    pub(crate) json_rpc: bool,
}

/// All endpoints that the description names.
pub(crate) fn endpoints(description: &Value) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for (path, methods) in description["paths"].as_object().into_iter().flatten() {
        let segments = path.split('/').map(|segment| {
            if segment.starts_with('{') {
                NOBODY
            } else {
                segment
            }
        });
        let path = segments.collect::<Vec<_>>().join("/");
        for (method, operation) in methods.as_object().into_iter().flatten() {
            endpoints.push(Endpoint {
                method: method.to_uppercase(),
                path: path.clone(),
                public: operation["security"] == json!([]),
                json_rpc: operation["responses"]["4XX"]
                    .to_string()
                    .contains("JsonRpcRefusal"),
            });
        }
    }
    endpoints
}
