//! `POST /lgx/runs/search`: runs over all threads, at a glance.

use axum::response::Response;
use lgx_model::query::{Page, RunSearch};
use lgx_model::{AssistantId, CronId, RunStatus, RunSummary, ThreadId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::auth::access;
use crate::http::{ApiError, Call, reply};

/// How many come when it is not said how many.
const USUAL: u32 = 50;
/// How many come at most.
const MOST: u32 = 1_000;

/// Which runs are asked for; the newest come first.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct RunSearchBody {
    /// Only in this status.
    status: Option<RunStatus>,
    /// Only of this graph.
    graph_id: Option<String>,
    /// Only of this assistant.
    assistant_id: Option<AssistantId>,
    /// Only on this thread.
    thread_id: Option<ThreadId>,
    /// Only those that this cron asked for.
    cron_id: Option<CronId>,
    /// Only those that were made at this time or later.
    created_after: Option<Timestamp>,
    /// Only those that were made before this time.
    created_before: Option<Timestamp>,
    /// How many at most, up to 1000; 50 when absent.
    limit: Option<u32>,
    /// How many to pass over.
    offset: Option<u64>,
}

impl RunSearchBody {
    fn page(&self) -> Page {
        Page {
            limit: self.limit.unwrap_or(USUAL).min(MOST),
            offset: self.offset.unwrap_or(0),
        }
    }
}

/// The runs that were found.
#[derive(Serialize, JsonSchema)]
pub(super) struct RunsFound {
    /// One page of them.
    runs: Vec<RunSummary>,
    /// How many there are on all pages.
    total: u64,
}

/// `POST /lgx/runs/search`
pub(super) async fn search(call: Call) -> Result<Response, ApiError> {
    let (body, grant) = call
        .authorize(
            call.json::<RunSearchBody>(),
            access("threads", "search"),
            |body| {
                let Page { limit, offset } = body.page();
                json!({"metadata": {}, "values": {}, "status": null, "limit": limit, "offset": offset})
            },
        )
        .await?;
    let page = body.page();
    let query = RunSearch {
        status: body.status,
        graph_id: body.graph_id,
        assistant_id: body.assistant_id,
        thread_id: body.thread_id,
        cron_id: body.cron_id,
        created_after: body.created_after,
        created_before: body.created_before,
    };
    let found = call
        .app
        .engine
        .runs
        .search(query, page, &grant.scope)
        .await?;
    Ok(reply::json(&RunsFound {
        runs: found.rows,
        total: found.total,
    }))
}
