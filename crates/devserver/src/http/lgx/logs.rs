//! `GET /lgx/logs` and `GET /lgx/runs/{run_id}/logs`: lines that user code printed or logged, as far as they are kept.

use std::collections::HashSet;

use axum::response::Response;
use lgx_engine::announcements::log_ring::MOST_LINES;
use lgx_model::ThreadId;
use lgx_store::Scope;
use lgx_store::runs::RunLog;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::log_line::LogLineView;
use super::run_record;
use super::visible_threads::sees_project;
use crate::auth::access;
use crate::http::{ApiError, Call, reply};

/// Lines, the oldest first: of a run, or of all in this life of the server.
#[derive(Serialize, JsonSchema)]
pub(super) struct LogLines {
    lines: Vec<LogLineView>,
    /// How many came before these and are not kept any more; of a run its own, else of whatever wrote them.
    dropped: u64,
}

#[derive(Debug, Deserialize)]
struct After {
    after: Option<u64>,
}

/// `GET /lgx/logs`
pub(super) async fn all(call: Call) -> Result<Response, ApiError> {
    let (after, grant) = call
        .authorize(
            call.query::<After>().map(|query| query.after.unwrap_or(0)),
            access("threads", "search"),
            |_| json!({"metadata": {}, "values": {}, "status": null, "limit": MOST_LINES, "offset": 0}),
        )
        .await?;
    let ring = call.app.engine.announcements.logs().ring();
    let kept = ring.kept();
    let new = || kept.iter().filter(|told| told.id > after);
    let threads: HashSet<ThreadId> = new()
        .filter_map(|told| told.what.run.map(|(_, thread_id)| thread_id))
        .collect();
    let mut visible = HashSet::new();
    for thread_id in threads {
        if may_see(&call, thread_id, &grant.scope).await? {
            visible.insert(thread_id);
        }
    }
    let shown = new().filter(|told| match told.what.run {
        Some((_, thread_id)) => visible.contains(&thread_id),
        None => sees_project(&call),
    });
    let lines = shown.map(|told| LogLineView::of(told)).collect();
    Ok(reply::json(&LogLines {
        lines,
        dropped: ring.dropped(kept.first().map(AsRef::as_ref)),
    }))
}

async fn may_see(call: &Call, thread_id: ThreadId, scope: &Scope) -> Result<bool, ApiError> {
    Ok(!scope.may_hide() || call.store().thread_exists(thread_id, scope).await?)
}

/// `GET /lgx/runs/{run_id}/logs`
pub(super) async fn of_run(call: Call) -> Result<Response, ApiError> {
    let run = run_record::find(&call, false).await?.0.run;
    let after = call.query::<After>()?.after.unwrap_or(0);
    let RunLog { lines, dropped } = call.app.engine.runs.said(run.run_id).await?;
    let new = lines.into_iter().filter(|line| line.id > after);
    let shown = new.map(|line| LogLineView::of_run(line, run.run_id, run.thread_id));
    Ok(reply::json(&LogLines {
        lines: shown.collect(),
        dropped,
    }))
}
