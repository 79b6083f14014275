//! The ends of runs: what they leave on their thread, and how they are taken back.

use lgx_model::{RunError, RunStatus, ThreadStatus};
use serde_json::json;

use super::*;
use crate::runs::{Finish, ThreadEnd, finish};

#[test]
fn a_run_that_succeeds_leaves_its_values_and_an_idle_thread() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let run = started(&connection, new_run(thread_id, 1)).run;
    let finished = finish(&connection, run.run_id, &success(json!({"n": 1}), 5)).unwrap();
    let thread = finished.thread.unwrap();
    assert_eq!(
        (thread.status, thread.values.get()),
        (ThreadStatus::Idle, r#"{"n":1}"#)
    );
    assert_eq!((thread.updated_at, thread.state_updated_at), (at(5), at(5)));
    assert_eq!(thread, thread_row(&connection, thread_id));
    let run = finished.run.unwrap();
    assert_eq!(
        (run.status, run.created_at, run.updated_at),
        (RunStatus::Success, at(1), at(5))
    );
    assert_eq!(run_status(&connection, &run), Some(RunStatus::Success));
    assert!(!finished.more_pending);
}

#[test]
fn a_run_that_fails_or_pauses_leaves_its_reason_until_the_next_ends() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let run = started(&connection, new_run(thread_id, 1)).run;
    let failure = Finish {
        status: RunStatus::Error,
        thread: ThreadEnd {
            status: ThreadStatus::Error,
            values: None,
            error: Some(RunError::new("ValueError", "kaboom")),
            interrupts: raw(&json!({"task": [{"id": "1", "value": "ask"}]})),
        },
        ..success(json!({}), 2)
    };
    let thread = finish(&connection, run.run_id, &failure)
        .unwrap()
        .thread
        .unwrap();
    assert_eq!(
        (thread.status, thread.error),
        (
            ThreadStatus::Error,
            Some(RunError::new("ValueError", "kaboom"))
        )
    );
    assert!(thread.values.is_null());

    let next = started(&connection, new_run(thread_id, 3));
    assert_eq!(next.thread.status, ThreadStatus::Busy);
    assert!(next.thread.error.is_some() && next.thread.interrupts.get().contains("ask"));
    let thread = finish(&connection, next.run.run_id, &success(json!({"n": 2}), 4))
        .unwrap()
        .thread
        .unwrap();
    assert_eq!(
        (thread.status, thread.error, thread.interrupts.get()),
        (ThreadStatus::Idle, None, "{}")
    );
}

#[test]
fn a_thread_stays_busy_while_runs_wait() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let run = started(&connection, new_run(thread_id, 1)).run;
    let next = queued(&connection, new_run(thread_id, 2)).run;
    let finished = finish(&connection, run.run_id, &success(json!({"n": 1}), 3)).unwrap();
    assert!(finished.more_pending);
    let thread = finished.thread.unwrap();
    assert_eq!(
        (thread.status, thread.values.get()),
        (ThreadStatus::Busy, r#"{"n":1}"#)
    );

    crate::runs::cancel_pending(&connection, &[next.run_id], false, at(4)).unwrap();
    assert_eq!(
        thread_row(&connection, thread_id).status,
        ThreadStatus::Idle
    );
}

#[test]
fn a_run_rolled_back_leaves_its_thread_as_before_it() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let before = started(&connection, new_run(thread_id, 1)).run;
    let kept =
        super::checkpoints::chain(&connection, thread_id, &[Some(&before.run_id.to_string())]);
    finish(&connection, before.run_id, &success(json!({"n": 1}), 2)).unwrap();

    let run = started(&connection, new_run(thread_id, 3)).run;
    super::checkpoints::chain(&connection, thread_id, &[Some(&run.run_id.to_string())]);
    let rollback = Finish {
        status: RunStatus::Interrupted,
        thread: ThreadEnd {
            status: ThreadStatus::Interrupted,
            values: Some(raw(&json!({"n": "half"}))),
            error: Some(RunError::new("UserRollback", "rollback requested")),
            interrupts: raw(&json!({"half": []})),
        },
        rollback: true,
        ..success(json!({}), 4)
    };
    let finished = finish(&connection, run.run_id, &rollback).unwrap();
    assert!(finished.run.is_some());
    assert_eq!(run_status(&connection, &run), None);
    let thread = thread_row(&connection, thread_id);
    assert_eq!(
        (thread.status, thread.values.get(), thread.interrupts.get()),
        (ThreadStatus::Idle, r#"{"n":1}"#, "{}")
    );
    assert_eq!(thread.error.unwrap().error, "UserRollback");
    let newest = crate::checkpoints::get(&connection, thread_id, "", None)
        .unwrap()
        .unwrap();
    assert_eq!(newest.row.checkpoint_id, kept[0]);
}

#[test]
fn a_temporary_thread_goes_with_its_run_whose_end_is_still_told() {
    let connection = connection();
    let new = NewRun {
        if_not_exists: IfNotExists::Create,
        ..new_run(ThreadId::fresh(), 1)
    };
    let run = started(&connection, new).run;
    let end = Finish {
        delete_thread: true,
        ..success(json!({"n": 1}), 2)
    };
    let finished = finish(&connection, run.run_id, &end).unwrap();
    assert_eq!(finished.thread.unwrap().values.get(), r#"{"n":1}"#);
    assert_eq!(finished.run.unwrap().status, RunStatus::Success);
    assert!(
        crate::threads::get(&connection, run.thread_id, &Scope::everything())
            .unwrap()
            .is_none()
    );
    assert_eq!(run_status(&connection, &run), None);
}

#[test]
fn the_end_of_a_run_that_is_gone_or_over_changes_nothing() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let run = started(&connection, new_run(thread_id, 1)).run;
    crate::runs::delete(&connection, thread_id, run.run_id, &Scope::everything()).unwrap();
    let before = thread_row(&connection, thread_id);
    let finished = finish(&connection, run.run_id, &success(json!({"n": 1}), 2)).unwrap();
    assert!(finished.run.is_none() && finished.thread.is_none());
    assert_eq!(thread_row(&connection, thread_id), before);

    let run = started(&connection, new_run(thread_id, 3)).run;
    finish(&connection, run.run_id, &success(json!({"n": 1}), 4)).unwrap();
    assert!(
        finish(&connection, run.run_id, &success(json!({"n": 2}), 5))
            .unwrap()
            .run
            .is_none()
    );
    assert_eq!(
        thread_row(&connection, thread_id).values.get(),
        r#"{"n":1}"#
    );
}
