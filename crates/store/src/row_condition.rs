//! Conditions on stored JSON that are decided here, row by row, whatever the rows come from.

use lgx_model::JsonObject;

use crate::Filter;
use crate::containment::object_contains;
use crate::prefilter::Prefilter;

/// A condition on the JSON text of a row.
pub(crate) struct RowCondition {
    asked: Asked,
    prefilter: Prefilter,
    null_passes: bool,
}

enum Asked {
    Contains(JsonObject),
    Allowed(Filter),
}

impl RowCondition {
    /// The object contains `filter`.
    pub(crate) fn contains(filter: JsonObject) -> Self {
        Self {
            prefilter: Prefilter::of(&filter),
            asked: Asked::Contains(filter),
            null_passes: false,
        }
    }

    /// The metadata passes `filter`.
    pub(crate) fn allowed(filter: Filter) -> Self {
        Self {
            prefilter: filter.prefilter(),
            asked: Asked::Allowed(filter),
            null_passes: false,
        }
    }

    /// The same, or there is no text.
    #[cfg(feature = "postgres")]
    pub(crate) const fn or_null(mut self) -> Self {
        self.null_passes = true;
        self
    }

    /// Whether a row with this text passes. One does not whose text is nested too deep to be read (a graph may store any values): it
    /// must not fail the search for all others.
    pub(crate) fn holds(&self, text: Option<&str>) -> bool {
        if text.is_none() {
            return self.null_passes;
        }
        let object: Option<JsonObject> = text
            .filter(|text| self.prefilter.may_pass(text))
            .and_then(|text| serde_json::from_str(text).ok());
        object.is_some_and(|object| match &self.asked {
            Asked::Contains(filter) => object_contains(&object, filter),
            Asked::Allowed(filter) => filter.matches(&object),
        })
    }

    /// What the text of any row that passes must have.
    #[cfg(feature = "postgres")]
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.prefilter.words()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_objects_that_can_be_read_pass() {
        let everything = RowCondition::contains(JsonObject::new());
        let owned = Filter::parse(&json!({"owner": "alice"})).unwrap();
        let owned = RowCondition::allowed(owned);
        assert!(everything.holds(Some("{}")) && owned.holds(Some(r#"{"owner":"alice"}"#)));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(500), "]".repeat(500));
        for text in ["null", "[]", "1", r#""text""#, "nonsense", &deep] {
            assert!(!everything.holds(Some(text)), "{text}");
        }
        assert!(!everything.holds(None));
        assert!(!owned.holds(Some(r#"{"owner":"bob","of":"alice"}"#)));
    }
}
