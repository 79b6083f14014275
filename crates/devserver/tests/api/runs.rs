//! Runs, on threads and without.

mod cancel;
mod create;
mod disconnect;
mod follow;
mod interrupts;
mod multitask;
mod resume_stream;
mod stateless;
mod stream;
mod time_limit;
mod wait;

use serde_json::{Value, json};

/// A run of the graph a → slow → b.
fn multi(input: &str) -> Value {
    json!({"assistant_id": "multi", "input": {"log": [input]}})
}

/// The same, with these fields.
fn multi_with(input: &str, more: Value) -> Value {
    let mut body = multi(input);
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}
