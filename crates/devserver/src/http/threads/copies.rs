//! Threads as a whole: copy one, prune several, and how much one takes.

use std::collections::BTreeSet;

use axum::response::Response;
use lgx_model::forms::given;
use lgx_model::thread::without_reserved;
use lgx_model::{PruneStrategy, ThreadId, ThreadStatus, Timestamp};
use lgx_store::threads::ThreadCopy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::auth::access;
use crate::http::call::{object, uuid};
use crate::http::found_thread::no_thread;
use crate::http::{ApiError, Call, reply, state};

/// `POST /threads/{thread_id}/copy`
pub(in crate::http) async fn copy(call: Call) -> Result<Response, ApiError> {
    let id = call.checked(call.thread_id()).await?;
    let target = ThreadId::random();
    let [grant, create] = call
        .grants([
            (access("threads", "read"), object(json!({"thread_id": id}))),
            (
                access("threads", "create"),
                object(json!({"thread_id": target, "metadata": {}})),
            ),
        ])
        .await?;
    let source = call.store().get_thread(id, &grant.scope).await?;
    let source = source.ok_or_else(|| no_thread(id))?;
    let copy = ThreadCopy {
        source: source.thread_id,
        target,
        metadata: without_reserved(create.metadata()),
        now: Timestamp::now(),
    };
    let copied = call.store().copy_thread(copy, &grant.scope).await?;
    call.app.engine.expiry.changed();
    let mut thread = copied.ok_or_else(|| no_thread(source.thread_id))?;
    if source.status == ThreadStatus::Busy {
        // The run has made checkpoints since the row was written.
        thread = state::refresh(&call, thread, &create.caller).await?;
    }
    let announcements = &call.app.engine.announcements;
    announcements.thread(thread.thread_id, thread.status);
    Ok(reply::json(&thread))
}

/// The body of `POST /threads/prune`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in crate::http) struct Prune {
    /// Which threads; those that are not there do not count.
    #[schemars(with = "Vec<ThreadId>")]
    thread_ids: Vec<String>,
    /// What becomes of them.
    #[serde(default, deserialize_with = "given")]
    strategy: Option<PruneStrategy>,
}

/// What pruning came to.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::http) struct Pruned {
    /// How many threads were deleted, or lost what was before their latest state.
    pruned_count: usize,
}

/// `POST /threads/prune`
pub(in crate::http) async fn prune(call: Call) -> Result<Response, ApiError> {
    let read = call.json::<Prune>().and_then(|body| {
        let ids = body.thread_ids.iter().map(|id| uuid(id, "thread"));
        let ids = ids.collect::<Result<BTreeSet<ThreadId>, _>>()?;
        Ok((ids, body.strategy.unwrap_or_default()))
    });
    let ((ids, strategy), grant) = call
        .authorize(
            read,
            access("threads", "delete"),
            |(ids, _)| json!({"thread_ids": ids}),
        )
        .await?;
    let pruned_count = call
        .app
        .engine
        .threads
        .prune(ids, strategy, &grant.scope)
        .await?
        .ok_or_else(|| ApiError::not_found("At least one thread not found or not authorized"))?;
    Ok(reply::json(&Pruned { pruned_count }))
}

/// `GET /threads/{thread_id}/storage`
pub(in crate::http) async fn storage(call: Call) -> Result<Response, ApiError> {
    let (id, grant) = call
        .authorize(
            call.thread_id(),
            access("threads", "read"),
            |id| json!({"thread_id": id}),
        )
        .await?;
    let storage = call.store().get_thread_storage(id, &grant.scope).await?;
    Ok(reply::json(&storage.ok_or_else(|| no_thread(id))?))
}
