//! The model: a store that keeps everything in memory and goes through all of it for each answer. It is short where it can be slow.

mod assistants;
mod checkpoints;
mod crons;
mod items;
mod runs;
mod threads;

use std::collections::BTreeMap;

use lgx_model::query::{Page, SortOrder};
use lgx_model::{AssistantId, CronId, JsonObject, ThreadId, Timestamp};
use lgx_store::crons::StoredCron;
use serde_json::Value;

use self::assistants::KeptAssistant;
use self::checkpoints::Checkpoints;
use self::items::Items;
use self::runs::KeptRun;
use self::threads::KeptThread;
use crate::operation::{Caller, Operation, Step};
use crate::perform::told;

/// All that is kept.
#[derive(Default)]
pub(crate) struct Memory {
    /// Rises with everything that is made.
    sequence: u64,
    assistants: BTreeMap<AssistantId, KeptAssistant>,
    threads: BTreeMap<ThreadId, KeptThread>,
    /// In the order in which they were made.
    runs: BTreeMap<u64, KeptRun>,
    checkpoints: Checkpoints,
    items: Items,
    crons: BTreeMap<CronId, (u64, StoredCron)>,
}

impl Memory {
    /// What a step answers; nothing where the model does not know it.
    #[expect(clippy::too_many_lines, reason = "a line for each operation")]
    pub(crate) fn perform(&mut self, step: Step) -> Option<String> {
        let (now, caller) = (step.now, step.caller);
        let stopped = crate::perform::stopped(now);
        Some(match step.operation {
            Operation::SyncDefaultAssistants(graphs) => told(self.sync_defaults(&graphs, now)),
            Operation::CreateAssistant(assistant) => told(self.create_assistant(assistant, caller)),
            Operation::GetAssistant(id) => told(self.assistant(id, caller)),
            Operation::GetRunnableAssistant(id) => told(self.runnable_assistant(id, caller)),
            Operation::ChangeAssistant(id, name, metadata) => {
                told(self.change_assistant(id, name, metadata, now, caller))
            }
            Operation::ListAssistantVersions(id, metadata, page) => {
                told(self.assistant_versions(id, &metadata, page, caller))
            }
            Operation::RestoreAssistantVersion(id, version) => {
                told(self.restore_version(id, version, now, caller))
            }
            Operation::SearchAssistants(query, page) => {
                told(paged(self.assistants_that_match(&query, caller), page))
            }
            Operation::CountAssistants(query) => {
                told(self.assistants_that_match(&query, caller).len())
            }
            Operation::DeleteAssistant(id, with_threads) => {
                told(self.delete_assistant(id, with_threads, now, caller))
            }

            Operation::CreateThread(new) => told(self.create_thread(new, caller)),
            Operation::GetThread(id) => told(self.thread(id, caller)),
            Operation::GetThreadTtl(id) => told(self.thread_ttl(id, caller)),
            Operation::PatchThread(id, metadata, ttl) => {
                told(self.patch_thread(id, metadata, ttl, now, caller))
            }
            Operation::SetThreadState(id, state) => told(self.set_state(id, state, now)),
            Operation::CopyThread(copy) => told(self.copy_thread(copy, caller)),
            Operation::SearchThreads(query, page) => {
                told(paged(self.threads_that_match(&query, caller), page))
            }
            Operation::CountThreads(query) => told(self.threads_that_match(&query, caller).len()),
            Operation::DeleteThread(id) => told(self.delete_thread(id, caller)),
            Operation::PruneThreads(ids, strategy) => {
                told(self.prune_threads(&ids, strategy, caller))
            }
            Operation::ExpireThreads => told(self.expire_threads(now)),
            Operation::NextThreadExpiry => told(self.next_thread_expiry(now)),
            Operation::ThreadsBehind => told(self.threads_behind()),
            Operation::CatchUp(id, checkpoint_id, state) => {
                told(self.catch_up(id, &checkpoint_id, state, now))
            }

            Operation::Admit(new) => told(self.admit(*new, now, caller)),
            Operation::Claim => told(self.claim(now).map(|claimed| (claimed, ()))),
            Operation::Finish(thread_id, run_id, end) => {
                told(Ok::<_, ()>(self.finish(thread_id, run_id, &end, now)))
            }
            Operation::ExecuteAgain(thread_id, run_id) => {
                told(self.execute_again(thread_id, run_id))
            }
            Operation::CancelRuns(which, rollback) => {
                told(self.cancel(&which, rollback, now, caller))
            }
            Operation::DeleteRun(thread_id, run_id) => {
                told(self.delete_run(thread_id, run_id, caller))
            }
            Operation::GetRun(thread_id, run_id) => told(self.run(thread_id, run_id, caller)),
            Operation::ListRuns(thread_id, query, page) if query.fields.has("kwargs") => {
                told(self.runs_of_thread(thread_id, query.status, page, caller))
            }
            Operation::SearchRuns(search, page) => {
                told(paged(self.runs_that_match(&search, caller), page))
            }
            Operation::ListActiveRuns(thread_id) => {
                told(self.visible_active_runs(thread_id, caller))
            }
            Operation::GetThreadToAnswer(thread_id) => {
                told(self.thread_to_answer(thread_id, caller))
            }
            Operation::NextDueRun => told(self.next_due_run(now)),
            Operation::RecoverRuns => told(self.recover(now, stopped)),
            // These are put together of rows that other operations show.
            Operation::ListRuns(..)
            | Operation::ListThreadsOfAssistant(_)
            | Operation::RunQueue => {
                return None;
            }

            Operation::PutCheckpoint(row, channels) => told(self.put_checkpoint(*row, channels)),
            Operation::PutWrites(writes) => told(self.checkpoints.put_writes(writes)),
            Operation::GetCheckpoint(thread_id, ns, id) => {
                told(self.checkpoints.get(thread_id, &ns, id.as_deref()))
            }
            Operation::ListCheckpoints(query) => told(self.checkpoints.list(&query)),
            Operation::ListCheckpointSummaries(..) => return None,
            Operation::DeleteCheckpoints(thread_id) => {
                told(self.checkpoints.delete_thread(thread_id))
            }
            Operation::DeleteCheckpointsOfRuns(runs) => {
                let runs: Vec<String> = runs.iter().map(ToString::to_string).collect();
                let of_runs = self.runs.values().map(|kept| &kept.run);
                let of_runs = of_runs.filter(|run| runs.contains(&run.run_id.to_string()));
                let threads: Vec<ThreadId> = of_runs.map(|run| run.thread_id).collect();
                told(self.checkpoints.delete_for_runs(&runs, &threads))
            }
            Operation::CopyCheckpoints(source, target) => {
                told(self.checkpoints.copy_thread(source, target))
            }
            Operation::PruneCheckpoints(ids, strategy) => {
                told(self.checkpoints.prune(&ids, strategy))
            }

            Operation::PerformItems(operations) => {
                told(self.items.perform(&operations, now, &mut self.sequence)?)
            }
            Operation::SearchItems(search, refresh) => {
                told(self.items.search(&search, refresh, now)?)
            }
            Operation::ExpireItems => told(self.items.expire(now)),
            Operation::NextItemExpiry => told(self.items.next_expiry()),

            Operation::CreateCron(stored) => told(self.create_cron(stored, caller)),
            Operation::GetCron(id) => told(self.cron(id, caller)),
            Operation::ChangeCron(id, enabled, next) => told(
                self.change_cron(id, enabled, next, now, caller)
                    .map(Ok::<_, ()>),
            ),
            Operation::DeleteCron(id) => told(self.delete_cron(id, caller)),
            Operation::SearchCrons(query, page) => {
                told(paged(self.crons_that_match(&query, caller), page))
            }
            Operation::CountCrons(query) => told(self.crons_that_match(&query, caller).len()),
            Operation::ListDueCrons => told(self.due_crons(now)),
            Operation::ListCronsAhead => told(self.crons_ahead(now)),
            Operation::NextDueCron => told(self.next_due_cron()),
            Operation::AdvanceCron(firing) => told(self.advance_cron(firing)),
            Operation::AdmitForCron(new, firing) => {
                let is_due = self.advance_cron(firing);
                told(is_due.then(|| self.admit(*new, now, Caller::Server)))
            }
        })
    }

    fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }
}

/// Whether somebody may see what has this metadata.
fn may_see(caller: Caller, metadata: &JsonObject) -> bool {
    caller == Caller::Server || metadata.get("owner") == Some(&Value::from("alice"))
}

/// Whether an object has all that is looked for, to any depth of objects; lists must be equal.
fn contains(stored: &JsonObject, wanted: &JsonObject) -> bool {
    wanted
        .iter()
        .all(|(key, wanted)| match (stored.get(key), wanted) {
            (Some(Value::Object(stored)), Value::Object(wanted)) => contains(stored, wanted),
            (Some(stored), wanted) => equal(stored, wanted),
            (None, _) => false,
        })
}

/// Equality in which a number is the same however it is written.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) if left.is_f64() || right.is_f64() => {
            left.as_f64() == right.as_f64()
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| equal(left, right))
        }
        _ => left == right,
    }
}

/// One page of what there is, and how much there is.
fn paged<T>(all: Vec<T>, page: Page) -> lgx_model::query::Rows<T> {
    lgx_model::query::Rows {
        total: all.len().try_into().unwrap(),
        rows: page_of(all, page),
    }
}

fn page_of<T>(all: Vec<T>, page: Page) -> Vec<T> {
    let skipped = all.into_iter().skip(page.offset.try_into().unwrap());
    skipped.take(page.limit.try_into().unwrap()).collect()
}

/// Sorts by a key in this order, and what has the same key by its place: in the same order if `with_place`, else the first made first.
fn sort_by<T, K: Ord>(
    all: &mut [(u64, T)],
    order: SortOrder,
    with_place: bool,
    key: impl Fn(&T) -> K,
) {
    all.sort_by(|(one_place, one), (other_place, other)| {
        let (keys, places) = (key(one).cmp(&key(other)), one_place.cmp(other_place));
        match order {
            SortOrder::Asc => keys.then(places),
            SortOrder::Desc if with_place => keys.then(places).reverse(),
            SortOrder::Desc => keys.reverse().then(places),
        }
    });
}

/// So many minutes later.
fn after(time: Timestamp, minutes: f64) -> Timestamp {
    time.plus_seconds(minutes * 60.0)
}
