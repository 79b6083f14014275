//! The filters of searches over items: values, nested objects, lists, and the comparisons `$eq` to `$lte`.

use lgx_model::JsonObject;
use serde_json::{Number, Value};

/// A filter as a client gave it, checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ItemFilter(Vec<(String, ItemCondition)>);

/// The value is not a filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ItemFilterError {
    /// An operator that does not exist.
    #[error("Unsupported operator: {0}. Use $eq, $ne, $gt, $gte, $lt or $lte.")]
    UnknownOperator(String),
    /// An order is asked for against what has no place in it.
    #[error("{operator} compares with a number, not with {value}")]
    NotANumber {
        /// The operator.
        operator: &'static str,
        /// What is compared with.
        value: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
enum ItemCondition {
    /// An equal value.
    Equals(Value),
    /// Anything else.
    Differs(Value),
    /// A number, or a text that is one, in this relation to another.
    Order(Order, f64),
    /// All of these.
    All(Vec<ItemCondition>),
    /// An object whose keys meet these; a missing one counts as null.
    Object(Vec<(String, ItemCondition)>),
    /// A list of the same length whose elements meet these.
    List(Vec<ItemCondition>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Order {
    const fn name(self) -> &'static str {
        match self {
            Self::Greater => "$gt",
            Self::GreaterOrEqual => "$gte",
            Self::Less => "$lt",
            Self::LessOrEqual => "$lte",
        }
    }

    fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Greater => value > bound,
            Self::GreaterOrEqual => value >= bound,
            Self::Less => value < bound,
            Self::LessOrEqual => value <= bound,
        }
    }
}

impl ItemFilter {
    /// Checks `filter`; its keys are joined by AND.
    pub fn parse(filter: &JsonObject) -> Result<Self, ItemFilterError> {
        conditions(filter).map(Self)
    }

    /// Whether everything passes.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an item with this value passes.
    pub fn matches(&self, value: &JsonObject) -> bool {
        all_hold(&self.0, value)
    }
}

fn conditions(filter: &JsonObject) -> Result<Vec<(String, ItemCondition)>, ItemFilterError> {
    filter
        .iter()
        .map(|(key, wanted)| Ok((key.clone(), ItemCondition::of(wanted)?)))
        .collect()
}

fn all_hold(conditions: &[(String, ItemCondition)], value: &JsonObject) -> bool {
    conditions
        .iter()
        .all(|(key, condition)| condition.holds(value.get(key).unwrap_or(&Value::Null)))
}

impl ItemCondition {
    fn of(wanted: &Value) -> Result<Self, ItemFilterError> {
        match wanted {
            Value::Object(object) if object.keys().any(|key| key.starts_with('$')) => object
                .iter()
                .map(|(operator, value)| Self::of_operator(operator, value))
                .collect::<Result<_, _>>()
                .map(Self::All),
            Value::Object(object) => conditions(object).map(Self::Object),
            Value::Array(list) => list
                .iter()
                .map(Self::of)
                .collect::<Result<_, _>>()
                .map(Self::List),
            value => Ok(Self::Equals(value.clone())),
        }
    }

    fn of_operator(operator: &str, value: &Value) -> Result<Self, ItemFilterError> {
        let order = match operator {
            "$eq" => return Ok(Self::Equals(value.clone())),
            "$ne" => return Ok(Self::Differs(value.clone())),
            "$gt" => Order::Greater,
            "$gte" => Order::GreaterOrEqual,
            "$lt" => Order::Less,
            "$lte" => Order::LessOrEqual,
            other => return Err(ItemFilterError::UnknownOperator(other.to_owned())),
        };
        let bound = number(value).ok_or_else(|| ItemFilterError::NotANumber {
            operator: order.name(),
            value: value.to_string(),
        })?;
        Ok(Self::Order(order, bound))
    }

    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Equals(wanted) => equal(value, wanted),
            Self::Differs(wanted) => !equal(value, wanted),
            Self::Order(order, bound) => {
                number(value).is_some_and(|value| order.holds(value, *bound))
            }
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(value)),
            Self::Object(conditions) => value
                .as_object()
                .is_some_and(|value| all_hold(conditions, value)),
            Self::List(conditions) => value.as_array().is_some_and(|list| {
                list.len() == conditions.len()
                    && list
                        .iter()
                        .zip(conditions)
                        .all(|(value, condition)| condition.holds(value))
            }),
        }
    }
}

