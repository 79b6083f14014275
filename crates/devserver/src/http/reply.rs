//! Answers: JSON bodies, pages of lists with their headers, and objects narrowed to the fields asked for.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use lgx_model::query::{Page, Rows};
use serde::Serialize;

use super::ApiError;
use super::raw_object::RawObject;

/// A 200 answer with this JSON.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => json_bytes(bytes),
        Err(error) => {
            ApiError::internal(format!("an answer could not be written as JSON: {error}"))
                .into_response()
        }
    }
}

/// A 200 answer with JSON text that is ready.
pub(crate) fn json_bytes(bytes: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(bytes.into());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// 204.
pub(crate) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// A page of a search: the rows, `x-pagination-total`, and `x-pagination-next` when more rows follow.
pub(crate) fn page<T: Serialize>(
    rows: &Rows<T>,
    page: Page,
    select: Option<&[String]>,
) -> Response {
    let mut response = match select {
        Some(fields) if !fields.is_empty() => json(
            &rows
                .rows
                .iter()
                .map(|row| narrow(row, fields))
                .collect::<Vec<_>>(),
        ),
        _ => json(&rows.rows),
    };
    let headers = response.headers_mut();
    headers.insert(
        HeaderName::from_static("x-pagination-total"),
        HeaderValue::from(rows.total),
    );
    let next = page.offset.saturating_add(u64::from(page.limit));
    if next < rows.total {
        headers.insert(
            HeaderName::from_static("x-pagination-next"),
            HeaderValue::from(next),
        );
    }
    response
}

/// The object with only these of its keys, in its own order.
pub(crate) fn narrow<T: Serialize, S: AsRef<str>>(row: &T, fields: &[S]) -> RawObject {
    // Rows are objects.
    RawObject::of(row).unwrap_or_default().with_only(fields)
}
