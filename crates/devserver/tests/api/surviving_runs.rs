//! Runs whose worker dies: they go on from their last checkpoint on another one, and the run that ends one after the other ends alone.

use lgx_devserver::{Death, Notice, WorkerStartError};
use lgx_testkit::server::Listener;
use lgx_testkit::{FakeWorker, TestProject, TestServer, within};
use serde_json::{Value, json};

use crate::bodies::{echo, multi, multi_with};
use crate::shutdown::killed;
use crate::steps::{create, get, join, status, text, thread, wait};
use crate::webhooks::{Hook, local};

fn die() -> Value {
    json!({"assistant_id": "die", "input": {"log": []}})
}

async fn death(listener: &mut Listener) -> Death {
    listener
        .hear("the death", |notice| match notice {
            Notice::WorkerDied { death, .. } => Some(death.clone()),
            _ => None,
        })
        .await
}

fn ids(runs: &[lgx_devserver::ExecutingRun]) -> Vec<String> {
    runs.iter().map(|run| run.run_id.to_string()).collect()
}

/// A run that waits in its second node, on a thread.
async fn waiting(server: &TestServer, more: Value) -> (String, String) {
    let before = server.worker.slow().arrivals();
    let id = thread(server).await;
    let run = create(server, &id, multi_with("in", more)).await;
    within("its second node", server.worker.slow().arrived(before + 1)).await;
    (id, run)
}

/// A run that was alone is between two workers: another one serves, and that of its own is being loaded, beside those that serve later.
async fn between_two_while_one_serves(server: &TestServer) {
    let loads = server.worker.loading().arrivals();
    between_two(server).await;
    server.worker.loading().let_one_pass();
    let all = loads + server.workers() + 1;
    within("its own worker", server.worker.loading().arrived(all)).await;
}

/// The server is between two workers: one has died, and the next is being loaded.
async fn between_two(server: &TestServer) {
    let loads = server.worker.loading().arrivals();
    server.worker.loading().close();
    server.worker.crash();
    within(
        "the next worker",
        server.worker.loading().arrived(loads + 1),
    )
    .await;
}

#[tokio::test]
async fn a_run_goes_on_from_its_last_checkpoint_and_its_stream_with_it() {
    let server = TestServer::start().await;
    let mut listener = server.listen();
    server.worker.slow().close();
    let id = thread(&server).await;
    let body = multi_with("in", json!({"stream_mode": "updates"}));
    let mut events = server
        .post(format!("/threads/{id}/runs/stream"), &body)
        .events()
        .await;
    let place = events.header("content-location").to_owned();
    let begun = events.next().await.unwrap();
    assert_eq!(begun.data["attempt"], 1);
    let first = events.next().await.unwrap();
    assert_eq!(first.data, json!({"a": {"log": ["a"]}}));
    server.worker.slow().arrived(1).await;
    let joined = server.get(format!("{place}/join")).open().await;
    server.worker.crash();
    let death = death(&mut listener).await;
    assert_eq!(ids(&death.going_on), [text(&begun.data, "run_id")]);
    server.worker.slow().arrived(2).await;
    assert_eq!(get(&server, &id).await["status"], "busy");
    server.worker.slow().open();

    // What its first attempt had streamed does not come again, and that it is another one is told.
    let rest = events.rest().await;
    let told: Vec<(&str, &Value)> = rest
        .iter()
        .map(|event| (&*event.name, &event.data))
        .collect();
    assert_eq!(
        told,
        [
            (
                "metadata",
                &json!({"run_id": begun.data["run_id"], "attempt": 2})
            ),
            ("updates", &json!({"slow": {"log": ["slow"]}})),
            ("updates", &json!({"b": {"log": ["b"]}})),
        ]
    );
    let whole = json!({"log": ["in", "a", "slow", "b"]});
    assert_eq!(joined.whole().await.ok(), whole);
    assert_eq!(server.get(&*place).await.ok()["status"], "success");
    let requests = server.worker.requests("run");
    assert_eq!(
        (&requests[1]["input"], requests.len()),
        (&Value::Null, 2),
        "the input is in the checkpoint"
    );
}

