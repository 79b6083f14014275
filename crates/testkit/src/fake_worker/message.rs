//! Chat messages as the fake graphs keep them: coerced from what clients send, added by id.

use serde_json::{Value, json};
use uuid::Uuid;

use super::graphs::python_type;

/// `old` and what `update` adds: a message with a known id replaces it, `remove` takes it away.
pub(super) fn add(old: Option<&Value>, update: Value) -> Result<Value, String> {
    let mut messages = old.and_then(Value::as_array).cloned().unwrap_or_default();
    let update = match update {
        Value::Array(messages) => messages,
        one => vec![one],
    };
    for message in update {
        let message = coerce(message)?;
        let known = messages
            .iter()
            .position(|present| present["id"] == message["id"]);
        match (known, message["type"] == "remove") {
            (Some(at), true) => drop(messages.remove(at)),
            (None, true) => {
                return Err(format!(
                    "Attempting to delete a message with an ID that doesn't exist ('{}')",
                    message["id"]
                ));
            }
            (Some(at), false) => messages[at] = message,
            (None, false) => messages.push(message),
        }
    }
    Ok(Value::Array(messages))
}

fn coerce(message: Value) -> Result<Value, String> {
    let mut message = match message {
        Value::String(text) => json!({"role": "user", "content": text}),
        message => message,
    };
    let Value::Object(given) = &mut message else {
        return Err(format!(
            "Unsupported message type: <class '{}'>",
            python_type(&message)
        ));
    };
    let kind = match given.remove("role").or_else(|| given.remove("type")) {
        Some(Value::String(role)) => match role.as_str() {
            "user" => "human".to_owned(),
            "assistant" => "ai".to_owned(),
            _ => role,
        },
        _ => return Err("Message dict must contain 'role' and 'content' keys".to_owned()),
    };
    let content = given.remove("content").unwrap_or_default();
    let id = given
        .remove("id")
        .filter(Value::is_string)
        .unwrap_or_else(|| json!(Uuid::new_v4()));
    let mut full = json!({"content": content, "additional_kwargs": {}, "response_metadata": {}, "type": kind, "name": null, "id": id});
    if let Value::Object(full) = &mut full {
        full.extend(std::mem::take(given));
    }
    Ok(full)
}

/// An answer of a model.
pub(super) fn ai(content: &str) -> Value {
    json!({"content": content, "additional_kwargs": {}, "response_metadata": {}, "type": "ai", "name": null,
        "id": format!("lc_run--{}", Uuid::new_v4()), "tool_calls": [], "invalid_tool_calls": [], "usage_metadata": null})
}

/// A piece of `whole`.
pub(super) fn chunk(whole: &Value, content: &str) -> Value {
    let mut chunk = with_content(whole, content);
    chunk["type"] = json!("AIMessageChunk");
    chunk["tool_call_chunks"] = json!([]);
    chunk["chunk_position"] = Value::Null;
    chunk
}

/// `whole` with another text.
pub(super) fn with_content(whole: &Value, content: &str) -> Value {
    let mut message = whole.clone();
    message["content"] = json!(content);
    message
}

/// A message as the event protocol streams it.
pub(super) fn protocol_events(whole: &Value, pieces: &[String]) -> Vec<Value> {
    let mut events = vec![
        json!({"event": "message-start", "role": "ai", "id": whole["id"]}),
        json!({"event": "content-block-start", "index": 0, "content": {"type": "text", "text": ""}}),
    ];
    events.extend(pieces.iter().map(|piece| {
        json!({"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": piece}})
    }));
    events.extend([
        json!({"event": "content-block-finish", "index": 0, "content": {"type": "text", "text": pieces.concat()}}),
        json!({"event": "message-finish"}),
    ]);
    events
}
