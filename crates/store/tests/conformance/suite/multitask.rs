//! Admission: what a new run does to the runs of its thread, by strategy, and what its thread shows.

use lgx_model::{MultitaskStrategy, RunStatus, Runtime, ThreadStatus};
use serde_json::{Value, json};

use lgx_store::runs::Displaced;

use super::checkpoints::chain;

use super::*;

#[tokio::test]
async fn a_run_on_a_free_thread_starts_at_once() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let admitted = started(&store, new_run(thread_id, 5)).await;
    assert_eq!(admitted.run.status, RunStatus::Running);
    assert_eq!(admitted.thread.status, ThreadStatus::Busy);
    assert_eq!(admitted.thread.updated_at, at(5));
    assert_eq!(admitted.displaced, Displaced::default());
    assert!(admitted.checkpoint.is_none());
    assert_eq!(admitted.thread, thread_row(&store, thread_id).await);
    let stored = store
        .get_run(thread_id, admitted.run.run_id, &store.everything())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored, admitted.run);
}

#[tokio::test]
async fn a_run_that_starts_brings_the_newest_root_checkpoint() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let ids = chain(&store, thread_id, &[None, None]).await;
    let admitted = started(&store, new_run(thread_id, 1)).await;
    assert_eq!(admitted.checkpoint.unwrap().row.checkpoint_id, ids[1]);
}

#[tokio::test]
async fn a_run_waits_for_a_slot_for_its_time_and_for_its_thread() {
    let store = open().await;
    let no_slot = NewRun {
        may_start: false,
        ..new_run(thread(&store, json!({})).await, 1)
    };
    assert_eq!(queued(&store, no_slot).await.run.status, RunStatus::Pending);

    let mut scheduled = new_run(thread(&store, json!({})).await, 1);
    scheduled.run.created_at = at(60);
    assert_eq!(
        queued(&store, scheduled).await.thread.status,
        ThreadStatus::Busy
    );

    let busy = thread(&store, json!({})).await;
    started(&store, new_run(busy, 1)).await;
    queued(&store, new_run(busy, 2)).await;
}

#[tokio::test]
async fn a_run_waits_behind_those_that_wait_but_overtakes_scheduled_ones() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let mut scheduled = new_run(thread_id, 1);
    scheduled.run.created_at = at(60);
    queued(&store, scheduled).await;
    queued(
        &store,
        NewRun {
            may_start: false,
            ..new_run(thread_id, 2)
        },
    )
    .await;
    queued(&store, new_run(thread_id, 3)).await;

    let other = thread(&store, json!({})).await;
    let mut scheduled = new_run(other, 1);
    scheduled.run.created_at = at(60);
    queued(&store, scheduled).await;
    started(&store, new_run(other, 2)).await;
}