#[tokio::test]
async fn a_run_that_ends_its_workers_ends_alone_after_its_third_attempt() {
    let project = TestProject::new();
    let server = TestServer::over(project).workers(1).start().await;
    let mut listener = server.listen();
    let id = thread(&server).await;
    let run = create(&server, &id, die()).await;
    let told = join(&server, &id, &run).await;
    assert_eq!(told["__error__"]["error"], "WorkerDied", "{told}");
    let message = text(&told["__error__"], "message");
    for part in ["the last of its 3 attempts", "this run is the likely cause"] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(status(&server, &id, &run).await, "error");
    let row = get(&server, &id).await;
    assert_eq!(
        (&row["status"], &row["error"]["error"]),
        (&json!("error"), &json!("WorkerDied"))
    );
    for goes_on in [true, true, false] {
        let death = death(&mut listener).await;
        assert_eq!(ids(&death.runs), std::slice::from_ref(&run));
        assert_eq!(!death.going_on.is_empty(), goes_on);
    }
    let lost = listener
        .hear("the loss", |notice| match notice {
            Notice::RunLost { run_id, reason } => Some((run_id.clone(), reason.clone())),
            _ => None,
        })
        .await;
    assert!(lost.0 == run && lost.1.contains("likely cause"), "{lost:?}");
    // The worker that serves has died of it once only; what is on its thread goes on.
    assert_eq!(wait(&server, &id, multi("next")).await["log"][0], "next");
    assert_eq!(server.worker.starts(), 4);
}

#[tokio::test]
async fn runs_beside_one_that_ends_its_workers_come_to_their_ends() {
    let project = TestProject::new();
    let server = TestServer::over(project).workers(1).start().await;
    server.worker.slow().close();
    server.worker.dying().close();
    let mut bystanders = Vec::new();
    for _ in 0..4 {
        bystanders.push(waiting(&server, json!({})).await);
    }
    let id = thread(&server).await;
    let culprit = create(&server, &id, die()).await;
    // It dies twice among all of them, which are at work each time.
    for attempt in 1..=2 {
        server.worker.dying().arrived(attempt).await;
        server.worker.slow().arrived(4 * attempt).await;
        server.worker.dying().let_one_pass();
    }
    server.worker.dying().open();
    server.worker.slow().open();
    let told = join(&server, &id, &culprit).await;
    let message = text(&told["__error__"], "message");
    assert!(
        message.contains("this run is the likely cause"),
        "{message}"
    );
    for (id, run) in bystanders {
        assert_eq!(
            join(&server, &id, &run).await,
            json!({"log": ["in", "a", "slow", "b"]})
        );
        assert_eq!(status(&server, &id, &run).await, "success");
    }
    for request in server.worker.requests("run") {
        assert_eq!(request["moves"].as_u64().unwrap_or(0), 0, "{request}");
    }
}

#[tokio::test]
async fn a_run_that_cannot_have_a_worker_of_its_own_is_executed_beside_others() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let (id, run) = waiting(&server, json!({})).await;
    // Its graph does not load any more, once the one that serves has.
    between_two_while_one_serves(&server).await;
    server.worker.break_graph(
        "multi",
        lgx_testkit::fake_worker::diagnostic("SyntaxError", "no", "graphs.py", 1),
    );
    server.worker.loading().open();
    server.worker.slow().open();
    assert_eq!(join(&server, &id, &run).await["log"][3], "b");
}

#[tokio::test]
async fn a_stateless_run_begins_anew_unless_a_client_has_its_events() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let waiting = server.post("/runs/wait", &multi("in")).open().await;
    server.worker.slow().arrived(1).await;
    server.worker.crash();
    server.worker.slow().arrived(2).await;
    let request = server.worker.requests("run").pop().unwrap();
    assert_eq!(request["input"], json!({"log": ["in"]}));
    server.worker.slow().open();
    let whole = json!({"log": ["in", "a", "slow", "b"]});
    assert_eq!(waiting.whole().await.ok(), whole);

    server.worker.slow().close();
    let mut streams = Vec::new();
    for mode in ["custom", "updates"] {
        let body = multi_with("in", json!({"stream_mode": mode}));
        streams.push(server.post("/runs/stream", &body).events().await);
        server.worker.slow().arrived(streams.len() + 2).await;
    }
    server.worker.crash();
    server.worker.slow().open();
    let told = streams.pop().unwrap().rest().await;
    let last = told.last().unwrap();
    assert_eq!(
        (&*last.name, &last.data["error"]),
        ("error", &json!("WorkerDied"))
    );
    assert!(text(&last.data, "message").contains("does not begin anew"));
    // Of the other one nothing had been seen but that it began.
    let told = streams.pop().unwrap().rest().await;
    let told: Vec<_> = told
        .iter()
        .map(|event| (&*event.name, &event.data["attempt"]))
        .collect();
    assert_eq!(told, [("metadata", &json!(1)), ("metadata", &json!(2))]);
}

