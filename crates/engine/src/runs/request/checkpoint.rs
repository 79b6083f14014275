//! The keys that name a checkpoint, and their form: the same wherever a client may put them.

use std::fmt;

use lgx_model::JsonObject;
use lgx_model::forms::given;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The keys in a `configurable` that say where a run goes on.
pub const KEYS: [&str; 4] = [
    "thread_id",
    "checkpoint_id",
    "checkpoint_ns",
    "checkpoint_map",
];

/// Which checkpoint to start from.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(expecting = "an object with `checkpoint_id` and `checkpoint_ns`")]
pub struct CheckpointConfig {
    /// Ignored: the path says which thread.
    #[serde(default, deserialize_with = "given", skip_serializing)]
    pub thread_id: Option<String>,
    /// The subgraph.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    pub checkpoint_ns: Option<String>,
    /// The checkpoint; the newest when absent.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    pub checkpoint_id: Option<String>,
    /// Checkpoints of the subgraphs around it.
    #[serde(
        default,
        deserialize_with = "map",
        skip_serializing_if = "Option::is_none"
    )]
    pub checkpoint_map: Option<JsonObject>,
}

/// A key that names a checkpoint has a value that names none.
#[derive(Debug, PartialEq, Eq)]
pub struct NoCheckpoint {
    key: String,
    value: String,
}

impl fmt::Display for NoCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is a text, not {}", self.key, self.value)
    }
}

/// Checks the keys of a checkpoint among others. Null is as good as nothing.
pub fn check(keys: &JsonObject) -> Result<(), NoCheckpoint> {
    for key in ["checkpoint_id", "checkpoint_ns"] {
        if let Some(value) = keys.get(key) {
            check_text(key, value)?;
        }
    }
    match keys.get("checkpoint_map") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Object(map)) => check_map(map),
        Some(other) => Err(NoCheckpoint {
            key: "checkpoint_map[…]".to_owned(),
            value: other.to_string(),
        }),
    }
}

fn check_map(map: &JsonObject) -> Result<(), NoCheckpoint> {
    map.iter()
        .try_for_each(|(namespace, id)| check_text(&format!("checkpoint_map[{namespace:?}]"), id))
}

fn check_text(key: &str, value: &Value) -> Result<(), NoCheckpoint> {
    if value.is_string() || value.is_null() {
        return Ok(());
    }
    Err(NoCheckpoint {
        key: key.to_owned(),
        value: value.to_string(),
    })
}

fn map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<JsonObject>, D::Error> {
    let map = JsonObject::deserialize(deserializer)?;
    check_map(&map).map_err(D::Error::custom)?;
    Ok(Some(map))
}

/// Reads a `configurable`.
pub(super) fn configurable<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<JsonObject>, D::Error> {
    let configurable = JsonObject::deserialize(deserializer)?;
    check(&configurable).map_err(D::Error::custom)?;
    Ok(Some(configurable))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn checkpoints_are_named_by_texts() {
        let checked = |keys: Value| check(keys.as_object().unwrap());
        for fine in [
            json!({"checkpoint_id": "c", "checkpoint_ns": "", "checkpoint_map": {"": "c"}}),
            json!({"checkpoint_id": null, "checkpoint_ns": null, "checkpoint_map": null}),
            json!({"other": 5}),
        ] {
            assert_eq!(checked(fine.clone()), Ok(()), "{fine}");
        }
        for (wrong, text) in [
            (
                json!({"checkpoint_id": 5}),
                "`checkpoint_id` is a text, not 5",
            ),
            (
                json!({"checkpoint_ns": []}),
                "`checkpoint_ns` is a text, not []",
            ),
            (
                json!({"checkpoint_map": {"a": true}}),
                "`checkpoint_map[\"a\"]` is a text, not true",
            ),
            (
                json!({"checkpoint_map": "c"}),
                "`checkpoint_map[…]` is a text, not \"c\"",
            ),
        ] {
            assert_eq!(checked(wrong).unwrap_err().to_string(), text);
        }
    }
}