#[tokio::test]
async fn a_missing_thread_refuses_the_run_or_is_made_for_it() {
    let store = open().await;
    let reject = new_run(ThreadId::fresh(), 1);
    let thread_id = reject.run.thread_id;
    assert_eq!(
        store
            .admit(reject.clone(), &store.everything())
            .await
            .unwrap(),
        Admission::ThreadNotFound
    );
    assert!(
        store
            .get_thread(thread_id, &store.everything())
            .await
            .unwrap()
            .is_none()
    );

    let create = NewRun {
        create_thread: true,
        thread_metadata: object(json!({"owner": "alice"})),
        config_for_thread: object(json!({"tags": ["t"]})),
        ..reject
    };
    // A caller's filter is about threads that are there.
    let admitted = match store
        .admit(create, &store.owned_by("nobody"))
        .await
        .unwrap()
    {
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
    assert_eq!(admitted.thread, thread_row(&store, thread_id).await);
}

#[tokio::test]
async fn a_hidden_thread_is_a_missing_one() {
    let store = open().await;
    let thread_id = thread(&store, json!({"owner": "alice"})).await;
    for create_thread in [false, true] {
        let new = NewRun {
            create_thread,
            ..new_run(thread_id, 1)
        };
        assert_eq!(
            store.admit(new, &store.owned_by("bob")).await.unwrap(),
            Admission::ThreadNotFound
        );
    }
    assert!(
        store
            .list_active_runs(thread_id, &store.everything())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_thread_is_labelled_with_the_graph_and_the_assistant_of_its_last_run() {
    let store = open().await;
    let thread_id = thread(&store, json!({"mine": 1})).await;
    started(&store, new_run(thread_id, 1)).await;
    let mut second = new_run(thread_id, 2);
    second.run.assistant_id = AssistantId::of_graph("other");
    second.graph_id = "other".to_owned();
    second.thread_metadata = object(json!({"only": "for new threads"}));
    let thread = queued(&store, second).await.thread;
    let last = AssistantId::of_graph("other").to_string();
    assert_eq!(
        Value::from(thread.metadata),
        json!({"mine": 1, "graph_id": "other", "assistant_id": last})
    );
}

#[tokio::test]
async fn reject_refuses_a_thread_with_any_run_under_way() {
    let store = open().await;
    for may_start in [true, false] {
        let thread_id = thread(&store, json!({})).await;
        store
            .admit(
                NewRun {
                    may_start,
                    ..new_run(thread_id, 1)
                },
                &store.everything(),
            )
            .await
            .unwrap();
        let before = thread_row(&store, thread_id).await;
        let new = with_strategy(new_run(thread_id, 2), MultitaskStrategy::Reject);
        assert_eq!(
            store.admit(new, &store.everything()).await.unwrap(),
            Admission::Busy
        );
        assert_eq!(
            store
                .list_active_runs(thread_id, &store.everything())
                .await
                .unwrap()
                .len(),
            1
        );
        assert_eq!(thread_row(&store, thread_id).await, before);
    }
    let free = thread(&store, json!({})).await;
    started(
        &store,
        with_strategy(new_run(free, 1), MultitaskStrategy::Reject),
    )
    .await;
}

#[tokio::test]
async fn enqueue_displaces_nothing() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    started(&store, new_run(thread_id, 1)).await;
    assert_eq!(
        queued(&store, new_run(thread_id, 2)).await.displaced,
        Displaced::default()
    );
}

#[tokio::test]
async fn interrupt_stops_the_running_run_and_interrupts_the_pending_ones() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let running = started(&store, new_run(thread_id, 1)).await.run;
    let pending = queued(&store, new_run(thread_id, 2)).await.run;
    let admitted = queued(
        &store,
        with_strategy(new_run(thread_id, 3), MultitaskStrategy::Interrupt),
    )
    .await;
    assert_eq!(
        admitted.displaced,
        Displaced {
            stop: vec![running.run_id],
            interrupted: vec![pending.run_id],
            deleted: vec![]
        }
    );
    assert_eq!(
        run_status(&store, &pending).await,
        Some(RunStatus::Interrupted)
    );
    assert_eq!(run_status(&store, &running).await, Some(RunStatus::Running));
}

#[tokio::test]
async fn rollback_stops_the_running_run_and_deletes_the_pending_ones() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let running = started(&store, new_run(thread_id, 1)).await.run;
    let pending = queued(&store, new_run(thread_id, 2)).await.run;
    let admitted = queued(
        &store,
        with_strategy(new_run(thread_id, 3), MultitaskStrategy::Rollback),
    )
    .await;
    assert_eq!(
        admitted.displaced,
        Displaced {
            stop: vec![running.run_id],
            interrupted: vec![],
            deleted: vec![pending.run_id]
        }
    );
    assert_eq!(run_status(&store, &pending).await, None);
}

#[tokio::test]
async fn a_run_that_displaces_only_pending_ones_starts_at_once() {
    let store = open().await;
    for strategy in [MultitaskStrategy::Interrupt, MultitaskStrategy::Rollback] {
        let thread_id = thread(&store, json!({})).await;
        queued(
            &store,
            NewRun {
                may_start: false,
                ..new_run(thread_id, 1)
            },
        )
        .await;
        started(&store, with_strategy(new_run(thread_id, 2), strategy)).await;
    }
}

#[tokio::test]
async fn a_thread_belongs_to_the_language_that_began_it() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let of = |runtime| NewRun {
        runtime: Some(runtime),
        ..with_strategy(new_run(thread_id, 1), MultitaskStrategy::Rollback)
    };
    chain(&store, thread_id, &[None]).await;
    let before = thread_row(&store, thread_id).await;
    let admission = store.admit(of(Runtime::Node), &store.everything()).await;
    assert_eq!(admission.unwrap(), Admission::Foreign(Runtime::Python));
    assert_eq!(thread_row(&store, thread_id).await, before);
    started(&store, of(Runtime::Python)).await;
}