#[tokio::test]
async fn a_run_without_checkpoints_on_a_thread_is_like_a_stateless_one() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let late = json!({"durability": "exit", "stream_mode": "updates"});
    let (id, run) = waiting(&server, late.clone()).await;
    server.worker.crash();
    server.worker.slow().arrived(2).await;
    server.worker.slow().let_one_pass();
    assert_eq!(join(&server, &id, &run).await["log"][3], "b");
    let events = server
        .post(
            format!("/threads/{id}/runs/stream"),
            &multi_with("in", late),
        )
        .events()
        .await;
    server.worker.slow().arrived(3).await;
    server.worker.crash();
    let last = events.rest().await.pop().unwrap();
    assert_eq!(last.data["error"], "WorkerDied");
}

#[tokio::test]
async fn a_run_between_two_workers_can_be_cancelled() {
    for action in ["interrupt", "rollback"] {
        let server = TestServer::start().await;
        server.worker.slow().close();
        let (id, run) = waiting(&server, json!({})).await;
        let joined = server
            .get(format!("/threads/{id}/runs/{run}/join"))
            .open()
            .await;
        between_two(&server).await;
        assert_eq!(status(&server, &id, &run).await, "running");
        let cancel = format!("/threads/{id}/runs/{run}/cancel?wait=1&action={action}");
        server.post(cancel, &json!({})).await.ok();
        within("who waits for it", joined.whole()).await.ok();
        let row = get(&server, &id).await;
        if action == "interrupt" {
            assert_eq!(status(&server, &id, &run).await, "interrupted");
            assert_eq!(row["status"], "interrupted");
        } else {
            let gone = server.get(format!("/threads/{id}/runs/{run}")).await;
            gone.refused(404);
            assert_eq!(row["status"], "idle");
        }
        server.worker.loading().open();
        server.worker.slow().open();
        let kept = if action == "interrupt" { "in" } else { "next" };
        assert_eq!(wait(&server, &id, multi("next")).await["log"][0], kept);
        assert_eq!(
            server.worker.requests("run").len(),
            2,
            "it was executed again"
        );
    }
}

#[tokio::test]
async fn the_thread_of_a_run_between_two_workers_is_busy_as_ever() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let (id, run) = waiting(&server, json!({})).await;
    between_two_while_one_serves(&server).await;
    let path = format!("/threads/{id}/runs");
    let with = |strategy: &str| multi_with(strategy, json!({"multitask_strategy": strategy}));
    server.post(&*path, &with("reject")).await.refused(409);
    let behind = create(&server, &id, with("enqueue")).await;
    server.worker.loading().open();
    server.worker.slow().open();
    assert_eq!(join(&server, &id, &run).await["log"][3], "b");
    assert_eq!(join(&server, &id, &behind).await["log"][4], "enqueue");

    for (strategy, expected) in [("rollback", 404), ("interrupt", 200)] {
        server.worker.slow().close();
        let id = thread(&server).await;
        let before = server.worker.slow().arrivals();
        let displaced = create(&server, &id, multi("displaced")).await;
        server.worker.slow().arrived(before + 1).await;
        between_two_while_one_serves(&server).await;
        let next = create(&server, &id, with(strategy)).await;
        server.worker.slow().open();
        let log = join(&server, &id, &next).await["log"].clone();
        let first = if strategy == "rollback" {
            strategy
        } else {
            "displaced"
        };
        assert_eq!(log[0], first, "{log}");
        let found = server.get(format!("/threads/{id}/runs/{displaced}")).await;
        assert_eq!(found.status, expected);
        server.worker.loading().open();
    }
}

#[tokio::test]
async fn a_thread_that_is_deleted_between_two_workers_takes_its_run_along() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let (id, run) = waiting(&server, json!({})).await;
    let joined = server
        .get(format!("/threads/{id}/runs/{run}/join"))
        .open()
        .await;
    between_two(&server).await;
    let deleted = server.delete(format!("/threads/{id}")).await;
    assert_eq!(deleted.status, 204);
    let told = within("who waits for it", joined.whole()).await.ok();
    assert_eq!(told["__error__"]["message"], "404: Run not found");
    server.worker.loading().open();
    server.post("/runs/wait", &echo("hi")).await.ok();
    assert_eq!(server.worker.requests("run").len(), 2);
}

#[tokio::test]
async fn a_run_between_two_workers_goes_on_after_the_next_start_of_the_server() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let (id, run) = waiting(&server, json!({})).await;
    between_two(&server).await;
    let server = TestServer::over(killed(server).await).start().await;
    assert_eq!(server.running().left_runs().going_on[0].attempt, 2);
    assert_eq!(join(&server, &id, &run).await["log"][3], "b");
}

