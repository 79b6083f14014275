//! What is in the rows, beyond what operations show: nothing is left behind, and nothing is read that nobody wants.

use lgx_model::ThreadStatus;
use lgx_model::query::ThreadQuery;

use super::*;
use crate::sqlite::{runs, threads};
use crate::threads::ThreadState;

fn count(connection: &Connection, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    connection.query_row(&sql, [], |row| row.get(0)).unwrap()
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
fn deleting_a_thread_leaves_no_row() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let over = started(&connection, new_run(thread_id, 1)).claim;
    runs::finish(&connection, over, &success(json!({"n": 1}), 2)).unwrap();
    started(&connection, new_run(thread_id, 3));
    queued(&connection, new_run(thread_id, 4));
    checkpoint(&connection, thread_id, None);
    let tables = [
        "threads",
        "thread_values",
        "runs",
        "checkpoints",
        "blobs",
        "writes",
    ];
    for table in tables {
        assert!(count(&connection, table) > 0, "{table}");
    }
    let deleted = threads::delete(&connection, thread_id, &everything());
    deleted.unwrap().unwrap();
    for table in tables {
        assert_eq!(count(&connection, table), 0, "{table}");
    }
}

#[test]
fn the_state_of_a_missing_thread_leaves_no_row() {
    let connection = connection();
    let set = threads::set_state(&connection, ThreadId::fresh(), &idle(json!({})), at(1));
    assert_eq!(set.unwrap(), None);
    assert_eq!(count(&connection, "thread_values"), 0);
}

#[test]
fn a_thread_that_is_busy_with_nothing_is_put_right_at_the_start() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    connection
        .execute("UPDATE threads SET status = 'busy'", [])
        .unwrap();
    runs::recover(&connection, at(9), interrupted).unwrap();
    let thread = threads::find(&connection, thread_id).unwrap().unwrap();
    assert_eq!(thread.status, ThreadStatus::Idle);
}

#[test]
fn a_search_reads_only_the_fields_that_are_wanted() {
    let connection = connection();
    let thread_id = thread(&connection, json!({"n": 1}));
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
        threads::search(&connection, &query, ALL, &everything())
    };
    let rows = search(&["thread_id", "status", "created_at"]).unwrap().rows;
    assert_eq!(rows[0].thread_id, thread_id);
    assert_eq!(rows[0].status, ThreadStatus::Idle);
    for field in ["values", "metadata", "config", "interrupts"] {
        search(&["thread_id", field]).unwrap_err();
    }
    search(&[]).unwrap_err();
}
