//! Threads: creating, finding, changing and deleting them.

use lgx_model::query::{Page, RunQuery, SortOrder, ThreadQuery, ThreadSort};
use lgx_model::{RunError, ThreadStatus};
use lgx_store::threads::ThreadState;

use super::checkpoints::chain;
use super::*;

async fn found(store: &Backend, query: &ThreadQuery, scope: &Scope) -> Vec<Value> {
    let rows = store
        .search_threads(query.clone(), ALL, scope)
        .await
        .unwrap();
    assert_eq!(rows.total, rows.rows.len() as u64);
    assert_eq!(
        rows.total,
        store.count_threads(query.clone(), scope).await.unwrap()
    );
    rows.rows
        .into_iter()
        .map(|thread| thread.metadata["n"].clone())
        .collect()
}

fn idle(values: Value) -> ThreadState {
    ThreadState {
        status: ThreadStatus::Idle,
        values: Some(raw(&values)),
        interrupts: RawJson::empty_object(),
        error: None,
    }
}

#[tokio::test]
async fn a_new_thread_is_idle_and_empty() {
    let store = open().await;
    let thread_id = thread_at(&store, json!({"owner": "alice"}), 7).await;
    let thread = thread_row(&store, thread_id).await;
    assert_eq!(thread.created_at, at(7));
    assert_eq!((thread.updated_at, thread.state_updated_at), (at(7), at(7)));
    assert_eq!(thread.status, ThreadStatus::Idle);
    assert_eq!(thread.metadata, object(json!({"owner": "alice"})));
    assert!(thread.values.is_null() && thread.error.is_none());
    assert_eq!((thread.interrupts.get(), thread.config.len()), ("{}", 0));
}

#[tokio::test]
async fn a_second_thread_of_the_same_id_is_not_made() {
    let store = open().await;
    let thread_id = thread(&store, json!({"owner": "alice"})).await;
    let new = NewThread {
        thread_id,
        metadata: object(json!({"owner": "bob"})),
        ttl: None,
        now: at(1),
    };
    match store
        .create_thread(new.clone(), &store.owned_by("alice"))
        .await
        .unwrap()
    {
        Creation::Existing(thread) => assert_eq!(thread.metadata["owner"], "alice"),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        store
            .create_thread(new, &store.owned_by("bob"))
            .await
            .unwrap(),
        Creation::Hidden
    );
    assert_eq!(
        thread_row(&store, thread_id).await.metadata["owner"],
        "alice"
    );
}

