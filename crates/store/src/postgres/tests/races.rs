//! Everything that two can do to the same threads, runs, assistants and crons at the same time: whoever asks is answered, nobody waits for
//! somebody who waits for them, one run of a thread executes, and of what ended nothing is left.
//!
//! `LGX_TEST_CASES` says how many seeds are tried, `LGX_TEST_SEED` which the first is: a failure names its own. A seed decides what is
//! asked, and in which order of those who ask; which of them comes first is for the database to decide.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::join_all;
use lgx_model::query::{CronQuery, RunQuery, ThreadQuery};
use lgx_model::{
    Assistant, AssistantId, Cron, CronId, JsonObject, MultitaskStrategy, OnRunCompleted,
    PruneStrategy, Run, RunStatus, ThreadId,
};
use serde_json::json;

use super::fencing::Unaware;
use super::{BESIDE_OTHERS, Session, address, database};
use crate::checkpoints::ListQuery;
use crate::crons::StoredCron;
use crate::examples::{ALL, at, channel, new_run, object, row, success, with_strategy};
use crate::runs::{Admission, CancelTarget, Claim, Claimed, Finish, NewRun, StopOrder};
use crate::threads::{NewThread, ThreadCopy};
use crate::truncate::{OfThreads, Truncation};
use crate::{Authority, Store};

#[path = "../../../tests/model/chance.rs"]
#[expect(dead_code, reason = "others choose in more ways")]
mod chance;

use self::chance::Chance;

/// How many seeds a usual run of the tests tries.
const CASES: u64 = 3;
/// How many ask at the same time, and how often each.
const CLIENTS: usize = 8;
const ASKED: usize = 12;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Some servers on a database, and the threads and assistants that all of them are asked about.
struct Contest {
    servers: Vec<Store>,
    authority: Authority,
    threads: Vec<ThreadId>,
    assistants: Vec<AssistantId>,
}

/// A run that has ended, and the checkpoint that it wrote before.
type Ended = (Run, String);

impl Contest {
    /// One on threads and assistants of its own.
    async fn begin(&mut self) {
        self.threads = (0..3).map(|_| ThreadId::fresh()).collect();
        self.assistants = (0..2).map(|_| AssistantId::random()).collect();
        for &thread_id in &self.threads {
            self.create_thread(&self.servers[0], thread_id).await;
        }
        for &assistant_id in &self.assistants {
            self.create_assistant(&self.servers[0], assistant_id).await;
        }
    }

    async fn create_thread(&self, server: &Store, thread_id: ThreadId) {
        let new = NewThread {
            thread_id,
            metadata: object(json!({"owner": "alice"})),
            ttl: None,
            now: at(0),
        };
        let everything = self.authority.everything();
        server.create_thread(new, &everything).await.unwrap();
    }

    async fn create_assistant(&self, server: &Store, assistant_id: AssistantId) {
        let assistant = Assistant {
            assistant_id,
            graph_id: "agent".to_owned(),
            config: JsonObject::new(),
            context: JsonObject::new(),
            metadata: JsonObject::new(),
            name: "agent".to_owned(),
            created_at: at(0),
            updated_at: at(0),
            version: 1,
            description: None,
        };
        let everything = self.authority.everything();
        let created = server.create_assistant(assistant, &everything);
        created.await.unwrap();
    }

    async fn create_cron(&self, server: &Store, assistant_id: AssistantId, thread_id: ThreadId) {
        let stored = StoredCron {
            cron: Cron {
                cron_id: CronId::fresh(),
                assistant_id,
                thread_id: Some(thread_id),
                user_id: String::new(),
                end_time: None,
                schedule: "* * * * *".to_owned(),
                timezone: None,
                payload: JsonObject::new(),
                next_run_date: Some(at(0)),
                metadata: JsonObject::new(),
                on_run_completed: Some(OnRunCompleted::Keep),
                enabled: true,
                created_at: at(0),
                updated_at: at(0),
            },
            ends_at: None,
            permissions: Vec::new(),
        };
        let everything = self.authority.everything();
        server.create_cron(stored, &everything).await.unwrap();
    }

    /// Has a run admitted, and executes it if it starts.
    async fn run(&self, server: &Store, chance: &mut Chance, thread_id: ThreadId) -> Option<Ended> {
        let strategy = chance.one(&[
            MultitaskStrategy::Enqueue,
            MultitaskStrategy::Reject,
            MultitaskStrategy::Interrupt,
            MultitaskStrategy::Rollback,
        ]);
        let mut new = NewRun {
            create_thread: chance.once_in(2),
            may_start: !chance.once_in(3),
            ..with_strategy(new_run(thread_id, 1), strategy)
        };
        new.run.assistant_id = chance.one(&self.assistants);
        let everything = self.authority.everything();
        match server.admit(new, &everything).await.unwrap() {
            Admission::Started(admitted) => {
                self.execute(server, chance, admitted.run, admitted.claim)
                    .await
            }
            _ => None,
        }
    }

