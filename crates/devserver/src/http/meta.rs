//! The server about itself: health, info, the API description and its page.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use lgx_model::{JsonObject, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tokio::time::timeout;

use super::newest_code::FailedReload;
use super::route::Route;
use super::{ApiError, Call, mounted, openapi, reply};

/// The page at `/docs`; it needs nothing from the network.
const DOCS: &str = include_str!("docs.html");

/// The server is up.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Health {
    ok: bool,
    /// Always empty: there is nothing beside the server.
    services: JsonObject,
}

/// How long a probe waits for the state: it has to be answered before whoever probes gives up.
const STATE_WITHIN: Duration = Duration::from_millis(800);

/// `GET /ok` and `GET /`: the port answers from the first milliseconds; with `?ready=1`, 503 until the graphs are loaded, while the state
/// cannot be used, and once the server is about to leave.
pub(super) async fn ok(call: Call) -> Result<Response, ApiError> {
    if let Some(text) = call.query_values("check_db").pop() {
        text.parse::<i64>().map_err(|_| {
            ApiError::bad_request(format!("Invalid check_db '{text}': must be an integer"))
        })?;
        call.store().next_due_run(Timestamp::now()).await?;
    }
    if call.query_flag("ready")
        && let Some(detail) = why_not_ready(&call).await
    {
        return Ok((
            StatusCode::SERVICE_UNAVAILABLE,
            reply::json(&json!({"ok": false, "detail": detail})),
        )
            .into_response());
    }
    Ok(reply::json(&Health {
        ok: true,
        services: JsonObject::new(),
    }))
}

/// Why no requests are to be sent here, if that is so.
async fn why_not_ready(call: &Call) -> Option<&'static str> {
    if call.app.leaving.is_cancelled() {
        return Some("The server is about to stop.");
    }
    if !call.app.engine.workers.is_ready() {
        return Some("The graphs are not loaded yet.");
    }
    // Asked anew each time: nobody else may come who would notice that it can be used again.
    let look = call.store().next_due_run(Timestamp::now());
    let is_usable = matches!(timeout(STATE_WITHIN, look).await, Ok(Ok(_)));
    (!is_usable).then_some("The state database cannot be reached.")
}

/// What the server is and can do.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Info {
    /// The version of lgx.
    version: &'static str,
    /// The version of langgraph that the project uses; null before it is loaded.
    langgraph_py_version: Option<String>,
    flags: Flags,
    host: Host,
    /// The last save, if its code does not load, so that older code serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_reload: Option<FailedReload>,
}

/// What clients ask about before they use it.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the wire's shape")]
struct Flags {
    assistants: bool,
    crons: bool,
    langsmith: bool,
    langsmith_tracing_replicas: bool,
    langsmith_tracing_session_on_runs: bool,
}

/// Where the server runs: on a machine of one's own.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the wire's names")]
struct Host {
    kind: &'static str,
    project_id: Option<String>,
    host_revision_id: Option<String>,
    revision_id: Option<String>,
    tenant_id: Option<String>,
}

/// `GET /info`
pub(super) async fn info(call: Call) -> Result<Response, ApiError> {
    // Known once a worker has loaded; asking must not wait for that.
    let langgraph = call
        .app
        .engine
        .workers
        .versions()
        .and_then(|versions| versions.get("langgraph").cloned());
    Ok(reply::json(&Info {
        version: call.app.engine.options.version,
        langgraph_py_version: langgraph,
        flags: Flags {
            assistants: true,
            crons: true,
            langsmith: false,
            langsmith_tracing_replicas: true,
            langsmith_tracing_session_on_runs: true,
        },
        host: Host {
            kind: "self-hosted",
            project_id: None,
            host_revision_id: None,
            revision_id: None,
            tenant_id: None,
        },
        failed_reload: FailedReload::of(&call.app.engine.workers.newest_code()),
    }))
}

/// `GET /openapi.json`, of these endpoints and of those of the project's own app.
pub(super) async fn openapi(call: &Call, mut routes: Vec<Route>) -> Result<Response, ApiError> {
    let workers = &call.app.engine.workers;
    let config = workers.config();
    let auth = config.auth.as_ref().and_then(|auth| auth.openapi.as_ref());
    let is_served = |route: &Route| !mounted::is_disabled(config.http.disabled, route.path);
    routes.retain(is_served);
    let graphs: Vec<&str> = config.graphs.iter().map(|graph| &*graph.id).collect();
    let url = match &*config.http.mount_prefix {
        _ if call.app.options.is_for_development() => &call.app.url,
        // Only who asks knows under which name it is reached.
        "" => "/",
        prefix => prefix,
    };
    let mut document =
        openapi::document(&routes, url, call.app.engine.options.version, &graphs, auth)
            .map_err(|error| ApiError::internal(format!("the schemas are damaged: {error}")))?;
    if let Some(app) = &config.http.app {
        let lease = workers.serving().await?;
        if let Some(of_app) = lease.app_description().await? {
            openapi::merge::add(&mut document, of_app.clone(), app.enable_custom_route_auth);
        }
    }
    if let Some(auth) = auth {
        openapi::security::describe_operations(&mut document, auth);
    }
    Ok(reply::json(&document))
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
