//! The one door through which failures leave over HTTP: always JSON `{"detail": …}`, never a word about the inside.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use lgx_engine::runs::request::InvalidRequest;
use lgx_engine::workers::{Unanswered, Unavailable};
use lgx_store::StoreError;
use lgx_worker::{CallError, Diagnostic};
use serde_json::json;

use crate::auth::Refusal;

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
    /// Why the project's auth refuses; the client is told the same.
    Refusal(String),
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

    /// The same, answered with this header too.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.get_or_insert_default().append(name, value);
        self
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
        match error {
            // The person at the terminal is told by the store's own notice, once for all requests.
            StoreError::Unavailable(unavailable) => {
                let refused = Self::new(status_of(&unavailable), for_client(&unavailable));
                if passes(&unavailable) {
                    refused.header(RETRY_AFTER, HeaderValue::from_static("1"))
                } else {
                    refused
                }
            }
            other => Self::internal(format!("the state store failed: {other}")),
        }
    }
}

/// The status of what the store cannot do for now.
const fn status_of(unavailable: &lgx_store::Unavailable) -> StatusCode {
    match unavailable {
        lgx_store::Unavailable::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        lgx_store::Unavailable::Locked
        | lgx_store::Unavailable::Gone(_)
        | lgx_store::Unavailable::Unreachable(_)
        | lgx_store::Unavailable::Failing(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Whether it may be over by itself in a moment.
const fn passes(unavailable: &lgx_store::Unavailable) -> bool {
    match unavailable {
        lgx_store::Unavailable::Locked | lgx_store::Unavailable::Unreachable(_) => true,
        lgx_store::Unavailable::DiskFull
        | lgx_store::Unavailable::Gone(_)
        | lgx_store::Unavailable::Failing(_) => false,
    }
}

/// The same in words; which files there are is not for clients.
pub(crate) const fn for_client(unavailable: &lgx_store::Unavailable) -> &'static str {
    match unavailable {
        lgx_store::Unavailable::DiskFull => "the disk is full",
        lgx_store::Unavailable::Locked => "database is locked by another program; try again",
        lgx_store::Unavailable::Gone(_) => {
            "the state database was deleted while the server was running; nothing can be saved until it is restarted"
        }
        lgx_store::Unavailable::Unreachable(_) => "the state database cannot be reached; try again",
        lgx_store::Unavailable::Failing(_) => "the state database cannot be read or written",
    }
}

impl From<Unavailable> for ApiError {
    fn from(unavailable: Unavailable) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, unavailable.to_string())
    }
}

impl From<Unanswered> for ApiError {
    fn from(error: Unanswered) -> Self {
        match error {
            Unanswered::Unavailable(unavailable) => unavailable.into(),
            Unanswered::Call(error) => error.into(),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unavailable(unavailable) => unavailable.into(),
            Refusal::Handler(error) => {
                let mut answer = Self::from(error);
                // Trouble that a handler tells of, such as an identity provider that is down, is the developer's too.
                if answer.status.is_server_error() && answer.inside.is_none() {
                    answer.inside = Some(Inside::Text(answer.detail.clone()));
                }
                answer
            }
            Refusal::Filter { ref why, .. } => {
                // Development: the person who wrote the handler is the one who reads the answer.
                let mut answer = Self::new(StatusCode::INTERNAL_SERVER_ERROR, why.to_string());
                answer.inside = Some(Inside::Text(refusal.to_string()));
                answer
            }
            Refusal::Answer(_) | Refusal::NoAuth => Self::internal(refusal.to_string()),
        }
    }
}

impl From<InvalidRequest> for ApiError {
    fn from(invalid: InvalidRequest) -> Self {
        match invalid {
            InvalidRequest::CheckpointId | InvalidRequest::Command(_) => {
                Self::invalid(invalid.to_string())
            }
            InvalidRequest::TwoContexts => Self::bad_request(invalid.to_string()),
        }
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
                        && !is_the_servers(&name)
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
                    "The process that runs the project's code ended while it was answering; try again.",
                );
                answer.inside = Some(Inside::Text(other.to_string()));
                answer
            }
        }
    }
}

/// Whether a header says how the answer is sent or what form its body has: a handler that sets it, often by passing on what another
/// server answered, would cut off the body or leave the client waiting for more.
fn is_the_servers(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "content-encoding"
            | "content-length"
            | "content-range"
            | "content-type"
            | "keep-alive"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    ) || name.as_str().starts_with("proxy-")
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
        let refused = matches!(
            self.status,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
        );
        let inside = self
            .inside
            .or_else(|| refused.then_some(Inside::Refusal(self.detail)));
        if let Some(inside) = inside {
            response.extensions_mut().insert(inside);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[test]
    fn headers_of_a_handler_are_answered_but_for_those_that_frame_the_answer() {
        let given = [
            ("WWW-Authenticate", "Bearer"),
            ("X-Hint", "try harder"),
            ("Retry-After", "5"),
            ("Content-Length", "5"),
            ("Transfer-Encoding", "chunked"),
            ("Connection", "close"),
            ("Keep-Alive", "timeout=5"),
            ("TE", "trailers"),
            ("Trailer", "x-end"),
            ("Upgrade", "h2c"),
            ("Proxy-Authenticate", "Basic"),
            ("Proxy-Connection", "close"),
            ("Content-Encoding", "gzip"),
            ("not a name", "x"),
            ("", "x"),
            ("x-lines", "one\r\nset-cookie: two"),
            ("x-nul", "\0"),
        ];
        let remote = lgx_worker::RemoteError {
            kind: "HTTPException".into(),
            message: "because".into(),
            status: Some(401),
            headers: Some(
                given
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
            ),
            diagnostic: None,
        };
        let answer = ApiError::from(CallError::Remote(Box::new(remote)));
        let mut kept: Vec<_> = answer
            .headers
            .unwrap()
            .keys()
            .map(ToString::to_string)
            .collect();
        kept.sort();
        assert_eq!(kept, ["retry-after", "www-authenticate", "x-hint"]);
    }

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
