//! What runs did, kept beside them.

use lgx_model::{RunStep, StepStatus};
use lgx_store::runs::{CodeGeneration, PackedRecord, RecordedRun, RunRecord};

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

fn packed(record: &RunRecord) -> Arc<PackedRecord> {
    Arc::new(PackedRecord::of(record).unwrap())
}

async fn recorded(store: &Backend, run_id: RunId) -> Option<RecordedRun> {
    let everything = store.everything();
    let found = store.get_recorded_run(run_id, true, &everything).await;
    found.unwrap()
}

#[tokio::test]
async fn a_record_is_kept_with_the_end_of_its_run_and_goes_with_it() {
    let store = open();
    for steps in [0, 1, 2_000] {
        let thread_id = thread(&store, json!({})).await;
        let run_id = started(&store, new_run(thread_id, 1)).await.run.run_id;
        assert_eq!(
            recorded(&store, run_id).await.unwrap().record,
            RunRecord::default()
        );
        let first = Some(packed(&record(1)));
        let again = store.execute_again(run_id, true, first, || ()).await;
        again.unwrap().unwrap();
        assert_eq!(recorded(&store, run_id).await.unwrap().record, record(1));
        let end = Arc::new(success(json!({}), 2));
        let last = Some(packed(&record(steps)));
        let finished = store.finish(run_id, end, last, || Ok::<_, ()>(()), |ended| ended);
        finished.await.unwrap().unwrap();
        let found = recorded(&store, run_id).await.unwrap();
        assert_eq!(found.record, record(steps));
        assert_eq!(found.run.status, RunStatus::Success);
        assert_eq!(found.attempts, 2);
        let everything = store.everything();
        let deleted = store.delete_run(thread_id, run_id, &everything, |_| ());
        deleted.await.unwrap().unwrap();
        assert_eq!(recorded(&store, run_id).await, None);
        assert_eq!(store.get_record_of_own_run(run_id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn the_record_of_a_run_that_is_not_there_is_kept_nowhere() {
    let store = open();
    let nobody = RunId::fresh();
    let record = packed(&record(1));
    store.keep_record(nobody, record).await.unwrap();
    assert_eq!(store.get_record_of_own_run(nobody).await.unwrap(), None);
}

#[tokio::test]
async fn who_may_not_see_the_thread_sees_nothing_of_its_runs() {
    let store = open();
    let thread_id = thread(&store, json!({"owner": "ann"})).await;
    let run_id = started(&store, new_run(thread_id, 1)).await.run.run_id;
    for (owner, sees) in [("ann", true), ("bob", false)] {
        let scope = store.owned_by(owner);
        let found = store.get_recorded_run(run_id, false, &scope).await;
        assert_eq!(found.unwrap().is_some(), sees, "{owner}");
    }
}
