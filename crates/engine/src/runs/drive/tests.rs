//! Runs that are over before the task begins that is to execute them.

use super::*;
use crate::runs::registry::Stop;
use crate::sample;

#[tokio::test]
async fn a_run_that_is_deleted_before_it_begins_is_not_executed() {
    let directory = tempfile::tempdir().unwrap();
    let (engine, authority) = sample::open(directory.path());
    let run = sample::run(lgx_model::ThreadId::fresh());
    let claim = sample::begin(&engine.store, &authority, &run).await;
    let live = engine.runs.registry().enter(&run);
    let everything = authority.everything();
    let deleted = engine.runs.delete(run.thread_id, run.run_id, &everything);
    assert!(deleted.await.unwrap());
    // No worker will ever come, so a run that is not stopped waits for ever.
    let run_id = run.run_id;
    let slot = Arc::clone(&engine.runs.slots).try_acquire_owned().unwrap();
    let claimed = Claimed {
        run,
        checkpoint: None,
        attempt: 1,
        claim,
    };
    let over = drive(&engine.runs, Arc::clone(&live), claimed, slot);
    tokio::time::timeout(Duration::from_secs(30), over)
        .await
        .expect("it ends without a worker");
    assert!(matches!(live.stop.borrow().as_ref(), Some(Stop { .. })));
    assert!(engine.runs.registry().get(run_id).is_none());
    engine.close().await;
}
