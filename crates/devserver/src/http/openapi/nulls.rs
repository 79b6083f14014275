//! Requests leave out what they do not say, and few fields may be null: schemas of requests promise no more than that.

use schemars::Schema;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::Value;

/// Marks a field that may be null.
const NULLABLE: &str = "nullable";

/// Takes null from all types but those marked as nullable.
#[derive(Debug, Clone)]
pub(super) struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        if schema.remove(NULLABLE).is_none() {
            without_null(schema);
        }
        transform_subschemas(self, schema);
    }
}

fn without_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if object.get("default") == Some(&Value::Null) {
        object.shift_remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.shift_remove("anyOf");
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_marked_may_be_null() {
        let mut schema = Schema::try_from(json!({"type": "object", "properties": {
            "a": {"type": ["string", "null"], "default": null},
            "b": {"anyOf": [{"$ref": "#/x"}, {"type": "null"}], "description": "b", "default": null},
            "c": {"enum": ["x", null], "type": ["string", "null"]},
            "d": {"type": ["string", "null"], "nullable": true},
            "e": {"type": "array", "items": {"type": ["integer", "null"]}},
        }}))
        .unwrap();
        WithoutNull.transform(&mut schema);
        assert_eq!(
            schema.as_value()["properties"],
            json!({
                "a": {"type": "string"},
                "b": {"$ref": "#/x", "description": "b"},
                "c": {"enum": ["x"], "type": "string"},
                "d": {"type": ["string", "null"]},
                "e": {"type": "array", "items": {"type": "integer"}},
            })
        );
    }
}
