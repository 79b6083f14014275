//! Runs that take longer than they may.

use lgx_testkit::{TestProject, TestServer};
use serde_json::json;

use crate::bodies::multi;
use crate::steps::{create, get, join, status, thread, wait};

#[tokio::test]
async fn a_run_that_takes_too_long_ends_as_an_error_and_keeps_what_it_has_done() {
    let project = TestProject::with(json!({"env": {"BG_JOB_TIMEOUT_SECS": "0.2"}}));
    let server = TestServer::over(project).start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let stream = server
        .post(format!("/threads/{id}/runs/stream"), &multi("in"))
        .events()
        .await;
    let last = stream.rest().await.pop().expect("the error");
    assert_eq!(last.name, "error");
    assert_eq!(last.data["error"], "TimeoutError");

    let left = get(&server, &id).await;
    assert_eq!(left["status"], "error");
    assert_eq!(left["values"], json!({"log": ["in", "a"]}));
    assert_eq!(left["error"]["error"], "TimeoutError");

    let run = create(&server, &id, multi("in")).await;
    assert_eq!(join(&server, &id, &run).await["__error__"], left["error"]);
    assert_eq!(status(&server, &id, &run).await, "timeout");

    server.worker.slow().open();
    let on = json!({"assistant_id": "multi", "input": null});
    assert_eq!(
        wait(&server, &id, on).await["log"].as_array().map(Vec::len),
        Some(6)
    );
}
