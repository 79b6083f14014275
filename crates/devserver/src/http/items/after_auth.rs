//! What an `@auth.on` handler left of a request to the store: it may have moved it to another namespace, or changed its value.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::auth::Grant;
use crate::http::ApiError;

/// A field that a request has to have.
pub(super) fn required<T: DeserializeOwned>(
    grant: &Grant,
    field: &'static str,
) -> Result<T, ApiError> {
    optional(grant, field)?.ok_or_else(|| refusal(field, "nothing"))
}

/// A field that may be null or gone.
pub(super) fn optional<T: DeserializeOwned>(
    grant: &Grant,
    field: &'static str,
) -> Result<Option<T>, ApiError> {
    let Some(value) = grant.value.get(field).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    T::deserialize(value).map(Some).map_err(|_| {
        let kind = match value {
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
            Value::Null | Value::Bool(_) | Value::Number(_) => "another value",
        };
        refusal(field, kind)
    })
}

/// The handler's mistake, not the client's.
fn refusal(field: &str, kind: &str) -> ApiError {
    ApiError::new(
        http::StatusCode::INTERNAL_SERVER_ERROR,
        format!(
            "The auth handler of the store made `{field}` of the request {kind}. Correct it: a namespace is a list of texts, a \
             key a text, a value an object."
        ),
    )
}
