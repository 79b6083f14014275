//! The one door through which failures leave over HTTP: always JSON `{"detail": …}`, never a word about the inside.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use lgx_store::StoreError;
use lgx_worker::{CallError, Diagnostic};
use serde_json::json;

/// A failure to answer with: what the client hears, and what really happened for the log.
#[derive(Debug)]
pub(crate) struct ApiError {
    /// The status answered.
    pub status: StatusCode,
    /// What the client is told.
    pub detail: String,
    /// Headers of the answer, as an auth handler may ask for.
    pub headers: Option<Box<HeaderMap>>,
    /// What really happened, for the terminal, when the client is not told.
    pub inside: Option<Inside>,
}

/// The part of a failure that only the log sees.
#[derive(Debug, Clone)]
pub(crate) enum Inside {
    /// A sentence.
    Text(String),
    /// An exception of user code.
    Diagnostic(Box<Diagnostic>),
}

impl ApiError {
    /// An error with this status that says `detail`.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            headers: None,
            inside: None,
        }
    }

    /// 400: the request makes no sense together with what is there.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 404: there is no such thing, or the caller may not see it.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 409: it exists already, or is busy.
    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 422: the request does not have the right form.
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// 500: not the client's fault. `inside` goes to the log only.
    pub(crate) fn internal(inside: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
        error.inside = Some(Inside::Text(inside.into()));
        error
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::internal(format!("the state store failed: {error}"))
    }
}

impl From<CallError> for ApiError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Remote(remote) => {
                let status = remote
                    .status
                    .and_then(|status| StatusCode::from_u16(status).ok());
                let mut answer = match status {
                    Some(status) => Self::new(status, remote.message),
                    // Development: the person who wrote the handler is the one who reads the answer.
                    None => Self::new(
                        StatusCode::INTERNAL_SERVER_ERROR,
                        format!("{}: {}", remote.kind, remote.message),
                    ),
                };
                for (name, value) in remote.headers.into_iter().flatten() {
                    if let (Ok(name), Ok(value)) =
                        (HeaderName::try_from(name), HeaderValue::try_from(value))
                    {
                        answer.headers.get_or_insert_default().append(name, value);
                    }
                }
                answer.inside = remote.diagnostic.map(Inside::Diagnostic);
                answer
            }
            other => {
                let mut answer = Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "The worker that runs the project's code ended while it was answering; try again.",
                );
                answer.inside = Some(Inside::Text(other.to_string()));
                answer
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({ "detail": self.detail }).to_string();
        let mut response = (self.status, body).into_response();
        if let Some(headers) = self.headers {
            response.headers_mut().extend(*headers);
        }
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(inside) = self.inside {
            response.extensions_mut().insert(inside);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_failure_inside_is_not_told_to_the_client() {
        let response = ApiError::internal("disk full at /home/me/.lgx").into_response();
        assert_eq!(response.status(), 500);
        assert!(
            matches!(response.extensions().get::<Inside>(), Some(Inside::Text(text)) if text.contains("disk full"))
        );
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(&body[..], br#"{"detail":"Internal Server Error"}"#);
    }
}
