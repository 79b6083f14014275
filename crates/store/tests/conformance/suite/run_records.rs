//! What runs did, kept beside them.

use lgx_model::query::{Page, RunSearch};
use lgx_model::{LineLevel, LineStream, LogEntry, RunStep, SaidLine, StepStatus};
use lgx_store::runs::{
    CodeGeneration, GoneRun, NewRun, PackedRecord, RecordSoFar, RecordedRun, RunLog, RunRecord,
};

use lgx_store::truncate::{OfThreads, Truncation};

use super::*;

fn record(steps: usize) -> RunRecord {
    let step = |n: usize| RunStep {
        task_id: format!("task {n}"),
        node: "node".to_owned(),
        ns: String::new(),
        step: 1,
        started_at: at(1),
        ended_at: Some(at(2)),
        status: StepStatus::Success,
        error: None,
        attempt: 1,
    };
    RunRecord {
        steps: (0..steps).map(step).collect(),
        steps_dropped: 3,
        error: Some(raw(&json!({"type": "ValueError"}))),
        generation: Some(CodeGeneration { number: 4, life: 7 }),
        ..RunRecord::default()
    }
}

/// What is kept: this record, and a log of one line.
fn packed(record: &RunRecord) -> Arc<PackedRecord> {
    Arc::new(PackedRecord::of(record, &log("said")).unwrap())
}

fn log(message: &str) -> RunLog {
    let said = SaidLine {
        level: LineLevel::Warning,
        logger: Some("mine".to_owned()),
        message: message.to_owned(),
        stream: LineStream::Log,
        node: Some("node".to_owned()),
        task_id: Some("task 1".to_owned()),
        generation: Some(4),
    };
    RunLog {
        lines: vec![LogEntry {
            id: 9,
            at: at(2),
            said,
        }],
        dropped: 3,
    }
}

async fn said(store: &Backend, run_id: RunId) -> RunLog {
    store.get_log_of_run(run_id).await.unwrap()
}

async fn ends(store: &Backend, run_id: RunId, record: &RunRecord) {
    let end = Arc::new(success(json!({}), 2));
    let record = Some(packed(record));
    let thread_id = thread_of(store, run_id).await;
    let may_end = || Ok::<_, ()>(());
    let claim = claim_on(store, thread_id, run_id).await;
    let finished = store.finish(claim, end, record, may_end, |ended| ended);
    finished.await.unwrap().unwrap();
}

async fn recorded(store: &Backend, run_id: RunId) -> Option<RecordedRun> {
    let everything = store.everything();
    let found = store.get_recorded_run(run_id, true, &everything).await;
    found.unwrap()
}

#[tokio::test]
async fn a_record_is_kept_with_the_end_of_its_run_and_goes_with_it() {
    let store = open().await;
    for steps in [0, 1, 2_000] {
        let thread_id = thread(&store, json!({})).await;
        let claim = started(&store, new_run(thread_id, 1)).await.claim;
        let run_id = claim.run_id;
        assert_eq!(
            recorded(&store, run_id).await.unwrap().record,
            RunRecord::default()
        );
        let first = Some(packed(&record(1)));
        let again = store.execute_again(claim, true, first, || ());
        again.await.unwrap().unwrap();
        assert_eq!(recorded(&store, run_id).await.unwrap().record, record(1));
        ends(&store, run_id, &record(steps)).await;
        let found = recorded(&store, run_id).await.unwrap();
        assert_eq!(found.record, record(steps));
        assert_eq!(found.run.status, RunStatus::Success);
        assert_eq!(found.attempts, 2);
        assert_eq!(said(&store, run_id).await, log("said"));
        let everything = store.everything();
        let deleted = store.delete_run(thread_id, run_id, &everything, |_| ());
        deleted.await.unwrap().unwrap();
        assert_eq!(recorded(&store, run_id).await, None);
        assert_eq!(said(&store, run_id).await, RunLog::default());
        assert_eq!(store.get_record_of_own_run(run_id).await.unwrap(), None);
    }
}

fn so_far(claim: Claim, steps: usize) -> RecordSoFar {
    RecordSoFar {
        claim,
        record: packed(&record(steps)),
    }
}

#[tokio::test]
async fn what_a_run_has_done_so_far_is_kept_until_it_has_ended() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let claim = started(&store, new_run(thread_id, 1)).await.claim;
    let run_id = claim.run_id;
    let nobody = RunId::fresh();
    let of_nobody = Claim {
        run_id: nobody,
        ..claim
    };
    let records = vec![so_far(of_nobody, 1), so_far(claim, 2)];
    store.keep_records(records).await.unwrap();
    assert_eq!(recorded(&store, run_id).await.unwrap().record, record(2));
    let own = store.get_record_of_own_run(run_id).await.unwrap();
    assert_eq!(own, Some((record(2), log("said"))));
    assert_eq!(store.get_record_of_own_run(nobody).await.unwrap(), None);
    ends(&store, run_id, &record(3)).await;
    let late = vec![so_far(claim, 1)];
    store.keep_records(late).await.unwrap();
    assert_eq!(recorded(&store, run_id).await.unwrap().record, record(3));
}

