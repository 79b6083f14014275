//! Stopping the server: everyone who waits is told, nothing acknowledged is lost, and runs go on at the next start.

use lgx_model::Timestamp;
use lgx_testkit::{FakeWorker, TestProject, TestServer, within};
use serde_json::{Value, json};

use crate::bodies::multi;
use crate::steps::{self, create, get, join, status, thread, wait};

/// The same project served again, by fresh workers.
async fn again(project: TestProject) -> TestServer {
    TestServer::over(project).start().await
}

/// Ends a server that executes one run as if it had been killed: the run is left as it was, and not handed back.
pub(crate) async fn killed(server: TestServer) -> TestProject {
    let project = server.stop().await;
    let (store, _) = project.open_store().await;
    let left = store.claim(Timestamp::now(), |_| ()).await.unwrap();
    assert!(left.is_some(), "nothing was executed");
    store.close().await;
    project
}

#[tokio::test]
async fn a_run_that_a_server_hands_back_when_it_stops_has_lost_no_attempt() {
    let mut server = TestServer::start().await;
    let id = thread(&server).await;
    server.worker.slow().close();
    let run = create(&server, &id, multi("in")).await;
    for _ in 0..4 {
        server.worker.slow().arrived(1).await;
        let worker = FakeWorker::new();
        worker.slow().close();
        server = TestServer::over(server.stop().await)
            .worker(worker)
            .start()
            .await;
        let left = server.running().left_runs();
        assert_eq!(left.going_on[0].attempt, 1);
    }
    server.worker.slow().open();
    assert_eq!(
        join(&server, &id, &run).await,
        json!({"log": ["in", "a", "slow", "b"]})
    );
}

#[tokio::test]
async fn whoever_waits_is_told_and_the_run_goes_on_at_the_next_start() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let stream = server
        .post(format!("/threads/{id}/runs/stream"), &multi("in"))
        .events()
        .await;
    let run = stream.header("content-location").to_owned();
    server.worker.slow().arrived(1).await;
    let joined = server.get(format!("{run}/join")).open().await;
    let project = server.stop().await;

    let stopped = "ServerStopped";
    let last = stream.rest().await.pop().unwrap();
    assert_eq!(
        (last.name.as_str(), &last.data["error"]),
        ("error", &json!(stopped))
    );
    let joined = joined.whole().await.ok();
    assert_eq!(joined["__error__"]["error"], stopped, "{joined}");

    let server = again(project).await;
    let joined = server.get(format!("{run}/join")).await.ok();
    assert_eq!(joined, json!({"log": ["in", "a", "slow", "b"]}));
    assert_eq!(get(&server, &id).await["status"], "idle");
}

#[tokio::test]
async fn a_run_that_is_cut_off_three_times_is_told_with_its_attempts_and_then_ends_as_an_error() {
    let mut server = TestServer::start().await;
    let id = thread(&server).await;
    server.worker.slow().close();
    let mut body = multi("in");
    body["stream_resumable"] = json!(true);
    let run = create(&server, &id, body).await;
    for attempt in [2, 3] {
        server.worker.slow().arrived(1).await;
        let worker = FakeWorker::new();
        worker.slow().close();
        server = TestServer::over(killed(server).await)
            .worker(worker)
            .start()
            .await;
        let left = server.running().left_runs();
        assert_eq!(left.going_on[0].run_id, run);
        assert_eq!(left.going_on[0].attempt, attempt);
        assert!(left.given_up.is_empty());
    }
    server.worker.slow().arrived(1).await;
    let server = again(killed(server).await).await;
    let left = server.running().left_runs();
    assert_eq!(
        (&*left.given_up, left.going_on.len()),
        (&[run.clone()][..], 0)
    );
    assert_eq!(status(&server, &id, &run).await, "error");
    let ended = get(&server, &id).await;
    assert_eq!(ended["status"], "error");
    assert_eq!(ended["error"]["error"], "TooManyAttempts");
    let stream = server
        .get(format!("/threads/{id}/runs/{run}/stream"))
        .header("last-event-id", "-1");
    let events = stream.events().await.rest().await;
    let attempts = events.iter().filter(|event| event.name == "metadata");
    let attempts: Vec<&Value> = attempts.map(|event| &event.data["attempt"]).collect();
    assert_eq!(attempts, [1, 2, 3]);
    let last = events.last().unwrap();
    assert_eq!(
        (&*last.name, &last.data["error"]),
        ("error", &json!("TooManyAttempts"))
    );
    assert_eq!(wait(&server, &id, multi("next")).await["log"][2], "next");
}

