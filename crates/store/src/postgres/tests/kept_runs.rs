//! What is kept of runs stays within bounds, whatever the bounds are.

use std::sync::Arc;

use lgx_model::{JsonObject, ThreadId};

use super::{Session, connected, database};
use crate::examples::new_run;
use crate::postgres::runs;
use crate::runs::{GoneRun, PackedLog, PackedRecord, RunLog, RunRecord};

async fn numbers(session: &Session, sql: &str) -> Vec<i64> {
    let rows = session.rows(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn log(bytes: usize) -> PackedLog {
    PackedLog {
        lines: format!("[{}]", " ".repeat(bytes - 2)).into_bytes(),
        count: 5,
        dropped: 1,
    }
}

#[tokio::test]
async fn logs_that_were_saved_longest_ago_give_way_and_are_counted() {
    let Some(database) = database() else { return };
    let session = connected(&database).await;
    for (key, bytes) in [(1, 400), (2, 400), (3, 400), (2, 500), (4, 400)] {
        let log = log(bytes);
        runs::put_log(&session, key, &log).await.unwrap();
    }
    runs::keep_logs_within(&session, 1_000).await.unwrap();
    let kept = "SELECT run FROM run_logs WHERE count > 0 ORDER BY run";
    assert_eq!(numbers(&session, kept).await, [2, 4]);
    let dropped = "SELECT dropped FROM run_logs WHERE lines = '[]'";
    assert_eq!(numbers(&session, dropped).await, [6, 6]);
}

#[tokio::test]
async fn runs_that_are_gone_take_so_many_bytes() {
    let Some(database) = database() else { return };
    let session = connected(&database).await;
    let gone = |_| GoneRun {
        run: new_run(ThreadId::fresh(), 1).run,
        attempts: 1,
        thread_metadata: JsonObject::new(),
        record: PackedRecord::of(&RunRecord::default(), &RunLog::default())
            .ok()
            .map(Arc::new),
    };
    let many: Vec<GoneRun> = (0..4).map(gone).collect();
    let kept = runs::keep_gone_within(&session, &many, 100, 100_000).await;
    kept.unwrap();
    let each = numbers(&session, "SELECT max(bytes) FROM gone_runs").await[0];
    let kept = runs::keep_gone_within(&session, &[], 100, 2 * each).await;
    kept.unwrap();
    for table in ["gone_runs", "run_records"] {
        let sql = format!("SELECT count(*) FROM {table}");
        assert_eq!(numbers(&session, &sql).await, [2], "{table}");
    }
    let newest = runs::thread_of_known(&session, many[3].run.run_id).await;
    assert!(newest.unwrap().is_some());
}
