//! What operations promise of their order, and of closures that are called in the order of commits.

use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use lgx_model::Timestamp;
use lgx_store::checkpoints::RunWriter;
use lgx_store::runs::Firing;
use lgx_store::truncate::{OfThreads, Truncation};
use lgx_store::{StoreError, WriteTime};

use super::checkpoints::get;
use super::examples::{channel, row};
use super::*;

/// A run that may write until it is fenced.
struct Writer {
    claim: Claim,
    fenced: AtomicBool,
    failures: Mutex<Vec<String>>,
}

impl Writer {
    fn of(claim: Claim) -> Arc<Self> {
        Arc::new(Self {
            claim,
            fenced: AtomicBool::default(),
            failures: Mutex::default(),
        })
    }
}

impl RunWriter for Writer {
    fn claim(&self) -> Claim {
        self.claim
    }

    fn may_write(&self) -> bool {
        !self.fenced.load(Ordering::Acquire)
    }

    fn write_failed(&self, error: &StoreError) {
        self.failures.lock().unwrap().push(error.to_string());
    }

    fn write_refused(&self) {
        self.failures.lock().unwrap().push("refused".to_owned());
    }
}

#[tokio::test]
async fn nothing_is_saved_for_a_run_behind_the_deletion_of_its_thread() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let writer = Writer::of(started(&store, new_run(thread_id, 1)).await.claim);
    let put = |id: &str| {
        let row = row(thread_id, id, None, json!({"a": id}));
        let writer: Arc<dyn RunWriter> = Arc::clone(&writer) as _;
        store.put_checkpoint(Some(writer), row, vec![channel("a", id, "value")])
    };
    put("1").await.await.unwrap();
    assert!(get(&store, thread_id, "", Some("1")).await.is_some());
    // None of them waits for another: their places are their order.
    let before = put("2").await;
    let fencing = Arc::clone(&writer);
    let everything = store.everything();
    let deletion = store.delete_thread(thread_id, &everything, move |ended| {
        fencing.fenced.store(true, Ordering::Release);
        ended
    });
    assert_eq!(deletion.await.unwrap(), Some(vec![thread_id]));
    let behind = put("3").await;
    before.await.unwrap();
    behind.await.unwrap();
    assert_eq!(get(&store, thread_id, "", None).await, None);
    assert!(writer.failures.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_run_is_told_of_writes_that_cannot_be_saved() {
    let store = open().await;
    let thread_id = ThreadId::fresh();
    let writer = Writer::of(Claim {
        thread_id,
        run_id: RunId::fresh(),
        number: 1,
    });
    store.close().await;
    let put = store.put_checkpoint(
        Some(Arc::clone(&writer) as _),
        row(thread_id, "1", None, json!({})),
        Vec::new(),
    );
    assert!(matches!(put.await.await, Err(StoreError::Closed)));
    assert_eq!(*writer.failures.lock().unwrap(), ["the store is closed"]);
}

#[tokio::test]
async fn reads_of_checkpoints_see_what_was_enqueued_before_them() {
    let store = open().await;
    let thread_id = ThreadId::fresh();
    let row = row(thread_id, "1", None, json!({}));
    let put = store.put_checkpoint(None, row.clone(), Vec::new()).await;
    let got = store.get_checkpoint(thread_id, String::new(), None).await;
    assert_eq!(got.await.unwrap().map(|tuple| tuple.row), Some(row));
    put.await.unwrap();
}

#[tokio::test]
async fn a_read_of_checkpoints_keeps_no_write_waiting() {
    let store = open().await;
    let thread_id = ThreadId::fresh();
    let put =
        |id: &str| store.put_checkpoint(None, row(thread_id, id, None, json!({})), Vec::new());
    put("1").await.await.unwrap();
    let got = store.get_checkpoint(thread_id, String::new(), None).await;
    // What comes behind it is done whether or not anybody has read.
    put("2").await.await.unwrap();
    let read = got.await.unwrap().map(|tuple| tuple.row.checkpoint_id);
    assert!(matches!(read.as_deref(), Some("1" | "2")), "{read:?}");
    store.close().await;
    let got = store.get_checkpoint(thread_id, String::new(), None).await;
    assert!(matches!(got.await, Err(StoreError::Closed)));
}

#[tokio::test]
async fn a_claim_says_what_it_took_before_anybody_can_read_it() {
    let store = open().await;
    let claimed = Arc::new(Mutex::new(Vec::new()));
    let claim = async || {
        let noted = Arc::clone(&claimed);
        let claim = store.claim(at(9), move |run| noted.lock().unwrap().push(run.run.run_id));
        claim.await.unwrap().map(|(claimed, ())| claimed.run.run_id)
    };
    assert_eq!(claim().await, None);
    let waiting = NewRun {
        may_start: false,
        ..new_run(thread(&store, json!({})).await, 1)
    };
    let run_id = queued(&store, waiting).await.run.run_id;
    assert_eq!(claim().await, Some(run_id));
    assert_eq!(*claimed.lock().unwrap(), [run_id]);
}

#[tokio::test]
async fn the_end_of_a_run_may_be_refused_and_come_again() {
    let store = open().await;
    let admitted = started(&store, new_run(thread(&store, json!({})).await, 1)).await;
    let run = admitted.run;
    let end = Arc::new(success(json!({"n": 1}), 2));
    let refused = store.finish(
        admitted.claim,
        Arc::clone(&end),
        None,
        || Err("lost a write"),
        |_| (),
    );
    assert_eq!(refused.await.unwrap(), Err("lost a write"));
    assert_eq!(run_status(&store, &run).await, Some(RunStatus::Running));
    finish(&store, run.run_id, &end).await;
    assert_eq!(run_status(&store, &run).await, Some(RunStatus::Success));
}

#[tokio::test]
async fn a_change_has_the_time_at_which_it_has_its_turn() {
    let store = open().await;
    let everything = store.everything();
    let thread_id = thread(&store, json!({})).await;
    let run = started(&store, new_run(thread_id, 1)).await.run;
    let (release, held) = std::sync::mpsc::channel::<()>();
    let mut holding = pin!(store.with_unfinished_run(
        thread_id,
        run.run_id,
        &everything,
        move |_| held.recv().unwrap()
    ));
    let mut patching = pin!(store.patch_thread(
        thread_id,
        JsonObject::new(),
        None,
        WriteTime::OnItsTurn,
        &everything
    ));
    // Both have their place among all writes once they have been polled.
    tokio::select! {
        biased;
        _ = &mut holding => unreachable!(),
        _ = &mut patching => unreachable!(),
        () = std::future::ready(()) => {}
    }
    let before_its_turn = Timestamp::now();
    release.send(()).unwrap();
    holding.await.unwrap();
    let patched = patching.await.unwrap().unwrap();
    assert!(patched.updated_at >= before_its_turn);
}

#[tokio::test]
async fn a_run_that_has_not_ended_is_held_still_for_a_moment() {
    let store = open().await;
    let thread_id = thread(&store, json!({"owner": "alice"})).await;
    let run = started(&store, new_run(thread_id, 1)).await.run;
    let seen = async |owner: &str| {
        let scope = store.owned_by(owner);
        let seen = store.with_unfinished_run(thread_id, run.run_id, &scope, |run| run.run_id);
        seen.await.unwrap()
    };
    assert_eq!(seen("alice").await, Some(run.run_id));
    assert_eq!(seen("bob").await, None);
    finish(&store, run.run_id, &success(json!({}), 2)).await;
    assert_eq!(seen("alice").await, None);
}

#[tokio::test]
async fn a_cron_fires_once_and_only_as_it_was_seen() {
    let store = open().await;
    let mut cron = crons::example(1, Some(10));
    cron.cron.thread_id = Some(thread(&store, json!({"owner": "alice"})).await);
    let cron_id = crons::insert(&store, &cron).await;
    let target = store.get_cron_target(cron.cron.assistant_id, cron.cron.thread_id);
    let target = target.await.unwrap();
    assert_eq!(target.assistant, None);
    assert_eq!(target.thread_metadata.unwrap()["owner"], "alice");
    let admit = async || {
        let firing = Firing {
            cron_id,
            due: at(10),
            next: Some(at(70)),
        };
        let new = new_run(cron.cron.thread_id.unwrap(), 10);
        store.admit_for_cron(new, firing).await.unwrap()
    };
    assert!(matches!(admit().await, Some(Admission::Started(_))));
    assert_eq!(store.next_due_cron().await.unwrap(), Some(at(70)));
    assert_eq!(admit().await, None);
}

#[tokio::test]
async fn a_cron_is_only_made_on_a_thread_that_is_seen() {
    let store = open().await;
    let mut cron = crons::example(1, Some(10));
    cron.cron.thread_id = Some(thread(&store, json!({"owner": "alice"})).await);
    for (owner, made) in [("bob", false), ("alice", true)] {
        let scope = store.owned_by(owner);
        let created = store.create_cron(cron.clone(), &scope).await;
        assert_eq!(created.unwrap(), made, "{owner}");
    }
}

#[tokio::test]
async fn truncating_says_which_threads_lost_their_runs() {
    let store = open().await;
    let hers = thread(&store, json!({"owner": "alice"})).await;
    let his = thread(&store, json!({"owner": "bob"})).await;
    let run = started(&store, new_run(hers, 1)).await.run;
    let truncate = async |of_threads| {
        let what = Truncation {
            threads: Some((of_threads, store.owned_by("alice"))),
            ..Truncation::default()
        };
        store
            .truncate(what, at(2), |emptied| emptied)
            .await
            .unwrap()
    };
    let runs = OfThreads::Only {
        runs: true,
        checkpoints: false,
    };
    assert_eq!(truncate(runs).await, [hers]);
    assert_eq!(run_status(&store, &run).await, None);
    assert_eq!(truncate(OfThreads::All).await, [hers]);
    let everything = store.everything();
    assert!(!store.thread_exists(hers, &everything).await.unwrap());
    assert!(store.thread_exists(his, &everything).await.unwrap());
}
