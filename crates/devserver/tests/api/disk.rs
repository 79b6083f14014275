//! A disk that is full for a while, a run that cannot be saved, and a state database that is deleted: said, and nothing hangs.

use lgx_devserver::{Notice, StateNotice, Unavailable};
use lgx_testkit::server::Listener;
use lgx_testkit::{DiskFault, RefusedWrites, TestProject, TestServer, within};
use serde_json::json;

use crate::bodies::multi;
use crate::steps::{create, get, join, status, thread, wait};

/// Why the end of a run was not saved, once that is said.
async fn unsaved(listener: &mut Listener) -> String {
    let pick = |notice: &Notice| match notice {
        Notice::State(StateNotice::RunEndUnsaved { reason, .. }) => Some(reason.clone()),
        _ => None,
    };
    listener.hear("an end that is not saved", pick).await
}

#[tokio::test]
async fn a_run_whose_end_finds_no_room_ends_as_soon_as_there_is_some() {
    let server = TestServer::over(TestProject::in_directory()).start().await;
    let mut listener = server.listen();
    let id = thread(&server).await;
    server
        .break_disk(RefusedWrites::RunEnds, DiskFault::Full)
        .await;
    let run = create(&server, &id, multi("in")).await;
    assert_eq!(unsaved(&mut listener).await, "the disk is full");

    // Meanwhile it counts as running, for everybody.
    assert_eq!(status(&server, &id, &run).await, "running");
    assert_eq!(get(&server, &id).await["status"], "busy");
    let cancelled = server
        .post(format!("/threads/{id}/runs/{run}/cancel"), &json!({}))
        .raw()
        .await;
    assert_eq!(cancelled.status, 202);
    let next = create(&server, &id, multi("next")).await;
    let path = format!("/threads/{id}/runs/{run}/join");
    let joined = server.get(path).open().await;

    server.mend_disk().await;
    let log = joined.whole().await.ok();
    assert_eq!(log["log"][0], "in");
    let saved = |notice: &Notice| {
        matches!(notice, Notice::State(StateNotice::RunEndSaved { .. })).then_some(())
    };
    listener.hear("the end that is saved", saved).await;
    join(&server, &id, &next).await;
    assert_eq!(status(&server, &id, &run).await, "success");
    assert_eq!(status(&server, &id, &next).await, "success");
    assert_eq!(get(&server, &id).await["status"], "idle");
    let again = listener
        .rest()
        .into_iter()
        .filter(|notice| matches!(notice, Notice::State(StateNotice::RunEndUnsaved { .. })));
    assert_eq!(again.count(), 0, "it is said once");
}

#[tokio::test]
async fn whoever_waits_for_a_run_is_not_kept_until_there_is_room() {
    let server = TestServer::over(TestProject::in_directory()).start().await;
    let id = thread(&server).await;
    server
        .break_disk(RefusedWrites::RunEnds, DiskFault::Full)
        .await;
    let result = wait(&server, &id, multi("in")).await;
    let message = "the end of the run could not be saved: the disk is full; it is tried again";
    let told = json!({"__error__": {"error": "StoreError", "message": message}});
    assert_eq!(result, told);
    let runs = server.get(format!("/threads/{id}/runs")).await.ok();
    let run = runs[0]["run_id"].as_str().unwrap();
    assert_eq!(join(&server, &id, run).await, told);
    let cancel = format!("/threads/{id}/runs/{run}/cancel?wait=1");
    assert_eq!(server.post(cancel, &json!({})).await.ok(), told);

    server.mend_disk().await;
    let next = wait(&server, &id, multi("next")).await;
    assert_eq!(
        next["log"],
        json!(["in", "a", "slow", "b", "next", "a", "slow", "b"])
    );
    assert_eq!(status(&server, &id, run).await, "success");
}

#[tokio::test]
async fn a_run_whose_values_cannot_be_stored_ends_as_an_error_that_says_so() {
    let server = TestServer::over(TestProject::in_directory()).start().await;
    let id = thread(&server).await;
    server
        .break_disk(RefusedWrites::RunEnds, DiskFault::TooLarge)
        .await;
    let result = wait(&server, &id, multi("in")).await;
    let message = result["__error__"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("the end of the run could not be saved: ")
            && message.contains("too big"),
        "{message}"
    );
    let stored = get(&server, &id).await;
    assert_eq!(stored["status"], "error");
    assert_eq!(stored["error"]["message"], message);
}