/// A run that goes with its thread when it ends.
async fn gone(store: &Backend, owner: &str, seconds: i64) -> GoneRun {
    let thread_id = thread(store, json!({"owner": owner})).await;
    let NewRun { mut run, .. } = new_run(thread_id, seconds);
    run.status = RunStatus::Success;
    let everything = store.everything();
    let deleted = store.delete_thread(thread_id, &everything, |_| ());
    deleted.await.unwrap();
    GoneRun {
        run,
        attempts: 2,
        thread_metadata: object(json!({"owner": owner})),
        record: Some(packed(&record(1))),
    }
}

#[tokio::test]
async fn a_run_that_is_gone_is_found_by_whoever_might_see_its_thread() {
    let store = open().await;
    let (hers, his) = (gone(&store, "ann", 1).await, gone(&store, "bob", 2).await);
    let (run, thread_id) = (hers.run.clone(), hers.run.thread_id);
    let both = vec![hers, his];
    store.keep_gone_runs(both).await.unwrap();
    let there = thread(&store, json!({"owner": "ann"})).await;
    let present = started(&store, new_run(there, 3)).await.run;

    let scope = store.owned_by("ann");
    let found = store
        .search_runs(RunSearch::default(), Page::ALL, &scope)
        .await;
    let found: Vec<_> = found
        .unwrap()
        .rows
        .into_iter()
        .map(|found| found.run)
        .collect();
    assert_eq!(found, [present, run.clone()]);
    let known = store.get_recorded_run(run.run_id, true, &scope).await;
    let known = known.unwrap().unwrap();
    assert_eq!((known.run, known.attempts), (run.clone(), 2));
    assert_eq!(known.record, record(1));
    assert_eq!(said(&store, run.run_id).await, log("said"));
    let others = store.owned_by("bob");
    let hidden = store.get_recorded_run(run.run_id, true, &others).await;
    assert_eq!(hidden.unwrap(), None);
    let of_thread = store.get_thread_of_known_run(run.run_id).await.unwrap();
    assert_eq!(of_thread, Some(thread_id));
    // For all else it is not there.
    assert_eq!(store.get_thread_of_run(run.run_id).await.unwrap(), None);
}

#[tokio::test]
async fn of_runs_that_are_gone_the_newest_are_kept() {
    let store = open().await;
    let first = gone(&store, "ann", 1).await;
    let mut others = Vec::new();
    for _ in 0..1_000 {
        let mut other = first.clone();
        other.run.run_id = RunId::fresh();
        others.push(other);
    }
    let (oldest, newest) = (first.run.run_id, others[999].run.run_id);
    store.keep_gone_runs(vec![first]).await.unwrap();
    assert!(recorded(&store, oldest).await.is_some());
    store.keep_gone_runs(others).await.unwrap();
    assert_eq!(recorded(&store, oldest).await, None);
    assert!(recorded(&store, newest).await.is_some());
    assert_eq!(said(&store, oldest).await, RunLog::default());
}

#[tokio::test]
async fn runs_that_are_gone_are_cleared_with_all_others_of_who_clears_them() {
    let store = open().await;
    let (hers, his) = (gone(&store, "ann", 1).await, gone(&store, "bob", 2).await);
    let ids = [hers.run.run_id, his.run.run_id];
    store.keep_gone_runs(vec![hers, his]).await.unwrap();
    let what = Truncation {
        threads: Some((OfThreads::All, store.owned_by("ann"))),
        ..Truncation::default()
    };
    store.truncate(what, at(3), |_| ()).await.unwrap();
    let [hers, his] = ids;
    assert_eq!(recorded(&store, hers).await, None);
    assert!(recorded(&store, his).await.is_some());
}

#[tokio::test]
async fn who_may_not_see_the_thread_sees_nothing_of_its_runs() {
    let store = open().await;
    let thread_id = thread(&store, json!({"owner": "ann"})).await;
    let run_id = started(&store, new_run(thread_id, 1)).await.run.run_id;
    for (owner, sees) in [("ann", true), ("bob", false)] {
        let scope = store.owned_by(owner);
        let found = store.get_recorded_run(run_id, false, &scope).await;
        assert_eq!(found.unwrap().is_some(), sees, "{owner}");
    }
}
