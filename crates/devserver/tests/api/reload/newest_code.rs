//! Runs that are asked for after a save, and what answers say of code that does not serve.

use std::time::Duration;

use lgx_testkit::fake_worker::diagnostic;
use lgx_testkit::{TestProject, TestServer, within};

use super::{EDITED, failed, reloaded};
use crate::bodies::echo;

const RELOAD: &str = "x-lgx-reload";

async fn patient(reload_wait: Duration) -> TestServer {
    TestServer::over(TestProject::new())
        .reloading()
        .reload_wait(reload_wait)
        .start()
        .await
}

#[tokio::test]
async fn a_run_that_is_asked_for_after_a_save_waits_for_the_code_and_reads_do_not() {
    let server = patient(Duration::from_secs(600)).await;
    let mut listener = server.listen();
    server.worker.loading().close();
    server.project.write("graphs.py", EDITED);
    within("the load", server.worker.loading().arrived(2)).await;

    let asking = tokio::spawn({
        let client = server.user("nobody");
        async move { client.post("/runs/wait", &echo("hi")).await }
    });
    let thread = server.post("/threads", &serde_json::json!({})).await;
    thread.ok();
    assert_eq!(thread.header(RELOAD), None);
    server
        .post("/threads/search", &serde_json::json!({}))
        .await
        .ok();
    assert!(!asking.is_finished());

    server.worker.loading().open();
    reloaded(&mut listener).await;
    let answer = within("the answer", asking).await.unwrap();
    answer.ok();
    assert_eq!(answer.header(RELOAD), None);
}

#[tokio::test]
async fn the_code_that_serves_takes_it_when_that_takes_too_long_and_says_so() {
    let server = patient(Duration::ZERO).await;
    server.worker.loading().close();
    server.project.write("graphs.py", EDITED);
    within("the load", server.worker.loading().arrived(2)).await;
    let wait = server.post("/runs/wait", &echo("hi")).await;
    wait.ok();
    assert_eq!(wait.header(RELOAD), Some("pending"));
    let stream = server.post("/runs/stream", &echo("hi")).await;
    assert_eq!(stream.header(RELOAD), Some("pending"));
}

#[tokio::test]
async fn while_a_save_does_not_load_every_answer_says_so_and_info_says_why() {
    let server = patient(Duration::from_secs(600)).await;
    let mut listener = server.listen();
    let broken = diagnostic("SyntaxError", "invalid syntax", "/project/graphs.py", 3);
    server.worker.break_graph("agent", broken);
    server.project.write("graphs.py", "broken(\n");
    failed(&mut listener).await;
    let answer = server.post("/runs/wait", &echo("hi")).await;
    answer.ok();
    assert_eq!(answer.header(RELOAD), Some("failed"));
    let info = server.get("/info").await;
    assert_eq!(info.header(RELOAD), Some("failed"));
    assert_eq!(
        info.json()["failed_reload"],
        serde_json::json!({"message": "SyntaxError: invalid syntax", "file": "/project/graphs.py", "line": 3})
    );

    server.worker.repair_graph("agent");
    server.project.write("graphs.py", EDITED);
    reloaded(&mut listener).await;
    let info = server.get("/info").await;
    assert_eq!(info.header(RELOAD), None);
    assert!(info.json().get("failed_reload").is_none());
}
