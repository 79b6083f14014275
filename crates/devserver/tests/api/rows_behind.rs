//! Rows of threads that a death left behind their newest checkpoints: searches show the row, and it catches up.

use lgx_testkit::{FakeWorker, TestServer, within};
use serde_json::json;

use crate::bodies::multi;
use crate::shutdown::killed;
use crate::steps::{create, get, join, status, thread, wait};

async fn looked_at(server: &TestServer) {
    within("the rows", server.running().rows_looked_at()).await;
}

#[tokio::test]
async fn an_update_that_was_cut_off_behind_its_checkpoint_shows_in_the_row_after_the_next_start() {
    let server = TestServer::start().await;
    let (before, id) = (thread(&server).await, thread(&server).await);
    let first = wait(&server, &id, multi("first")).await;
    wait(&server, &before, multi("second")).await;
    // An update is a checkpoint first, and the row after it: here the server ends between the two.
    let newest = |id: &str| {
        let id = id.parse().unwrap();
        let store = server.running().store();
        async move { store.get_checkpoint(id, String::new(), None).await.await }
    };
    let mut update = newest(&before).await.unwrap().unwrap();
    update.row.thread_id = id.parse().unwrap();
    update.row.run_id = None;
    let store = server.running().store();
    let written = store.put_checkpoint(None, update.row, update.channels);
    written.await.await.unwrap();
    assert_eq!(get(&server, &id).await["values"], first);

    let server = TestServer::over(server.stop().await).start().await;
    looked_at(&server).await;
    let row = get(&server, &id).await;
    assert_eq!(
        (&row["values"]["log"], &row["status"]),
        (&json!(["second", "a", "slow", "b"]), &json!("idle"))
    );
}

#[tokio::test]
async fn a_run_that_is_cut_off_for_good_leaves_its_last_values_on_the_row() {
    let mut server = TestServer::start().await;
    let id = thread(&server).await;
    server.worker.slow().close();
    let run = create(&server, &id, multi("in")).await;
    for _ in 0..2 {
        server.worker.slow().arrived(1).await;
        let worker = FakeWorker::new();
        worker.slow().close();
        let project = killed(server).await;
        server = TestServer::over(project).worker(worker).start().await;
    }
    server.worker.slow().arrived(1).await;
    let server = TestServer::over(killed(server).await).start().await;
    assert_eq!(status(&server, &id, &run).await, "error");
    looked_at(&server).await;
    let row = get(&server, &id).await;
    assert_eq!(row["values"], json!({"log": ["in", "a"]}));
    assert_eq!(
        (&row["status"], &row["error"]["error"]),
        (&json!("error"), &json!("TooManyAttempts"))
    );
}

#[tokio::test]
async fn a_run_whose_workers_die_leaves_its_last_values_on_the_row() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    server.worker.slow().close();
    let run = create(&server, &id, multi("in")).await;
    for attempt in 1..=3 {
        within("its second node", server.worker.slow().arrived(attempt)).await;
        server.worker.crash();
    }
    join(&server, &id, &run).await;
    looked_at(&server).await;
    let row = get(&server, &id).await;
    assert_eq!(row["values"], json!({"log": ["in", "a"]}));
    assert_eq!(
        (&row["status"], &row["error"]["error"]),
        (&json!("error"), &json!("WorkerDied"))
    );
}
