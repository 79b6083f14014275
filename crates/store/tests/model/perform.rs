//! An operation on a store, and its answer as a text in which all of it stands.

use std::fmt::Debug;
use std::sync::Arc;

use lgx_model::item::ItemOutcome;
use lgx_model::{Assistant, FoundItem, RunError, RunId, RunStatus, ThreadId, Timestamp};
use lgx_store::crons::StoredCron;
use lgx_store::items::PerformedItems;
use lgx_store::runs::{Claim, Finish, StopOrder};
use lgx_store::{Scope, Store, StoreError};

use crate::operation::{Operation, Step};

/// How a run ends that had been told to stop when its server ended.
pub(crate) fn stopped(now: Timestamp) -> impl Fn(&StopOrder) -> Finish + Send + 'static {
    move |order: &StopOrder| Finish {
        status: RunStatus::Interrupted,
        rollback: order.rollback,
        ..Finish::failed(RunError::new("Stopped", order.reason.clone()), now)
    }
}

/// What somebody says who cancels.
pub(crate) fn order(rollback: bool) -> StopOrder {
    StopOrder {
        rollback,
        reason: "asked".to_owned(),
    }
}

/// Scores are told with so many digits as they are the same with everywhere.
pub(crate) fn rounded(mut found: Vec<FoundItem>) -> Vec<FoundItem> {
    for item in &mut found {
        item.score = item.score.map(|score| (score * 1e5).round() / 1e5 + 0.0);
    }
    found
}

/// The outcomes of a batch, with what was found as [`rounded`] has it.
pub(crate) fn outcomes(performed: PerformedItems) -> PerformedItems {
    let outcomes = performed.outcomes.into_iter();
    let outcomes = outcomes.map(|outcome| match outcome {
        ItemOutcome::Items(found) => ItemOutcome::Items(rounded(found)),
        other => other,
    });
    PerformedItems {
        outcomes: outcomes.collect(),
        more: performed.more,
    }
}

pub(crate) fn told<T: Debug>(answer: T) -> String {
    format!("{answer:#?}")
}

fn answer<T: Debug>(result: Result<T, StoreError>) -> String {
    match result {
        Ok(answer) => told(answer),
        Err(error) => format!("error: {error}"),
    }
}

