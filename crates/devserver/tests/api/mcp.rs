//! MCP at `/mcp`: assistants as tools.

mod auth;
mod call;
mod cancel;
mod protocol;
mod tools;

use lgx_testkit::Client;
use lgx_testkit::client::{Request, Response};
use serde_json::{Value, json};

/// A request for this method, from a client that reads JSON and events.
fn ask(client: &Client, method: &str, params: Value) -> Request {
    ask_as(client, 1, method, params)
}

/// The same under this id.
fn ask_as(client: &Client, id: u32, method: &str, params: Value) -> Request {
    let mut message = json!({"jsonrpc": "2.0", "id": id, "method": method});
    message["params"] = params;
    tell(client, &message)
}

/// A message.
fn tell(client: &Client, message: &Value) -> Request {
    client
        .post("/mcp", message)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
}

/// A call of a tool.
fn call(client: &Client, tool: &str, arguments: Value) -> Request {
    let mut params = json!({"name": tool});
    params["arguments"] = arguments;
    ask(client, "tools/call", params)
}

/// A call that wants to hear how far it is.
fn call_with_progress(client: &Client, tool: &str, arguments: Value) -> Request {
    let mut params = json!({"name": tool, "_meta": {"progressToken": "mine"}});
    params["arguments"] = arguments;
    ask(client, "tools/call", params)
}

/// The result of a request that has one.
async fn result(request: Request) -> Value {
    let answer = request.await.ok();
    assert_eq!(
        (&answer["jsonrpc"], &answer["id"]),
        (&json!("2.0"), &json!(1)),
        "{answer}"
    );
    assert!(answer.get("error").is_none(), "{answer}");
    answer["result"].clone()
}

/// The error of a request that has none, with the status of the answer.
async fn error(request: Request) -> (u16, Value) {
    let answer = request.raw().await;
    let told = answer.json();
    assert!(told.get("result").is_none(), "{told}");
    (answer.status.as_u16(), told["error"].clone())
}

/// The text of a call's result.
fn text(result: &Value) -> &str {
    assert_eq!(
        result["content"].as_array().map(Vec::len),
        Some(1),
        "{result}"
    );
    assert_eq!(result["content"][0]["type"], "text");
    result["content"][0]["text"].as_str().unwrap()
}

/// The id of the session that an answer begins.
fn session(begun: &Response) -> String {
    begun.header("mcp-session-id").unwrap().to_owned()
}

/// Begins a session with this version of the protocol.
async fn begin(client: &Client, version: &str) -> Response {
    let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}});
    ask(client, "initialize", params).await
}

/// The names of all tools that a client sees on the first page.
async fn tool_names(client: &Client) -> Vec<String> {
    let listed = result(ask(client, "tools/list", json!({}))).await;
    let tools = listed["tools"].as_array().unwrap();
    let names = tools.iter().map(|tool| tool["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}
