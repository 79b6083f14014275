//! The events of tools; a result is also told as a message, for clients that show messages only.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::frame::Body;
use super::prune::text;

/// A tool's event; a result is also told as a message, under a namespace of the tool call's own.
pub(super) fn tools(namespace: &Arc<[String]>, data: &Bytes) -> Vec<Body> {
    let mut bodies = vec![Body::of_graph("tools", namespace, data.clone())];
    let Ok(told) = serde_json::from_slice::<Value>(data) else {
        return bodies;
    };
    if told["event"] != "tool-finished" {
        return bodies;
    }
    let Some(id) = told["tool_call_id"].as_str() else {
        return bodies;
    };
    let content = match &told["output"] {
        Value::Object(output) => output.get("content").unwrap_or(&Value::Null),
        other => other,
    };
    let said = match content {
        Value::String(said) => said.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let block = json!({"type": "text", "text": said});
    let own: Arc<[String]> = Arc::from([format!("tools:{id}")]);
    let events = [
        json!({"event": "message-start", "role": "tool", "id": format!("tool-{id}"), "tool_call_id": id}),
        json!({"event": "content-block-start", "index": 0, "content": {"type": "text", "text": ""}}),
        json!({"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": said}, "content": block}),
        json!({"event": "content-block-finish", "index": 0, "content": block}),
        json!({"event": "message-finish", "metadata": {}}),
    ];
    bodies.extend(
        events
            .iter()
            .map(|event| Body::of_graph("messages", &own, text(event))),
    );
    bodies
}
