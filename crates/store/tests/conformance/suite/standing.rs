//! How runs stand, and which threads there are, for a server that hears of changes by others.

use std::collections::HashSet;

use lgx_model::{RunId, RunStatus, ThreadId};
use lgx_store::runs::{CancelTarget, RunStanding, StopOrder};
use serde_json::json;

use super::examples::{at, new_run, success};
use super::{finish, queued, started, thread};
use crate::backend::open;

#[tokio::test]
async fn it_is_told_how_runs_stand_and_what_they_were_told() {
    let store = open().await;
    let (one, other) = (
        thread(&store, json!({})).await,
        thread(&store, json!({})).await,
    );
    let over = started(&store, new_run(one, 1)).await.run.run_id;
    finish(&store, over, &success(json!({}), 1)).await;
    let stops = started(&store, new_run(one, 2)).await.run.run_id;
    let waits = queued(&store, new_run(one, 3)).await.run.run_id;
    let goes_on = started(&store, new_run(other, 4)).await.run.run_id;
    let order = StopOrder {
        rollback: true,
        reason: "enough\0".to_owned(),
    };
    let everything = store.everything();
    let which = CancelTarget::Runs(one, vec![stops]);
    let told = store.cancel_runs(which, order.clone(), at(5), &everything, |found| found);
    told.await.unwrap();

    let asked = vec![over, stops, waits, goes_on, RunId::fresh()];
    let mut standings = store.get_run_standings(asked).await.unwrap();
    for (run_id, status, stop) in [
        (over, RunStatus::Success, None),
        (stops, RunStatus::Running, Some(order)),
        (waits, RunStatus::Pending, None),
        (goes_on, RunStatus::Running, None),
    ] {
        let standing = standings.remove(&run_id);
        assert_eq!(standing, Some(RunStanding { status, stop }));
    }
    assert!(standings.is_empty(), "{standings:?}");
}

#[tokio::test]
async fn it_is_told_which_threads_there_are() {
    let store = open().await;
    let (stays, goes) = (
        thread(&store, json!({})).await,
        thread(&store, json!({})).await,
    );
    let everything = store.everything();
    let deleted = store.delete_thread(goes, &everything, |_| ());
    deleted.await.unwrap().unwrap();
    let asked = vec![stays, goes, ThreadId::fresh()];
    let there_are = store.threads_there_are(asked).await.unwrap();
    assert_eq!(there_are, HashSet::from([stays]));
}
