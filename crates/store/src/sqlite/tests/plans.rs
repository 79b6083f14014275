//! Query plans: what every run needs is found by a key, never by walking a table.

use std::sync::{Arc, Mutex};

use lgx_model::MultitaskStrategy;
use rusqlite::StatementStatus;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use serde_json::json;

use super::*;
use crate::checkpoints::ListQuery;
use crate::items::{ItemFilter, NewItem, SearchItems, Vectors};
use crate::runs::CancelTarget;
use crate::sqlite::items;

/// The steps of the statements that `act` runs which walk a whole table.
fn walks(connection: &mut Connection, act: impl FnOnce(&Connection)) -> Vec<String> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let statements = Arc::clone(&seen);
    connection
        .trace_v2(
            TraceEventCodes::SQLITE_TRACE_STMT,
            Some(move |event: TraceEvent<'_>| {
                if let TraceEvent::Stmt(statement, _) = event {
                    statements
                        .lock()
                        .unwrap()
                        .push(statement.sql().into_owned());
                }
            }),
        )
        .unwrap();
    act(connection);
    connection
        .trace_v2(
            TraceEventCodes::SQLITE_TRACE_STMT,
            None::<fn(TraceEvent<'_>)>,
        )
        .unwrap();
    let statements = std::mem::take(&mut *seen.lock().unwrap());
    assert!(!statements.is_empty(), "nothing was traced");
    statements
        .iter()
        .flat_map(|sql| plan(connection, sql))
        .filter(|step| step.contains("SCAN"))
        .collect()
}

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .unwrap();
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let step: String = row.get(3).unwrap();
        // Walking a parameter's own list, or the short index of the runs that wait, is no walk over a table.
        if !step.contains("json_each") && !step.contains("USING COVERING INDEX runs_pending") {
            steps.push(format!("{step} -- {sql}"));
        }
    }
    steps
}

#[test]
fn a_runs_whole_life_walks_no_table() {
    let mut connection = connection();
    let thread_id = thread(&connection, json!({"owner": "alice"}));
    let walked = walks(&mut connection, |connection| {
        let scope = owned_by("alice");
        for strategy in [
            MultitaskStrategy::Enqueue,
            MultitaskStrategy::Interrupt,
            MultitaskStrategy::Rollback,
        ] {
            let running = started(connection, new_run(thread_id, 1));
            let id = running.run.run_id.to_string();
            checkpoint(connection, thread_id, Some(&id));
            queued(connection, new_run(thread_id, 2));
            queued(connection, with_strategy(new_run(thread_id, 3), strategy));
            runs::get(connection, thread_id, running.run.run_id, &scope).unwrap();
            runs::list(
                connection,
                thread_id,
                &lgx_model::query::RunQuery::default(),
                ALL,
                &scope,
            )
            .unwrap();
            let end = Finish {
                rollback: strategy == MultitaskStrategy::Rollback,
                ..success(json!({}), 4)
            };
            runs::finish(connection, running.claim, &end).unwrap();
            while let Some(claimed) = runs::claim(connection, at(5)).unwrap() {
                runs::finish(connection, claimed.claim, &success(json!({}), 6)).unwrap();
            }
            runs::next_due(connection, at(7)).unwrap();
        }
    });
    assert_eq!(walked, [""; 0]);
}

#[test]
fn recovery_and_bulk_cancelling_walk_only_runs_under_way() {
    let mut connection = connection();
    let walked = walks(&mut connection, |connection| {
        let running = CancelTarget::Status(vec![RunStatus::Running]);
        runs::cancel(
            connection,
            &running,
            &StopOrder::displaced(false),
            at(1),
            &everything(),
        )
        .unwrap();
    });
    assert!(
        walked
            .iter()
            .all(|step| step.contains("USING INDEX runs_active")),
        "{walked:?}"
    );
}

#[test]
fn a_start_looks_at_runs_under_way_alone() {
    let mut connection = connection();
    let walked = walks(&mut connection, |connection| {
        runs::recover(connection, at(2), interrupted).unwrap();
    });
    let of_runs = walked.iter().filter(|step| step.contains("runs"));
    for step in of_runs.clone() {
        let partial = ["runs_active", "runs_pending", "runs_running"];
        assert!(
            partial.iter().any(|index| step.contains(index)),
            "{walked:?}"
        );
    }
    assert!(of_runs.count() > 0, "{walked:?}");
}

#[test]
fn a_thread_is_looked_up_without_preparing_the_statement_anew() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    for _ in 0..3 {
        threads::find(&connection, thread_id).unwrap();
    }
    let statement = connection.prepare_cached(threads::FIND).unwrap();
    assert!(
        statement.get_status(StatementStatus::Run) >= 3,
        "it is another one"
    );
    assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
}

#[test]
fn threads_and_checkpoints_are_found_by_key() {
    let mut connection = connection();
    let thread_id = thread(&connection, json!({}));
    let walked = walks(&mut connection, |connection| {
        let everything = everything();
        threads::get(connection, thread_id, &everything).unwrap();
        threads::patch(
            connection,
            thread_id,
            &JsonObject::new(),
            None,
            at(1),
            &everything,
        )
        .unwrap();
        threads::sweep(connection, at(1)).unwrap();
        threads::next_expiry(connection, at(1)).unwrap();
        let query = ListQuery {
            thread_id: Some(thread_id),
            checkpoint_ns: Some(String::new()),
            before: Some("9".to_owned()),
            filter: object(json!({"step": 1})),
            limit: Some(10),
            ..ListQuery::default()
        };
        checkpoints::list(connection, &query).unwrap();
        threads::delete(connection, thread_id, &everything).unwrap();
    });
    assert_eq!(walked, [""; 0]);
}

#[test]
fn the_newest_threads_come_from_an_index_without_sorting() {
    let connection = connection();
    let sql =
        "SELECT sequence FROM threads ORDER BY updated_at DESC, sequence DESC LIMIT ?1 OFFSET ?2";
    let plan = plan(&connection, sql);
    assert!(
        plan.len() == 1 && plan[0].contains("USING COVERING INDEX threads_by_update"),
        "{plan:?}"
    );
}

#[test]
fn items_are_found_by_key_or_namespace() {
    let mut connection = connection();
    let namespace = vec!["users".to_owned(), "u1".to_owned()];
    let new = NewItem {
        namespace: namespace.clone(),
        key: "k".to_owned(),
        value: raw(&json!({"n": 1})),
        vectors: Vectors::of_bytes(1, &1f32.to_le_bytes()),
        ttl_minutes: Some(1.0),
    };
    let below = SearchItems {
        prefix: namespace.clone(),
        filter: ItemFilter::default(),
        near: None,
        limit: 10,
        offset: 0,
    };
    let searches = [
        below.clone(),
        SearchItems {
            filter: ItemFilter::parse(&object(json!({"n": 1}))).unwrap(),
            ..below.clone()
        },
        SearchItems {
            near: new.vectors.clone(),
            ..below
        },
    ];
    let walked = walks(&mut connection, |connection| {
        items::put(connection, &new, at(0)).unwrap();
        let found = items::get(connection, &namespace, "k", at(1)).unwrap();
        let expiring = found.unwrap().expiring.unwrap();
        items::refresh(connection, &[expiring], at(1)).unwrap();
        for search in &searches {
            let found = items::search(connection, search, at(1)).unwrap();
            assert_eq!(found.len(), 1);
        }
        items::next_expiry(connection).unwrap();
        items::sweep(connection, at(1)).unwrap();
        items::delete(connection, &namespace, "k").unwrap();
    });
    assert_eq!(walked, [""; 0]);
}
