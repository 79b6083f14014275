//! What a graph takes and gives, as the schemas of a tool.

use lgx_model::JsonObject;
use serde_json::{Value, json};

/// The argument of a tool whose graph takes something else than an object.
const ONLY_ARGUMENT: &str = "input";

/// The schemas of a graph, of which these two are of interest here.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct GraphShape {
    #[serde(default)]
    input_schema: Value,
    #[serde(default)]
    output_schema: Value,
}

impl GraphShape {
    /// What the tool takes, which has to be an object: what a graph takes, or the one argument that is it.
    pub(super) fn arguments(&self) -> JsonObject {
        let mut schema = match whole(&self.input_schema) {
            Some(schema) if is_object(&schema) => schema,
            Some(schema) if takes_something(&schema) => in_an_object(schema),
            _ => JsonObject::new(),
        };
        schema.insert("type".into(), json!("object"));
        schema.entry("properties").or_insert_with(|| json!({}));
        schema
    }

    /// Whether the graph takes what the only argument of the tool is.
    pub(super) fn takes_only_argument(&self) -> bool {
        let schema = whole(&self.input_schema);
        schema.is_some_and(|schema| !is_object(&schema) && takes_something(&schema))
    }

    /// What the tool gives, if that is an object with certain fields. Annotations are not checked when a graph runs, and not every field has
    /// to be written; clients do check, and refuse a result that does not fit. So the schema says what each field is meant to be, and holds
    /// nobody to it.
    pub(super) fn result(&self) -> Option<JsonObject> {
        let mut schema = whole(&self.output_schema).filter(is_object)?;
        let Some(Value::Object(fields)) = schema.remove("properties") else {
            return None;
        };
        let meant = |(name, field): (String, Value)| {
            let mut meant = JsonObject::new();
            for key in ["title", "description"] {
                if let Some(said) = field.get(key) {
                    meant.insert(key.into(), said.clone());
                }
            }
            meant.insert("anyOf".into(), json!([field, {}]));
            (name, Value::Object(meant))
        };
        let fields: JsonObject = fields.into_iter().map(meant).collect();
        let mut open = JsonObject::from_iter([("type".to_owned(), json!("object"))]);
        for key in ["title", "description", "$defs", "definitions"] {
            open.extend(schema.remove(key).map(|value| (key.to_owned(), value)));
        }
        open.insert("properties".into(), Value::Object(fields));
        Some(open)
    }
}

/// The only argument among these, an object as JSON text, if there is just that.
pub(super) fn only_argument(arguments: &str) -> Option<lgx_model::RawJson> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Only {
        input: lgx_model::RawJson,
    }
    let only: Only = serde_json::from_str(arguments).ok()?;
    Some(only.input)
}

/// The schema with its outermost reference followed: classes that contain themselves are described by one.
fn whole(schema: &Value) -> Option<JsonObject> {
    let mut schema = schema.as_object()?.clone();
    if let Some(Value::String(reference)) = schema.get("$ref") {
        let pointer = reference.strip_prefix('#')?.to_owned();
        let target = Value::Object(schema.clone()).pointer(&pointer)?.clone();
        schema.remove("$ref");
        schema.extend(target.as_object()?.clone());
    }
    Some(schema)
}

fn is_object(schema: &JsonObject) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("object")
}

/// Whether it says anything of what it describes.
fn takes_something(schema: &JsonObject) -> bool {
    let words = ["type", "anyOf", "oneOf", "allOf", "enum", "const"];
    words.iter().any(|word| schema.contains_key(*word))
}

/// The schema of an object that has this in its only field.
fn in_an_object(mut field: JsonObject) -> JsonObject {
    let mut object = JsonObject::new();
    for key in ["$defs", "definitions"] {
        object.extend(field.remove(key).map(|value| (key.to_owned(), value)));
    }
    object.insert("properties".into(), json!({ONLY_ARGUMENT: field}));
    object.insert("required".into(), json!([ONLY_ARGUMENT]));
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(input: Value, output: Value) -> GraphShape {
        GraphShape {
            input_schema: input,
            output_schema: output,
        }
    }

    #[test]
    fn a_tool_takes_the_object_that_its_graph_takes() {
        let state = json!({"title": "State", "type": "object", "properties": {"n": {"$ref": "#/$defs/N"}}, "required": ["n"],
            "$defs": {"N": {"type": "integer"}}});
        let taken = shape(state.clone(), json!(null));
        assert_eq!(Value::Object(taken.arguments()), state);
        assert!(!taken.takes_only_argument());
        let recursive = json!({"$ref": "#/$defs/Tree", "$defs": {"Tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}}}}});
        let taken = shape(recursive, json!(null)).arguments();
        assert_eq!(taken["properties"]["left"]["$ref"], "#/$defs/Tree");
        assert!(taken.contains_key("$defs") && !taken.contains_key("$ref"));
    }

    #[test]
    fn what_is_no_object_is_its_only_argument() {
        let number = shape(json!({"type": "integer", "$defs": {"N": {}}}), json!(null));
        assert!(number.takes_only_argument());
        assert_eq!(
            Value::Object(number.arguments()),
            json!({"$defs": {"N": {}}, "properties": {"input": {"type": "integer"}}, "required": ["input"], "type": "object"})
        );
        assert_eq!(only_argument(r#"{"input": [1]}"#).unwrap().get(), "[1]");
        for other in ["{}", r#"{"input": 1, "more": 2}"#] {
            assert!(only_argument(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_graph_that_says_nothing_takes_any_object() {
        for silent in [
            json!(null),
            json!({}),
            json!({"title": "Input"}),
            json!(true),
        ] {
            let taken = shape(silent, json!(null));
            assert_eq!(taken.arguments()["type"], "object");
            assert!(!taken.takes_only_argument());
        }
    }

    #[test]
    fn the_fields_of_a_result_are_described_and_nobody_is_held_to_them() {
        let state = json!({"title": "State", "type": "object", "properties": {"n": {"title": "N", "type": "integer"}}, "required": ["n"],
            "additionalProperties": false, "$defs": {"N": {}}});
        assert_eq!(
            Value::Object(shape(json!(null), state).result().unwrap()),
            json!({"type": "object", "title": "State", "$defs": {"N": {}}, "properties": {
                "n": {"title": "N", "anyOf": [{"title": "N", "type": "integer"}, {}]}}})
        );
        for other in [
            json!(null),
            json!({"type": "object"}),
            json!({"type": "integer"}),
        ] {
            assert_eq!(shape(json!(null), other).result(), None);
        }
    }
}
