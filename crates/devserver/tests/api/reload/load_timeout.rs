//! Code that takes too long to load, and workers that end while they load.

use lgx_devserver::{Fatal, Notice, ReloadFailure};
use lgx_testkit::server::Listener;
use lgx_testkit::{FakeWorker, TestProject, TestServer, within};
use serde_json::json;

use super::{EDITED, failed, have_left, loads, reloaded, serves};

/// In milliseconds.
const SHORT: u64 = 20;

async fn loads_long(listener: &mut Listener) {
    let line = listener
        .hear("where it is", |notice| match notice {
            Notice::LoadsLong(place) => Some(place.line),
            _ => None,
        })
        .await;
    assert_eq!(line, Some(12));
}

#[tokio::test]
async fn new_code_that_hangs_is_given_up_with_its_line_and_a_save_mends_it() {
    let server = TestServer::over(TestProject::new())
        .reloading()
        .load_timeout(SHORT)
        .start()
        .await;
    let mut listener = server.listen();
    server.worker.loading().close();
    server.project.write("graphs.py", "while True: pass\n");
    match failed(&mut listener).await {
        ReloadFailure::Code(place) => {
            assert_eq!((&*place.kind, place.line), ("LoadTimeout", Some(12)));
            assert!(
                place
                    .hint
                    .is_some_and(|hint| hint.contains("--load-timeout"))
            );
        }
        other => panic!("{other:?}"),
    }
    have_left(&server, 1).await;
    serves(&server).await;
    let info = server.get("/info").await;
    assert_eq!(info.header("x-lgx-reload"), Some("failed"));
    assert_eq!(
        info.json()["failed_reload"],
        json!({"message": "LoadTimeout: not loaded", "file": "/project/graphs.py", "line": 12})
    );

    server.worker.loading().open();
    server.project.write("graphs.py", EDITED);
    reloaded(&mut listener).await;
    assert_eq!(server.get("/info").await.header("x-lgx-reload"), None);
}

#[tokio::test]
async fn at_the_first_start_it_is_told_once_and_waited_for() {
    let worker = FakeWorker::new();
    worker.loading().close();
    let server = TestServer::over(TestProject::new())
        .worker(worker)
        .workers(1)
        .load_timeout(SHORT)
        .listen_only()
        .await;
    let mut listener = server.listen_from_start();
    loads_long(&mut listener).await;
    server.get("/ok?ready=1").await.refused(503);
    server.worker.loading().open();
    server.ready().await;
    serves(&server).await;
    assert_eq!(server.worker.starts(), 1);
    let again = |notice: &Notice| matches!(notice, Notice::LoadsLong(_));
    assert!(!listener.rest().iter().any(again));
}

#[tokio::test]
async fn a_save_before_the_first_code_serves_starts_it_anew_and_is_waited_for_too() {
    let worker = FakeWorker::new();
    worker.loading().close();
    let server = TestServer::over(TestProject::new())
        .worker(worker)
        .workers(1)
        .reloading()
        .load_timeout(SHORT)
        .listen_only()
        .await;
    let mut listener = server.listen_from_start();
    loads_long(&mut listener).await;
    server.project.write("graphs.py", EDITED);
    loads_long(&mut listener).await;
    assert_eq!(server.worker.starts(), 2);
    server.worker.loading().open();
    server.ready().await;
    serves(&server).await;
}

#[tokio::test]
async fn a_strict_start_gives_it_up() {
    let worker = FakeWorker::new();
    worker.loading().close();
    let server = TestServer::over(TestProject::new())
        .worker(worker)
        .strict()
        .load_timeout(SHORT)
        .listen_only()
        .await;
    let fatal = within("the end", server.running().ready())
        .await
        .unwrap_err();
    assert!(
        matches!(&*fatal, Fatal::Hangs(place) if place.line == Some(12)),
        "{fatal}"
    );
    have_left(&server, 1).await;
}

#[tokio::test]
async fn a_worker_that_is_to_replace_one_that_died_is_given_up_and_tried_again() {
    let server = TestServer::over(TestProject::new())
        .load_timeout(SHORT)
        .start()
        .await;
    let mut listener = server.listen();
    server.worker.loading().close();
    server.worker.crash();
    let kind = listener
        .hear("the failure", |notice| match notice {
            Notice::RestartFailed(ReloadFailure::Code(place)) => Some(place.kind.clone()),
            _ => None,
        })
        .await;
    assert_eq!(kind, "LoadTimeout");
    server.worker.loading().open();
    serves(&server).await;
}

#[tokio::test]
async fn a_worker_that_dies_while_it_loads_new_code_is_told_as_dead() {
    let server = super::reloading().await;
    let mut listener = server.listen();
    server.worker.loading().close();
    server.project.write("graphs.py", EDITED);
    loads(&server, 2).await;
    // What another one dies of is told once this one has loaded.
    server.worker.crash_one(server.workers() + 1);
    match failed(&mut listener).await {
        ReloadFailure::Died(death) => assert_eq!(death.how, "connection lost"),
        other => panic!("{other:?}"),
    }
    serves(&server).await;
    let info = server.get("/info").await.json();
    assert_eq!(
        info["failed_reload"]["message"],
        "the process that loaded it ended: connection lost"
    );
}