#[tokio::test]
async fn the_ends_of_workers_and_of_the_server_are_counted_together() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let (id, run) = waiting(&server, json!({})).await;
    server.worker.crash();
    server.worker.slow().arrived(2).await;
    let worker = FakeWorker::new();
    worker.slow().close();
    let server = TestServer::over(killed(server).await)
        .worker(worker)
        .start()
        .await;
    assert_eq!(server.running().left_runs().going_on[0].attempt, 3);
    server.worker.slow().arrived(1).await;
    server.worker.crash();
    let told = join(&server, &id, &run).await;
    assert_eq!(told["__error__"]["error"], "WorkerDied", "{told}");
}

#[tokio::test]
async fn a_run_has_no_more_time_for_its_attempts_together() {
    let project = TestProject::with(json!({
        "graphs": {"multi": "./graphs.py:multi"}, "env": {"BG_JOB_TIMEOUT_SECS": "1"},
    }));
    let server = TestServer::over(project).start().await;
    server.worker.slow().close();
    let (id, run) = waiting(&server, json!({})).await;
    between_two(&server).await;
    within("its time", join(&server, &id, &run)).await;
    assert_eq!(status(&server, &id, &run).await, "timeout");
}

#[tokio::test]
async fn a_run_for_which_no_next_worker_comes_ends_as_an_error() {
    let server = TestServer::over(TestProject::new())
        .reloading()
        .start()
        .await;
    server.worker.slow().close();
    let (id, run) = waiting(&server, json!({})).await;
    for _ in 0..3 {
        let broken = WorkerStartError::Protocol("broken".into());
        server.worker.fail_next_start(broken);
    }
    server.worker.crash();
    let told = join(&server, &id, &run).await;
    assert_eq!(told["__error__"]["error"], "WorkerUnavailable", "{told}");
    assert_eq!(status(&server, &id, &run).await, "error");
}

#[tokio::test]
async fn a_run_that_was_asked_something_and_a_run_that_answers_survive() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let ask = json!({"assistant_id": "hitl", "input": {"question": "q"}});
    wait(&server, &id, ask).await;
    server.worker.crash();
    let answer = json!({"assistant_id": "hitl", "command": {"resume": "yes"}});
    assert_eq!(wait(&server, &id, answer).await["final"], "answer=yes");
}

#[tokio::test]
async fn a_question_about_a_thread_survives_the_workers_that_were_asked() {
    let graph = |name: &str| format!("./graphs.py:{name}");
    let graphs = json!({"multi": graph("multi"), "spin": graph("spin")});
    let server = TestServer::over(TestProject::with(json!({"graphs": graphs})))
        .start()
        .await;
    let id = thread(&server).await;
    wait(&server, &id, multi("in")).await;
    // The loop of the worker does not turn, so that the question waits.
    let spin = json!({"assistant_id": "spin", "input": {"log": []}});
    let spinner = thread(&server).await;
    create(&server, &spinner, spin).await;
    server.worker.stuck().arrived(1).await;
    let state = server.get(format!("/threads/{id}/state"));
    let state = tokio::spawn(state.into_future());
    server.get("/ok").await.ok();
    server.worker.crash();
    // The run is what goes on first, and blocks the next one too.
    server.worker.stuck().arrived(2).await;
    server.worker.crash();
    server.worker.stuck().open();
    let state = within("the state", state).await.unwrap().ok();
    assert_eq!(state["values"]["log"][0], "in");
}

#[tokio::test]
async fn the_webhook_of_a_run_that_survived_a_death_is_called_once() {
    let server = TestServer::over(TestProject::with(local())).start().await;
    let hook = Hook::listen().await;
    let url = hook.url();
    server.worker.slow().close();
    let (id, run) = waiting(&server, json!({"webhook": url})).await;
    server.worker.crash();
    within("its second attempt", server.worker.slow().arrived(2)).await;
    server.worker.slow().open();
    assert_eq!(
        join(&server, &id, &run).await["log"],
        json!(["in", "a", "slow", "b"])
    );
    let told = hook.report().await;
    assert_eq!(
        (&told["run_id"], &told["status"]),
        (&json!(run), &json!("success"))
    );

    // One that does not survive is told as an error; and the next report is of the next run.
    let mut body = die();
    body["webhook"] = json!(url);
    for (body, status) in [
        (body, "error"),
        (multi_with("in", json!({"webhook": url})), "success"),
    ] {
        let run = create(&server, &id, body).await;
        join(&server, &id, &run).await;
        let told = hook.report().await;
        assert_eq!(
            (&told["run_id"], &told["status"]),
            (&json!(run), &json!(status))
        );
    }
}