    /// Executes the next run that waits.
    async fn claim(&self, server: &Store, chance: &mut Chance) -> Option<Ended> {
        let claimed = server.claim(at(100), |_| ()).await.unwrap();
        let (Claimed { run, claim, .. }, ()) = claimed?;
        self.execute(server, chance, run, claim).await
    }

    /// Writes a checkpoint, ends the run, and writes another one, as if that had been under way. Gives the run if it ended now and stays.
    async fn execute(
        &self,
        server: &Store,
        chance: &mut Chance,
        run: Run,
        claim: Claim,
    ) -> Option<Ended> {
        let checkpoint_id = format!("{}", uuid::Uuid::now_v7());
        put(server, &run, claim, &checkpoint_id).await;
        let end = Finish {
            rollback: chance.once_in(4),
            delete_thread: chance.once_in(8),
            ..success(json!({"run": run.run_id.to_string()}), 101)
        };
        let stays = !end.rollback && !end.delete_thread;
        let may_end = || Ok::<_, ()>(());
        let finished = server.finish(claim, Arc::new(end), None, may_end, |_| ());
        let finished = finished.await.unwrap().unwrap();
        put(server, &run, claim, &format!("{checkpoint_id} too late")).await;
        let ended = finished.run.filter(|_| stays)?;
        Some((ended, checkpoint_id))
    }

    /// One of everything that can be asked.
    async fn ask(&self, server: &Store, chance: &mut Chance, destroys: bool) -> Option<Ended> {
        let everything = self.authority.everything();
        let thread_id = chance.one(&self.threads);
        let assistant_id = chance.one(&self.assistants);
        match chance.below(if destroys { 18 } else { 10 }) {
            0..4 => return self.run(server, chance, thread_id).await,
            4..6 => return self.claim(server, chance).await,
            6 => {
                let which = CancelTarget::Status(vec![RunStatus::Pending, RunStatus::Running]);
                let order = StopOrder::displaced(false);
                let cancelled = server.cancel_runs(which, order, at(50), &everything, |_| ());
                cancelled.await.unwrap();
            }
            7 => {
                let copy = ThreadCopy {
                    source: thread_id,
                    target: ThreadId::fresh(),
                    metadata: object(json!({"copy": true})),
                    now: at(2),
                };
                server.copy_thread(copy, &everything).await.unwrap();
            }
            8 => {
                let patch = object(json!({"n": 1}));
                let patched = server.patch_thread(thread_id, patch, None, at(3), &everything);
                patched.await.unwrap();
            }
            9 => self.create_cron(server, assistant_id, thread_id).await,
            10 | 11 => {
                let deleted = server.delete_thread(thread_id, &everything, |_| ());
                deleted.await.unwrap();
                self.create_thread(server, thread_id).await;
            }
            12 => {
                let some = self.threads.iter().copied().skip(chance.below(3));
                let pruned = server.prune_threads(
                    some.collect(),
                    chance.one(&[PruneStrategy::Delete, PruneStrategy::KeepLatest]),
                    &everything,
                    |_| (),
                );
                pruned.await.unwrap();
            }
            13 => {
                let runs = server.list_runs(thread_id, RunQuery::default(), ALL, &everything);
                for run in runs.await.unwrap().unwrap_or_default() {
                    let deleted = server.delete_run(thread_id, run.run_id, &everything, |_| ());
                    deleted.await.unwrap();
                }
            }
            14 | 15 => {
                let of_threads = chance.once_in(2).then(|| everything.clone());
                let deleted =
                    server.delete_assistant(assistant_id, &everything, of_threads, at(4), |_| ());
                deleted.await.unwrap();
                self.create_assistant(server, assistant_id).await;
            }
            16 => {
                let of_threads = chance.one(&[
                    OfThreads::All,
                    OfThreads::Only {
                        runs: true,
                        checkpoints: true,
                    },
                ]);
                let what = Truncation {
                    threads: chance.once_in(2).then(|| (of_threads, everything.clone())),
                    assistants: Some(everything.clone()),
                    items: None,
                };
                server.truncate(what, at(5), |_| ()).await.unwrap();
            }
            _ => {
                let stopped = |_: &StopOrder| success(json!({}), 60);
                server.recover_runs(at(60), stopped).await.unwrap();
            }
        }
        None
    }

    /// All ask at the same time. Gives the runs that ended.
    async fn take_place(&self, seed: u64, destroys: bool) -> Vec<Ended> {
        let clients = (0..CLIENTS).map(|client| async move {
            let mut chance = Chance::of(seed.wrapping_mul(1000) + u64::try_from(client).unwrap());
            let server = &self.servers[client % self.servers.len()];
            let mut ended = Vec::new();
            for _ in 0..ASKED {
                for _ in 0..chance.below(4) {
                    tokio::task::yield_now().await;
                }
                ended.extend(self.ask(server, &mut chance, destroys).await);
            }
            ended
        });
        join_all(clients).await.into_iter().flatten().collect()
    }

