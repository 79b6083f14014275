//! What holds of runs however many operations on them are under way at once, and whoever asks for them.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use futures_util::future::join_all;
use lgx_model::query::RunQuery;
use lgx_model::{MultitaskStrategy, ThreadStatus};
use lgx_store::Store;
use lgx_store::runs::CancelTarget;

use super::*;

/// Some who use the state at the same time.
async fn beside(store: &Backend) -> [Store; 3] {
    [
        (**store).clone(),
        store.beside().await,
        store.beside().await,
    ]
}

/// The threads on which a run executes, as those are told who claim and end runs.
#[derive(Default)]
struct Executing(Mutex<HashSet<ThreadId>>);

impl Executing {
    fn begins(&self, run: &Run) {
        let mut threads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(threads.insert(run.thread_id), "two runs of a thread");
    }

    fn ends(&self, thread_id: ThreadId) {
        let mut threads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(threads.remove(&thread_id), "it did not execute");
    }
}

/// Takes one run after the other and ends it, until there is none to take. Gives what it took.
async fn work(store: Store, executing: Arc<Executing>) -> Vec<RunId> {
    let mut done = Vec::new();
    loop {
        let begins = Arc::clone(&executing);
        let claim = store.claim(at(100), move |claimed| begins.begins(&claimed.run));
        let Some((claimed, ())) = claim.await.unwrap() else {
            return done;
        };
        let Claim {
            run_id, thread_id, ..
        } = claimed.claim;
        let ends = Arc::clone(&executing);
        let end = Arc::new(success(json!({"run": run_id.to_string()}), 101));
        let may_end = || Ok::<_, ()>(());
        let finished = store.finish(claimed.claim, end, None, may_end, move |_| {
            ends.ends(thread_id);
        });
        let finished = finished.await.unwrap().unwrap();
        assert_eq!(finished.run.unwrap().status, RunStatus::Success);
        done.push(run_id);
    }
}

async fn runs_of(store: &Backend, thread_id: ThreadId) -> Vec<Run> {
    let everything = store.everything();
    let runs = store.list_runs(thread_id, RunQuery::default(), ALL, &everything);
    runs.await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_claim_at_once_one_has_each_run_and_none_is_left() {
    let store = open().await;
    let mut waiting = HashSet::new();
    for _ in 0..4 {
        let thread_id = thread(&store, json!({})).await;
        for seconds in 1..=5 {
            let new = NewRun {
                may_start: false,
                ..new_run(thread_id, seconds)
            };
            waiting.insert(queued(&store, new).await.run.run_id);
        }
    }
    let executing = Arc::<Executing>::default();
    let all = beside(&store).await;
    let workers = all.iter().cycle().take(9);
    let workers = workers.map(|store| tokio::spawn(work(store.clone(), Arc::clone(&executing))));
    let done = join_all(workers).await.into_iter().flat_map(Result::unwrap);
    let done: Vec<RunId> = done.collect();
    assert_eq!(done.len(), waiting.len());
    assert_eq!(done.into_iter().collect::<HashSet<_>>(), waiting);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_runs_that_come_at_once_to_a_new_thread_one_starts() {
    let store = open().await;
    let all = beside(&store).await;
    for strategy in [MultitaskStrategy::Enqueue, MultitaskStrategy::Reject] {
        let thread_id = ThreadId::fresh();
        let admissions = all.iter().cycle().take(9).map(|admitting| {
            let (admitting, everything) = (admitting.clone(), store.everything());
            let new = NewRun {
                create_thread: true,
                ..with_strategy(new_run(thread_id, 1), strategy)
            };
            tokio::spawn(async move { admitting.admit(new, &everything).await.unwrap() })
        });
        let (mut starts, mut waits, mut refusals) = (0, 0, 0);
        for admission in join_all(admissions).await {
            match admission.unwrap() {
                Admission::Started(_) => starts += 1,
                Admission::Queued(_) => waits += 1,
                Admission::Busy => refusals += 1,
                other => panic!("{other:?}"),
            }
        }
        let others = match strategy {
            MultitaskStrategy::Reject => (0, 8),
            _ => (8, 0),
        };
        assert_eq!((starts, (waits, refusals)), (1, others));
        let running = runs_of(&store, thread_id).await.into_iter();
        let running = running.filter(|run| run.status == RunStatus::Running);
        assert_eq!(running.count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn runs_that_come_and_are_claimed_and_cancelled_at_once_all_end() {
    let store = open().await;
    let threads = [
        thread(&store, json!({})).await,
        thread(&store, json!({})).await,
    ];
    let executing = Arc::<Executing>::default();
    let mut tasks = Vec::new();
    for (round, using) in (0..6).zip(beside(&store).await.iter().cycle()) {
        for thread_id in threads {
            let (inner, everything) = (using.clone(), store.everything());
            let new = NewRun {
                may_start: false,
                ..new_run(thread_id, round)
            };
            let executing = Arc::clone(&executing);
            tasks.push(tokio::spawn(async move {
                inner.admit(new, &everything).await.unwrap();
                work(inner, executing).await;
            }));
            let (inner, everything) = (using.clone(), store.everything());
            tasks.push(tokio::spawn(async move {
                let which = CancelTarget::Status(vec![RunStatus::Pending]);
                let cancel = inner.cancel_runs(which, asked(false), at(50), &everything, |_| ());
                cancel.await.unwrap();
            }));
        }
    }
    for task in join_all(tasks).await {
        task.unwrap();
    }
    for thread_id in threads {
        assert_eq!(
            thread_row(&store, thread_id).await.status,
            ThreadStatus::Idle
        );
        let runs = runs_of(&store, thread_id).await;
        assert_eq!(runs.len(), 6);
        for run in runs {
            let ends = [RunStatus::Success, RunStatus::Interrupted];
            assert!(ends.contains(&run.status), "{run:?}");
        }
    }
}
