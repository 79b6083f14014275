//! `POST /internal/truncate`: clears what it is told to, so that a test begins with an empty server.

use std::sync::Arc;

use axum::response::Response;
use lgx_model::forms::given;
use lgx_model::{JsonObject, Timestamp};
use lgx_store::Scope;
use lgx_store::truncate::{self, OfThreads};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ApiError, Call, items, reply};
use crate::auth::access;

/// The body of `POST /internal/truncate`: what to clear.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub(super) struct Truncate {
    /// Runs, of all threads.
    #[serde(default, deserialize_with = "given")]
    runs: Option<bool>,
    /// Threads, with their runs, checkpoints and crons.
    #[serde(default, deserialize_with = "given")]
    threads: Option<bool>,
    /// Assistants, with their versions and crons; the default ones are back at once.
    #[serde(default, deserialize_with = "given")]
    assistants: Option<bool>,
    /// Checkpoints, of all threads.
    #[serde(default, deserialize_with = "given")]
    checkpointer: Option<bool>,
    /// Items of the store.
    #[serde(default, deserialize_with = "given")]
    store: Option<bool>,
}

/// What is cleared is gone.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Truncated {
    ok: bool,
}

impl Truncate {
    /// What becomes of threads, if anything.
    fn of_threads(self) -> Option<OfThreads> {
        let is_set = |flag: Option<bool>| flag == Some(true);
        let (runs, checkpoints) = (is_set(self.runs), is_set(self.checkpointer));
        if is_set(self.threads) {
            Some(OfThreads::All)
        } else {
            (runs || checkpoints).then_some(OfThreads::Only { runs, checkpoints })
        }
    }
}

/// `POST /internal/truncate`
pub(super) async fn truncate(call: Call) -> Result<Response, ApiError> {
    let body: Truncate = match call.json() {
        Ok(body) => body,
        Err(error) => {
            call.authenticate().await?;
            return Err(error);
        }
    };
    call.authenticate().await?;
    let of_threads = match body.of_threads() {
        Some(what) => Some((what, deletable(&call, "threads").await?)),
        None => None,
    };
    let of_assistants = match body.assistants {
        Some(true) => Some(deletable(&call, "assistants").await?),
        _ => None,
    };
    let of_items = match body.store {
        Some(true) => Some(items::clearable(&call).await?),
        _ => None,
    };
    let registry = Arc::clone(call.app.engine.runs.registry());
    let (emptied, fenced) = call
        .app
        .engine
        .store
        .write(move |connection| {
            let now = Timestamp::now();
            let emptied = match of_threads {
                Some((what, scope)) => truncate::threads(connection, what, &scope, now)?,
                None => Vec::new(),
            };
            if let Some(scope) = of_assistants {
                truncate::assistants(connection, &scope, now)?;
            }
            if let Some(namespace) = of_items {
                lgx_store::items::clear(connection, &namespace)?;
            }
            let fenced = registry.fence(|live| emptied.contains(&live.thread_id));
            Ok((emptied, fenced))
        })
        .await?;
    call.app.engine.runs.deleted(fenced);
    for thread_id in emptied {
        call.app.engine.events.thread_gone(thread_id);
    }
    Ok(reply::json(&Truncated { ok: true }))
}

/// What of a resource the caller may delete.
async fn deletable(call: &Call, resource: &'static str) -> Result<Scope, ApiError> {
    let granted = call
        .grant(access(resource, "delete"), JsonObject::new())
        .await?;
    Ok(granted.scope)
}
