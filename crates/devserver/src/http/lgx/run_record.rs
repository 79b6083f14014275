//! `GET /lgx/runs/{run_id}` and `…/calls`: what a run did, step by step, what it raised, and what it called.

use axum::response::Response;
use lgx_model::{RawJson, RunId, RunKwargs, RunStep, RunSummary, TracedCall};
use lgx_store::runs::{RecordedRun, RunRecord};
use lgx_worker::Diagnostic;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::diagnostic::DiagnosticView;
use crate::app::App;
use crate::auth::access;
use crate::http::{ApiError, Call, reply};

/// Everything that is known of a run but its calls and logs.
#[derive(Serialize, JsonSchema)]
pub(super) struct RunRecordView {
    #[serde(flatten)]
    summary: RunSummary,
    /// As it was asked for.
    kwargs: RunKwargs,
    /// The tasks that it executed, in the order in which they started.
    steps: Vec<RunStep>,
    /// How many steps are left out, because there were too many.
    steps_dropped: u64,
    /// What was raised, if it failed.
    error: Option<DiagnosticView>,
}

/// The calls of models, tools and retrievers that a run made.
#[derive(Serialize, JsonSchema)]
pub(super) struct RunCalls {
    /// In the order in which they began.
    calls: Vec<TracedCall>,
    /// How many are left out, because there were too many.
    dropped: u64,
}

/// `GET /lgx/runs/{run_id}`
pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let (RecordedRun { run, record, .. }, summary) = find(&call, false).await?;
    let error = record
        .error
        .as_ref()
        .and_then(|error| view(error, &call.app));
    Ok(reply::json(&RunRecordView {
        summary,
        kwargs: run.kwargs,
        steps: record.steps,
        steps_dropped: record.steps_dropped,
        error,
    }))
}

/// `GET /lgx/runs/{run_id}/calls`
pub(super) async fn calls(call: Call) -> Result<Response, ApiError> {
    let RunRecord {
        calls,
        calls_dropped,
        ..
    } = find(&call, true).await?.0.record;
    Ok(reply::json(&RunCalls {
        calls,
        dropped: calls_dropped,
    }))
}

/// The run, if the caller may read its thread.
pub(super) async fn find(
    call: &Call,
    with_calls: bool,
) -> Result<(RecordedRun, RunSummary), ApiError> {
    let runs = &call.app.engine.runs;
    let run_id = call.run_id();
    let thread_id = match &run_id {
        Ok(run_id) => runs.thread_of(*run_id).await?,
        Err(_) => None,
    };
    let (run_id, grant) = call
        .authorize(
            run_id,
            access("threads", "read"),
            |_| json!({"thread_id": thread_id}),
        )
        .await?;
    let found = runs.recorded(run_id, with_calls, &grant.scope).await?;
    found.ok_or_else(|| no_run(run_id))
}

fn no_run(run_id: RunId) -> ApiError {
    ApiError::not_found(format!("Run with ID {run_id} not found"))
}

fn view(error: &RawJson, app: &App) -> Option<DiagnosticView> {
    let diagnostic: Diagnostic = error.parse().ok()?;
    Some(DiagnosticView::of(&diagnostic, app))
}