    /// No thread has two runs that execute, and its status is that of its runs.
    async fn is_in_order(&self) {
        let everything = self.authority.everything();
        let server = &self.servers[0];
        let threads = server.search_threads(ThreadQuery::default(), ALL, &everything);
        for thread in threads.await.unwrap().rows {
            let active = server.list_active_runs(thread.thread_id, &everything);
            let active = active.await.unwrap();
            let running = active
                .iter()
                .filter(|(_, status)| *status == RunStatus::Running);
            assert!(running.count() <= 1, "{active:?}");
            let is_busy = thread.status == lgx_model::ThreadStatus::Busy;
            assert_eq!(is_busy, !active.is_empty(), "{thread:?} {active:?}");
        }
        let crons = server.search_crons(CronQuery::default(), ALL, &everything, &everything);
        for cron in crons.await.unwrap().rows {
            let target = server.get_cron_target(cron.assistant_id, cron.thread_id);
            assert!(target.await.unwrap().thread_metadata.is_some(), "{cron:?}");
        }
    }
}

async fn put(server: &Store, run: &Run, claim: Claim, checkpoint_id: &str) {
    let mut row = row(
        run.thread_id,
        checkpoint_id,
        None,
        json!({"messages": checkpoint_id}),
    );
    row.run_id = Some(run.run_id.to_string());
    let value = channel("messages", checkpoint_id, "value");
    let writer = Arc::new(Unaware(claim));
    let put = server.put_checkpoint(Some(writer), row, vec![value]).await;
    put.await.unwrap();
}

/// What is left of threads or runs that are not there, or has no value.
const LEFT: &str = "
    SELECT 'checkpoint', checkpoint_id FROM checkpoints WHERE NOT EXISTS (SELECT 1 FROM threads WHERE threads.thread_id = checkpoints.thread_id)
    UNION ALL SELECT 'blob', version FROM blobs WHERE NOT EXISTS (SELECT 1 FROM threads WHERE threads.thread_id = blobs.thread_id)
    UNION ALL SELECT 'run', run_id::text FROM runs WHERE NOT EXISTS (SELECT 1 FROM threads WHERE threads.thread_id = runs.thread_id)
    UNION ALL SELECT 'cron', cron_id::text FROM crons WHERE NOT EXISTS (SELECT 1 FROM threads WHERE threads.thread_id = crons.thread_id)
    UNION ALL SELECT 'values', thread_id::text FROM thread_values WHERE NOT EXISTS (SELECT 1 FROM threads WHERE threads.thread_id = thread_values.thread_id)
    UNION ALL SELECT 'written after the end', checkpoint_id FROM checkpoints WHERE checkpoint_id LIKE '%too late'
    UNION ALL SELECT 'without its value', checkpoint_id FROM checkpoints WHERE NOT EXISTS (
      SELECT 1 FROM blobs WHERE blobs.thread_id = checkpoints.thread_id AND blobs.version = checkpoints.checkpoint_id)";

async fn nothing_is_left_over(session: &Session, seed: u64) {
    let rows = session.rows(LEFT, &[]).await.unwrap();
    let left: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert!(left.is_empty(), "LGX_TEST_SEED={seed}: {left:?}");
}

async fn contests(destroys: bool) {
    let Some(database) = database() else { return };
    let mut servers = Vec::new();
    let (first, authority) = Store::connect(&address(&database), BESIDE_OTHERS)
        .await
        .unwrap();
    servers.push(first);
    for _ in 0..2 {
        let another = Store::connect(&address(&database), BESIDE_OTHERS).await;
        servers.push(another.unwrap().0);
    }
    let session = super::connected(&database).await;
    let mut contest = Contest {
        servers,
        authority,
        threads: Vec::new(),
        assistants: Vec::new(),
    };
    let first = number("LGX_TEST_SEED").unwrap_or(1);
    for seed in first..first + number("LGX_TEST_CASES").unwrap_or(CASES) {
        contest.begin().await;
        let ended = contest.take_place(seed, destroys).await;
        contest.is_in_order().await;
        nothing_is_left_over(&session, seed).await;
        if !destroys {
            nothing_is_lost(&contest, &ended, seed).await;
        }
    }
}

/// What runs had written before they ended is there, if neither they nor their threads were taken back.
async fn nothing_is_lost(contest: &Contest, ended: &[Ended], seed: u64) {
    let everything = contest.authority.everything();
    let server = &contest.servers[0];
    for (run, checkpoint_id) in ended {
        let run = server.get_run(run.thread_id, run.run_id, &everything);
        let Some(run) = run.await.unwrap() else {
            continue;
        };
        let listed = server.list_checkpoints(ListQuery {
            thread_id: Some(run.thread_id),
            ..ListQuery::default()
        });
        let listed = listed.await.await.unwrap().tuples;
        let ids: HashSet<_> = listed
            .iter()
            .map(|tuple| &tuple.row.checkpoint_id)
            .collect();
        assert!(ids.contains(checkpoint_id), "LGX_TEST_SEED={seed}: {run:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_that_come_and_end_at_once_lose_nothing() {
    contests(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_deleted_while_it_is_used_is_gone_as_a_whole() {
    contests(true).await;
}
