//! Admission: what a new run does to the runs of its thread, by strategy, and what its thread shows.

use lgx_model::{MultitaskStrategy, RunStatus, ThreadStatus};
use serde_json::{Value, json};

use super::*;
use crate::runs::{self, Displaced};

#[test]
fn a_run_on_a_free_thread_starts_at_once() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let admitted = started(&connection, new_run(thread_id, 5));
    assert_eq!(admitted.run.status, RunStatus::Running);
    assert_eq!(admitted.thread.status, ThreadStatus::Busy);
    assert_eq!(admitted.thread.updated_at, at(5));
    assert_eq!(admitted.displaced, Displaced::default());
    assert!(admitted.checkpoint.is_none());
    assert_eq!(admitted.thread, thread_row(&connection, thread_id));
    let stored = runs::get(
        &connection,
        thread_id,
        admitted.run.run_id,
        &Scope::everything(),
    )
    .unwrap()
    .unwrap();
    assert_eq!(stored, admitted.run);
}

#[test]
fn a_run_that_starts_brings_the_newest_root_checkpoint() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let ids = super::checkpoints::chain(&connection, thread_id, &[None, None]);
    let admitted = started(&connection, new_run(thread_id, 1));
    assert_eq!(admitted.checkpoint.unwrap().row.checkpoint_id, ids[1]);
}

#[test]
fn a_run_waits_for_a_slot_for_its_time_and_for_its_thread() {
    let connection = connection();
    let no_slot = NewRun {
        may_start: false,
        ..new_run(thread(&connection, json!({})), 1)
    };
    assert_eq!(queued(&connection, no_slot).run.status, RunStatus::Pending);

    let mut scheduled = new_run(thread(&connection, json!({})), 1);
    scheduled.run.created_at = at(60);
    assert_eq!(
        queued(&connection, scheduled).thread.status,
        ThreadStatus::Busy
    );

    let busy = thread(&connection, json!({}));
    started(&connection, new_run(busy, 1));
    queued(&connection, new_run(busy, 2));
}

#[test]
fn a_run_waits_behind_those_that_wait_but_overtakes_scheduled_ones() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let mut scheduled = new_run(thread_id, 1);
    scheduled.run.created_at = at(60);
    queued(&connection, scheduled);
    queued(
        &connection,
        NewRun {
            may_start: false,
            ..new_run(thread_id, 2)
        },
    );
    queued(&connection, new_run(thread_id, 3));

    let other = thread(&connection, json!({}));
    let mut scheduled = new_run(other, 1);
    scheduled.run.created_at = at(60);
    queued(&connection, scheduled);
    started(&connection, new_run(other, 2));
}

#[test]
fn a_missing_thread_refuses_the_run_or_is_made_for_it() {
    let connection = connection();
    let reject = new_run(ThreadId::fresh(), 1);
    let thread_id = reject.run.thread_id;
    assert_eq!(
        admit(&connection, reject.clone(), &Scope::everything()).unwrap(),
        Admission::ThreadNotFound
    );
    assert!(
        crate::threads::get(&connection, thread_id, &Scope::everything())
            .unwrap()
            .is_none()
    );

    let create = NewRun {
        if_not_exists: IfNotExists::Create,
        thread_metadata: object(json!({"owner": "alice"})),
        config_for_thread: object(json!({"tags": ["t"]})),
        ..reject
    };
    // A caller's filter is about threads that are there.
    let admitted = match admit(&connection, create, &owned_by("nobody")).unwrap() {
        Admission::Started(admitted) => *admitted,
        other => panic!("{other:?}"),
    };
    let assistant = AssistantId::of_graph("agent").to_string();
    assert_eq!(
        Value::from(admitted.thread.metadata.clone()),
        json!({"owner": "alice", "graph_id": "agent", "assistant_id": assistant})
    );
    assert_eq!(
        Value::from(admitted.thread.config.clone()),
        json!({"tags": ["t"], "configurable": {}})
    );
    assert_eq!(admitted.thread.status, ThreadStatus::Busy);
    assert_eq!(admitted.thread, thread_row(&connection, thread_id));
}

