//! A worker whose event loop is blocked: whoever waits for it goes to another one, and what it has begun stays with it. Most tests are of
//! one that serves alone: where others do, these take over (`several_workers/blocked.rs`).

use lgx_devserver::Notice;
use lgx_testkit::server::Listener;
use lgx_testkit::{FakeWorker, TestProject, TestServer, within};
use serde_json::{Value, json};

use crate::bodies::echo;
use crate::steps::{create, join, status, text, thread, thread_with, wait};

/// Milliseconds. What depends on it may come late, never wrong.
const PATIENCE: u64 = 300;

fn project() -> TestProject {
    let graph = |name: &str| format!("./graphs.py:{name}");
    TestProject::with(json!({
        "graphs": {"agent": graph("agent"), "multi": graph("multi"), "spin": graph("spin")},
        "auth": {"path": "./auth.py:auth"},
    }))
}

/// A server with one worker and auth; its client is Alice.
async fn server() -> (TestServer, lgx_testkit::Client) {
    let server = TestServer::over(project())
        .workers(1)
        .reloading()
        .blocked_after(PATIENCE)
        .start()
        .await;
    let alice = server.user("alice");
    (server, alice)
}

fn spin() -> Value {
    json!({"assistant_id": "spin", "input": {"log": []}})
}

/// A run that blocks its worker by now, and its thread.
async fn spinning(server: &TestServer, client: &lgx_testkit::Client) -> (String, String) {
    let id = thread(client).await;
    let before = server.worker.stuck().arrivals();
    let run = create(client, &id, spin()).await;
    within("the spin", server.worker.stuck().arrived(before + 1)).await;
    (id, run)
}

async fn relieved(listener: &mut Listener) {
    listener
        .hear("the relief", |notice| {
            matches!(notice, Notice::WorkerRelieved { .. }).then_some(())
        })
        .await;
}

#[tokio::test]
async fn requests_beside_a_run_that_blocks_its_worker_are_answered_by_another_one() {
    let (server, alice) = server().await;
    let mut listener = server.listen();
    let (id, run) = spinning(&server, &alice).await;
    // Each of these asks the auth handlers first.
    let answer = alice.post("/runs/wait", &echo("hi")).await.ok();
    assert_eq!(answer["messages"][1]["content"], "echo: hi");
    let state = alice.get(format!("/threads/{id}/state")).await.ok();
    assert_eq!(state["next"], json!(["spin"]));
    alice
        .get("/assistants/fe096781-5601-53d2-b2f6-0d3403f7e9ca/schemas")
        .await
        .ok();
    let blocked = listener
        .hear("the block", |notice| match notice {
            Notice::WorkerBlocked { runs, .. } => Some(runs.clone()),
            _ => None,
        })
        .await;
    assert_eq!(blocked[0].run_id.to_string(), run);
    relieved(&mut listener).await;
    // Once is enough.
    assert_eq!(server.worker.starts(), 2);
    assert_eq!(status(&alice, &id, &run).await, "running");

    // It was doing what it should all the time.
    server.worker.stuck().open();
    assert_eq!(join(&alice, &id, &run).await, json!({"log": ["spun"]}));
    within("the old worker's end", server.worker.ended(1)).await;
    assert_eq!(
        server.worker.requests("run").len(),
        2,
        "a run executed twice"
    );
}

#[tokio::test]
async fn runs_that_were_sent_to_a_blocked_worker_and_not_begun_run_on_the_next_one() {
    let (server, alice) = server().await;
    let (_, spinner) = spinning(&server, &alice).await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let id = thread(&alice).await;
        let run = create(&alice, &id, echo("hi")).await;
        waiting.push((id, run));
    }
    for (id, run) in &waiting {
        let values = join(&alice, id, run).await;
        assert_eq!(values["messages"][1]["content"], "echo: hi");
    }
    // When it turns again, it finds what has been done elsewhere cancelled, and whatever it writes for it is dropped.
    server.worker.stuck().open();
    within("the old worker's end", server.worker.ended(1)).await;
    for (id, run) in &waiting {
        assert_eq!(status(&alice, id, run).await, "success");
        let history = alice
            .post(format!("/threads/{id}/history"), &json!({"limit": 10}))
            .await
            .ok();
        assert_eq!(history.as_array().unwrap().len(), 3, "{history}");
    }
    assert!(!spinner.is_empty());
}

