//! JSON in which databases differ: zeros, numbers that are written in several ways, keys with dots, nesting.

use serde_json::{Value, json};

/// What metadata is made of.
pub(super) fn pairs() -> Vec<Value> {
    vec![
        json!({"owner": "alice"}),
        json!({"owner": "alice"}),
        json!({"owner": "bob"}),
        json!({"n": 1}),
        json!({"n": 1.0}),
        json!({"n": 9_007_199_254_740_993_i64}),
        json!({"n": 9_007_199_254_740_992.0}),
        json!({"n": true}),
        json!({"n": null}),
        json!({"tags": ["a", "b"]}),
        json!({"tags": ["b", "a"]}),
        json!({"o": {"a": 1, "b": {"c": "\0"}}}),
        json!({"a.b": "x\u{1}\"\\"}),
        json!({"zero\0": "\0"}),
        json!({"Ä": "ä😀"}),
    ]
}

/// What is looked for in it.
pub(super) fn filters() -> Vec<Value> {
    vec![
        json!({"owner": "alice"}),
        json!({"owner": "bob"}),
        json!({"n": 1}),
        json!({"n": 9_007_199_254_740_992_i64}),
        json!({"n": null}),
        json!({"tags": ["a", "b"]}),
        json!({"tags": []}),
        json!({"o": {}}),
        json!({"o": {"a": 1.0}}),
        json!({"o": {"b": {"c": "\0"}}}),
        json!({"a.b": "x\u{1}\"\\"}),
        json!({"zero\0": "\0"}),
        json!({"Ä": "ä😀"}),
        json!({"owner": "alice", "n": 1}),
    ]
}

/// States of threads.
pub(super) fn states() -> Vec<Value> {
    let mut states = pairs();
    states.extend([
        json!({}),
        json!({"messages": [{"content": "hello"}], "owner": "alice"}),
    ]);
    states
}