#[test]
fn a_hidden_thread_is_a_missing_one() {
    let connection = connection();
    let thread_id = thread(&connection, json!({"owner": "alice"}));
    for if_not_exists in [IfNotExists::Reject, IfNotExists::Create] {
        let new = NewRun {
            if_not_exists,
            ..new_run(thread_id, 1)
        };
        assert_eq!(
            admit(&connection, new, &owned_by("bob")).unwrap(),
            Admission::ThreadNotFound
        );
    }
    assert!(runs::active(&connection, thread_id).unwrap().is_empty());
}

#[test]
fn a_thread_is_labelled_with_the_graph_and_the_assistant_of_its_last_run() {
    let connection = connection();
    let thread_id = thread(&connection, json!({"mine": 1}));
    started(&connection, new_run(thread_id, 1));
    let mut second = new_run(thread_id, 2);
    second.run.assistant_id = AssistantId::of_graph("other");
    second.graph_id = "other".to_owned();
    second.thread_metadata = object(json!({"only": "for new threads"}));
    let thread = queued(&connection, second).thread;
    let last = AssistantId::of_graph("other").to_string();
    assert_eq!(
        Value::from(thread.metadata),
        json!({"mine": 1, "graph_id": "other", "assistant_id": last})
    );
}

#[test]
fn reject_refuses_a_thread_with_any_run_under_way() {
    let connection = connection();
    for may_start in [true, false] {
        let thread_id = thread(&connection, json!({}));
        admit(
            &connection,
            NewRun {
                may_start,
                ..new_run(thread_id, 1)
            },
            &Scope::everything(),
        )
        .unwrap();
        let before = thread_row(&connection, thread_id);
        let new = with_strategy(new_run(thread_id, 2), MultitaskStrategy::Reject);
        assert_eq!(
            admit(&connection, new, &Scope::everything()).unwrap(),
            Admission::Busy
        );
        assert_eq!(runs::active(&connection, thread_id).unwrap().len(), 1);
        assert_eq!(thread_row(&connection, thread_id), before);
    }
    let free = thread(&connection, json!({}));
    started(
        &connection,
        with_strategy(new_run(free, 1), MultitaskStrategy::Reject),
    );
}

#[test]
fn enqueue_displaces_nothing() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    started(&connection, new_run(thread_id, 1));
    assert_eq!(
        queued(&connection, new_run(thread_id, 2)).displaced,
        Displaced::default()
    );
}

#[test]
fn interrupt_stops_the_running_run_and_interrupts_the_pending_ones() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let running = started(&connection, new_run(thread_id, 1)).run;
    let pending = queued(&connection, new_run(thread_id, 2)).run;
    let admitted = queued(
        &connection,
        with_strategy(new_run(thread_id, 3), MultitaskStrategy::Interrupt),
    );
    assert_eq!(
        admitted.displaced,
        Displaced {
            stop: vec![running.run_id],
            interrupted: vec![pending.run_id],
            deleted: vec![]
        }
    );
    assert_eq!(
        run_status(&connection, &pending),
        Some(RunStatus::Interrupted)
    );
    assert_eq!(run_status(&connection, &running), Some(RunStatus::Running));
}

#[test]
fn rollback_stops_the_running_run_and_deletes_the_pending_ones() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let running = started(&connection, new_run(thread_id, 1)).run;
    let pending = queued(&connection, new_run(thread_id, 2)).run;
    let admitted = queued(
        &connection,
        with_strategy(new_run(thread_id, 3), MultitaskStrategy::Rollback),
    );
    assert_eq!(
        admitted.displaced,
        Displaced {
            stop: vec![running.run_id],
            interrupted: vec![],
            deleted: vec![pending.run_id]
        }
    );
    assert_eq!(run_status(&connection, &pending), None);
}

#[test]
fn a_run_that_displaces_only_pending_ones_starts_at_once() {
    let connection = connection();
    for strategy in [MultitaskStrategy::Interrupt, MultitaskStrategy::Rollback] {
        let thread_id = thread(&connection, json!({}));
        queued(
            &connection,
            NewRun {
                may_start: false,
                ..new_run(thread_id, 1)
            },
        );
        started(&connection, with_strategy(new_run(thread_id, 2), strategy));
    }
}