#[tokio::test]
async fn servers_that_end_while_they_load_the_code_have_not_tried_the_run() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    server.worker.slow().close();
    let run = create(&server, &id, multi("in")).await;
    server.worker.slow().arrived(1).await;
    let mut project = killed(server).await;
    for _ in 0..4 {
        let worker = FakeWorker::new();
        worker.loading().close();
        let server = TestServer::over(project).worker(worker).listen_only().await;
        server.worker.loading().arrived(1).await;
        assert_eq!(status(&server, &id, &run).await, "pending");
        project = server.stop().await;
    }
    let server = again(project).await;
    assert_eq!(server.running().left_runs().going_on[0].attempt, 2);
    assert_eq!(
        join(&server, &id, &run).await,
        json!({"log": ["in", "a", "slow", "b"]})
    );
}

/// A thread with a run that nothing stops.
async fn stuck(server: &TestServer) -> (String, String) {
    let id = thread(server).await;
    let body = json!({"assistant_id": "stuck", "input": {"log": []}});
    let run = create(server, &id, body).await;
    server.worker.stuck().arrived(1).await;
    (id, run)
}

#[tokio::test]
async fn a_run_that_was_cancelled_does_not_go_on_at_the_next_start() {
    for action in ["interrupt", "rollback"] {
        let server = TestServer::start().await;
        let (id, run) = stuck(&server).await;
        let path = format!("/threads/{id}/runs/{run}");
        let cancelled = server.request("POST", format!("{path}/cancel?action={action}"));
        assert_eq!(cancelled.await.status, 202);
        let server = again(server.stop().await).await;
        let ended = get(&server, &id).await;
        if action == "rollback" {
            server.get(path).await.refused(404);
            assert_eq!(ended["status"], "idle");
            assert_eq!(ended["error"]["error"], "UserRollback");
        } else {
            assert_eq!(status(&server, &id, &run).await, "interrupted");
            assert_eq!(ended["status"], "interrupted");
            assert_eq!(ended["error"]["error"], "UserInterrupt");
        }
        assert!(server.worker.requests("run").is_empty(), "{action}");
        assert!(server.running().left_runs().going_on.is_empty());
    }
}

#[tokio::test]
async fn a_run_that_a_newer_one_displaced_does_not_go_on_at_the_next_start() {
    for strategy in ["interrupt", "rollback"] {
        let server = TestServer::start().await;
        let (id, run) = stuck(&server).await;
        let mut newer = multi("newer");
        newer["multitask_strategy"] = json!(strategy);
        let newer = create(&server, &id, newer).await;
        let server = again(server.stop().await).await;
        assert_eq!(
            join(&server, &id, &newer).await,
            json!({"log": ["newer", "a", "slow", "b"]})
        );
        let path = format!("/threads/{id}/runs/{run}");
        if strategy == "rollback" {
            server.get(path).await.refused(404);
        } else {
            assert_eq!(status(&server, &id, &run).await, "interrupted");
        }
    }
}

#[tokio::test]
async fn runs_in_the_queue_are_told_too_and_keep_their_order() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let mut runs = Vec::new();
    for input in ["one", "two", "three"] {
        runs.push(create(&server, &id, multi(input)).await);
    }
    server.worker.slow().arrived(1).await;
    let mut joined = Vec::new();
    let mut streams = Vec::new();
    for run in &runs {
        let path = format!("/threads/{id}/runs/{run}");
        joined.push(server.get(format!("{path}/join")).open().await);
        streams.push(server.get(format!("{path}/stream")).events().await);
    }
    let project = server.stop().await;
    for answer in joined {
        let body = answer.whole().await.ok();
        assert_eq!(body["__error__"]["error"], "ServerStopped", "{body}");
    }
    for events in streams {
        let last = events.rest().await.pop().unwrap();
        assert_eq!(last.data["error"], "ServerStopped");
    }

    let server = again(project).await;
    let last = join(&server, &id, &runs[2]).await;
    assert_eq!(
        last["log"],
        json!([
            "one", "a", "slow", "b", "two", "a", "slow", "b", "three", "a", "slow", "b"
        ])
    );
    for run in &runs {
        assert_eq!(status(&server, &id, run).await, "success");
    }
}

