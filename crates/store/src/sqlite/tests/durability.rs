//! Durability: what was acknowledged is there after SIGKILL.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use lgx_model::ThreadStatus;
use serde_json::json;

use super::*;
use crate::StoreError;

/// The directory the child writes to.
const DIR: &str = "LGX_STORE_TEST_DIR";

/// The child: writes threads with a run and a checkpoint each, and says so after each commit, until it is killed.
#[tokio::test]
#[ignore = "is started and killed by the test below"]
async fn writes_until_killed() {
    let store = Sqlite::open(std::env::var_os(DIR).unwrap().as_ref()).unwrap();
    loop {
        let run_id = store
            .write(|connection| {
                let thread_id = thread(connection, json!({}));
                let run = started(connection, new_run(thread_id, 1)).run;
                let id = run.run_id.to_string();
                checkpoint(connection, thread_id, Some(&id));
                Ok(format!("{thread_id} {id}"))
            })
            .await
            .unwrap();
        println!("acknowledged {run_id}");
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_sigkill() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "sqlite::tests::durability::writes_until_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(DIR, dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let acknowledged: Vec<(ThreadId, RunId)> = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .filter_map(|line| {
            let line = line.unwrap();
            let (thread_id, run_id) = line.split("acknowledged ").nth(1)?.split_once(' ')?;
            Some((thread_id.parse().unwrap(), run_id.parse().unwrap()))
        })
        .take(200)
        .collect();
    // The child is in the middle of a write, or about to begin one.
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(acknowledged.len(), 200);

    let store = Sqlite::open(dir.path()).unwrap();
    store
        .write(|connection| runs::recover(connection, at(2), interrupted))
        .await
        .unwrap();
    let first = acknowledged[0].1;
    let claimed = store
        .write(move |connection| {
            for (thread_id, run_id) in acknowledged {
                let run = runs::get(connection, thread_id, run_id, &everything())?;
                assert_eq!(
                    run.map(|run| run.status),
                    Some(RunStatus::Pending),
                    "{run_id}"
                );
                assert_eq!(
                    threads::find(connection, thread_id)?.unwrap().status,
                    ThreadStatus::Busy
                );
                let newest = checkpoints::get(connection, thread_id, "", None)?;
                assert!(
                    newest
                        .is_some_and(|tuple| tuple.channels.len() == 1 && tuple.writes.len() == 1)
                );
            }
            Ok::<_, StoreError>(runs::claim(connection, at(3))?.map(|claimed| claimed.run.run_id))
        })
        .await
        .unwrap();
    assert_eq!(claimed, Some(first));
}
