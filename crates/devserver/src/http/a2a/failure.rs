//! Why a request is not answered with a result, in the numbers of the protocol; who is refused sees it in the HTTP status too.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use lgx_engine::workers::{Unanswered, Unavailable};
use lgx_model::RawJson;
use lgx_store::StoreError;

use crate::http::json_rpc::JsonRpcError;
use crate::http::{ApiError, reply};

/// A refusal, or an error.
#[derive(Debug)]
pub(super) struct AgentFailure {
    error: JsonRpcError,
    /// What it was in the words of the rest of the API, if it came from there.
    cause: Option<Box<ApiError>>,
}

impl AgentFailure {
    /// The caller is not let in, or may not do that.
    const REFUSED: i32 = -32000;
    /// There is no such task.
    pub(super) const TASK_NOT_FOUND: i32 = -32001;
    /// The task has ended.
    pub(super) const TASK_NOT_CANCELABLE: i32 = -32002;
    /// There are no push notifications.
    pub(super) const NO_PUSH_NOTIFICATIONS: i32 = -32003;
    /// What is asked for cannot be done to the task as it is.
    pub(super) const UNSUPPORTED_OPERATION: i32 = -32004;
    /// There is one card for everybody.
    pub(super) const NO_EXTENDED_CARD: i32 = -32007;
    /// The client speaks another version.
    pub(super) const VERSION_NOT_SUPPORTED: i32 = -32009;

    /// A failure of this kind that says `message`.
    pub(super) fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            error: JsonRpcError::new(code, message),
            cause: None,
        }
    }

    /// The parameters do not fit.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(JsonRpcError::INVALID_PARAMS, message)
    }

    /// There is no such task, or the caller may not see it.
    pub(super) fn no_such_task(id: &str) -> Self {
        Self::new(Self::TASK_NOT_FOUND, format!("Task not found: {id}"))
    }

    /// Which kind it is.
    #[cfg(test)]
    pub(super) const fn code(&self) -> i32 {
        self.error.code
    }

    /// What it says.
    #[cfg(test)]
    pub(super) fn message(&self) -> &str {
        &self.error.message
    }

    /// The JSON that says so to the request of this id.
    pub(super) fn answer(&self, id: &RawJson) -> bytes::Bytes {
        self.error.answer(id)
    }

    /// The answer to the request of this id. Clients of the protocol read errors from answers that are 200. Who is not let in is told as
    /// on every other route, with the headers of the handler: that is how clients learn that they have to log in.
    pub(super) fn respond(self, id: &RawJson) -> Response {
        let mut response = reply::json_bytes(self.answer(id));
        let Some(cause) = self.cause else {
            return response;
        };
        let is_refusal = self.error.code == Self::REFUSED;
        let (parts, _) = cause.into_response().into_parts();
        // What the terminal is told of it.
        response.extensions_mut().extend(parts.extensions);
        if is_refusal {
            *response.status_mut() = parts.status;
            let mut headers = parts.headers;
            headers.remove(http::header::CONTENT_TYPE);
            headers.remove(http::header::CONTENT_LENGTH);
            response.headers_mut().extend(headers);
        }
        response
    }
}

impl From<JsonRpcError> for AgentFailure {
    fn from(error: JsonRpcError) -> Self {
        Self { error, cause: None }
    }
}

impl From<ApiError> for AgentFailure {
    fn from(cause: ApiError) -> Self {
        let code = match cause.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Self::REFUSED,
            status if status.is_client_error() => JsonRpcError::INVALID_PARAMS,
            _ => JsonRpcError::INTERNAL_ERROR,
        };
        Self {
            error: JsonRpcError::new(code, cause.detail.clone()),
            cause: Some(Box::new(cause)),
        }
    }
}

impl From<StoreError> for AgentFailure {
    fn from(error: StoreError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<Unavailable> for AgentFailure {
    fn from(error: Unavailable) -> Self {
        ApiError::from(error).into()
    }
}

impl From<Unanswered> for AgentFailure {
    fn from(error: Unanswered) -> Self {
        ApiError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_refusals_are_told_by_the_status_too() {
        let id = RawJson::of(&1);
        for (error, status, code) in [
            (
                ApiError::new(StatusCode::UNAUTHORIZED, "who?"),
                401,
                AgentFailure::REFUSED,
            ),
            (
                ApiError::new(StatusCode::FORBIDDEN, "no"),
                403,
                AgentFailure::REFUSED,
            ),
            (ApiError::invalid("odd"), 200, JsonRpcError::INVALID_PARAMS),
            (
                ApiError::internal("secret"),
                200,
                JsonRpcError::INTERNAL_ERROR,
            ),
        ] {
            let failure = AgentFailure::from(error);
            assert_eq!(failure.code(), code);
            assert!(!failure.message().contains("secret"));
            assert_eq!(failure.respond(&id).status(), status);
        }
    }

    #[test]
    fn a_refusal_keeps_the_headers_of_the_handler() {
        let error = ApiError::new(StatusCode::UNAUTHORIZED, "who?").header(
            http::header::WWW_AUTHENTICATE,
            http::HeaderValue::from_static("Bearer"),
        );
        let response = AgentFailure::from(error).respond(&RawJson::null());
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        assert_eq!(response.headers()["content-type"], "application/json");
    }
}
