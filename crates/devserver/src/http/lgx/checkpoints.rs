//! `GET /lgx/threads/{thread_id}/checkpoints`: the history of a thread at a glance, without values.

use axum::response::Response;
use lgx_model::query::Page;
use serde::Deserialize;
use serde_json::json;

use crate::auth::access;
use crate::http::found_thread::no_thread;
use crate::http::{ApiError, Call, reply};

/// How many come when it is not said how many.
const USUAL: u32 = 100;
/// How many come at most.
const MOST: u32 = 1_000;

/// What of them is asked for.
#[derive(Debug, Deserialize)]
struct CheckpointPage {
    limit: Option<u32>,
    offset: Option<u64>,
    ns: Option<String>,
}

/// `GET /lgx/threads/{thread_id}/checkpoints`
pub(super) async fn list(call: Call) -> Result<Response, ApiError> {
    let read = call
        .thread_id()
        .and_then(|id| Ok((id, call.query::<CheckpointPage>()?)));
    let ((id, asked), grant) = call
        .authorize(
            read,
            access("threads", "read"),
            |(id, _)| json!({"thread_id": id}),
        )
        .await?;
    let page = Page {
        limit: asked.limit.unwrap_or(USUAL).min(MOST),
        offset: asked.offset.unwrap_or(0),
    };
    let found = call
        .store()
        .list_checkpoint_summaries(id, asked.ns, page, &grant.scope)
        .await?;
    Ok(reply::json(&found.ok_or_else(|| no_thread(id))?))
}