#[tokio::test]
async fn a_run_whose_checkpoint_finds_no_room_fails_and_leaves_nothing_that_stands_on_it() {
    let server = TestServer::over(TestProject::in_directory()).start().await;
    let id = thread(&server).await;
    wait(&server, &id, multi("before")).await;
    let before = server.get(format!("/threads/{id}/state")).await.ok();
    server
        .break_disk(RefusedWrites::Checkpoints, DiskFault::Full)
        .await;
    let result = wait(&server, &id, multi("lost")).await;
    let message = "a checkpoint of the run could not be saved: the disk is full";
    assert_eq!(
        result,
        json!({"__error__": {"error": "StoreError", "message": message}})
    );
    server.mend_disk().await;
    let state = server.get(format!("/threads/{id}/state")).await.ok();
    assert_eq!(state["values"], before["values"]);
    let after = wait(&server, &id, multi("after")).await;
    assert_eq!(after["log"][4], "after");
}

#[tokio::test]
async fn a_running_run_stops_though_there_is_no_room_to_note_it_and_a_pending_one_cannot() {
    let server = TestServer::over(TestProject::in_directory()).start().await;
    let id = thread(&server).await;
    server.worker.slow().close();
    let run = create(&server, &id, multi("in")).await;
    within("the run", server.worker.slow().arrived(1)).await;
    server
        .break_disk(RefusedWrites::RunStops, DiskFault::Full)
        .await;
    let cancel = |run: &str| format!("/threads/{id}/runs/{run}/cancel");
    let cancelled = server.post(cancel(&run), &json!({})).raw().await;
    assert_eq!(cancelled.status, 202);
    assert_eq!(join(&server, &id, &run).await["log"], json!(["in", "a"]));
    assert_eq!(status(&server, &id, &run).await, "interrupted");
    server.mend_disk().await;

    let first = create(&server, &id, multi("first")).await;
    within("the next run", server.worker.slow().arrived(2)).await;
    let queued = create(&server, &id, multi("queued")).await;
    server
        .break_disk(RefusedWrites::RunEnds, DiskFault::Full)
        .await;
    let refused = server.post(cancel(&queued), &json!({})).await.refused(507);
    assert_eq!(refused, "the disk is full");
    assert_eq!(status(&server, &id, &queued).await, "pending");
    server.mend_disk().await;
    server.worker.slow().open();
    join(&server, &id, &queued).await;
    assert_eq!(status(&server, &id, &first).await, "success");
}

#[tokio::test]
async fn requests_that_find_no_room_are_507_and_the_reason_is_told_once() {
    let server = TestServer::over(TestProject::in_directory()).start().await;
    let mut listener = server.listen();
    server
        .break_disk(RefusedWrites::Threads, DiskFault::Full)
        .await;
    for _ in 0..2 {
        let detail = server.post("/threads", &json!({})).await.refused(507);
        assert_eq!(detail, "the disk is full");
    }
    let told = |notice: &Notice| match notice {
        Notice::State(StateNotice::Unavailable(unavailable)) => Some(unavailable.clone()),
        _ => None,
    };
    let reason = listener.hear("the full disk", told).await;
    assert_eq!(reason, Unavailable::DiskFull);
    server.mend_disk().await;
    thread(&server).await;
    let again = listener.rest();
    assert!(!again.iter().any(|notice| told(notice).is_some()));
}

#[tokio::test]
async fn nothing_is_acknowledged_once_the_state_is_deleted() {
    let server = TestServer::over(TestProject::in_directory()).start().await;
    let mut listener = server.listen();
    let id = thread(&server).await;
    server.worker.slow().close();
    let stream = format!("/threads/{id}/runs/stream");
    let events = server.post(stream, &multi("in")).events().await;
    server.worker.slow().arrived(1).await;
    std::fs::remove_dir_all(server.project.state()).unwrap();

    let gone = "the state database was deleted while the server was running; nothing can be saved until it is restarted";
    assert_eq!(server.post("/threads", &json!({})).await.refused(503), gone);
    assert_eq!(
        server.get(format!("/threads/{id}")).await.refused(503),
        gone
    );
    server.worker.slow().open();
    let last = within("the run's end", events.rest()).await.pop().unwrap();
    assert_eq!(last.name, "error");
    let message = last.data["message"].as_str().unwrap();
    assert!(message.contains("was deleted or replaced"), "{message}");

    let told = |notice: &Notice| match notice {
        Notice::State(StateNotice::Unavailable(Unavailable::Gone(path))) => Some(path.clone()),
        _ => None,
    };
    let path = listener.hear("the deleted state", told).await;
    assert_eq!(path, server.project.state().join("state.db"));
}