/// Performs a step on behalf of whoever has this scope.
#[expect(clippy::too_many_lines, reason = "a line for each operation")]
pub(crate) async fn perform(store: &Store, step: Step, scope: &Scope) -> String {
    let now = step.now;
    let stopped = stopped(now);
    match step.operation {
        Operation::SyncDefaultAssistants(graphs) => {
            answer(store.sync_default_assistants(graphs, now).await)
        }
        Operation::CreateAssistant(assistant) => {
            answer(store.create_assistant(assistant, scope).await)
        }
        Operation::GetAssistant(id) => answer(store.get_assistant(id, scope).await),
        Operation::GetRunnableAssistant(id) => {
            answer(store.get_runnable_assistant(id, scope).await)
        }
        Operation::ChangeAssistant(id, name, metadata) => {
            let change = move |assistant: &mut Assistant| {
                assistant.name = name;
                assistant.metadata.extend(metadata);
            };
            answer(store.change_assistant(id, scope, now, change).await)
        }
        Operation::ListAssistantVersions(id, metadata, page) => answer(
            store
                .list_assistant_versions(id, metadata, page, scope)
                .await,
        ),
        Operation::RestoreAssistantVersion(id, version) => answer(
            store
                .restore_assistant_version(id, version, scope, now)
                .await,
        ),
        Operation::SearchAssistants(query, page) => {
            answer(store.search_assistants(query, page, scope).await)
        }
        Operation::CountAssistants(query) => answer(store.count_assistants(query, scope).await),
        Operation::DeleteAssistant(id, with_threads) => {
            let of_threads = with_threads.then(|| scope.clone());
            answer(
                store
                    .delete_assistant(id, scope, of_threads, now, |ended| ended)
                    .await,
            )
        }

        Operation::CreateThread(new) => answer(store.create_thread(new, scope).await),
        Operation::GetThread(id) => answer(store.get_thread(id, scope).await),
        Operation::GetThreadTtl(id) => answer(store.get_thread_ttl(id, scope).await),
        Operation::PatchThread(id, metadata, ttl) => {
            answer(store.patch_thread(id, metadata, ttl, now, scope).await)
        }
        Operation::SetThreadState(id, state) => {
            answer(store.set_thread_state(id, state, now).await)
        }
        Operation::CopyThread(copy) => answer(store.copy_thread(copy, scope).await),
        Operation::SearchThreads(query, page) => {
            answer(store.search_threads(query, page, scope).await)
        }
        Operation::CountThreads(query) => answer(store.count_threads(query, scope).await),
        Operation::DeleteThread(id) => answer(store.delete_thread(id, scope, |ended| ended).await),
        Operation::PruneThreads(ids, strategy) => answer(
            store
                .prune_threads(ids, strategy, scope, |ended| ended)
                .await,
        ),
        Operation::ExpireThreads => {
            let sorted = |mut ended: Vec<ThreadId>| {
                ended.sort_unstable();
                ended
            };
            answer(store.expire_threads(now, sorted).await)
        }
        Operation::NextThreadExpiry => answer(store.next_thread_expiry(now).await),
        Operation::ThreadsBehind => {
            let behind = store.threads_behind().await;
            answer(behind.map(|mut behind| {
                behind.sort_by_key(|behind| behind.thread_id);
                behind
            }))
        }
        Operation::CatchUp(id, checkpoint_id, state) => {
            answer(store.catch_up(id, checkpoint_id, state, now).await)
        }

        Operation::Admit(new) => answer(store.admit(*new, scope).await),
        Operation::Claim => answer(store.claim(now, |_| ()).await),
        Operation::Finish(thread_id, run_id, end) => {
            let may_end = || Ok::<_, ()>(());
            let end = Arc::new(*end);
            let claim = claim_on(store, thread_id, run_id).await;
            answer(store.finish(claim, end, None, may_end, |ended| ended).await)
        }
        Operation::ExecuteAgain(thread_id, run_id) => {
            let claim = claim_on(store, thread_id, run_id).await;
            answer(store.execute_again(claim, true, None, || ()).await)
        }
        Operation::CancelRuns(which, rollback) => answer(
            store
                .cancel_runs(which, order(rollback), now, scope, |cancelled| cancelled)
                .await,
        ),
        Operation::DeleteRun(thread_id, run_id) => answer(
            store
                .delete_run(thread_id, run_id, scope, |status| status)
                .await,
        ),
        Operation::GetRun(thread_id, run_id) => {
            answer(store.get_run(thread_id, run_id, scope).await)
        }
        Operation::ListRuns(thread_id, query, page) => {
            answer(store.list_runs(thread_id, query, page, scope).await)
        }
        Operation::SearchRuns(search, page) => answer(store.search_runs(search, page, scope).await),
        Operation::ListActiveRuns(thread_id) => {
            answer(store.list_active_runs(thread_id, scope).await)
        }
        Operation::ListThreadsOfAssistant(asked) => {
            answer(store.list_threads_of_assistant(asked, scope).await)
        }
        Operation::GetThreadToAnswer(thread_id) => {
            answer(store.get_thread_to_answer(thread_id, scope).await)
        }
        Operation::RunQueue => answer(store.run_queue(now).await),
        Operation::NextDueRun => answer(store.next_due_run(now).await),
        Operation::RecoverRuns => answer(store.recover_runs(now, stopped).await),

        Operation::PutCheckpoint(row, channels) => {
            answer(store.put_checkpoint(None, *row, channels).await.await)
        }
        Operation::PutWrites(writes) => {
            answer(store.put_checkpoint_writes(None, writes).await.await)
        }
        Operation::GetCheckpoint(thread_id, ns, id) => {
            answer(store.get_checkpoint(thread_id, ns, id).await.await)
        }
        Operation::ListCheckpoints(query) => answer(store.list_checkpoints(query).await.await),
        Operation::ListCheckpointSummaries(thread_id, ns, page) => answer(
            store
                .list_checkpoint_summaries(thread_id, ns, page, scope)
                .await,
        ),
        Operation::DeleteCheckpoints(thread_id) => {
            answer(store.delete_checkpoints(thread_id).await.await)
        }
        Operation::DeleteCheckpointsOfRuns(runs) => {
            let runs = runs.iter().map(ToString::to_string).collect();
            answer(store.delete_checkpoints_of_runs(runs).await.await)
        }
        Operation::CopyCheckpoints(source, target) => {
            answer(store.copy_checkpoints(source, target).await.await)
        }
        Operation::PruneCheckpoints(ids, strategy) => {
            answer(store.prune_checkpoints(ids, strategy).await.await)
        }

        Operation::PerformItems(operations) => {
            let performed = store.perform_items(operations, usize::MAX, now).await.await;
            answer(performed.map(outcomes))
        }
        Operation::SearchItems(search, refresh) => {
            answer(store.search_items(search, refresh, now).await.map(rounded))
        }
        Operation::ExpireItems => answer(store.expire_items(now).await),
        Operation::NextItemExpiry => answer(store.next_item_expiry().await),

        Operation::CreateCron(stored) => answer(store.create_cron(stored, scope).await),
        Operation::GetCron(id) => answer(store.get_cron(id, scope).await),
        Operation::ChangeCron(id, enabled, next) => {
            let change = move |stored: &mut StoredCron| {
                stored.cron.enabled = enabled;
                stored.cron.next_run_date = next;
                stored.cron.updated_at = now;
                Ok::<_, ()>(())
            };
            answer(store.change_cron(id, scope, change).await)
        }
        Operation::DeleteCron(id) => answer(store.delete_cron(id, scope).await),
        Operation::SearchCrons(query, page) => {
            answer(store.search_crons(query, page, scope, scope).await)
        }
        Operation::CountCrons(query) => answer(store.count_crons(query, scope, scope).await),
        Operation::ListDueCrons => answer(store.list_due_crons(now).await),
        Operation::ListCronsAhead => answer(store.list_crons_ahead(now).await),
        Operation::NextDueCron => answer(store.next_due_cron().await),
        Operation::AdvanceCron(firing) => answer(store.advance_cron(firing).await),
        Operation::AdmitForCron(new, firing) => answer(store.admit_for_cron(*new, firing).await),
    }
}

/// The claim under which a run of this thread executes, or one that was never made.
async fn claim_on(store: &Store, thread_id: ThreadId, run_id: RunId) -> Claim {
    let executing = store.list_executing_runs().await.unwrap();
    let mut claims = executing.into_iter().map(|executing| executing.claim);
    let claim = claims.find(|claim| (claim.thread_id, claim.run_id) == (thread_id, run_id));
    claim.unwrap_or(Claim {
        thread_id,
        run_id,
        number: 0,
    })
}
