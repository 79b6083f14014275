//! Reading request bodies: JSON whatever the content type, absent told apart from null, and errors that say where.

use std::borrow::Cow;

use lgx_model::RawJson;
use lgx_model::forms::IntegralFloat;
use lgx_model::json_words;
use lgx_model::query::Page;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};

use super::{ApiError, readable};

/// Reads a JSON object of this form.
///
/// # Errors
/// 422 for what is not JSON, or JSON of another form; the text names the place.
pub(crate) fn parse_object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // A struct could also be read from a list; no client means that.
    if bytes.trim_ascii_start().starts_with(b"[") {
        parse::<Vec<serde::de::IgnoredAny>>(bytes)?;
        return Err(ApiError::invalid("expected an object, got a list"));
    }
    parse(bytes)
}

/// Reads JSON of this form; see [`parse_object`].
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    readable::check(bytes)
        .map_err(|why| ApiError::invalid(format!("Invalid JSON in request body: {why}")))?;
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = json_words::place(&error.path().to_string());
        let inner = error.into_inner();
        if inner.is_data() {
            let place = if path == "." {
                String::new()
            } else {
                format!("\n\nOn instance: {path}")
            };
            ApiError::invalid(format!("{}{place}", json_words::of(&inner)))
        } else {
            ApiError::invalid(format!("Invalid JSON in request body: {inner}"))
        }
    })?;
    deserializer
        .end()
        .map_err(|error| ApiError::invalid(format!("Invalid JSON in request body: {error}")))?;
    Ok(value)
}

/// An integer between `LOW` and `HIGH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounded<const LOW: i64, const HIGH: i64>(pub i64);

impl<'de, const LOW: i64, const HIGH: i64> Deserialize<'de> for Bounded<LOW, HIGH> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = IntegralFloat::deserialize(deserializer)?.0;
        if value < LOW {
            return Err(D::Error::custom(format!(
                "{value} is less than the minimum of {LOW}"
            )));
        }
        if value > HIGH {
            return Err(D::Error::custom(format!(
                "{value} is greater than the maximum of {HIGH}"
            )));
        }
        Ok(Self(value))
    }
}

impl<const LOW: i64, const HIGH: i64> JsonSchema for Bounded<LOW, HIGH> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "integer".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        if HIGH == i64::MAX {
            schemars::json_schema!({"type": "integer", "minimum": LOW})
        } else {
            schemars::json_schema!({"type": "integer", "minimum": LOW, "maximum": HIGH})
        }
    }
}

/// How many rows of a search: 1 to 1000.
pub(crate) type Limit = Bounded<1, 1000>;
/// How many rows to pass over: 0 or more.
pub(crate) type Offset = Bounded<0, { i64::MAX }>;

/// The page of a search; the first ten rows when nothing is said.
pub(crate) fn page(limit: Option<Limit>, offset: Option<Offset>) -> Page {
    Page {
        limit: limit
            .and_then(|limit| u32::try_from(limit.0).ok())
            .unwrap_or(10),
        offset: offset
            .and_then(|offset| u64::try_from(offset.0).ok())
            .unwrap_or(0),
    }
}

/// The fields that a search selects, under the names that they have in its body.
pub(crate) fn selected<T: Serialize>(fields: Option<Vec<T>>) -> Option<Vec<String>> {
    let name = |field: &T| RawJson::of(field).parse().unwrap_or_default();
    fields.map(|fields| fields.iter().map(name).collect())
}

#[cfg(test)]
mod tests {
    use lgx_model::forms::given;

    use super::*;

    #[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its form matters")]
    struct Search {
        limit: Option<Limit>,
        metadata: Option<lgx_model::JsonObject>,
    }

    fn refusal(body: &str) -> String {
        let error = parse_object::<Search>(body.as_bytes()).unwrap_err();
        assert_eq!(error.status, 422);
        error.detail
    }

    #[test]
    fn what_is_left_out_is_fine_and_null_is_not() {
        for body in [
            "{}",
            r#"{"limit": 2.0}"#,
            r#" {"unknown": 1} "#,
            r#"{"limit": 1000}"#,
        ] {
            parse_object::<Search>(body.as_bytes()).unwrap();
        }
        assert!(refusal(r#"{"metadata": null}"#).contains("metadata"));
        assert!(refusal("[]").contains("object"));
        assert!(refusal(r#"{"limit": null}"#).contains("limit"));
    }

    #[test]
    fn refusals_say_what_and_where() {
        assert_eq!(
            refusal(r#"{"limit": 0}"#),
            "0 is less than the minimum of 1\n\nOn instance: limit"
        );
        assert_eq!(
            refusal(r#"{"limit": 2.5}"#),
            "2.5 is not of type \"integer\"\n\nOn instance: limit"
        );
        for body in [
            "",
            "nope",
            "{} x",
            "{\"limit\": 1,}",
            "\u{feff}{}",
            r#"{"limit": NaN}"#,
        ] {
            assert!(
                refusal(body).starts_with("Invalid JSON in request body"),
                "{body}"
            );
        }
    }
}
