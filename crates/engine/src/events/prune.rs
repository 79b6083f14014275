//! Messages as the event protocol shows them within state: known keys in a fixed order, nothing that is empty.

use bytes::Bytes;
use lgx_model::JsonObject;
use serde_json::{Value, json};

/// The data with its messages pruned; shared as it is when there can be none in it.
pub(super) fn prune(data: &Bytes) -> Bytes {
    if !mentions_type(data) {
        return data.clone();
    }
    match serde_json::from_slice::<Value>(data) {
        Ok(mut value) => {
            prune_value(&mut value);
            text(&value)
        }
        // Numbers beyond what a JSON value holds, nesting too deep to be looked at: better whole than not at all.
        Err(_) => data.clone(),
    }
}

/// JSON text of a value.
pub(super) fn text(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}

fn mentions_type(data: &[u8]) -> bool {
    const KEY: &[u8] = b"\"type\"";
    data.windows(KEY.len()).any(|window| window == KEY)
}

/// Prunes the messages anywhere in a value.
pub(super) fn prune_value(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(prune_value),
        Value::Object(object) => match message(object) {
            Some(pruned) => *object = pruned,
            None => object.values_mut().for_each(prune_value),
        },
        _ => {}
    }
}

/// The pruned form of an object that is a message.
fn message(object: &mut JsonObject) -> Option<JsonObject> {
    let kind = object.get("type")?.as_str()?.to_owned();
    // Every message of the library has these two; other objects that say `type` and `content` do not.
    if !object.contains_key("content")
        || !object.contains_key("additional_kwargs")
        || !object.contains_key("response_metadata")
    {
        return None;
    }
    let more: &[&str] = match kind.as_str() {
        "human" | "system" | "function" => &["name"],
        "ai" => &["name", "response_metadata"],
        "tool" => &["name", "tool_call_id", "status"],
        _ => return None,
    };
    let mut pruned = JsonObject::new();
    pruned.insert("type".into(), json!(kind));
    for key in ["content", "id"] {
        if let Some(value) = object.get_mut(key) {
            pruned.insert(key.into(), value.take());
        }
    }
    if pruned.get("id").is_some_and(Value::is_null) {
        pruned.shift_remove("id");
    }
    for key in more {
        if let Some(value) = object.get_mut(*key).filter(|value| !is_empty(value)) {
            pruned.insert((*key).into(), value.take());
        }
    }
    match kind.as_str() {
        "ai" => {
            calls(object, &mut pruned, "tool_calls", &["name", "args", "id"]);
            calls(
                object,
                &mut pruned,
                "invalid_tool_calls",
                &["id", "name", "args", "error"],
            );
        }
        "tool" => {
            if let Some(artifact) = object.shift_remove("artifact") {
                pruned.insert("artifact".into(), artifact);
            }
        }
        _ => {}
    }
    Some(pruned)
}

/// The calls of an AI message, their keys in order.
fn calls(from: &mut JsonObject, into: &mut JsonObject, key: &str, order: &[&str]) {
    let Some(Value::Array(calls)) = from.shift_remove(key) else {
        return;
    };
    if calls.is_empty() {
        return;
    }
    let kind = key.trim_end_matches('s');
    let calls = calls.into_iter().map(|call| match call {
        Value::Object(mut call) => {
            let mut ordered = JsonObject::new();
            ordered.insert("type".into(), json!(kind));
            for key in order {
                if let Some(value) = call.shift_remove(*key) {
                    ordered.insert((*key).into(), value);
                }
            }
            Value::Object(ordered)
        }
        other => other,
    });
    into.insert(key.into(), calls.collect());
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pruned(value: &Value) -> String {
        let data = prune(&text(value));
        String::from_utf8(data.to_vec()).unwrap()
    }

    #[test]
    fn an_ai_message_keeps_what_a_client_shows() {
        let whole = json!({"messages": [{
            "content": "ai", "additional_kwargs": {"a": 1}, "response_metadata": {"model_name": "m"}, "type": "ai", "name": "bot",
            "id": "a", "tool_calls": [{"name": "t", "args": {"x": 1}, "id": "c", "type": "tool_call"}],
            "invalid_tool_calls": [], "usage_metadata": {"input_tokens": 3}}]});
        assert_eq!(
            pruned(&whole),
            r#"{"messages":[{"type":"ai","content":"ai","id":"a","name":"bot","response_metadata":{"model_name":"m"},"tool_calls":[{"type":"tool_call","name":"t","args":{"x":1},"id":"c"}]}]}"#
        );
    }

    #[test]
    fn a_tool_message_keeps_its_artifact_even_when_there_is_none() {
        let whole = json!([{"content": "2", "additional_kwargs": {}, "response_metadata": {}, "type": "tool", "name": "kid",
            "id": null, "tool_call_id": "c", "artifact": null, "status": "success"}]);
        assert_eq!(
            pruned(&whole),
            r#"[{"type":"tool","content":"2","name":"kid","tool_call_id":"c","status":"success","artifact":null}]"#
        );
    }

    #[test]
    fn what_is_no_message_of_a_known_kind_stays_as_it_is() {
        for value in [
            json!({"type": "ai", "content": "mine"}),
            json!({"content": "chat", "additional_kwargs": {}, "response_metadata": {}, "type": "chat", "name": null, "id": "c", "role": "critic"}),
            json!({"kind": "other", "n": 1}),
        ] {
            assert_eq!(pruned(&value), value.to_string());
        }
    }
}