#[tokio::test]
async fn what_a_caller_may_not_see_is_not_there_for_them() {
    let store = open().await;
    let thread_id = thread(&store, json!({"owner": "alice"})).await;
    let bob = store.owned_by("bob");
    assert!(
        store
            .get_thread(thread_id, &store.owned_by("alice"))
            .await
            .unwrap()
            .is_some()
    );
    assert!(store.get_thread(thread_id, &bob).await.unwrap().is_none());
    assert!(
        store
            .get_thread_ttl(thread_id, &bob)
            .await
            .unwrap()
            .is_none()
    );
    assert!(!store.thread_exists(thread_id, &bob).await.unwrap());
    assert!(
        store
            .patch_thread(thread_id, JsonObject::new(), None, at(1), &bob)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .delete_thread(thread_id, &bob, |_| ())
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .thread_exists(thread_id, &store.everything())
            .await
            .unwrap()
    );
    assert!(
        !store
            .thread_exists(ThreadId::fresh(), &store.everything())
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_patch_replaces_top_level_keys_only() {
    let store = open().await;
    let thread_id = thread(&store, json!({"a": {"x": 1}, "b": 1})).await;
    let patch = object(json!({"a": {"y": 2}, "c": null}));
    let thread = store
        .patch_thread(thread_id, patch.clone(), None, at(9), &store.everything())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        Value::from(thread.metadata.clone()),
        json!({"a": {"y": 2}, "b": 1, "c": null})
    );
    assert_eq!((thread.updated_at, thread.state_updated_at), (at(9), at(0)));
    assert_eq!(thread, thread_row(&store, thread_id).await);
}

#[tokio::test]
async fn searches_filter_by_everything_at_once() {
    let store = open().await;
    let mut ids = Vec::new();
    for n in 0..4 {
        let owner = if n < 2 { "alice" } else { "bob" };
        ids.push(thread_at(&store, json!({"n": n, "owner": owner}), n).await);
    }
    store
        .set_thread_state(ids[1], idle(json!({"topic": {"name": "rust"}})), at(1))
        .await
        .unwrap();
    let everything = store.everything();
    let query = ThreadQuery::default();

    assert_eq!(found(&store, &query, &everything).await, [3, 2, 1, 0]);
    assert_eq!(
        found(&store, &query, &store.owned_by("alice")).await,
        [1, 0]
    );

    let metadata = ThreadQuery {
        metadata: object(json!({"owner": "bob"})),
        ..query.clone()
    };
    assert_eq!(found(&store, &metadata, &everything).await, [3, 2]);
    assert!(
        found(&store, &metadata, &store.owned_by("alice"))
            .await
            .is_empty()
    );

    let values = ThreadQuery {
        values: object(json!({"topic": {"name": "rust"}})),
        ..query.clone()
    };
    assert_eq!(found(&store, &values, &everything).await, [1]);

    let some = ThreadQuery {
        ids: vec![ids[3], ids[0], ids[3], ThreadId::fresh()],
        ..query.clone()
    };
    assert_eq!(found(&store, &some, &everything).await, [3, 0]);

    let busy = ThreadQuery {
        status: Some(ThreadStatus::Busy),
        ..query
    };
    assert!(found(&store, &busy, &everything).await.is_empty());
    started(&store, new_run(ids[2], 5)).await;
    assert_eq!(found(&store, &busy, &everything).await, [2]);
}

#[tokio::test]
async fn searches_sort_and_page_and_know_the_total() {
    let store = open().await;
    for n in 0..5 {
        thread_at(&store, json!({"n": n, "even": n % 2 == 0}), n).await;
    }
    let everything = store.everything();
    let page = async |query: &ThreadQuery, limit, offset| {
        let rows = store
            .search_threads(query.clone(), Page { limit, offset }, &everything)
            .await
            .unwrap();
        (
            rows.rows
                .into_iter()
                .map(|thread| thread.metadata["n"].as_i64().unwrap())
                .collect::<Vec<_>>(),
            rows.total,
        )
    };
    let newest = ThreadQuery::default();
    assert_eq!(page(&newest, 2, 0).await, (vec![4, 3], 5));
    assert_eq!(page(&newest, 2, 4).await, (vec![0], 5));
    assert_eq!(page(&newest, 2, 9).await, (vec![], 5));
    let even = ThreadQuery {
        metadata: object(json!({"even": true})),
        ..ThreadQuery::default()
    };
    assert_eq!(page(&even, 2, 1).await, (vec![2, 0], 3));
    for sort_by in [
        ThreadSort::CreatedAt,
        ThreadSort::UpdatedAt,
        ThreadSort::StateUpdatedAt,
        ThreadSort::ThreadId,
    ] {
        let oldest = ThreadQuery {
            sort_by,
            sort_order: SortOrder::Asc,
            ..ThreadQuery::default()
        };
        assert_eq!(page(&oldest, 3, 0).await, (vec![0, 1, 2], 5), "{sort_by:?}");
    }
    let tied = ThreadQuery {
        sort_by: ThreadSort::Status,
        ..ThreadQuery::default()
    };
    assert_eq!(page(&tied, 2, 0).await, (vec![0, 1], 5));
}

#[tokio::test]
async fn a_state_update_shows_at_once_and_keeps_the_values_it_does_not_give() {
    let store = open().await;
    let thread_id = thread(&store, json!({})).await;
    let failed = ThreadState {
        status: ThreadStatus::Error,
        values: Some(raw(&json!({"n": 1}))),
        interrupts: raw(&json!({"task": []})),
        error: Some(RunError::new("ValueError", "kaboom")),
    };
    store
        .set_thread_state(thread_id, failed.clone(), at(3))
        .await
        .unwrap();
    let thread = thread_row(&store, thread_id).await;
    assert_eq!(thread.status, ThreadStatus::Error);
    assert_eq!(
        (thread.values.get(), thread.interrupts.get()),
        (r#"{"n":1}"#, r#"{"task":[]}"#)
    );
    assert_eq!(thread.error, Some(RunError::new("ValueError", "kaboom")));
    assert_eq!((thread.updated_at, thread.state_updated_at), (at(3), at(3)));

    let cleared = ThreadState {
        values: None,
        ..idle(json!(0))
    };
    let thread = store
        .set_thread_state(thread_id, cleared.clone(), at(4))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((thread.values.get(), thread.error), (r#"{"n":1}"#, None));

    let emptied = ThreadState {
        values: Some(RawJson::null()),
        ..cleared
    };
    let thread = store
        .set_thread_state(thread_id, emptied.clone(), at(5))
        .await
        .unwrap()
        .unwrap();
    assert!(thread.values.is_null());
}

#[tokio::test]
async fn the_state_of_a_missing_thread_is_not_kept() {
    let store = open().await;
    let new = NewThread {
        thread_id: ThreadId::fresh(),
        metadata: JsonObject::new(),
        ttl: None,
        now: at(2),
    };
    let kept = store.set_thread_state(new.thread_id, idle(json!({})), at(1));
    assert_eq!(kept.await.unwrap(), None);
    let thread_id = new.thread_id;
    let created = store.create_thread(new, &store.everything()).await;
    created.unwrap();
    assert!(thread_row(&store, thread_id).await.values.is_null());
}

#[tokio::test]
async fn deleting_a_thread_leaves_nothing() {
    let store = open().await;
    let new = NewThread {
        thread_id: thread(&store, json!({})).await,
        metadata: JsonObject::new(),
        ttl: None,
        now: at(9),
    };
    let (thread_id, everything) = (new.thread_id, store.everything());
    let over = started(&store, new_run(thread_id, 1)).await.run;
    finish(&store, over.run_id, &success(json!({"n": 1}), 2)).await;
    started(&store, new_run(thread_id, 3)).await;
    queued(&store, new_run(thread_id, 4)).await;
    chain(&store, thread_id, &[None]).await;

    let deleted = store.delete_thread(thread_id, &everything, |ended| ended);
    assert_eq!(deleted.await.unwrap(), Some(vec![thread_id]));
    // Another one of its id has nothing of it.
    store.create_thread(new, &everything).await.unwrap();
    assert!(thread_row(&store, thread_id).await.values.is_null());
    let runs = store.list_runs(thread_id, RunQuery::default(), ALL, &everything);
    assert_eq!(runs.await.unwrap(), Some(vec![]));
    let storage = store.get_thread_storage(thread_id, &everything);
    assert_eq!(storage.await.unwrap().unwrap().total_bytes, 0);
}

#[tokio::test]
async fn what_a_thread_asks_comes_with_the_answers_under_way() {
    let store = open().await;
    let everything = store.everything();
    let missing = store
        .get_thread_to_answer(ThreadId::fresh(), &everything)
        .await;
    assert_eq!(missing.unwrap(), None);
    let thread_id = thread(&store, json!({"owner": "alice"})).await;
    let newest = store.get_assistant_of_newest_run(thread_id).await;
    assert_eq!(newest.unwrap(), None);
    let answering = |n: i64| {
        let mut new = new_run(thread_id, n);
        new.run.kwargs.command = raw(&json!({"resume": n}));
        new
    };
    let over = started(&store, answering(1)).await.run;
    finish(&store, over.run_id, &success(json!({}), 2)).await;
    started(&store, answering(3)).await;
    let mut last = answering(4);
    last.run.assistant_id = AssistantId::of_graph("other");
    queued(&store, last).await;
    let found = store
        .get_thread_to_answer(thread_id, &everything)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.thread, thread_row(&store, thread_id).await);
    let hidden = store
        .get_thread_to_answer(thread_id, &store.owned_by("bob"))
        .await;
    assert_eq!(hidden.unwrap(), None);
    let commands: Vec<&str> = found.commands.iter().map(RawJson::get).collect();
    assert_eq!(commands, [r#"{"resume":3}"#, r#"{"resume":4}"#]);
    let newest = store.get_assistant_of_newest_run(thread_id).await;
    assert_eq!(newest.unwrap(), Some(AssistantId::of_graph("other")));
}

#[tokio::test]
async fn what_has_happened_on_a_thread_since_then_is_told_to_the_millisecond() {
    let store = open().await;
    let thread_id = thread_at(&store, json!({}), 1).await;
    let since = async |seconds| {
        let activity = store.thread_activity_since(thread_id, at(seconds)).await;
        let activity = activity.unwrap();
        (
            activity.runs,
            activity.unkept_runs,
            activity.state_updated_at,
        )
    };
    assert_eq!(since(0).await, (0, false, Some(at(1))));

    let mut resumable = new_run(thread_id, 2);
    resumable.run.kwargs.resumable = true;
    let resumable = started(&store, resumable).await.run;
    assert_eq!(since(5).await, (1, false, Some(at(1))), "it goes on");
    finish(&store, resumable.run_id, &success(json!({}), 3)).await;
    assert_eq!(since(2).await, (1, false, Some(at(3))));
    assert_eq!(since(3).await, (0, false, Some(at(3))));

    let kept_by_nobody = started(&store, new_run(thread_id, 4)).await.run;
    finish(&store, kept_by_nobody.run_id, &success(json!({}), 5)).await;
    assert_eq!(since(4).await, (1, true, Some(at(5))));
    let nowhere = store.thread_activity_since(ThreadId::fresh(), at(0)).await;
    let nowhere = nowhere.unwrap();
    assert_eq!((nowhere.runs, nowhere.state_updated_at), (0, None));
}
