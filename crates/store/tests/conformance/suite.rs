//! What every backend of the store must do: the suite goes through the public operations alone, and `backend` alone knows what is behind them.
#![allow(
    clippy::unwrap_used,
    clippy::similar_names,
    reason = "a test that cannot go on says so by panicking"
)]
#![allow(
    clippy::needless_pass_by_value,
    reason = "`json!(…)` as an argument reads better than a reference to it"
)]

mod any_text;
mod assistants;
mod behind;
mod checkpoints;
mod commit_order;
mod crons;
mod events;
mod examples;
mod expiry;
mod filters;
mod item_batches;
mod items;
mod multitask;
mod queue;
mod races;
mod reports;
mod run_ends;
mod run_records;
mod run_search;
mod runs;
mod scopes;
mod standing;
mod thread_words;
mod threads;
mod updates;
mod versions;

use std::sync::Arc;

use lgx_model::{AssistantId, JsonObject, RawJson, Run, RunError, RunId, RunStatus, ThreadId};
use lgx_store::runs::{Admission, Admitted, Claim, Finish, Finished, NewRun, Recovered, StopOrder};
use lgx_store::threads::NewThread;
use lgx_store::{Creation, Scope};
use serde_json::{Value, json};

use self::examples::{ALL, at, new_run, object, raw, success, with_strategy};
use crate::backend::{Backend, open};

/// A thread made at second 0 with `metadata`.
async fn thread(store: &Backend, metadata: Value) -> ThreadId {
    thread_at(store, metadata, 0).await
}

async fn thread_at(store: &Backend, metadata: Value, seconds: i64) -> ThreadId {
    let new = NewThread {
        thread_id: ThreadId::fresh(),
        metadata: object(metadata),
        ttl: None,
        now: at(seconds),
    };
    match store.create_thread(new, &store.everything()).await.unwrap() {
        Creation::Created(thread) => thread.thread_id,
        other => panic!("{other:?}"),
    }
}

/// Admits a run that has to start at once.
async fn started(store: &Backend, new: NewRun) -> Admitted {
    match store.admit(new, &store.everything()).await.unwrap() {
        Admission::Started(admitted) => *admitted,
        other => panic!("{other:?}"),
    }
}

/// Admits a run that has to wait.
async fn queued(store: &Backend, new: NewRun) -> Admitted {
    match store.admit(new, &store.everything()).await.unwrap() {
        Admission::Queued(admitted) => *admitted,
        other => panic!("{other:?}"),
    }
}

/// Ends a run that nothing keeps from it.
async fn finish(store: &Backend, run_id: RunId, end: &Finish) -> Finished<Vec<ThreadId>> {
    let end = Arc::new(end.clone());
    let thread_id = thread_of(store, run_id).await;
    let may_end = || Ok::<_, ()>(());
    let claim = claim_on(store, thread_id, run_id).await;
    let finished = store.finish(claim, end, None, may_end, |ended| ended);
    finished.await.unwrap().unwrap()
}

/// The claim under which a run executes, or one that was never made.
async fn claim_on(store: &Backend, thread_id: ThreadId, run_id: RunId) -> Claim {
    let executing = store.list_executing_runs().await.unwrap();
    let mut claims = executing.into_iter().map(|executing| executing.claim);
    let claim = claims.find(|claim| claim.run_id == run_id);
    claim.unwrap_or(Claim {
        thread_id,
        run_id,
        number: 0,
    })
}

/// The thread of a run, or one that is not there.
async fn thread_of(store: &Backend, run_id: RunId) -> ThreadId {
    let thread_id = store.get_thread_of_run(run_id).await.unwrap();
    thread_id.unwrap_or_else(ThreadId::fresh)
}

async fn thread_row(store: &Backend, thread_id: ThreadId) -> lgx_model::Thread {
    let thread = store.get_thread(thread_id, &store.everything()).await;
    thread.unwrap().unwrap()
}

async fn run_status(store: &Backend, run: &Run) -> Option<RunStatus> {
    let everything = store.everything();
    let run = store.get_run(run.thread_id, run.run_id, &everything).await;
    run.unwrap().map(|run| run.status)
}

/// The order of somebody who cancels.
fn asked(rollback: bool) -> StopOrder {
    StopOrder {
        rollback,
        reason: "asked".to_owned(),
    }
}

/// What a server that starts finds. A run that had been told to stop is interrupted, or taken back.
async fn recovered(store: &Backend, seconds: i64) -> Recovered {
    let stopped = move |order: &StopOrder| Finish {
        status: RunStatus::Interrupted,
        rollback: order.rollback,
        ..Finish::failed(RunError::new("Stopped", order.reason.clone()), at(seconds))
    };
    store.recover_runs(at(seconds), stopped).await.unwrap()
}
