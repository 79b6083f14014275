//! Several workers behind one queue: each takes its part, they change together, and one that goes takes nothing along.

mod blocked;
mod deaths;
mod joining;
mod loading;

use std::collections::BTreeSet;

use lgx_devserver::Notice;
use lgx_testkit::server::{Listener, Setup};
use lgx_testkit::{Client, TestProject, TestServer, within};
use serde_json::{Value, json};

use crate::bodies::{echo, multi};
use crate::steps::{create, join, status, thread, wait};

fn two_workers() -> Setup {
    TestServer::over(TestProject::new()).workers(2)
}

/// Runs of the graph `multi` on threads of their own, which wait in their second nodes. The thread and the id of each.
async fn slow_runs(server: &TestServer, count: usize) -> Vec<(String, String)> {
    server.worker.slow().close();
    let mut runs = Vec::new();
    for _ in 0..count {
        let before = server.worker.slow().arrivals();
        let id = thread(server).await;
        let run = create(server, &id, multi("in")).await;
        within("the run", server.worker.slow().arrived(before + 1)).await;
        runs.push((id, run));
    }
    runs
}

/// Every one of these comes to its end, with what each node of it appends.
async fn all_end(client: &Client, runs: &[(String, String)]) {
    for (id, run) in runs {
        let log = join(client, id, run).await["log"].clone();
        let log: Vec<&str> = log
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(log.last(), Some(&"b"), "{log:?}");
        assert_eq!(status(client, id, run).await, "success");
    }
}

/// The numbers of the workers that runs went to, in their order.
fn went_to(server: &TestServer) -> Vec<usize> {
    server.worker.asked("run")
}

async fn heard<T>(listener: &mut Listener, what: &str, pick: impl Fn(&Notice) -> Option<T>) -> T {
    listener.hear(what, pick).await
}

async fn died(listener: &mut Listener) -> Vec<String> {
    heard(listener, "the death", |notice| match notice {
        Notice::WorkerDied { death, .. } => {
            let runs = death.runs.iter().map(|run| run.run_id.to_string());
            Some(runs.collect())
        }
        _ => None,
    })
    .await
}

async fn reloaded(listener: &mut Listener) {
    heard(listener, "the reload", |notice| {
        matches!(notice, Notice::Reloaded { .. }).then_some(())
    })
    .await;
}

/// Waits until as many serve as should, of which each has room for one run.
async fn all_serve(server: &TestServer) {
    let runs = slow_runs(server, server.workers()).await;
    server.worker.slow().open();
    all_end(server, &runs).await;
}

#[tokio::test]
async fn a_run_goes_to_the_worker_with_the_fewest_and_each_takes_as_many_as_it_may() {
    let server = two_workers().jobs(2).start().await;
    let mut listener = server.listen();
    let runs = slow_runs(&server, 4).await;
    let mut taken = went_to(&server);
    taken.sort_unstable();
    assert_eq!(taken, [1, 1, 2, 2]);
    // The fake ones live in one process.
    let metrics = server.get("/metrics").await;
    let metrics = metrics.text();
    let each = format!("lgx_worker_runs{{pid=\"{}\"}} 2", std::process::id());
    let lines = metrics.lines().filter(|line| *line == each);
    assert_eq!(lines.count(), 2, "{metrics}");
    // All places are taken.
    let id = thread(&server).await;
    let fifth = create(&server, &id, echo("hi")).await;
    assert_eq!(status(&server, &id, &fifth).await, "pending");
    let slots = server.get("/metrics?format=json").await.ok()["workers"].clone();
    assert_eq!(slots, json!({"max": 4, "active": 4, "available": 0}));
    server.worker.slow().open();
    all_end(&server, &runs).await;
    join(&server, &id, &fifth).await;
    let told = listener.rest();
    let placed = told.iter().filter_map(|notice| match notice {
        Notice::RunPlaced { run_id, .. } => Some(run_id),
        _ => None,
    });
    let expected = runs.iter().map(|(_, run)| run).chain([&fifth]);
    assert_eq!(placed.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn runs_of_one_thread_execute_in_their_order_whichever_worker_they_are_on() {
    let server = two_workers().start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let mut last = String::new();
    for name in ["one", "two", "three", "four"] {
        last = create(&server, &id, multi(name)).await;
    }
    server.worker.slow().open();
    let log = join(&server, &id, &last).await["log"].clone();
    assert_eq!(
        log,
        json!([
            "one", "a", "slow", "b", "two", "a", "slow", "b", "three", "a", "slow", "b", "four",
            "a", "slow", "b"
        ])
    );
    assert_eq!(
        BTreeSet::from_iter(went_to(&server)),
        BTreeSet::from([1, 2])
    );
}

#[tokio::test]
async fn auth_and_whatever_else_is_asked_is_answered_by_each() {
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project).workers(2).start().await;
    let alice = server.user("alice");
    let id = thread(&alice).await;
    wait(&alice, &id, echo("hi")).await;
    for _ in 0..8 {
        alice.get(format!("/threads/{id}/state")).await.ok();
        server.get("/threads/x").await.refused(401);
    }
    for method in ["auth", "state.get"] {
        let asked = BTreeSet::from_iter(server.worker.asked(method));
        assert_eq!(asked, BTreeSet::from([1, 2]), "{method}");
    }
}
