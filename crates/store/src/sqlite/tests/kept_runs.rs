//! What is kept of runs stays within bounds, whatever the bounds are.

use super::*;
use crate::runs::{GoneRun, PackedLog, PackedRecord, RunLog, RunRecord};
use crate::sqlite::runs;

fn number(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn log(bytes: usize) -> PackedLog {
    PackedLog {
        lines: format!("[{}]", " ".repeat(bytes - 2)).into_bytes(),
        count: 5,
        dropped: 1,
    }
}

#[test]
fn logs_that_were_saved_longest_ago_give_way_and_are_counted() {
    let connection = connection();
    let thread_id = thread(&connection, json!({}));
    let ended = started(&connection, new_run(thread_id, 1)).run;
    let keys = [1, 2, 3];
    for key in keys {
        runs::put_log_within(&connection, key, &log(400), 1_000).unwrap();
    }
    assert_eq!(number(&connection, "SELECT bytes FROM run_logs_size"), 802);
    let of_first = runs::log(&connection, ended.run_id).unwrap().unwrap();
    assert_eq!((of_first.lines.len(), of_first.dropped), (0, 6));
    // Written anew, it is the newest.
    runs::put_log_within(&connection, 2, &log(500), 1_000).unwrap();
    runs::put_log_within(&connection, 4, &log(400), 1_000).unwrap();
    let kept =
        "SELECT group_concat(run) FROM (SELECT run FROM run_logs WHERE count > 0 ORDER BY run)";
    let kept: String = connection.query_row(kept, [], |row| row.get(0)).unwrap();
    assert_eq!(kept, "2,4");
    connection.execute("DELETE FROM run_logs", []).unwrap();
    assert_eq!(number(&connection, "SELECT bytes FROM run_logs_size"), 0);
}

#[test]
fn runs_that_are_gone_take_so_many_bytes() {
    let connection = connection();
    let gone = |_| {
        let new = new_run(ThreadId::fresh(), 1);
        GoneRun {
            run: new.run,
            attempts: 1,
            thread_metadata: lgx_model::JsonObject::new(),
            record: PackedRecord::of(&RunRecord::default(), &RunLog::default())
                .ok()
                .map(std::sync::Arc::new),
        }
    };
    let many: Vec<GoneRun> = (0..4).map(gone).collect();
    let newest = many[3].run.run_id;
    runs::keep_gone_within(&connection, &many, 100, 100_000).unwrap();
    let each = number(&connection, "SELECT max(bytes) FROM gone_runs");
    runs::keep_gone_within(&connection, &[], 100, 2 * each).unwrap();
    assert_eq!(number(&connection, "SELECT count(*) FROM gone_runs"), 2);
    assert_eq!(number(&connection, "SELECT count(*) FROM run_records"), 2);
    let known = runs::thread_of_known(&connection, newest).unwrap();
    assert!(known.is_some());
}
