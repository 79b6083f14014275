//! Runs as clients ask for them, of the fake graphs that most tests use.

use serde_json::{Value, json};

/// A run of the graph a → slow → b, which appends to its log.
pub(crate) fn multi(input: &str) -> Value {
    json!({"assistant_id": "multi", "input": {"log": [input]}})
}

/// The same, with these fields.
pub(crate) fn multi_with(input: &str, more: Value) -> Value {
    let mut body = multi(input);
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

/// A run of the chat graph, which says again what it hears.
pub(crate) fn echo(text: &str) -> Value {
    json!({"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": text}]}})
}
