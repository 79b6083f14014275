//! What the `@auth.on.threads.create_run` handler is shown of a run, and what counts of how it leaves that.

use lgx_engine::runs::request::RunCreate;
use lgx_model::{JsonObject, MultitaskStrategy, RawJson, Timestamp};
use serde_json::{Value, json};

use super::WantedRun;
use crate::auth::Grant;
use crate::http::ApiError;
use crate::http::call::object;

/// What handlers find in `configurable` beside what the client sent; the worker adds the user. None of it is taken from what they leave.
const SERVERS: [&str; 6] = [
    "langgraph_auth_user",
    "langgraph_auth_user_id",
    "langgraph_auth_permissions",
    "langgraph_request_id",
    "__request_start_time_ms__",
    "__after_seconds__",
];

/// The run, as the handler sees it.
pub(super) fn of(asked: &WantedRun, request_id: &str) -> Result<JsonObject, ApiError> {
    let WantedRun {
        place,
        run_id,
        assistant_id,
        body,
    } = asked;
    let after_seconds = body.after_seconds.unwrap_or(0.0);
    let mut config = body.config.clone().unwrap_or_default().into_object();
    let configurable = config.entry("configurable").or_insert_with(|| json!({}));
    for (key, value) in [
        ("langgraph_request_id", json!(request_id)),
        (
            "__request_start_time_ms__",
            json!(Timestamp::now().micros() / 1000),
        ),
        ("__after_seconds__", json!(after_seconds)),
    ] {
        configurable[key] = value;
    }
    let shown = body.shown_kwargs(place.is_stateless());
    let strategy = body.multitask_strategy.unwrap_or_default();
    Ok(object(json!({
        "thread_id": if place.is_stateless() { Value::Null } else { json!(place.thread_id()) },
        "assistant_id": assistant_id,
        "run_id": run_id,
        "status": "pending",
        "metadata": body.metadata.clone().unwrap_or_default(),
        "prevent_insert_if_inflight": strategy == MultitaskStrategy::Reject,
        "multitask_strategy": strategy,
        "if_not_exists": if asked.creates_thread() { "create" } else { "reject" },
        "after_seconds": after_seconds,
        "kwargs": {
            "input": given(body.input.as_ref())?,
            "command": given(body.command.as_ref())?,
            "config": config,
            "context": body.context,
            "stream_mode": shown.stream_mode,
            "interrupt_before": body.interrupt_before,
            "interrupt_after": body.interrupt_after,
            "webhook": body.webhook,
            "feedback_keys": body.feedback_keys,
            "temporary": shown.temporary,
            "subgraphs": body.stream_subgraphs.unwrap_or(false),
            "resumable": body.stream_resumable.unwrap_or(false),
            "checkpoint_during": body.checkpoint_during.unwrap_or(true),
            "durability": shown.durability,
        },
    })))
}

fn given(raw: Option<&RawJson>) -> Result<Value, ApiError> {
    let parsed = raw.map(RawJson::parse).transpose();
    let parsed = parsed.map_err(|error| ApiError::invalid(error.to_string()))?;
    Ok(parsed.unwrap_or_default())
}

/// The request with what the handler changed: metadata, input, command, configuration and context.
pub(super) fn applied(mut body: RunCreate, grant: &Grant) -> Result<RunCreate, ApiError> {
    if grant.caller.user.is_none() {
        return Ok(body);
    }
    body.metadata = Some(grant.metadata());
    let Some(kwargs) = grant.value.get("kwargs").and_then(Value::as_object) else {
        return Ok(body);
    };
    if let Some(input) = kwargs.get("input") {
        body.input = Some(RawJson::of(input));
    }
    if let Some(command) = kwargs.get("command") {
        body.command = Some(RawJson::of(command));
    }
    if let Some(config) = kwargs.get("config") {
        let mut config = config.clone();
        if let Some(Value::Object(configurable)) = config.get_mut("configurable") {
            for key in SERVERS {
                configurable.shift_remove(key);
            }
        }
        // As text: a number that is in no type of Rust gets through no value.
        body.config =
            Some(serde_json::from_str(&config.to_string()).map_err(|error| unreadable(&error))?);
    }
    if let Some(Value::Object(context)) = kwargs.get("context") {
        body.context = Some(context.clone());
    }
    Ok(body)
}

fn unreadable(error: &serde_json::Error) -> ApiError {
    ApiError::internal(format!(
        "the auth handler left a run that cannot be read: {error}"
    ))
}
