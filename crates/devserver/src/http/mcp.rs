//! `POST /mcp`: assistants as tools, by the Model Context Protocol over streamable HTTP; what comes in, and what kind of answer goes out.
//!
//! Each request stands for itself: nothing is kept between two of them, so a client that has begun a session goes on in it after the server
//! was started again. The id of a session only tells whose calls a `notifications/cancelled` means.

mod dialect;
pub(crate) mod in_flight;
mod progress;
mod schema;
mod tool_call;
mod tool_names;
mod tool_result;
mod tools;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use lgx_model::{JsonObject, RawJson};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use self::dialect::Dialect;
use super::json_rpc::{self, JsonRpcCall, JsonRpcError, JsonRpcMessage};
use super::{ApiError, Call, reply};

/// Where it is served.
pub(super) const PATH: &str = "/mcp";
/// The same, as some clients write it.
pub(super) const PATH_WITH_SLASH: &str = "/mcp/";

/// The header with the id of a session.
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// Why a request has no result.
enum NoResult {
    /// The project's auth refuses, or the server fails.
    Refused(ApiError),
    /// The request is wrong in itself.
    Wrong(JsonRpcError),
}

impl From<ApiError> for NoResult {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl From<JsonRpcError> for NoResult {
    fn from(error: JsonRpcError) -> Self {
        Self::Wrong(error)
    }
}

/// `POST /mcp`
pub(super) async fn post(call: Call) -> Result<Response, ApiError> {
    let null = RawJson::null();
    Ok(match json_rpc::read(&call.body) {
        Ok(JsonRpcMessage::Request(id, asked)) => {
            // Requests of a version that is not spoken are only told so who may come in.
            match Dialect::of(&call.headers, &asked) {
                Ok(dialect) => answer(&call, dialect, &id, &asked).await,
                Err(error) => {
                    authenticated(&call, &id, wrong(StatusCode::BAD_REQUEST, &id, &error)).await
                }
            }
        }
        Ok(JsonRpcMessage::Notification(told)) => notified(&call, &told).await,
        // Nothing is ever asked of a client.
        Ok(JsonRpcMessage::Answer) => authenticated(&call, &null, accepted()).await,
        Err((id, error)) => {
            authenticated(&call, &id, wrong(StatusCode::BAD_REQUEST, &id, &error)).await
        }
    })
}

/// The answer to a request.
async fn answer(call: &Call, dialect: Dialect, id: &RawJson, asked: &JsonRpcCall) -> Response {
    let answered = match &*asked.method {
        "tools/call" => tool_call::answer(call, dialect, id, asked).await,
        "tools/list" => tools::list(call, asked).await.map(|listed| {
            reply::json_bytes(json_rpc::answer(id, &dialect.complete_and_private(listed)))
        }),
        _ => about_the_server(call, dialect, id, asked).await,
    };
    match answered {
        Ok(response) => response,
        Err(NoResult::Refused(error)) => refused(error, id),
        Err(NoResult::Wrong(error)) => wrong(dialect.status_of(&error), id, &error),
    }
}

/// The answer to a request that asks for nothing of the project's.
async fn about_the_server(
    call: &Call,
    dialect: Dialect,
    id: &RawJson,
    asked: &JsonRpcCall,
) -> Result<Response, NoResult> {
    call.authenticate().await?;
    let result = match (&*asked.method, dialect) {
        ("ping", _) => dialect.complete(JsonObject::new()),
        ("initialize", Dialect::Handshake) => {
            let begun = reply::json_bytes(json_rpc::answer(id, &initialized(call, asked)?));
            return Ok(in_a_session_of_its_own(begun));
        }
        ("server/discover", Dialect::PerRequest) => dialect.complete_and_private(discovered(call)),
        _ => return Err(JsonRpcError::no_such_method(&asked.method).into()),
    };
    Ok(reply::json_bytes(json_rpc::answer(id, &result)))
}

/// What `initialize` gives.
fn initialized(call: &Call, asked: &JsonRpcCall) -> Result<Value, JsonRpcError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Initialize {
        protocol_version: String,
    }
    let initialize: Initialize = asked.params()?;
    Ok(json!({
        "protocolVersion": dialect::agreed(&initialize.protocol_version),
        "capabilities": capabilities(),
        "serverInfo": server_info(call),
    }))
}

/// What `server/discover` gives.
fn discovered(call: &Call) -> JsonObject {
    super::call::object(json!({
        "supportedVersions": dialect::spoken(),
        "capabilities": capabilities(),
        "_meta": {"io.modelcontextprotocol/serverInfo": server_info(call)},
    }))
}

fn capabilities() -> Value {
    json!({"tools": {"listChanged": false}})
}

fn server_info(call: &Call) -> Value {
    json!({"name": "lgx", "title": "lgx Agent Server", "version": call.app.engine.options.version})
}

fn in_a_session_of_its_own(mut response: Response) -> Response {
    // Nobody can guess it, and so cancel the calls of others.
    if let Ok(session) = HeaderValue::try_from(Uuid::new_v4().to_string()) {
        response.headers_mut().insert(SESSION, session);
    }
    response
}

/// The session that a request belongs to.
fn session(call: &Call) -> Option<&str> {
    call.headers.get(SESSION)?.to_str().ok()
}

/// Takes note of what a client tells.
async fn notified(call: &Call, told: &JsonRpcCall) -> Response {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Cancelled {
        request_id: RawJson,
    }
    let caller = match call.authenticate().await {
        Ok(caller) => caller,
        Err(error) => return refused(error, &RawJson::null()),
    };
    let cancelled: Option<Cancelled> = (told.method == "notifications/cancelled")
        .then(|| told.params().ok())
        .flatten();
    if let (Some(cancelled), Some(session)) = (cancelled, session(call)) {
        let calls = &call.app.tool_calls;
        calls.cancel(session, &cancelled.request_id, &caller.identity);
    }
    accepted()
}

/// This answer, to those who are who they say.
async fn authenticated(call: &Call, id: &RawJson, answer: Response) -> Response {
    match call.authenticate().await {
        Ok(_) => answer,
        Err(error) => refused(error, id),
    }
}

fn accepted() -> Response {
    StatusCode::ACCEPTED.into_response()
}

/// The answer to a request that is wrong in itself.
fn wrong(status: StatusCode, id: &RawJson, error: &JsonRpcError) -> Response {
    let mut response = reply::json_bytes(error.answer(id));
    *response.status_mut() = status;
    response
}

/// The answer to a request that is refused, with the status that it would have everywhere, in the words of the protocol.
fn refused(error: ApiError, id: &RawJson) -> Response {
    let status = error.status;
    let code = if status.is_server_error() {
        JsonRpcError::INTERNAL_ERROR
    } else {
        JsonRpcError::INVALID_REQUEST
    };
    let told = JsonRpcError {
        data: Some(json!({"status": status.as_u16()})),
        ..JsonRpcError::new(code, error.detail.clone())
    };
    let mut response = error.into_response();
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    if status == StatusCode::UNAUTHORIZED && !headers.contains_key(WWW_AUTHENTICATE) {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    with_body(response, told.answer(id))
}

fn with_body(response: Response, body: Bytes) -> Response {
    response.map(|_| Body::from(body))
}
