//! Runs that exist, as clients follow them: one of them here; the list, waiting and streaming in a file each.

mod away;

pub(super) mod join;
pub(super) mod list;
pub(super) mod stream;

use std::sync::Arc;

use axum::response::Response;
use lgx_engine::runs::registry::Live;
use lgx_model::{Run, RunId, Thread, ThreadId};
use lgx_store::Scope;
use serde_json::{Value, json};

use super::found_thread::no_thread;
use super::keep_alive::Abandon;
use super::{ApiError, Call, reply};
use crate::auth::access;

/// The run the path names, if the caller may see its thread.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) thread_id: ThreadId,
    pub(super) run_id: RunId,
    pub(super) scope: Scope,
}

pub(super) async fn find(
    call: &Call,
    action: &'static str,
    more: Value,
) -> Result<Found, ApiError> {
    let ids = call
        .thread_id()
        .and_then(|thread_id| Ok((thread_id, call.run_id()?)));
    let ((thread_id, run_id), grant) = call
        .authorize(ids, access("threads", action), |(thread_id, _)| {
            let mut value = more;
            value["thread_id"] = json!(thread_id);
            value
        })
        .await?;
    Ok(Found {
        thread_id,
        run_id,
        scope: grant.scope,
    })
}

impl Found {
    async fn thread(&self, call: &Call) -> Result<Option<Thread>, ApiError> {
        Ok(call.store().get_thread(self.thread_id, &self.scope).await?)
    }

    pub(super) async fn run(&self, call: &Call) -> Result<Option<Run>, ApiError> {
        let (thread_id, run_id) = (self.thread_id, self.run_id);
        Ok(call.store().get_run(thread_id, run_id, &self.scope).await?)
    }

    /// The run while it lasts, which it does at the home of its thread.
    async fn live(&self, call: &Call) -> Result<Option<Arc<Live>>, ApiError> {
        // The registry alone does not know who may see the thread.
        match self.run(call).await? {
            None => return Ok(None),
            Some(run) if run.status.is_final() => {}
            Some(_) => call.take_home(self.thread_id).await?,
        }
        Ok(call
            .app
            .engine
            .runs
            .live(self.thread_id, self.run_id, self.scope.clone())
            .await?)
    }
}

/// `GET /threads/{thread_id}/runs/{run_id}`
pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let found = find(&call, "read", json!({})).await?;
    if let Some(run) = found.run(&call).await? {
        return Ok(reply::json(&run));
    }
    found
        .thread(&call)
        .await?
        .ok_or_else(|| no_thread(found.thread_id))?;
    Err(hidden_run(found.run_id))
}

/// 404 for a run that may be somebody else's.
fn hidden_run(run_id: RunId) -> ApiError {
    ApiError::not_found(format!("Run with ID {run_id} not found"))
}

/// What becomes of the run when the client goes.
fn abandon(call: &Call) -> Abandon {
    if call.query_flag("cancel_on_disconnect") {
        Abandon::Cancel
    } else {
        Abandon::Nothing
    }
}
