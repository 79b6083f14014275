//! A database server that falls and rises again: requests are refused meanwhile and nothing hangs, what was acknowledged is there, and work
//! goes on by itself.

use std::io::Write as _;
use std::sync::Arc;

use lgx_devserver::{Notice, StateNotice, Unavailable};
use lgx_test_postgres::{Installation, PrivateServer};
use lgx_testkit::{Client, TestProject, TestServer, within};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::bodies::{multi, multi_with};
use crate::steps::{create, get, join, status, thread, wait};

/// A Postgres that one test has for itself.
struct Database(Arc<PrivateServer>);

impl Database {
    /// None, and a line that says so, where there is no Postgres to start.
    fn start() -> Option<Self> {
        let Some(installation) = Installation::find() else {
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: no database falls, as there is no Postgres here that could be started"
            );
            return None;
        };
        Some(Self(Arc::new(PrivateServer::start(&installation).unwrap())))
    }

    /// A server of lgx over an empty database.
    async fn serve(&self) -> TestServer {
        let database = self.0.make_database().unwrap();
        let project = TestProject::in_database(database);
        TestServer::over(project).start().await
    }

    async fn fall(&self) {
        let server = Arc::clone(&self.0);
        let fallen = tokio::task::spawn_blocking(move || server.fall());
        fallen.await.unwrap().unwrap();
    }

    async fn rise(&self) {
        let server = Arc::clone(&self.0);
        let risen = tokio::task::spawn_blocking(move || server.rise());
        risen.await.unwrap().unwrap();
    }
}

/// Requests of every kind that need the state, about this thread and this run.
fn requests(client: &Client, thread: &str, run: &str) -> Vec<lgx_testkit::client::Request> {
    let empty = json!({});
    let item = json!({"namespace": ["a"], "key": "k", "value": {}});
    let cron = json!({"assistant_id": "multi", "schedule": "0 0 1 1 *", "input": {}});
    let of_thread = |rest: &str| format!("/threads/{thread}{rest}");
    let of_run = |rest: &str| format!("/threads/{thread}/runs/{run}{rest}");
    vec![
        client.get("/ok?check_db=1"),
        client.post("/threads", &empty),
        client.get(of_thread("")),
        client.patch(of_thread(""), &json!({"metadata": {"a": 1}})),
        client.post("/threads/search", &empty),
        client.get(of_thread("/state")),
        client.post(of_thread("/state"), &json!({"values": {"log": ["x"]}})),
        client.post(of_thread("/history"), &empty),
        client.delete(of_thread("")),
        client.post(of_thread("/runs"), &multi("no")),
        client.post(of_thread("/runs/wait"), &multi("no")),
        client.post(of_thread("/runs/stream"), &multi("no")),
        client.post("/runs/wait", &multi("no")),
        client.get(of_thread("/runs")),
        client.get(of_run("")),
        client.get(of_run("/join")),
        client.get(of_run("/stream")),
        client.post(of_run("/cancel"), &empty),
        client.post("/assistants/search", &empty),
        client.post("/assistants", &json!({"graph_id": "multi"})),
        client.put("/store/items", &item),
        client.post("/store/items/search", &json!({"namespace_prefix": ["a"]})),
        client.post("/runs/crons", &cron),
    ]
}

#[tokio::test]
async fn requests_are_refused_for_as_long_as_the_database_is_down() {
    let Some(database) = Database::start() else {
        return;
    };
    let server = database.serve().await;
    let mut listener = server.listen();
    let id = thread(&server).await;
    let log = wait(&server, &id, multi("before")).await;
    let runs = server.get(format!("/threads/{id}/runs")).await.ok();
    let run = runs[0]["run_id"].as_str().unwrap();
    server.get("/ok?ready=1").await.ok();

    database.fall().await;
    // Twice: connections that were open break off, and others are not had.
    for _ in 0..2 {
        for request in requests(&server, &id, run) {
            let answer = request.await;
            let detail = answer.refused(503);
            assert_eq!(detail, "the state database cannot be reached; try again");
            assert_eq!(answer.header("retry-after"), Some("1"), "{answer:?}");
        }
        let answer = server.get("/ok?ready=1").await;
        let detail = answer.refused(503);
        assert_eq!(detail, "The state database cannot be reached.");
        server.get("/ok").await.ok();
    }
    let told = |notice: &Notice| match notice {
        Notice::State(StateNotice::Unavailable(unavailable)) => Some(unavailable.clone()),
        _ => None,
    };
    let reason = listener.hear("the fall", told).await;
    assert!(matches!(reason, Unavailable::Unreachable(_)), "{reason}");

    database.rise().await;
    server.get("/ok?ready=1").await.ok();
    assert_eq!(get(&server, &id).await["values"], log);
    let state = server.get(format!("/threads/{id}/state")).await.ok();
    assert_eq!(state["values"], log);
    let after = wait(&server, &id, multi("after")).await;
    assert_eq!(after["log"].as_array().unwrap().len(), 8, "{after}");
}

