//! The ends of runs: what they leave on their thread, and how they are taken back.

use lgx_model::{RunError, ThreadStatus};
use lgx_store::runs::{CancelTarget, Finish, ThreadEnd};

use super::checkpoints::{chain, get};
use super::*;

#[tokio::test]
async fn a_run_that_succeeds_leaves_its_values_and_an_idle_thread() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let run = started(&store, new_run(thread_id, 1)).await.run;
    let finished = finish(&store, run.run_id, &success(json!({"n": 1}), 5)).await;
    let thread = finished.thread.unwrap();
    assert_eq!(
        (thread.status, thread.values.get()),
        (ThreadStatus::Idle, r#"{"n":1}"#)
    );
    assert_eq!((thread.updated_at, thread.state_updated_at), (at(5), at(5)));
    assert_eq!(thread, thread_row(&store, thread_id).await);
    let run = finished.run.unwrap();
    assert_eq!(
        (run.status, run.created_at, run.updated_at),
        (RunStatus::Success, at(1), at(5))
    );
    assert_eq!(run_status(&store, &run).await, Some(RunStatus::Success));
    assert!(!finished.more_pending);
}

#[tokio::test]
async fn a_run_that_fails_or_pauses_leaves_its_reason_until_the_next_ends() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let run = started(&store, new_run(thread_id, 1)).await.run;
    let failure = Finish {
        status: RunStatus::Error,
        thread: ThreadEnd {
            status: ThreadStatus::Error,
            values: None,
            is_behind: false,
            error: Some(RunError::new("ValueError", "kaboom")),
            interrupts: raw(&json!({"task": [{"id": "1", "value": "ask"}]})),
        },
        ..success(json!({}), 2)
    };
    let thread = finish(&store, run.run_id, &failure).await.thread.unwrap();
    assert_eq!(
        (thread.status, thread.error),
        (
            ThreadStatus::Error,
            Some(RunError::new("ValueError", "kaboom"))
        )
    );
    assert!(thread.values.is_null());

    let next = started(&store, new_run(thread_id, 3)).await;
    assert_eq!(next.thread.status, ThreadStatus::Busy);
    assert!(next.thread.error.is_some() && next.thread.interrupts.get().contains("ask"));
    let thread = finish(&store, next.run.run_id, &success(json!({"n": 2}), 4))
        .await
        .thread
        .unwrap();
    assert_eq!(
        (thread.status, thread.error, thread.interrupts.get()),
        (ThreadStatus::Idle, None, "{}")
    );
}

#[tokio::test]
async fn a_thread_stays_busy_while_runs_wait() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let run = started(&store, new_run(thread_id, 1)).await.run;
    let next = queued(&store, new_run(thread_id, 2)).await.run;
    let finished = finish(&store, run.run_id, &success(json!({"n": 1}), 3)).await;
    assert!(finished.more_pending);
    let thread = finished.thread.unwrap();
    assert_eq!(
        (thread.status, thread.values.get()),
        (ThreadStatus::Busy, r#"{"n":1}"#)
    );

    let which = CancelTarget::Runs(thread_id, vec![next.run_id]);
    let everything = store.everything();
    let cancelled = store.cancel_runs(which, asked(false), at(4), &everything, |_| ());
    cancelled.await.unwrap();
    assert_eq!(
        thread_row(&store, thread_id).await.status,
        ThreadStatus::Idle
    );
}

#[tokio::test]
async fn a_run_rolled_back_leaves_its_thread_as_before_it() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let before = started(&store, new_run(thread_id, 1)).await.run;
    let kept = chain(&store, thread_id, &[Some(&before.run_id.to_string())]).await;
    finish(&store, before.run_id, &success(json!({"n": 1}), 2)).await;

    let run = started(&store, new_run(thread_id, 3)).await.run;
    chain(&store, thread_id, &[Some(&run.run_id.to_string())]).await;
    let rollback = Finish {
        status: RunStatus::Interrupted,
        thread: ThreadEnd {
            status: ThreadStatus::Interrupted,
            values: Some(raw(&json!({"n": "half"}))),
            is_behind: false,
            error: Some(RunError::new("UserRollback", "rollback requested")),
            interrupts: raw(&json!({"half": []})),
        },
        rollback: true,
        ..success(json!({}), 4)
    };
    let finished = finish(&store, run.run_id, &rollback).await;
    assert!(finished.run.is_some());
    assert_eq!(run_status(&store, &run).await, None);
    let thread = thread_row(&store, thread_id).await;
    assert_eq!(
        (thread.status, thread.values.get(), thread.interrupts.get()),
        (ThreadStatus::Idle, r#"{"n":1}"#, "{}")
    );
    assert_eq!(thread.error.unwrap().error, "UserRollback");
    let newest = get(&store, thread_id, "", None).await;
    assert_eq!(newest.unwrap().row.checkpoint_id, kept[0]);
}

#[tokio::test]
async fn a_temporary_thread_goes_with_its_run_whose_end_is_still_told() {
    let store = open().await;
    let new = NewRun {
        create_thread: true,
        ..new_run(ThreadId::fresh(), 1)
    };
    let run = started(&store, new).await.run;
    let end = Finish {
        delete_thread: true,
        ..success(json!({"n": 1}), 2)
    };
    let finished = finish(&store, run.run_id, &end).await;
    assert_eq!(finished.thread.unwrap().values.get(), r#"{"n":1}"#);
    assert_eq!(finished.run.unwrap().status, RunStatus::Success);
    assert_eq!(finished.ended, [run.thread_id]);
    assert!(
        store
            .get_thread(run.thread_id, &store.everything())
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(run_status(&store, &run).await, None);
}

#[tokio::test]
async fn the_end_of_a_run_that_is_gone_or_over_changes_nothing() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let run = started(&store, new_run(thread_id, 1)).await.run;
    store
        .delete_run(thread_id, run.run_id, &store.everything(), |_| ())
        .await
        .unwrap();
    let before = thread_row(&store, thread_id).await;
    let finished = finish(&store, run.run_id, &success(json!({"n": 1}), 2)).await;
    assert!(finished.run.is_none() && finished.thread.is_none());
    assert_eq!(thread_row(&store, thread_id).await, before);

    let run = started(&store, new_run(thread_id, 3)).await.run;
    finish(&store, run.run_id, &success(json!({"n": 1}), 4)).await;
    assert!(
        finish(&store, run.run_id, &success(json!({"n": 2}), 5))
            .await
            .run
            .is_none()
    );
    assert_eq!(
        thread_row(&store, thread_id).await.values.get(),
        r#"{"n":1}"#
    );
}
