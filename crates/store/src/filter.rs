//! The filters that auth handlers return: which metadata a caller may see.

use lgx_model::JsonObject;
use serde_json::Value;

use crate::containment::equal;
use crate::prefilter::Prefilter;
use crate::terms::Wanted;

/// A filter as an auth handler gave it, checked.
#[derive(Debug, Clone)]
pub struct Filter {
    condition: Condition,
    text: String,
}

/// The value is not a filter. The text names what is wrong, so that a mistake never widens what a caller sees.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Not an object.
    #[error("a filter must be an object, not {0}")]
    NotAnObject(String),
    /// An operator that does not exist.
    #[error(
        "the filter operator `{0}` is unknown: use an exact value, $eq, $contains, $or or $and"
    )]
    UnknownOperator(String),
    /// `$or` or `$and` without at least two filters.
    #[error("the filter operator `{0}` takes a list of at least 2 filters")]
    TooFew(String),
    /// `{"key": {}}`.
    #[error("the filter on `{0}` is an empty object: give a value or an operator")]
    NoOperator(String),
}

#[derive(Debug, Clone)]
enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Equals(String, Value),
    /// The list at the key has all of these.
    Contains(String, Vec<Value>),
}

impl Filter {
    /// Checks `value`: exact values, `$eq`, `$contains`, `$or`, `$and`; keys are joined by AND.
    pub fn parse(value: &Value) -> Result<Self, FilterError> {
        Ok(Self {
            condition: Condition::of_filter(value)?,
            text: value.to_string(),
        })
    }

    /// Whether metadata passes.
    pub fn matches(&self, metadata: &JsonObject) -> bool {
        self.condition.holds(metadata)
    }