/// What a value is worth in an order, as Python's `float` tells it.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Equality as in Python, where `1`, `1.0` and `True` are the same.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Bool(flag), Value::Number(number)) | (Value::Number(number), Value::Bool(flag)) => {
            equal_numbers(&Number::from(u8::from(*flag)), number)
        }
        (Value::Number(left), Value::Number(right)) => equal_numbers(left, right),
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

fn equal_numbers(left: &Number, right: &Number) -> bool {
    left == right || ((left.is_f64() || right.is_f64()) && left.as_f64() == right.as_f64())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> JsonObject {
        value.as_object().unwrap().clone()
    }

    fn passes(value: &Value, filter: &Value) -> bool {
        ItemFilter::parse(&object(filter))
            .unwrap()
            .matches(&object(value))
    }

    fn refusal(filter: &Value) -> String {
        ItemFilter::parse(&object(filter)).unwrap_err().to_string()
    }

    #[test]
    fn plain_values_are_compared_and_missing_ones_are_null() {
        let item = json!({"n": 3, "s": "x", "flag": true});
        for passing in [
            json!({}),
            json!({"n": 3}),
            json!({"n": 3.0}),
            json!({"flag": 1}),
            json!({"n": 3, "s": "x"}),
            json!({"missing": null}),
        ] {
            assert!(passes(&item, &passing), "{passing}");
        }
        for failing in [
            json!({"n": 4}),
            json!({"n": "3"}),
            json!({"s": null}),
            json!({"n": 3, "s": "y"}),
        ] {
            assert!(!passes(&item, &failing), "{failing}");
        }
    }

    #[test]
    fn lists_are_equal_in_order() {
        let item = json!({"list": ["a", {"x": 1, "y": 2}]});
        assert!(passes(&item, &json!({"list": ["a", {"x": 1}]})));
        assert!(!passes(&item, &json!({"list": [{"x": 1}, "a"]})));
        assert!(!passes(&item, &json!({"list": ["a"]})));
    }

    #[test]
    fn objects_match_by_their_keys_at_any_depth() {
        let item = json!({"o": {"a": 1, "b": {"c": 5}}, "a.b": 1});
        assert!(passes(&item, &json!({"o": {}})));
        assert!(passes(&item, &json!({"o": {"b": {"c": {"$gt": 4}}}})));
        assert!(passes(&item, &json!({"a.b": 1})));
        assert!(!passes(&item, &json!({"o.a": 1})));
        assert!(!passes(&json!({"o": 1}), &json!({"o": {}})));
        assert!(!passes(&json!({}), &json!({"o": {}})));
    }

    #[test]
    fn orders_are_of_numbers_and_combine() {
        let item = json!({"n": 3, "text": "7.5", "word": "x", "nothing": null});
        for passing in [
            json!({"n": {"$gt": 2, "$lt": 5}}),
            json!({"n": {"$gte": 3, "$lte": 3}}),
            json!({"n": {"$gt": "2"}}),
            json!({"text": {"$gt": 7}}),
            json!({"n": {"$ne": 4}}),
            json!({"missing": {"$ne": 4}}),
            json!({"missing": {"$eq": null}}),
        ] {
            assert!(passes(&item, &passing), "{passing}");
        }
        for failing in [
            json!({"n": {"$gt": 3}}),
            json!({"n": {"$lt": 3}}),
            json!({"word": {"$gt": 0}}),
            json!({"nothing": {"$lt": 9}}),
            json!({"missing": {"$lt": 9}}),
            json!({"n": {"$ne": 3.0}}),
        ] {
            assert!(!passes(&item, &failing), "{failing}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert!(refusal(&json!({"n": {"$in": [1]}})).contains("$in"));
        assert!(refusal(&json!({"n": {"$gt": 1, "x": 2}})).contains('x'));
        assert!(refusal(&json!({"n": {"$gt": "abc"}})).contains("abc"));
        assert!(refusal(&json!({"n": {"$lte": null}})).contains("null"));
        assert!(refusal(&json!({"o": {"a": {"$nope": 1}}})).contains("$nope"));
    }
}
