//! Containment of one JSON object in another, by which searches filter metadata and values.

use lgx_model::JsonObject;
use serde_json::Value;

/// Whether `stored` has every key of `filter`, with an equal value or, where both are objects, one that contains the filter's. Lists must
/// be equal.
pub(crate) fn object_contains(stored: &JsonObject, filter: &JsonObject) -> bool {
    filter
        .iter()
        .all(|(key, wanted)| match (stored.get(key), wanted) {
            (None, _) => false,
            (Some(Value::Object(stored)), Value::Object(wanted)) => object_contains(stored, wanted),
            (Some(stored), wanted) => equal(stored, wanted),
        })
}

/// Equality of JSON values in which `1` equals `1.0`, and nothing else equals what it is not.
pub(crate) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || ((left.is_f64() || right.is_f64()) && left.as_f64() == right.as_f64())
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| equal(left, right)))
        }
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prefilter::Prefilter;

    fn contained(stored: &str, filter: &str) -> bool {
        let filter = serde_json::from_str(filter).unwrap();
        let contained = object_contains(&serde_json::from_str(stored).unwrap(), &filter);
        assert!(!contained || Prefilter::of(&filter).may_pass(stored));
        contained
    }

    #[test]
    fn a_filter_names_keys_that_must_be_there_with_equal_values() {
        assert!(contained(r#"{"a":1,"b":2}"#, "{}"));
        assert!(contained(r#"{"a":1,"b":2}"#, r#"{"b":2}"#));
        assert!(!contained(r#"{"a":1}"#, r#"{"a":1,"b":2}"#));
        assert!(!contained(r#"{"a":1}"#, r#"{"a":2}"#));
    }

    #[test]
    fn a_missing_key_is_not_null() {
        assert!(!contained("{}", r#"{"a":null}"#));
        assert!(contained(r#"{"a":null}"#, r#"{"a":null}"#));
    }

    #[test]
    fn objects_contain_objects_at_any_depth() {
        assert!(contained(
            r#"{"a":{"b":{"c":1,"d":2}}}"#,
            r#"{"a":{"b":{"c":1}}}"#
        ));
        assert!(contained(r#"{"a":{"b":1}}"#, r#"{"a":{}}"#));
        assert!(!contained(r#"{"a":1}"#, r#"{"a":{}}"#));
    }

    #[test]
    fn lists_are_equal_or_they_are_not() {
        assert!(contained(r#"{"a":["x","y"]}"#, r#"{"a":["x","y"]}"#));
        assert!(!contained(r#"{"a":["x","y"]}"#, r#"{"a":["x"]}"#));
        assert!(!contained(r#"{"a":["x","y"]}"#, r#"{"a":["y","x"]}"#));
    }

    #[test]
    fn numbers_compare_by_value_and_only_with_numbers() {
        assert!(contained(r#"{"a":1}"#, r#"{"a":1.0}"#));
        assert!(!contained(r#"{"a":1}"#, r#"{"a":true}"#));
        assert!(!contained(r#"{"a":1}"#, r#"{"a":"1"}"#));
        assert!(!contained(
            r#"{"a":9007199254740993}"#,
            r#"{"a":9007199254740992}"#
        ));
    }
}
