//! The server about itself: health, info, the API description and its page.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::json;

use super::{ApiError, Call, openapi, reply};

/// The page at `/docs`; it needs nothing from the network.
const DOCS: &str = include_str!("docs.html");

/// `GET /ok` and `GET /`: the port answers from the first milliseconds; with `?ready=1`, 503 until the graphs are loaded.
pub(super) async fn ok(call: Call) -> Result<Response, ApiError> {
    if let Some(text) = call.query_values("check_db").pop() {
        text.parse::<i64>().map_err(|_| {
            ApiError::bad_request(format!("Invalid check_db '{text}': must be an integer"))
        })?;
        call.app
            .store
            .read(|connection| lgx_store::runs::next_due(connection, lgx_model::Timestamp::now()))
            .await?;
    }
    if call.query_flag("ready") && !call.app.workers.is_ready() {
        return Ok((
            StatusCode::SERVICE_UNAVAILABLE,
            reply::json(&json!({"ok": false, "detail": "The graphs are not loaded yet."})),
        )
            .into_response());
    }
    Ok(reply::json(&json!({"ok": true, "services": {}})))
}

/// `GET /info`
pub(super) async fn info(call: Call) -> Result<Response, ApiError> {
    // Known once a worker has loaded; asking must not wait for that.
    let langgraph = call
        .app
        .workers
        .versions()
        .and_then(|versions| versions.get("langgraph").cloned());
    Ok(reply::json(&json!({
        "version": call.app.options.version,
        "langgraph_py_version": langgraph,
        "flags": {
            "assistants": true,
            "crons": true,
            "langsmith": false,
            "langsmith_tracing_replicas": true,
            "langsmith_tracing_session_on_runs": true
        },
        "host": {"kind": "self-hosted", "project_id": null, "host_revision_id": null, "revision_id": null, "tenant_id": null}
    })))
}

/// `GET /openapi.json`
pub(super) async fn openapi(call: Call) -> Result<Response, ApiError> {
    let config = call.app.workers.config();
    let auth = config.auth.as_ref().and_then(|auth| auth.openapi.as_ref());
    Ok(reply::json(&openapi::document(
        &call.app.url,
        call.app.options.version,
        auth,
    )))
}

/// `GET /docs`
pub(super) async fn docs(_: Call) -> Result<Response, ApiError> {
    let mut response = DOCS.into_response();
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    Ok(response)
}
