//! `POST /internal/truncate`: clears what it is told to, so that a test begins with an empty server.

use axum::response::Response;
use lgx_model::forms::given;
use lgx_store::Scope;
use lgx_store::truncate::{OfThreads, Truncation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use serde_json::json;

use super::call::object;
use super::{ApiError, Call, items, reply};
use crate::auth::access;

/// Only a server for development has it.
pub(super) const PATH: &str = "/internal/truncate";

/// The body of `POST /internal/truncate`: what to clear.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub(super) struct Truncate {
    /// Runs, of all threads.
    runs: Option<bool>,
    /// Threads, with their runs, checkpoints and crons.
    threads: Option<bool>,
    /// Assistants, with their versions and crons; the default ones are back at once.
    assistants: Option<bool>,
    /// Checkpoints, of all threads.
    checkpointer: Option<bool>,
    /// Items of the store.
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
    let body: Truncate = call.checked(call.json()).await?;
    call.authenticate().await?;
    let mut what = Truncation::default();
    if let Some(of_threads) = body.of_threads() {
        what.threads = Some((of_threads, deletable(&call, "threads").await?));
    }
    if body.assistants == Some(true) {
        what.assistants = Some(deletable(&call, "assistants").await?);
    }
    if body.store == Some(true) {
        what.items = Some(items::clearable(&call).await?);
    }
    let takes_runs = body.of_threads().is_some();
    if takes_runs {
        // What is on its way to the state would come there after all.
        call.app.engine.runs.keep_gone().await;
    }
    call.app.engine.threads.truncate(what).await?;
    Ok(reply::json(&Truncated { ok: true }))
}

/// What of a resource the caller may delete.
async fn deletable(call: &Call, resource: &'static str) -> Result<Scope, ApiError> {
    let all = match resource {
        "threads" => json!({"thread_id": null}),
        _ => json!({"assistant_id": null}),
    };
    let granted = call.grant(access(resource, "delete"), object(all)).await?;
    Ok(granted.scope)
}