#[tokio::test]
async fn a_run_that_writes_while_the_database_is_down_waits_for_it() {
    let Some(database) = Database::start() else {
        return;
    };
    let server = database.serve().await;
    let id = thread(&server).await;
    server.worker.slow().close();
    let body = multi_with("in", json!({"stream_resumable": true}));
    let run = create(&server, &id, body).await;
    within("the run", server.worker.slow().arrived(1)).await;
    let stream = format!("/threads/{id}/runs/{run}/stream");
    let events = server.get(&stream).header("last-event-id", "-1");
    let events = events.events().await;
    database.fall().await;
    server.worker.slow().open();
    // It has something to write, and cannot.
    server.get(format!("/threads/{id}")).await.refused(503);
    database.rise().await;
    let log = join(&server, &id, &run).await;
    assert_eq!(log["log"], json!(["in", "a", "slow", "b"]));
    assert_eq!(status(&server, &id, &run).await, "success");
    let state = server.get(format!("/threads/{id}/state")).await.ok();
    assert_eq!(state["values"], log);
    // What is kept of it is what was streamed.
    let seen = within("the stream's end", events.rest()).await;
    let again = server.get(&stream).header("last-event-id", "-1");
    assert_eq!(again.events().await.rest().await, seen);
}

#[tokio::test]
async fn a_run_whose_database_does_not_come_back_in_time_ends_and_says_why() {
    let Some(database) = Database::start() else {
        return;
    };
    let server = database.serve().await;
    let mut listener = server.listen();
    let id = thread(&server).await;
    server.worker.slow().close();
    let run = create(&server, &id, multi("in")).await;
    within("the run", server.worker.slow().arrived(1)).await;
    // Read behind what the run has written.
    let state = server.get(format!("/threads/{id}/state")).await.ok();
    assert_eq!(state["values"]["log"], json!(["in", "a"]));

    database.fall().await;
    server.worker.slow().open();
    let unsaved = |notice: &Notice| {
        matches!(notice, Notice::State(StateNotice::RunEndUnsaved { .. })).then_some(())
    };
    listener.hear("an end that is not saved", unsaved).await;
    database.rise().await;
    let saved = |notice: &Notice| {
        matches!(notice, Notice::State(StateNotice::RunEndSaved { .. })).then_some(())
    };
    listener.hear("the end that is saved", saved).await;
    assert_eq!(status(&server, &id, &run).await, "error");
    let row = get(&server, &id).await;
    assert_eq!(row["status"], "error");
    let message = row["error"]["message"].as_str().unwrap();
    let lost = "a checkpoint of the run could not be saved: the state database cannot be reached";
    assert!(message.starts_with(lost), "{message}");
    // What was saved of it is what the next one begins with.
    let next = wait(&server, &id, multi("next")).await;
    assert_eq!(next["log"], json!(["in", "a", "next", "a", "slow", "b"]));
}

#[tokio::test]
async fn a_run_that_waits_when_the_database_falls_is_begun_by_itself() {
    let Some(database) = Database::start() else {
        return;
    };
    let server = database.serve().await;
    let id = thread(&server).await;
    server.worker.slow().close();
    let first = create(&server, &id, multi("in")).await;
    within("the run", server.worker.slow().arrived(1)).await;
    let queued = create(&server, &id, multi("queued")).await;
    database.fall().await;
    server.worker.slow().open();
    database.rise().await;
    let log = join(&server, &id, &queued).await["log"].clone();
    assert_eq!(
        log,
        json!(["in", "a", "slow", "b", "queued", "a", "slow", "b"])
    );
    assert_eq!(status(&server, &id, &queued).await, "success");
    assert_eq!(status(&server, &id, &first).await, "success");
    assert_eq!(get(&server, &id).await["status"], "idle");
}

