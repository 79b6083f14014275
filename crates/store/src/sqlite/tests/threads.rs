//! Threads: creating, finding, changing and deleting them.

use lgx_model::query::{Page, SortOrder, ThreadQuery, ThreadSort};
use lgx_model::{RunError, ThreadId, ThreadStatus};
use serde_json::{Value, json};

use super::*;
use crate::threads::{self, ThreadState};

fn found(connection: &Connection, query: &ThreadQuery, scope: &Scope) -> Vec<Value> {
    let rows = threads::search(connection, query, ALL, scope).unwrap();
    assert_eq!(rows.total, rows.rows.len() as u64);
    assert_eq!(
        rows.total,
        threads::count(connection, query, scope).unwrap()
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

#[test]
fn a_new_thread_is_idle_and_empty() {
    let connection = connection();
    let thread_id = thread_at(&connection, json!({"owner": "alice"}), 7);
    let thread = thread_row(&connection, thread_id);
    assert_eq!(thread.created_at, at(7));
    assert_eq!((thread.updated_at, thread.state_updated_at), (at(7), at(7)));
    assert_eq!(thread.status, ThreadStatus::Idle);
    assert_eq!(thread.metadata, object(json!({"owner": "alice"})));
    assert!(thread.values.is_null() && thread.error.is_none());
    assert_eq!((thread.interrupts.get(), thread.config.len()), ("{}", 0));
}

#[test]
fn a_second_thread_of_the_same_id_is_not_made() {
    let connection = connection();
    let thread_id = thread(&connection, json!({"owner": "alice"}));
    let new = NewThread {
        thread_id,
        metadata: object(json!({"owner": "bob"})),
        ttl: None,
        now: at(1),
    };
    match threads::create(&connection, new.clone(), &owned_by("alice")).unwrap() {
        Created::Existing(thread) => assert_eq!(thread.metadata["owner"], "alice"),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        threads::create(&connection, new, &owned_by("bob")).unwrap(),
        Created::Hidden
    );
    assert_eq!(
        thread_row(&connection, thread_id).metadata["owner"],
        "alice"
    );
}

#[test]
fn what_a_caller_may_not_see_is_not_there_for_them() {
    let connection = connection();
    let thread_id = thread(&connection, json!({"owner": "alice"}));
    let bob = owned_by("bob");
    assert!(
        threads::get(&connection, thread_id, &owned_by("alice"))
            .unwrap()
            .is_some()
    );
    assert!(
        threads::get(&connection, thread_id, &bob)
            .unwrap()
            .is_none()
    );
    assert!(
        threads::metadata(&connection, thread_id, &bob)
            .unwrap()
            .is_none()
    );
    assert!(!threads::exists(&connection, thread_id, &bob).unwrap());
    assert!(
        threads::patch(
            &connection,
            thread_id,
            &JsonObject::new(),
            None,
            at(1),
            &bob
        )
        .unwrap()
        .is_none()
    );
    assert!(
        threads::delete(&connection, thread_id, &bob)
            .unwrap()
            .is_none()
    );
    assert!(threads::exists(&connection, thread_id, &Scope::everything()).unwrap());
    assert!(!threads::exists(&connection, ThreadId::fresh(), &Scope::everything()).unwrap());
}

#[test]
fn a_patch_replaces_top_level_keys_only() {
    let connection = connection();
    let thread_id = thread(&connection, json!({"a": {"x": 1}, "b": 1}));
    let patch = object(json!({"a": {"y": 2}, "c": null}));
    let thread = threads::patch(
        &connection,
        thread_id,
        &patch,
        None,
        at(9),
        &Scope::everything(),
    )
    .unwrap()
    .unwrap();
    assert_eq!(
        Value::from(thread.metadata.clone()),
        json!({"a": {"y": 2}, "b": 1, "c": null})
    );
    assert_eq!((thread.updated_at, thread.state_updated_at), (at(9), at(0)));
    assert_eq!(thread, thread_row(&connection, thread_id));
}

#[test]
fn searches_filter_by_everything_at_once() {
    let connection = connection();
    let ids: Vec<ThreadId> = (0..4)
        .map(|n| {
            thread_at(
                &connection,
                json!({"n": n, "owner": if n < 2 { "alice" } else { "bob" }}),
                n,
            )
        })
        .collect();
    threads::set_state(
        &connection,
        ids[1],
        &idle(json!({"topic": {"name": "rust"}})),
        at(1),
    )
    .unwrap();
    let everything = Scope::everything();
    let query = ThreadQuery::default();

    assert_eq!(found(&connection, &query, &everything), [3, 2, 1, 0]);
    assert_eq!(found(&connection, &query, &owned_by("alice")), [1, 0]);

    let metadata = ThreadQuery {
        metadata: object(json!({"owner": "bob"})),
        ..query.clone()
    };
    assert_eq!(found(&connection, &metadata, &everything), [3, 2]);
    assert!(found(&connection, &metadata, &owned_by("alice")).is_empty());

    let values = ThreadQuery {
        values: object(json!({"topic": {"name": "rust"}})),
        ..query.clone()
    };
    assert_eq!(found(&connection, &values, &everything), [1]);

    let some = ThreadQuery {
        ids: vec![ids[3], ids[0], ids[3], ThreadId::fresh()],
        ..query.clone()
    };
    assert_eq!(found(&connection, &some, &everything), [3, 0]);

    let busy = ThreadQuery {
        status: Some(ThreadStatus::Busy),
        ..query
    };
    assert!(found(&connection, &busy, &everything).is_empty());
    started(&connection, new_run(ids[2], 5));
    assert_eq!(found(&connection, &busy, &everything), [2]);
}

#[test]
fn searches_sort_and_page_and_know_the_total() {
    let connection = connection();
    for n in 0..5 {
        thread_at(&connection, json!({"n": n, "even": n % 2 == 0}), n);
    }
    let everything = Scope::everything();
    let page = |query: &ThreadQuery, limit, offset| {
        let rows =
            threads::search(&connection, query, Page { limit, offset }, &everything).unwrap();
        (
            rows.rows
                .into_iter()
                .map(|thread| thread.metadata["n"].as_i64().unwrap())
                .collect::<Vec<_>>(),
            rows.total,
        )
    };
    let newest = ThreadQuery::default();
    assert_eq!(page(&newest, 2, 0), (vec![4, 3], 5));
    assert_eq!(page(&newest, 2, 4), (vec![0], 5));
    assert_eq!(page(&newest, 2, 9), (vec![], 5));
    let even = ThreadQuery {
        metadata: object(json!({"even": true})),
        ..ThreadQuery::default()
    };
    assert_eq!(page(&even, 2, 1), (vec![2, 0], 3));
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
        assert_eq!(page(&oldest, 3, 0), (vec![0, 1, 2], 5), "{sort_by:?}");
    }
    let tied = ThreadQuery {
        sort_by: ThreadSort::Status,
        ..ThreadQuery::default()
    };
    assert_eq!(page(&tied, 2, 0), (vec![0, 1], 5));
}

#[test]
fn a_state_update_shows_at_once_and_keeps_the_values_it_does_not_give() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let failed = ThreadState {
        status: ThreadStatus::Error,
        values: Some(raw(&json!({"n": 1}))),
        interrupts: raw(&json!({"task": []})),
        error: Some(RunError::new("ValueError", "kaboom")),
    };
    threads::set_state(&connection, thread_id, &failed, at(3)).unwrap();
    let thread = thread_row(&connection, thread_id);
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
    let thread = threads::set_state(&connection, thread_id, &cleared, at(4))
        .unwrap()
        .unwrap();
    assert_eq!((thread.values.get(), thread.error), (r#"{"n":1}"#, None));

    let emptied = ThreadState {
        values: Some(RawJson::null()),
        ..cleared
    };
    let thread = threads::set_state(&connection, thread_id, &emptied, at(5))
        .unwrap()
        .unwrap();
    assert!(thread.values.is_null());
}

#[test]
fn the_state_of_a_missing_thread_is_not_kept() {
    let connection = connection();
    assert!(
        threads::set_state(&connection, ThreadId::fresh(), &idle(json!({})), at(1))
            .unwrap()
            .is_none()
    );
    let rows: i64 = connection
        .query_row("SELECT count(*) FROM thread_values", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 0);
}

#[test]
fn deleting_a_thread_leaves_nothing() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let over = started(&connection, new_run(thread_id, 1)).run;
    crate::runs::finish(&connection, over.run_id, &success(json!({"n": 1}), 2)).unwrap();
    started(&connection, new_run(thread_id, 3));
    queued(&connection, new_run(thread_id, 4));
    super::checkpoints::chain(&connection, thread_id, &[None]);

    threads::delete(&connection, thread_id, &Scope::everything())
        .unwrap()
        .unwrap();
    for table in [
        "threads",
        "thread_values",
        "runs",
        "checkpoints",
        "blobs",
        "writes",
    ] {
        let left: i64 = connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

#[test]
fn a_search_reads_only_the_fields_that_are_wanted() {
    let connection = connection();
    let thread_id = thread_at(&connection, json!({"n": 1}), 0);
    threads::set_state(&connection, thread_id, &idle(json!({"x": 1})), at(1)).unwrap();
    // What cannot be read is not read.
    connection
        .execute(
            "UPDATE threads SET metadata = 'broken', config = 'broken', interrupts = 'broken'",
            [],
        )
        .unwrap();
    connection
        .execute("UPDATE thread_values SET state = 'broken'", [])
        .unwrap();
    let search = |fields: &[&str]| {
        let query = ThreadQuery {
            fields: fields.iter().copied().collect(),
            ..ThreadQuery::default()
        };
        threads::search(&connection, &query, ALL, &Scope::everything())
    };
    let rows = search(&["thread_id", "status", "created_at"]).unwrap().rows;
    assert_eq!(rows[0].thread_id, thread_id);
    assert_eq!(rows[0].status, ThreadStatus::Idle);
    for field in ["values", "metadata", "config", "interrupts"] {
        search(&["thread_id", field]).unwrap_err();
    }
    search(&[]).unwrap_err();
}
