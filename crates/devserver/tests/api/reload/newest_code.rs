//! Runs that are asked for after a save, and what answers say of code that does not serve.

use std::time::Duration;

use lgx_testkit::fake_worker::diagnostic;
use lgx_testkit::{TestProject, TestServer, within};
use serde_json::json;

use super::{EDITED, failed, loads, reloaded};
use crate::bodies::{echo, multi};
use crate::steps::{create, thread};

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
    loads(&server, 2).await;

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
    loads(&server, 2).await;
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

#[tokio::test]
async fn a_socket_whose_command_waits_for_the_code_goes_on_to_tell_what_happens() {
    let server = patient(Duration::from_secs(600)).await;
    let mut listener = server.listen();
    let id = thread(&server).await;
    let mut socket = server.socket(&format!("/threads/{id}/stream/events")).await;
    let subscribe =
        json!({"id": 1, "method": "subscription.subscribe", "params": {"channels": ["values"]}});
    socket.command(&subscribe).await;
    server.worker.slow().close();
    create(&server, &id, multi("first")).await;
    within("its second node", server.worker.slow().arrived(1)).await;
    server.worker.loading().close();
    server.project.write("graphs.py", EDITED);
    loads(&server, 2).await;

    // Nothing of a run waits, and what is not known is said at once.
    let (unknown, _) = socket.command(&json!({"id": 2, "method": "no.such"})).await;
    assert_eq!(unknown["error"], "unknown_command");
    let start = json!({"id": 3, "method": "run.start", "params": echo("hi")});
    socket.send(start.to_string()).await;
    server.worker.slow().open();
    loop {
        let told = socket.next().await.unwrap();
        assert_eq!(told["type"], "event", "the command is not answered yet");
        if told["params"]["data"]["log"] == json!(["first", "a", "slow", "b"]) {
            break;
        }
    }
    server.worker.loading().open();
    reloaded(&mut listener).await;
    loop {
        let told = socket.next().await.unwrap();
        if told["id"] == 3 {
            assert!(told["result"]["run_id"].is_string(), "{told}");
            break;
        }
    }
}
