//! What an index finds metadata by: a number for each text, whole number or truth that stands at its top, with its key.
//!
//! Equal values have equal numbers, so whoever looks for a value looks only at what has its number. That two others share one is as good as
//! impossible, and only a count would believe it: of what is shown, every value has been compared.

use lgx_model::JsonObject;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Beyond this a whole number may equal a fraction that is written otherwise.
const EXACT: i64 = 1 << 53;

/// What metadata must have to pass a filter.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// It has all of these terms.
    pub(crate) terms: Vec<i64>,
    /// It must have something else, too.
    pub(crate) more: bool,
}

impl Wanted {
    /// What an object must have that contains `filter`.
    pub(crate) fn of(filter: &JsonObject) -> Self {
        let mut wanted = Self::default();
        for (key, value) in filter {
            wanted.add(key, value);
        }
        wanted
    }

    /// It must have this value, too.
    pub(crate) fn add(&mut self, key: &str, value: &Value) {
        match term(key, value) {
            Some(term) if self.terms.contains(&term) => {}
            Some(term) => self.terms.push(term),
            None => self.more = true,
        }
    }
}

/// The terms of an object.
pub(crate) fn terms(object: &JsonObject) -> Vec<i64> {
    Wanted::of(object).terms
}

/// The term of a value, if it has one.
fn term(key: &str, value: &Value) -> Option<i64> {
    let (kind, text) = match value {
        Value::String(text) => (b's', text.clone()),
        Value::Bool(truth) => (b'b', truth.to_string()),
        Value::Number(number) => (b'n', whole(number)?.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    let hash = Sha256::new()
        .chain_update(key.len().to_le_bytes())
        .chain_update(key)
        .chain_update([kind])
        .chain_update(text)
        .finalize();
    hash.first_chunk().copied().map(i64::from_le_bytes)
}

/// The whole number, however it is written.
fn whole(number: &serde_json::Number) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what is lost is found by going back"
    )]
    let whole = |number: f64| {
        Some(number as i64).filter(|whole| {
            #[expect(clippy::cast_precision_loss, reason = "it is checked to be exact")]
            let back = *whole as f64;
            (back - number).abs() == 0.0
        })
    };
    let found = number.as_i64().or_else(|| number.as_f64().and_then(whole));
    found.filter(|whole| (1 - EXACT..EXACT).contains(whole))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::containment::equal;

    fn wanted(filter: &str) -> Wanted {
        Wanted::of(&serde_json::from_str(filter).unwrap())
    }

    #[test]
    fn values_have_the_same_term_exactly_if_they_are_equal() {
        let values = [
            r#""a""#,
            r#""b""#,
            r#""1""#,
            "1",
            "1.0",
            "1e0",
            "10e-1",
            "2",
            "true",
            r#""true""#,
            "false",
            "-1",
            "0",
            "-0.0",
            "0.0",
        ];
        let values: Vec<Value> = values
            .iter()
            .map(|text| serde_json::from_str(text).unwrap())
            .collect();
        for left in &values {
            for right in &values {
                let terms = (term("k", left), term("k", right));
                assert!(terms.0.is_some(), "{left}");
                assert_eq!(terms.0 == terms.1, equal(left, right), "{left} {right}");
            }
        }
        assert_ne!(term("ab", &json!("c")), term("a", &json!("bc")));
    }

    #[test]
    fn what_has_no_term_is_looked_at_otherwise() {
        let nothing = Wanted {
            terms: Vec::new(),
            more: true,
        };
        for filter in [
            r#"{"a":null}"#,
            r#"{"a":[1]}"#,
            r#"{"a":{"b":1}}"#,
            r#"{"a":1.5}"#,
            r#"{"a":9007199254740993}"#,
            r#"{"a":-9223372036854775808}"#,
        ] {
            assert_eq!(wanted(filter), nothing, "{filter}");
        }
        let some = wanted(r#"{"a":"x","b":1.5,"c":true}"#);
        assert_eq!((some.terms.len(), some.more), (2, true));
        assert!(!wanted(r#"{"a":"x"}"#).more);
    }
}
