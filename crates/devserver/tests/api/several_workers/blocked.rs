//! Workers whose event loops are blocked: the others take over.

use std::collections::BTreeSet;

use lgx_devserver::Notice;
use lgx_testkit::server::{Listener, Setup};
use lgx_testkit::{TestProject, TestServer, within};
use serde_json::json;

use super::{all_end, heard, slow_runs, went_to};
use crate::bodies::{echo, multi};
use crate::steps::{create, join, thread};

/// Two workers, of a project with a graph that blocks the event loop.
fn two_that_may_block() -> Setup {
    let graph = |name: &str| format!("./graphs.py:{name}");
    let graphs = json!({"agent": graph("agent"), "multi": graph("multi"), "spin": graph("spin")});
    TestServer::over(TestProject::with(json!({"graphs": graphs})))
        .workers(2)
        .blocked_after(300)
}

/// Runs that block their workers, one each; the thread and the id of each.
async fn spinning(server: &TestServer, count: usize) -> Vec<(String, String)> {
    let mut runs = Vec::new();
    for _ in 0..count {
        let before = server.worker.stuck().arrivals();
        let id = thread(server).await;
        let spin = json!({"assistant_id": "spin", "input": {"log": []}});
        let run = create(server, &id, spin).await;
        within("the spin", server.worker.stuck().arrived(before + 1)).await;
        runs.push((id, run));
    }
    runs
}

async fn all_spun(server: &TestServer, runs: &[(String, String)]) {
    server.worker.stuck().open();
    for (id, run) in runs {
        assert_eq!(join(server, id, run).await, json!({"log": ["spun"]}));
    }
}

async fn relieved(listener: &mut Listener) -> Vec<String> {
    heard(listener, "the relief", |notice| match notice {
        Notice::WorkerRelieved { old_runs, .. } => {
            let runs = old_runs.iter().map(|run| run.run_id.to_string());
            Some(runs.collect())
        }
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_blocked_worker_leaves_alone_and_what_waits_for_it_goes_on_in_the_others_at_once() {
    let server = two_that_may_block().jobs(2).start().await;
    let mut listener = server.listen();
    let spun = spinning(&server, 1).await;
    let other = 3 - went_to(&server)[0];
    // No other worker comes up before this is opened.
    server.worker.loading().close();
    // They take all places: one of them that on the blocked worker.
    server.worker.slow().close();
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let id = thread(&server).await;
        let run = create(&server, &id, multi("in")).await;
        waiting.push((id, run));
    }
    within("two of them", server.worker.slow().arrived(2)).await;
    within("another worker", server.worker.loading().arrived(3)).await;
    server.worker.slow().let_one_pass();
    within("the third", server.worker.slow().arrived(3)).await;
    // The fake one hears of no call while it is blocked.
    assert_eq!(went_to(&server)[1..], [other; 3]);
    server.worker.loading().open();
    assert_eq!(relieved(&mut listener).await, [spun[0].1.clone()]);
    server.worker.slow().open();
    all_end(&server, &waiting).await;
    all_spun(&server, &spun).await;
    within("the blocked one's end", server.worker.ended(1)).await;
    assert_eq!((server.worker.starts(), server.worker.ends()), (3, 1));
}

#[tokio::test]
async fn when_all_are_blocked_as_many_new_ones_take_over() {
    let server = two_that_may_block().start().await;
    let mut listener = server.listen();
    let spun = spinning(&server, 2).await;
    let answer = server.post("/runs/wait", &echo("hi")).await.ok();
    assert_eq!(answer["messages"][1]["content"], "echo: hi");
    // Whether the first one alone was known to be blocked or both.
    relieved(&mut listener).await;
    all_spun(&server, &spun).await;
    within("the blocked ones' ends", server.worker.ended(2)).await;
    let runs = slow_runs(&server, 2).await;
    let taken: BTreeSet<_> = went_to(&server).into_iter().rev().take(2).collect();
    assert_eq!(taken.len(), 2);
    server.worker.slow().open();
    all_end(&server, &runs).await;
    server.worker.slow().open();
}