    /// The filter of what passes both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        if self.text == other.text {
            return self.clone();
        }
        Self {
            condition: Condition::All(vec![self.condition.clone(), other.condition.clone()]),
            text: format!(r#"{{"$and":[{},{}]}}"#, self.text, other.text),
        }
    }

    /// What the text of any metadata that passes must have.
    pub(crate) fn prefilter(&self) -> Prefilter {
        let mut prefilter = Prefilter::default();
        self.condition.add_to(&mut prefilter);
        prefilter
    }

    /// What any metadata that passes must have.
    pub(crate) fn wanted(&self) -> Wanted {
        let mut wanted = Wanted::default();
        self.condition.want(&mut wanted);
        wanted
    }

    /// The filter as it was given.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl Condition {
    fn of_filter(value: &Value) -> Result<Self, FilterError> {
        let filter = value
            .as_object()
            .ok_or_else(|| FilterError::NotAnObject(value.to_string()))?;
        filter
            .iter()
            .map(|(key, wanted)| Self::of_key(key, wanted))
            .collect::<Result<_, _>>()
            .map(Self::All)
    }

    fn of_key(key: &str, wanted: &Value) -> Result<Self, FilterError> {
        match (key, wanted) {
            ("$or", wanted) => Self::of_list(key, wanted).map(Self::Any),
            ("$and", wanted) => Self::of_list(key, wanted).map(Self::All),
            (operator, _) if operator.starts_with('$') => {
                Err(FilterError::UnknownOperator(operator.to_owned()))
            }
            (key, Value::Object(operators)) if operators.is_empty() => {
                Err(FilterError::NoOperator(key.to_owned()))
            }
            (key, Value::Object(operators)) => operators
                .iter()
                .map(|(operator, value)| Self::of_operator(key, operator, value))
                .collect::<Result<_, _>>()
                .map(Self::All),
            (key, value) => Ok(Self::Equals(key.to_owned(), value.clone())),
        }
    }

    fn of_list(operator: &str, wanted: &Value) -> Result<Vec<Self>, FilterError> {
        match wanted.as_array() {
            Some(filters) if filters.len() >= 2 => filters.iter().map(Self::of_filter).collect(),
            _ => Err(FilterError::TooFew(operator.to_owned())),
        }
    }

    fn of_operator(key: &str, operator: &str, value: &Value) -> Result<Self, FilterError> {
        match (operator, value) {
            ("$eq", value) => Ok(Self::Equals(key.to_owned(), value.clone())),
            ("$contains", Value::Array(values)) => {
                Ok(Self::Contains(key.to_owned(), values.clone()))
            }
            ("$contains", value) => Ok(Self::Contains(key.to_owned(), vec![value.clone()])),
            (operator, _) => Err(FilterError::UnknownOperator(operator.to_owned())),
        }
    }

    fn add_to(&self, prefilter: &mut Prefilter) {
        match self {
            Self::All(conditions) => conditions.iter().for_each(|one| one.add_to(prefilter)),
            // Any one of them is enough, so no word is needed.
            Self::Any(_) => {}
            Self::Equals(key, wanted) => {
                prefilter.add_word(key);
                prefilter.add(wanted);
            }
            Self::Contains(key, wanted) => {
                prefilter.add_word(key);
                for value in wanted {
                    prefilter.add(value);
                }
            }
        }
    }

    fn want(&self, wanted: &mut Wanted) {
        match self {
            Self::All(conditions) => conditions.iter().for_each(|one| one.want(wanted)),
            Self::Any(_) | Self::Contains(..) => wanted.more = true,
            Self::Equals(key, value) => wanted.add(key, value),
        }
    }

    fn holds(&self, metadata: &JsonObject) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(metadata)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(metadata)),
            Self::Equals(key, wanted) => metadata
                .get(key)
                .is_some_and(|stored| equal(stored, wanted)),
            Self::Contains(key, wanted) => {
                metadata
                    .get(key)
                    .and_then(Value::as_array)
                    .is_some_and(|stored| {
                        wanted
                            .iter()
                            .all(|wanted| stored.iter().any(|stored| equal(stored, wanted)))
                    })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Which of the four example threads a filter lets through.
    fn passed(filter: &Value) -> String {
        let filter = Filter::parse(filter).unwrap();
        [
            ("A", json!({"owner": "alice", "team": ["x", "y"], "n": 1})),
            ("B", json!({"owner": "bob", "team": ["z"]})),
            ("N", json!({})),
            ("S", json!({"team": "x"})),
        ]
        .iter()
        .filter(|(_, metadata)| {
            let passes = filter.matches(metadata.as_object().unwrap());
            assert!(!passes || filter.prefilter().may_pass(&metadata.to_string()));
            passes
        })
        .map(|(name, _)| *name)
        .collect()
    }

    #[test]
    fn an_empty_filter_lets_everything_through() {
        assert_eq!(passed(&json!({})), "ABNS");
    }

    #[test]
    fn exact_values_and_eq_mean_the_same() {
        assert_eq!(passed(&json!({"owner": "alice"})), "A");
        assert_eq!(passed(&json!({"owner": {"$eq": "alice"}})), "A");
        assert_eq!(passed(&json!({"team": ["x", "y"]})), "A");
        assert_eq!(passed(&json!({"n": 1})), "A");
        for none in [
            json!({"n": "1"}),
            json!({"n": true}),
            json!({"owner": null}),
            json!({"missing": null}),
        ] {
            assert_eq!(passed(&none), "", "{none}");
        }
    }

    #[test]
    fn contains_looks_into_lists_only() {
        assert_eq!(passed(&json!({"team": {"$contains": "x"}})), "A");
        assert_eq!(passed(&json!({"team": {"$contains": ["y", "x"]}})), "A");
        assert_eq!(passed(&json!({"team": {"$contains": ["x", "q"]}})), "");
    }

    #[test]
    fn keys_are_joined_by_and_and_groups_nest() {
        assert_eq!(passed(&json!({"owner": "alice", "n": 2})), "");
        assert_eq!(
            passed(&json!({"$or": [{"owner": "alice"}, {"owner": "bob"}]})),
            "AB"
        );
        assert_eq!(
            passed(&json!({"$or": [{"owner": "alice"}, {"owner": "bob"}], "n": 1})),
            "A"
        );
        assert_eq!(
            passed(&json!({"$and": [{"owner": "bob"}, {"$or": [{"n": 1}, {"team": ["z"]}]}]})),
            "B"
        );
    }

    #[test]
    fn anything_not_understood_is_an_error_that_names_it() {
        for (filter, error) in [
            (
                json!({"owner": {"$ne": "a"}}),
                FilterError::UnknownOperator("$ne".into()),
            ),
            (
                json!({"owner": {"$eq": "a", "$in": []}}),
                FilterError::UnknownOperator("$in".into()),
            ),
            (
                json!({"owner": {"eq": "a"}}),
                FilterError::UnknownOperator("eq".into()),
            ),
            (
                json!({"$not": {}}),
                FilterError::UnknownOperator("$not".into()),
            ),
            (
                json!({"$or": [{"owner": "a"}]}),
                FilterError::TooFew("$or".into()),
            ),
            (
                json!({"$and": {"owner": "a"}}),
                FilterError::TooFew("$and".into()),
            ),
            (
                json!({"owner": {}}),
                FilterError::NoOperator("owner".into()),
            ),
            (json!("owner"), FilterError::NotAnObject("\"owner\"".into())),
            (
                json!({"$or": [{"a": 1}, "b"]}),
                FilterError::NotAnObject("\"b\"".into()),
            ),
        ] {
            assert_eq!(Filter::parse(&filter).unwrap_err(), error);
        }
    }
}