#[tokio::test]
async fn a_command_that_was_carried_out_is_not_carried_out_again() {
    // A checkpoint that the request names is where it starts from, and not where it goes on.
    for from_named_checkpoint in [false, true] {
        let server = TestServer::start().await;
        let id = thread(&server).await;
        wait(&server, &id, multi("in")).await;
        let state = server.get(format!("/threads/{id}/state")).await.ok();
        server.worker.slow().close();
        let command = json!({"update": {"log": ["told"]}, "goto": "slow"});
        let mut body = json!({"assistant_id": "multi", "command": command});
        if from_named_checkpoint {
            body["checkpoint_id"] = state["checkpoint"]["checkpoint_id"].clone();
        }
        let run = create(&server, &id, body).await;
        server.worker.slow().arrived(2).await;

        let server = again(server.stop().await).await;
        assert_eq!(
            join(&server, &id, &run).await,
            json!({"log": ["in", "a", "slow", "b", "told", "slow", "b"]})
        );
        let request = &server.worker.requests("run")[0];
        assert_eq!(
            (&request["command"], &request["input"]),
            (&Value::Null, &Value::Null)
        );
        let configurable = &request["config"]["configurable"];
        assert_eq!(configurable["checkpoint_id"], Value::Null);
        let kept = server.get(format!("/threads/{id}/runs/{run}")).await.ok();
        assert_eq!(
            kept["kwargs"]["command"], command,
            "it shows what was asked"
        );
    }
}

#[tokio::test]
async fn a_run_that_cannot_be_stopped_does_not_hold_up_the_stop() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let body = json!({"assistant_id": "stuck", "input": {"log": []}});
    let run = create(&server, &id, body).await;
    server.worker.stuck().arrived(1).await;
    let project = server.stop().await;
    let worker = FakeWorker::new();
    worker.stuck().open();
    let server = TestServer::over(project).worker(worker).start().await;
    assert_eq!(join(&server, &id, &run).await, json!({"log": ["stuck"]}));
}

#[tokio::test]
async fn requests_that_wait_for_the_graphs_are_told() {
    let worker = FakeWorker::new();
    worker.loading().close();
    let server = TestServer::over(TestProject::new())
        .worker(worker)
        .listen_only()
        .await;
    server.worker.loading().arrived(1).await;
    let waiting = tokio::spawn(server.post("/runs/wait", &multi("in")).into_future());
    // An answer to a later request shows that the one before has been taken up.
    server.get("/ok").await.ok();
    server.stop().await;
    let refusal = within("the refusal", waiting).await.unwrap().refused(503);
    assert!(refusal.contains("stopping"), "{refusal}");
}

#[tokio::test]
async fn nothing_acknowledged_is_lost() {
    let server = TestServer::start().await;
    let id = steps::thread_with(&server, json!({"kept": true})).await;
    wait(&server, &id, multi("in")).await;
    let update = json!({"values": {"log": ["updated"]}});
    let path = format!("/threads/{id}/state");
    server.post(&*path, &update).await.ok();
    let made = json!({"graph_id": "agent", "name": "mine"});
    let assistant = server.post("/assistants", &made).await.ok();
    let (thread, state) = (get(&server, &id).await, server.get(&*path).await.ok());
    let runs = server.get(format!("/threads/{id}/runs")).await.ok();

    let server = again(server.stop().await).await;
    assert_eq!(get(&server, &id).await, thread);
    assert_eq!(server.get(path).await.ok(), state);
    let found = server.get(format!("/threads/{id}/runs")).await.ok();
    assert_eq!(found, runs);
    let named = json!({"name": "mine"});
    let found = server.post("/assistants/search", &named).await.ok();
    assert_eq!(found, json!([assistant]));
}

#[tokio::test]
async fn workers_end_and_the_port_is_free() {
    let server = TestServer::start().await;
    let (address, worker) = (server.running().address(), server.worker.clone());
    let workers = server.workers();
    assert_eq!(worker.ends(), 0);
    server.stop().await;
    within("the workers' ends", worker.ended(workers)).await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    let listener = tokio::net::TcpListener::bind(address).await;
    assert!(listener.is_ok(), "{listener:?}");
}

#[tokio::test]
async fn a_run_goes_on_for_the_user_who_made_it() {
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project).start().await;
    server.worker.slow().close();
    let alice = server.user("alice");
    let id = thread(&alice).await;
    let run = create(&alice, &id, multi("in")).await;
    server.worker.slow().arrived(1).await;
    let server = again(server.stop().await).await;
    join(&server.user("alice"), &id, &run).await;
    let user = &server.worker.requests("run")[0]["user"];
    assert_eq!(user["identity"], "alice");
    assert_eq!(user["permissions"], json!([]));
}
