//! Several workers behind one queue: each takes its part, they change together, and one that goes takes nothing along.

use std::collections::BTreeSet;

use lgx_devserver::{Notice, ReloadFailure};
use lgx_testkit::fake_worker::diagnostic;
use lgx_testkit::server::{Listener, Setup};
use lgx_testkit::{Client, FakeWorker, TestProject, TestServer, within};
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

#[tokio::test]
async fn a_worker_that_dies_leaves_the_others_alone_and_its_runs_go_on_there_at_once() {
    let server = two_workers().jobs(4).start().await;
    let mut listener = server.listen();
    let runs = slow_runs(&server, 4).await;
    let first = went_to(&server)[0];
    let second = 3 - first;
    assert_eq!(went_to(&server), [first, second, first, second]);
    // No other worker comes up before this is opened.
    server.worker.loading().close();
    server.worker.crash_one(first);
    assert_eq!(
        died(&mut listener).await,
        [runs[0].1.clone(), runs[2].1.clone()]
    );
    within("both on the other one", server.worker.slow().arrived(6)).await;
    assert_eq!(went_to(&server)[4..], [second, second]);
    // All of its places are taken, and there is one worker more to come.
    within("another worker", server.worker.loading().arrived(3)).await;
    let id = thread(&server).await;
    let fifth = create(&server, &id, multi("in")).await;
    server.worker.loading().open();
    within("the fifth run", server.worker.slow().arrived(7)).await;
    assert_eq!(went_to(&server)[6..], [3]);
    server.worker.slow().open();
    all_end(&server, &runs).await;
    all_end(&server, &[(id, fifth)]).await;
    assert_eq!((server.worker.starts(), server.worker.ends()), (3, 1));
}

#[tokio::test]
async fn a_run_that_ends_its_workers_ends_without_the_runs_of_the_others() {
    let server = two_workers().start().await;
    let mut listener = server.listen();
    let bystander = slow_runs(&server, 1).await;
    let place = went_to(&server)[0];
    // It goes to the other one, which it was alone on, so that the next one is its own.
    let die = json!({"assistant_id": "die", "input": {"log": []}});
    let result = server.post("/runs/wait", &die).await.ok();
    assert_eq!(result["__error__"]["error"], "WorkerDied", "{result}");
    died(&mut listener).await;
    server.worker.slow().open();
    all_end(&server, &bystander).await;
    let bystanders = went_to(&server)
        .into_iter()
        .filter(|number| *number == place);
    assert_eq!(bystanders.count(), 1);
}

#[tokio::test]
async fn a_run_that_ends_one_worker_after_the_other_ends_alone_and_all_others_come_to_their_ends() {
    let server = two_workers().start().await;
    let bystanders = slow_runs(&server, 4).await;
    server.worker.dying().close();
    let id = thread(&server).await;
    let die = json!({"assistant_id": "die", "input": {"log": []}});
    let culprit = create(&server, &id, die).await;
    server.worker.dying().arrived(1).await;
    // No other worker comes up before this is opened: with the two that were beside it, it goes to the worker of the two others.
    server.worker.loading().close();
    server.worker.dying().let_one_pass();
    within("the two again", server.worker.slow().arrived(6)).await;
    server.worker.dying().arrived(2).await;
    server.worker.dying().let_one_pass();
    within("another worker", server.worker.loading().arrived(3)).await;
    server.worker.loading().open();
    within("all four again", server.worker.slow().arrived(10)).await;
    server.worker.dying().open();
    server.worker.slow().open();
    let told = join(&server, &id, &culprit).await;
    assert_eq!(told["__error__"]["error"], "WorkerDied", "{told}");
    all_end(&server, &bystanders).await;
}

#[tokio::test]
async fn workers_that_all_die_at_once_are_replaced_and_it_counts_once() {
    let server = two_workers().jobs(1).reloading().start().await;
    let mut listener = server.listen();
    for _ in 0..3 {
        // Each has room for one: both serve.
        let runs = slow_runs(&server, 2).await;
        server.worker.slow().open();
        all_end(&server, &runs).await;
        server.worker.crash();
        died(&mut listener).await;
        died(&mut listener).await;
    }
    let fatal = within("the end", server.running().failed()).await;
    assert!(fatal.to_string().contains("keeps ending"), "{fatal}");
    server.project.write("graphs.py", "# edited\n");
    reloaded(&mut listener).await;
    server.post("/runs/wait", &echo("hi")).await.ok();
}

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
    // They take all places: one of them that on the blocked worker.
    server.worker.slow().close();
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let id = thread(&server).await;
        let run = create(&server, &id, multi("in")).await;
        waiting.push((id, run));
    }
    within("two of them", server.worker.slow().arrived(2)).await;
    // No other worker comes up before this is opened.
    server.worker.loading().close();
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

#[tokio::test]
async fn a_run_that_does_not_stop_ends_its_worker_and_not_the_others() {
    let server = two_workers().start().await;
    let mut listener = server.listen();
    let beside = slow_runs(&server, 1).await;
    let id = thread(&server).await;
    let stuck = json!({"assistant_id": "stuck", "input": {"log": []}});
    let run = create(&server, &id, stuck).await;
    within("the stuck run", server.worker.stuck().arrived(1)).await;
    let cancel = format!("/threads/{id}/runs/{run}/cancel?wait=1");
    server.post(cancel, &json!({})).await.ok();
    assert_eq!(died(&mut listener).await, [run]);
    server.worker.slow().open();
    all_end(&server, &beside).await;
    assert_eq!(went_to(&server).len(), 2, "a run executed twice");
}