#[tokio::test]
async fn a_run_that_writes_nothing_meanwhile_does_not_notice() {
    let Some(database) = Database::start() else {
        return;
    };
    let server = database.serve().await;
    let id = thread(&server).await;
    server.worker.slow().close();
    let body = multi_with("in", json!({"stream_resumable": true}));
    let run = create(&server, &id, body).await;
    within("the run", server.worker.slow().arrived(1)).await;
    // Read behind what the run has written.
    let state = server.get(format!("/threads/{id}/state")).await.ok();
    assert_eq!(state["values"]["log"], json!(["in", "a"]));
    let stream = format!("/threads/{id}/runs/{run}/stream");
    let events = server.get(&stream).header("last-event-id", "-1");
    let events = events.events().await;
    database.fall().await;
    database.rise().await;
    server.worker.slow().open();
    let seen = within("the run's end", events.rest()).await;
    assert_eq!(status(&server, &id, &run).await, "success");
    assert_eq!(
        get(&server, &id).await["values"]["log"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    // What is kept of it is what was streamed.
    let again = server.get(&stream).header("last-event-id", "-1");
    assert_eq!(again.events().await.rest().await, seen);
}

/// Works while the database is up, and gives what was acknowledged: threads, and their values where a run is known to be whole.
async fn work(
    client: Client,
    number: usize,
    mut is_up: watch::Receiver<bool>,
) -> Vec<(String, Value)> {
    let mut acknowledged = Vec::new();
    while acknowledged.len() < 8 {
        let body = json!({"metadata": {"of": number}});
        let made = client.post("/threads", &body).await;
        if made.status != 200 {
            assert_eq!(made.status, 503, "{made:?}");
            is_up.wait_for(|is_up| *is_up).await.unwrap();
            continue;
        }
        let id = made.json()["thread_id"].as_str().unwrap().to_owned();
        let input = format!("{number}-{}", acknowledged.len());
        let ran = client.post(format!("/threads/{id}/runs/wait"), &multi(&input));
        let ran = ran.await;
        let values = match ran.status.as_u16() {
            200 if ran.json()["__error__"].is_null() => ran.json(),
            200 | 503 => Value::Null,
            _ => panic!("{ran:?}"),
        };
        acknowledged.push((id, values));
    }
    acknowledged
}

#[tokio::test]
async fn nothing_that_was_acknowledged_is_missing_when_the_database_is_back() {
    let Some(database) = Database::start() else {
        return;
    };
    let server = database.serve().await;
    let up = watch::Sender::new(true);
    let working: Vec<_> = (0..6)
        .map(|number| tokio::spawn(work((*server).clone(), number, up.subscribe())))
        .collect();
    for _ in 0..3 {
        up.send_replace(false);
        database.fall().await;
        database.rise().await;
        up.send_replace(true);
        // Something is done before it falls again.
        thread(&server).await;
    }
    let mut whole = 0;
    for working in working {
        let acknowledged = within("a client", working).await.unwrap();
        for (id, values) in acknowledged {
            let runs = server.get(format!("/threads/{id}/runs")).await.ok();
            for run in runs.as_array().unwrap() {
                // Each ends, also one whose answer was cut off.
                join(&server, &id, run["run_id"].as_str().unwrap()).await;
            }
            let found = get(&server, &id).await;
            assert_ne!(found["status"], "busy", "{found}");
            if !values.is_null() {
                whole += 1;
                assert_eq!(found["values"], values);
                let state = server.get(format!("/threads/{id}/state")).await.ok();
                assert_eq!(state["values"], values);
            }
        }
    }
    assert!(whole > 0, "no run was whole");
}

#[tokio::test]
async fn a_run_whose_client_leaves_while_it_is_admitted_is_driven() {
    let Some(database) = Database::start() else {
        return;
    };
    let tables = database.0.make_database().unwrap();
    let server = TestServer::over(TestProject::in_database(tables.clone()));
    let server = server.start().await;
    let id = thread(&server).await;
    let lock = format!("SELECT 1 FROM threads WHERE thread_id = '{id}' FOR UPDATE");
    let held = tables.hold(&lock).unwrap();
    let client = Client::new(server.running().address());
    let asking = tokio::spawn({
        let id = id.clone();
        async move { create(&client, &id, multi("in")).await }
    });
    let admits = tokio::task::spawn_blocking(move || tables.wait_for_waiting());
    within("the admission", admits).await.unwrap().unwrap();
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    // It has noticed that the client has gone by the time it answers another one.
    server.get("/ok").await.ok();
    held.let_go().unwrap();
    // It waits behind that one for as long as it executes.
    let after = within("the next run", wait(&server, &id, multi("next"))).await;
    let both = ["in", "a", "slow", "b", "next", "a", "slow", "b"];
    assert_eq!(after["log"], json!(both));
}

#[tokio::test]
async fn a_run_that_is_claimed_while_its_server_stops_is_handed_back() {
    let Some(database) = Database::start() else {
        return;
    };
    let tables = database.0.make_database().unwrap();
    let project = TestProject::in_database(tables.clone());
    let server = TestServer::over(project).start().await;
    let id = thread(&server).await;
    create(&server, &id, multi_with("in", json!({"after_seconds": 1}))).await;
    let lock = format!("SELECT 1 FROM threads WHERE thread_id = '{id}' FOR UPDATE");
    let held = tables.hold(&lock).unwrap();
    // It is due, and whoever claims it waits for its thread.
    let claims = tokio::task::spawn_blocking(move || tables.wait_for_waiting());
    within("the claim", claims).await.unwrap().unwrap();
    let stopping = tokio::spawn(server.stop());
    tokio::task::yield_now().await;
    held.let_go().unwrap();
    let project = within("the server's end", stopping).await.unwrap();
    let next = TestServer::over(project).start().await;
    let left = next.running().left_runs();
    // That it was claimed was no attempt.
    assert_eq!(left.going_on[0].attempt, 1);
}
