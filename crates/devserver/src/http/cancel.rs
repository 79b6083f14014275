//! Stopping runs over HTTP: cancel one or many, and delete.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use lgx_engine::runs::CancelTarget;
use lgx_engine::runs::registry::StopAction;
use lgx_model::forms::given;
use lgx_model::{RunId, RunStatus, ThreadId};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::call::object;
use super::follow::join::join_body;
use super::follow::{Found, find};
use super::keep_alive::slow_json;
use super::runs::located;
use super::{ApiError, Call, reply};
use crate::auth::access;

fn stop_action(call: &Call) -> Result<StopAction, ApiError> {
    match call.query_values("action").pop().as_deref() {
        None | Some("" | "interrupt") => Ok(StopAction::Interrupt),
        Some("rollback") => Ok(StopAction::Rollback),
        Some(other) => Err(ApiError::invalid(format!(
            "Invalid action '{other}': must be interrupt or rollback"
        ))),
    }
}

const fn word(action: StopAction) -> &'static str {
    match action {
        StopAction::Interrupt => "interrupt",
        StopAction::Rollback => "rollback",
        StopAction::TimeOut => "timeout",
        StopAction::StoreFailed => "error",
    }
}

/// `POST /threads/{thread_id}/runs/{run_id}/cancel`
pub(super) async fn cancel(call: Call) -> Result<Response, ApiError> {
    let ids = call
        .thread_id()
        .and_then(|thread_id| Ok((thread_id, call.run_id()?, stop_action(&call)?)));
    let (thread_id, run_id, action) = call.checked(ids).await?;
    let wait = call.query_flag("wait");
    let asked = (
        access("threads", "update"),
        object(
            json!({"thread_id": thread_id, "action": word(action), "metadata": {"run_ids": [run_id], "status": null}}),
        ),
    );
    let scope = if wait {
        // The answer shows what the thread holds.
        let shown = object(json!({"thread_id": thread_id}));
        let [update, read] = call
            .grants([asked, (access("threads", "read"), shown)])
            .await?;
        update.scope.and(&read.scope)
    } else {
        let [update] = call.grants([asked]).await?;
        update.scope
    };
    let found = Found {
        thread_id,
        run_id,
        scope: scope.clone(),
    };
    let run = found.run(&call).await?.ok_or_else(nothing_to_cancel)?;
    let reason = format!(
        "{} requested via POST /threads/{{thread_id}}/runs/{{run_id}}/cancel",
        word(action)
    );
    let target = CancelTarget::Runs(thread_id, vec![run_id]);
    let cancelled = call
        .app
        .engine
        .runs
        .cancel(target, action, reason, scope)
        .await?;
    if !cancelled.any() {
        return Err(ApiError::not_found(
            "No matching runs to cancel: the run has ended already.",
        ));
    }
    if !wait {
        return Ok(StatusCode::ACCEPTED.into_response());
    }
    let app = Arc::clone(&call.app);
    let body = async move {
        let outcome = match app.engine.runs.stopped(cancelled).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::error!("how a cancelled run ended could not be read: {error}");
                None
            }
        };
        join_body(&app, &found, outcome).await
    };
    Ok(located(
        slow_json(body, ()).await,
        &run,
        false,
        Some("join"),
    ))
}

fn nothing_to_cancel() -> ApiError {
    ApiError::not_found("No runs found to cancel.")
}

/// The body of `POST /runs/cancel`: either a status, or a thread and its runs.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("oneOf" = [
    {"required": ["status"], "not": {"anyOf": [{"required": ["thread_id"]}, {"required": ["run_ids"]}]}},
    {"required": ["thread_id", "run_ids"], "not": {"required": ["status"]}}
]))]
pub(super) struct CancelMany {
    /// Runs of all threads in this state.
    status: Option<CancelStatus>,
    /// The thread of `run_ids`.
    thread_id: Option<ThreadId>,
    /// The runs.
    run_ids: Option<Vec<RunId>>,
}

/// Which runs a bulk cancel means.
#[derive(Debug, Clone, Copy, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum CancelStatus {
    Pending,
    Running,
    All,
}

/// `POST /runs/cancel`
pub(super) async fn cancel_many(call: Call) -> Result<Response, ApiError> {
    let read = call.json::<CancelMany>().and_then(|body| {
        let target = match (body.status, body.thread_id, &body.run_ids) {
            (Some(CancelStatus::Pending), None, None) => {
                CancelTarget::Status(vec![RunStatus::Pending])
            }
            (Some(CancelStatus::Running), None, None) => {
                CancelTarget::Status(vec![RunStatus::Running])
            }
            (Some(CancelStatus::All), None, None) => {
                CancelTarget::Status(vec![RunStatus::Pending, RunStatus::Running])
            }
            (None, Some(thread_id), Some(run_ids)) => {
                CancelTarget::Runs(thread_id, run_ids.clone())
            }
            _ => {
                return Err(ApiError::invalid(
                    "Give either `status`, or `thread_id` together with `run_ids`.",
                ));
            }
        };
        Ok((body, target, stop_action(&call)?))
    });
    let ((_, target, action), grant) = call
        .authorize(read, access("threads", "update"), |(body, _, action)| {
            json!({"thread_id": body.thread_id, "action": word(*action), "metadata": {"run_ids": body.run_ids, "status": body.status}})
        })
        .await?;
    let reason = format!("{} requested via POST /runs/cancel", word(action));
    let cancelled = call
        .app
        .engine
        .runs
        .cancel(target, action, reason, grant.scope)
        .await?;
    if cancelled.any() {
        Ok(reply::no_content())
    } else {
        Err(nothing_to_cancel())
    }
}

/// `DELETE /threads/{thread_id}/runs/{run_id}`
pub(super) async fn delete(call: Call) -> Result<Response, ApiError> {
    let found = find(&call, "delete", json!({"run_id": call.path_text("run_id")})).await?;
    let deleted = call
        .app
        .engine
        .runs
        .delete(found.thread_id, found.run_id, &found.scope)
        .await?;
    if !deleted {
        return Err(ApiError::not_found("Run not found"));
    }
    Ok(reply::no_content())
}
