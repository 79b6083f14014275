//! Waiting for the result of a run that exists.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use lgx_engine::runs::outcome::{Outcome, error_body, interrupts_body};
use lgx_engine::runs::registry::Live;
use lgx_model::{Interrupts, RunError, Thread, ThreadStatus};
use serde_json::json;
use serde_json::value::RawValue;

use super::{Found, abandon, away, find, hidden_run};
use crate::app::App;
use crate::http::keep_alive::slow_json;
use crate::http::runs::{located, located_at};
use crate::http::{ApiError, Call, reply};

/// `GET /threads/{thread_id}/runs/{run_id}/join`
pub(in crate::http) async fn join(call: Call) -> Result<Response, ApiError> {
    let found = find(&call, "read", json!({})).await?;
    let Some(run) = found.run(&call).await? else {
        if found.scope.may_hide() {
            return Err(hidden_run(found.run_id));
        }
        // 200, as clients that reconnect expect, also when the thread of a stateless run has gone with it.
        let gone = reply::json_bytes(Outcome::gone().wait_body());
        let thread_id = Some(found.thread_id);
        return Ok(located_at(gone, thread_id, found.run_id, Some("join")));
    };
    if call.home_is_away && !run.status.is_final() {
        let app = Arc::clone(&call.app);
        let body = async move {
            // Why it cannot be read is told below.
            let _ = away::ended(&app.engine.store, &found).await;
            join_body(&app, &found, None).await
        };
        let response = slow_json(body, ()).await;
        return Ok(located(response, &run, false, Some("join")));
    }
    let live = found.live(&call).await?;
    let guard = live.as_ref().and_then(|live| abandon(&call).guard(live));
    let app = Arc::clone(&call.app);
    // The event protocol streams the whole state, and no run of it is waited for.
    let as_wait = !run.kwargs.is_event_streaming();
    let body = async move {
        let outcome = match live {
            Some(live) => ended(&app, &live).await,
            None => None,
        };
        match outcome {
            Some(outcome) if as_wait => outcome.wait_body(),
            outcome => join_body(&app, &found, outcome).await,
        }
    };
    Ok(located(
        slow_json(body, guard).await,
        &run,
        false,
        Some("join"),
    ))
}

/// How a run ended that was live here; nothing if only the state knows, since another instance had taken it over, or the database did not say
/// that it had saved the end.
pub(in crate::http) async fn ended(app: &App, live: &Live) -> Option<Arc<Outcome>> {
    let outcome = live.log.ended().await;
    if outcome.is_suspended()
        && let Ok(Some(_)) = app.engine.runs.over_elsewhere(live.run_id).await
    {
        return None;
    }
    Some(outcome)
}

/// What a join answers that begins when the run has ended: what the thread shows now.
pub(in crate::http) async fn join_body(
    app: &App,
    found: &Found,
    outcome: Option<Arc<Outcome>>,
) -> Bytes {
    if let Some(outcome) = outcome
        .as_ref()
        .filter(|outcome| !outcome.status.is_final())
    {
        return outcome.wait_body();
    }
    let store = &app.engine.store;
    match store.get_thread(found.thread_id, &found.scope).await {
        Ok(Some(thread)) => thread_body(&thread).into(),
        // The thread went with its run: the run's own outcome is all there is.
        Ok(None) => outcome.map_or_else(
            || Outcome::gone().wait_body(),
            |outcome| outcome.wait_body(),
        ),
        Err(error) => {
            tracing::error!("a join could not read the thread: {error}");
            error_body(&RunError::new("StoreError", "the thread could not be read")).into()
        }
    }
}

fn thread_body(thread: &Thread) -> String {
    if let Some(error) = thread
        .error
        .as_ref()
        .filter(|_| thread.status == ThreadStatus::Error)
    {
        return error_body(error);
    }
    let interrupts = Interrupts::of(&thread.interrupts);
    let flat: Vec<Box<RawValue>> = interrupts
        .all()
        .filter_map(|interrupt| serde_json::value::to_raw_value(interrupt).ok())
        .collect();
    if !flat.is_empty() {
        return interrupts_body(&flat);
    }
    if thread.values.is_null() {
        "{}".into()
    } else {
        thread.values.get().to_owned()
    }
}
