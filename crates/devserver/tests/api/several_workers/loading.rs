//! Workers that load the project side by side: they take over together, and what is the same of all is told once.

use std::collections::BTreeSet;

use lgx_devserver::{Notice, ReloadFailure};
use lgx_testkit::fake_worker::diagnostic;
use lgx_testkit::{FakeWorker, TestProject, TestServer, within};
use serde_json::json;

use super::{all_end, died, heard, reloaded, slow_runs, two_workers, went_to};
use crate::bodies::{echo, multi};

#[tokio::test]
async fn a_save_brings_up_as_many_and_they_take_over_together() {
    let server = two_workers().reloading().start().await;
    let mut listener = server.listen();
    let runs = slow_runs(&server, 2).await;
    server.worker.loading().close();
    server.project.write("graphs.py", "# edited\n");
    within("both", server.worker.loading().arrived(4)).await;
    // One that has loaded does not serve before the other one has.
    server.worker.loading().let_one_pass();
    server.post("/runs/wait", &echo("old")).await.ok();
    assert!(went_to(&server).iter().all(|number| *number <= 2));
    server.worker.loading().open();
    reloaded(&mut listener).await;
    let before = went_to(&server).len();
    for _ in 0..2 {
        server.post("/runs/wait", &echo("new")).await.ok();
    }
    let new: BTreeSet<_> = went_to(&server).into_iter().skip(before).collect();
    assert_eq!(new, BTreeSet::from([3, 4]));
    server.worker.slow().open();
    all_end(&server, &runs).await;
    within("the old ones' ends", server.worker.ended(2)).await;
    let told = server.listen_from_start().rest();
    let reloads = told
        .iter()
        .filter(|notice| matches!(notice, Notice::Reloaded { .. }));
    assert_eq!(reloads.count(), 1);
}

#[tokio::test]
async fn code_that_one_of_them_cannot_load_is_told_once_and_does_not_serve() {
    let server = two_workers().reloading().start().await;
    let mut listener = server.listen();
    let broken = diagnostic("OSError", "[Errno 28] No space left", "graphs.py", 5);
    server.worker.break_graph("agent", broken);
    server.worker.break_only_in(4);
    server.project.write("graphs.py", "# edited\n");
    let failure = heard(&mut listener, "the failure", |notice| match notice {
        Notice::ReloadFailed(failure) => Some(failure.clone()),
        _ => None,
    })
    .await;
    let ReloadFailure::Code(told) = failure else {
        panic!("{failure:?}");
    };
    assert_eq!(told.message, "[Errno 28] No space left");
    within("the new ones' ends", server.worker.ended(2)).await;
    server.post("/runs/wait", &echo("hi")).await.ok();
    assert!(went_to(&server).iter().all(|number| *number <= 2));
    let rest = listener.rest();
    let failed =
        |notice: &Notice| matches!(notice, Notice::ReloadFailed(_) | Notice::GraphFailed { .. });
    assert!(!rest.iter().any(failed), "{rest:?}");
}

#[tokio::test]
async fn a_port_that_only_one_of_them_can_listen_on_is_told_with_what_to_do() {
    let worker = FakeWorker::new();
    let in_use = "[Errno 98] Address already in use";
    worker.break_graph("agent", diagnostic("OSError", in_use, "graphs.py", 5));
    worker.break_only_in(2);
    let server = two_workers().worker(worker).start().await;
    let told = server.listen_from_start().rest();
    let failed: Vec<_> = told
        .iter()
        .filter_map(|notice| match notice {
            Notice::GraphFailed { diagnostic, .. } => diagnostic.hint.as_deref(),
            _ => None,
        })
        .collect();
    assert_eq!(failed.len(), 1, "{told:?}");
    assert!(failed[0].contains("--workers 1"), "{failed:?}");
    // Whatever worker would be asked.
    for _ in 0..2 {
        let answer = server.post("/runs/wait", &multi("in")).await.ok();
        assert_eq!(answer["log"][3], "b");
    }
}

#[tokio::test]
async fn auth_that_one_of_them_cannot_load_keeps_the_server_from_starting() {
    let worker = FakeWorker::new();
    worker.break_auth(diagnostic("ValueError", "no key", "auth.py", 3));
    worker.break_only_in(2);
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project)
        .workers(2)
        .worker(worker)
        .listen_only()
        .await;
    let fatal = within("the end", server.running().failed()).await;
    assert!(fatal.to_string().contains("no key"), "{fatal}");
    within("both ends", server.worker.ended(2)).await;
}

#[tokio::test]
async fn what_every_worker_prints_when_it_loads_is_told_once() {
    let worker = FakeWorker::builder().prints("imported").build();
    let server = two_workers().worker(worker).start().await;
    let mut listener = server.listen();
    let runs = slow_runs(&server, 2).await;
    // What takes the place of one prints it too.
    server.worker.crash_one(2);
    died(&mut listener).await;
    within("another worker", server.worker.loading().arrived(3)).await;
    server.worker.slow().open();
    all_end(&server, &runs).await;
    let told = server.listen_from_start().rest();
    let printed = told.iter().filter(|notice| match notice {
        Notice::Log(line) => line.text == "imported",
        _ => false,
    });
    assert_eq!(printed.count(), 1, "{told:?}");
}

#[tokio::test]
async fn a_worker_that_ends_before_anybody_used_it_tells_what_it_printed() {
    let worker = FakeWorker::builder().prints("imported").build();
    let server = two_workers().worker(worker).start().await;
    let mut listener = server.listen();
    server.worker.crash_one(2);
    // Above what is said of its end, as always.
    heard(&mut listener, "what it printed", |notice| match notice {
        Notice::Log(line) => (line.text == "imported").then_some(()),
        _ => None,
    })
    .await;
    died(&mut listener).await;
}

#[tokio::test]
async fn a_worker_that_alone_does_not_get_loaded_is_told_once_and_waited_for() {
    let worker = FakeWorker::new();
    worker.loading().close();
    worker.hold_only_from(2);
    let server = TestServer::over(TestProject::new())
        .workers(3)
        .worker(worker)
        .load_timeout(20)
        .listen_only()
        .await;
    let mut listener = server.listen_from_start();
    let loads_long = |notice: &Notice| match notice {
        Notice::LoadsLong(place) => Some((place.line, place.hint.clone())),
        _ => None,
    };
    let (line, hint) = heard(&mut listener, "where it is", loads_long).await;
    assert_eq!(line, Some(12));
    let hint = hint.unwrap_or_default();
    assert!(hint.contains("--workers 1"), "{hint}");
    server.get("/ok?ready=1").await.refused(503);
    server.worker.loading().open();
    server.ready().await;
    server.post("/runs/wait", &echo("hi")).await.ok();
    assert_eq!(server.worker.starts(), 3);
    let again = listener.rest();
    assert!(!again.iter().any(|notice| loads_long(notice).is_some()));
}