#[tokio::test]
async fn cancelling_the_run_that_blocks_ends_its_worker_whatever_else_runs_there() {
    let (server, alice) = server().await;
    let mut listener = server.listen();
    server.worker.slow().close();
    let bystander = thread(&alice).await;
    let slow = json!({"assistant_id": "multi", "input": {"log": []}});
    let beside = create(&alice, &bystander, slow).await;
    within("the bystander", server.worker.slow().arrived(1)).await;
    let (id, run) = spinning(&server, &alice).await;
    alice.post("/runs/wait", &echo("hi")).await.ok();

    let cancel = format!("/threads/{id}/runs/{run}/cancel?wait=1");
    alice.post(cancel, &json!({})).await.ok();
    assert_eq!(status(&alice, &id, &run).await, "interrupted");
    let death = listener
        .hear("the end", |notice| match notice {
            Notice::WorkerDied { death, .. } => Some(death.clone()),
            _ => None,
        })
        .await;
    assert!(death.by_server && death.how.contains(&run), "{death:?}");
    let mut ended: Vec<String> = death
        .runs
        .iter()
        .map(|run| run.run_id.to_string())
        .collect();
    ended.sort();
    let mut expected = [beside.clone(), run];
    expected.sort();
    assert_eq!(ended, expected);
    // It was not its fault: it goes on beside others, and this is no attempt of its own.
    let going_on = death.going_on.iter().map(|run| run.run_id.to_string());
    assert_eq!(going_on.collect::<Vec<_>>(), std::slice::from_ref(&beside));
    within("the bystander", server.worker.slow().arrived(2)).await;
    server.worker.slow().open();
    let log = join(&alice, &bystander, &beside).await["log"].clone();
    assert_eq!(log, json!(["a", "slow", "b"]));
    assert_eq!(server.worker.starts(), 2);
}

#[tokio::test]
async fn a_run_that_waits_for_a_blocked_worker_can_be_cancelled_without_ending_it() {
    let graph = |name: &str| format!("./graphs.py:{name}");
    let graphs = json!({"agent": graph("agent"), "spin": graph("spin")});
    // Without auth, whose handlers would be asked too; and with more patience than the test takes.
    let server = TestServer::over(TestProject::with(json!({"graphs": graphs})))
        .workers(1)
        .blocked_after(600_000)
        .start()
        .await;
    let (spun, spinner) = spinning(&server, &server).await;
    let id = thread(&server).await;
    let run = create(&server, &id, echo("hi")).await;
    let cancel = format!("/threads/{id}/runs/{run}/cancel?wait=1");
    server.post(cancel, &json!({})).await.ok();
    assert_eq!(status(&server, &id, &run).await, "interrupted");
    assert_eq!(server.worker.ends(), 0);
    server.worker.stuck().open();
    assert_eq!(
        join(&server, &spun, &spinner).await,
        json!({"log": ["spun"]})
    );
    let history = server
        .post(format!("/threads/{id}/history"), &json!({}))
        .await
        .ok();
    assert_eq!(
        history,
        json!([]),
        "what was cancelled was done all the same"
    );
}

#[tokio::test]
async fn a_run_sent_to_the_old_code_which_is_blocked_goes_to_the_new_code() {
    let (server, alice) = server().await;
    let mut listener = server.listen();
    spinning(&server, &alice).await;
    server.worker.loading().close();
    server.project.write("graphs.py", "# edited\n");
    within("the new code", server.worker.loading().arrived(2)).await;
    let run = tokio::spawn(alice.post("/runs/wait", &echo("hi")).into_future());
    server.worker.loading().open();
    listener
        .hear("the reload", |notice| {
            matches!(notice, Notice::Reloaded { .. }).then_some(())
        })
        .await;
    let answer = within("the run", run).await.unwrap().ok();
    assert_eq!(answer["messages"][1]["content"], "echo: hi");
}

#[tokio::test]
async fn loops_without_end_are_not_kept_for_good_when_there_are_more_and_more() {
    let worker = FakeWorker::new();
    let server = TestServer::over(project())
        .worker(worker)
        .blocked_after(100)
        .jobs(4)
        .start()
        .await;
    let alice = server.user("alice");
    let first = spinning(&server, &alice).await;
    // As many stay as serve, and one.
    for _ in 0..2 * server.workers() {
        spinning(&server, &alice).await;
    }
    // It has to go for the worker that answers this.
    let told = join(&alice, &first.0, &first.1).await;
    let message = text(&told["__error__"], "message");
    assert!(message.contains("blocked its event loop"), "{message}");
    alice.post("/runs/wait", &echo("hi")).await.ok();
}

#[tokio::test]
async fn a_thread_can_be_read_while_the_run_on_it_blocks() {
    let (server, alice) = server().await;
    let id = thread_with(&alice, json!({})).await;
    wait(&alice, &id, echo("hi")).await;
    spinning(&server, &alice).await;
    let state = alice.get(format!("/threads/{id}/state")).await.ok();
    assert_eq!(state["values"]["messages"][1]["content"], "echo: hi");
    let history = alice
        .post(format!("/threads/{id}/history"), &json!({"limit": 2}))
        .await
        .ok();
    assert_eq!(history.as_array().unwrap().len(), 2);
}
