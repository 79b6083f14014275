//! Workers that end: they are replaced, after pauses that grow, and never take the server with them.

use std::time::Duration;

use lgx_devserver::{Death, Notice};
use lgx_testkit::server::Listener;
use lgx_testkit::{TestProject, TestServer, within};
use serde_json::{Value, json};

use crate::bodies::echo;
use crate::steps::{create, join, text, thread, wait};

fn die() -> Value {
    json!({"assistant_id": "die", "input": {"log": []}})
}

/// Waits until the server says that a worker ended.
async fn death(listener: &mut Listener) -> (Death, Option<Duration>) {
    listener
        .hear("the death", |notice| match notice {
            Notice::WorkerDied { death, pause } => Some((death.clone(), *pause)),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn a_worker_that_dies_is_replaced() {
    let project = TestProject::new();
    let server = TestServer::over(project).workers(1).start().await;
    let mut listener = server.listen();
    let id = thread(&server).await;
    wait(&server, &id, echo("before")).await;
    let result = server.post("/runs/wait", &die()).await.ok();
    assert_eq!(result["__error__"]["error"], "WorkerDied", "{result}");
    let (death, pause) = death(&mut listener).await;
    assert_eq!((death.runs.len(), pause), (1, Some(Duration::ZERO)));
    let values = wait(&server, &id, echo("after")).await;
    assert_eq!(values["messages"].as_array().unwrap().len(), 4);
    // One serves instead of it, and two were there for that run alone.
    assert_eq!(server.worker.starts(), 4);
}

#[tokio::test]
async fn runs_that_end_their_workers_one_after_the_other_never_end_the_server() {
    let project = TestProject::new();
    let server = TestServer::over(project).workers(1).start().await;
    let mut listener = server.listen();
    let id = thread(&server).await;
    for pause in [0, 1, 2] {
        let run = create(&server, &id, die()).await;
        join(&server, &id, &run).await;
        // The one that serves dies of it once, then two that do not.
        for until_next in [Some(Duration::from_secs(pause)), None, None] {
            let (death, found) = death(&mut listener).await;
            assert_eq!(death.runs[0].run_id.to_string(), run);
            assert_eq!(death.runs[0].thread_id.to_string(), id);
            assert_eq!(found, until_next);
        }
    }
    // It waits for the next worker as it would at the start.
    let answer = server.post("/runs/wait", &echo("hi")).await.ok();
    assert_eq!(answer["messages"][1]["content"], "echo: hi");
}

#[tokio::test]
async fn a_change_does_not_wait_for_the_end_of_the_pause() {
    let server = TestServer::over(TestProject::new())
        .reloading()
        .start()
        .await;
    let mut listener = server.listen();
    for _ in 0..3 {
        server.post("/runs/wait", &die()).await.ok();
        death(&mut listener).await;
    }
    server.project.write("graphs.py", "# edited\n");
    listener
        .hear("the reload", |notice| {
            matches!(notice, Notice::Reloaded { .. }).then_some(())
        })
        .await;
    server.post("/runs/wait", &echo("hi")).await.ok();
}

#[tokio::test]
async fn workers_that_keep_dying_without_a_run_are_given_up_until_something_changes() {
    let server = TestServer::over(TestProject::new())
        .workers(1)
        .reloading()
        .start()
        .await;
    let mut listener = server.listen();
    for _ in 0..3 {
        server.ready().await;
        server.get("/assistants/agent/graph").await.ok();
        server.worker.crash();
        death(&mut listener).await;
    }
    let fatal = within("the end", server.running().failed()).await;
    assert!(fatal.to_string().contains("keeps ending"), "{fatal}");
    server.get("/ok?ready=1").await.refused(503);
    server.get("/ok").await.ok();
    server.project.write("graphs.py", "# edited\n");
    listener
        .hear("the reload", |notice| {
            matches!(notice, Notice::Reloaded { .. }).then_some(())
        })
        .await;
    server.post("/runs/wait", &echo("hi")).await.ok();
}

#[tokio::test]
async fn a_run_that_does_not_stop_has_its_worker_ended_and_is_named_as_the_reason() {
    let server = TestServer::start().await;
    let mut listener = server.listen();
    let id = thread(&server).await;
    let body = json!({"assistant_id": "stuck", "input": {"log": []}});
    let run = create(&server, &id, body).await;
    server.worker.stuck().arrived(1).await;
    let cancel = format!("/threads/{id}/runs/{run}/cancel?wait=1");
    server.post(cancel, &json!({})).await.ok();
    let (death, pause) = death(&mut listener).await;
    assert!(death.by_server && death.stderr.is_empty(), "{death:?}");
    assert_eq!(
        death.how,
        format!("run {run} did not stop when it was cancelled")
    );
    assert_eq!(text(&json!({"id": death.runs[0].run_id}), "id"), run);
    assert_eq!(pause, Some(Duration::ZERO));
    server.post("/runs/wait", &echo("hi")).await.ok();
}
