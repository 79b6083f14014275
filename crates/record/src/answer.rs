//! Answers that the proxy gives itself, in the words of the SDKs that will show them.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full};
use serde_json::json;

use crate::routes::BoxError;

/// The body of what goes out.
pub(crate) type Outgoing = UnsyncBoxBody<Bytes, BoxError>;

/// What tells the SDKs of providers not to try again.
const NO_RETRY: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-should-retry"),
    HeaderValue::from_static("false"),
);

/// Nothing.
pub(crate) fn empty() -> Outgoing {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// All of it.
pub(crate) fn whole(bytes: impl Into<Bytes>) -> Outgoing {
    let body = Full::new(bytes.into());
    body.map_err(|never| match never {}).boxed_unsync()
}

/// A line for people.
pub(crate) fn explained(status: StatusCode, line: &str) -> Response<Outgoing> {
    let mut response = Response::new(whole(format!("{line}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

/// An error in the form of every provider at once: each SDK finds its message where it looks for it.
pub(crate) fn error(status: StatusCode, kind: &str, message: &str) -> Response<Outgoing> {
    let body = json!({
        "type": "error",
        "message": message,
        "error": {
            "type": kind,
            "code": status.as_u16(),
            "status": "FAILED_PRECONDITION",
            "message": message,
        },
    });
    let mut response = Response::new(whole(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    let (name, value) = NO_RETRY;
    headers.insert(name, value);
    response
}
