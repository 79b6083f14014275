//! What happens when a cron is due.

use std::sync::Arc;

use lgx_model::Timestamp;
use lgx_store::crons::StoredCron;
use lgx_testkit::{Client, TestProject, TestServer, within};
use serde_json::{Value, json};

use super::{EVERY_SECOND, YEARLY, made, path};
use crate::bodies::multi;
use crate::steps::{self, get, text, thread};

/// A cron of the graph a → slow → b whose runs have something to do.
fn cron(schedule: &str, more: Value) -> Value {
    let mut body = super::cron(schedule, json!({"input": {"log": ["in"]}}));
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

/// The threads of the runs that crons with this metadata have started.
async fn threads(client: &Client, metadata: &Value) -> Vec<Value> {
    let body = json!({"metadata": metadata, "limit": 1000});
    let found = client.post("/threads/search", &body).await.ok();
    found.as_array().unwrap().clone()
}

/// The runs of a thread, the newest first.
async fn runs(client: &Client, thread_id: &str) -> Vec<Value> {
    let runs = client.get(format!("/threads/{thread_id}/runs")).await.ok();
    runs.as_array().unwrap().clone()
}

/// Lets a cron fire once, and holds its run up half-way.
async fn fired(server: &TestServer, body: Value) -> Value {
    server.worker.slow().close();
    let cron = made(server, body).await;
    within("the cron", server.worker.slow().arrived(1)).await;
    let disabled = json!({"enabled": false});
    server.patch(path(&cron), &disabled).await.ok()
}

#[tokio::test]
async fn each_run_gets_a_thread_which_goes_with_it() {
    let server = TestServer::start().await;
    let mark = json!({"mark": "deleted"});
    let cron = fired(&server, cron(EVERY_SECOND, json!({"metadata": mark}))).await;
    let started = threads(&server, &mark).await;
    assert!(!started.is_empty());
    let mut joined = Vec::new();
    for thread in &started {
        let id = text(thread, "thread_id");
        assert_eq!(
            thread["metadata"],
            json!({"mark": "deleted", "graph_id": "multi", "assistant_id": cron["assistant_id"]})
        );
        for run in runs(&server, &id).await {
            let path = format!("/threads/{id}/runs/{}/join", text(&run, "run_id"));
            joined.push(server.get(path).open().await);
        }
    }
    server.worker.slow().open();
    for joined in joined {
        assert_eq!(
            joined.whole().await.ok(),
            json!({"log": ["in", "a", "slow", "b"]})
        );
    }
    assert!(threads(&server, &mark).await.is_empty());
    // The cron is still there.
    assert_eq!(server.get(path(&cron)).await.ok(), cron);
}

#[tokio::test]
async fn the_thread_of_a_run_may_be_kept() {
    let server = TestServer::start().await;
    let mark = json!({"mark": "kept"});
    let cron = fired(
        &server,
        cron(
            EVERY_SECOND,
            json!({"metadata": mark, "on_run_completed": "keep"}),
        ),
    )
    .await;
    server.worker.slow().open();
    let id = text(&threads(&server, &mark).await[0], "thread_id");
    let run = runs(&server, &id).await[0].clone();
    let values = steps::join(&server, &id, &text(&run, "run_id")).await;
    assert_eq!(values, json!({"log": ["in", "a", "slow", "b"]}));
    assert_eq!(get(&server, &id).await["status"], "idle");
    assert_eq!(
        run["metadata"],
        json!({"created_by": "system", "mark": "kept", "graph_id": "multi", "assistant_id": cron["assistant_id"]})
    );
    assert_eq!(
        run["kwargs"]["config"]["configurable"]["cron_id"],
        cron["cron_id"]
    );
    assert_eq!(run["kwargs"]["context"]["cron_id"], cron["cron_id"]);
}

#[tokio::test]
async fn a_cron_on_a_thread_runs_there_again_and_again() {
    let server = TestServer::start().await;
    let id = steps::thread_with(&server, json!({"of": "thread"})).await;
    server.worker.slow().close();
    let body = cron(EVERY_SECOND, json!({"metadata": {"of": "cron"}}));
    let cron = server
        .post(format!("/threads/{id}/runs/crons"), &body)
        .await
        .ok();
    for count in 1..=2 {
        within("the cron", server.worker.slow().arrived(count)).await;
        server.worker.slow().let_one_pass();
    }
    server.delete(path(&cron)).await.empty(204);
    server.worker.slow().open();
    let runs = runs(&server, &id).await;
    assert!(runs.len() >= 2);
    for run in &runs {
        assert_eq!(run["metadata"]["of"], "cron");
        steps::join(&server, &id, &text(run, "run_id")).await;
    }
    let thread = get(&server, &id).await;
    assert_eq!(thread["metadata"]["of"], "thread");
    assert_eq!(
        thread["values"]["log"].as_array().unwrap().len(),
        4 * runs.len()
    );
}

#[tokio::test]
async fn a_cron_that_was_disabled_fires_once_it_is_enabled() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let body = cron(EVERY_SECOND, json!({"enabled": false}));
    let sleeping = made(&server, body).await;
    let other = thread(&server).await;
    // One that is due at the same times fires, and the first does not.
    let body = cron(EVERY_SECOND, json!({}));
    let awake = server
        .post(format!("/threads/{other}/runs/crons"), &body)
        .await
        .ok();
    within("the cron", server.worker.slow().arrived(1)).await;
    server.delete(path(&awake)).await.empty(204);
    assert_eq!(threads(&server, &json!({})).await.len(), 1);
    let enabled = server
        .patch(path(&sleeping), &json!({"enabled": true}))
        .await
        .ok();
    assert!(text(&enabled, "next_run_date") > text(&sleeping, "next_run_date"));
    within("the cron", server.worker.slow().arrived(2)).await;
    assert!(threads(&server, &json!({})).await.len() > 1);
}

#[tokio::test]
async fn a_run_that_was_to_be_rejected_is_left_out() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let busy = multi("busy");
    let run = steps::create(&server, &id, busy).await;
    server.worker.slow().arrived(1).await;
    let body = cron(
        EVERY_SECOND,
        json!({"multitask_strategy": "reject", "input": {"log": ["rejected"]}}),
    );
    let rejected = server
        .post(format!("/threads/{id}/runs/crons"), &body)
        .await
        .ok();
    // Fires after the first, which was made before it.
    let witness = made(&server, cron(EVERY_SECOND, json!({}))).await;
    within("the other cron", server.worker.slow().arrived(2)).await;
    server.delete(path(&rejected)).await.empty(204);
    server.delete(path(&witness)).await.empty(204);
    server.worker.slow().open();
    steps::join(&server, &id, &run).await;
    let runs = runs(&server, &id).await;
    assert_eq!(runs.len(), 1, "{runs:?}");
}

/// Stops the server, changes its crons, and starts it again.
async fn with_crons_changed(
    server: TestServer,
    change: impl Fn(&mut StoredCron) + Send + Sync + 'static,
) -> TestServer {
    let change = Arc::new(change);
    let project = server.stop().await;
    let (store, authority) = project.open_store().await;
    let far = Timestamp::now().plus_seconds(1e9);
    for stored in store.list_due_crons(far).await.unwrap() {
        let (cron_id, change) = (stored.cron.cron_id, Arc::clone(&change));
        let everything = authority.everything();
        let changed = store.change_cron(cron_id, &everything, move |stored| {
            change(stored);
            Ok::<_, ()>(())
        });
        changed.await.unwrap().unwrap().unwrap();
    }
    store.close().await;
    let server = TestServer::over(project).listen_only().await;
    server.worker.slow().close();
    server.ready().await;
    server
}

#[tokio::test]
async fn what_was_missed_while_the_server_was_stopped_is_made_up_for_once() {
    let server = TestServer::start().await;
    // Every hour, and not while this test runs.
    let minute = (Timestamp::now().micros() / 60_000_000 + 30) % 60;
    let cron = made(&server, cron(&format!("{minute} * * * *"), json!({}))).await;
    let server = with_crons_changed(server, |stored| {
        stored.cron.next_run_date = Some(Timestamp::now().plus_seconds(-100_000.0));
    })
    .await;
    within("the cron", server.worker.slow().arrived(1)).await;
    let after = server.get(path(&cron)).await.ok();
    assert_eq!(after["next_run_date"], cron["next_run_date"]);
    assert_eq!(threads(&server, &json!({})).await.len(), 1);
    assert_eq!(server.worker.slow().arrivals(), 1);
}

#[tokio::test]
async fn a_cron_does_not_fire_after_its_end_and_holds_up_no_other() {
    let server = TestServer::start().await;
    let over = made(
        &server,
        cron(
            YEARLY,
            json!({"end_time": "2999-01-01", "metadata": {"is": "over"}}),
        ),
    )
    .await;
    let body = cron(YEARLY, json!({"metadata": {"is": "due"}}));
    let due = made(&server, body).await;
    let server = with_crons_changed(server, |stored| {
        let is_over = stored.ends_at.is_some();
        // The one that is over would come first.
        let ago = if is_over { -7200.0 } else { -3600.0 };
        stored.cron.next_run_date = Some(Timestamp::now().plus_seconds(ago));
        stored.ends_at = is_over.then(|| Timestamp::now().plus_seconds(-1800.0));
    })
    .await;
    within("the cron", server.worker.slow().arrived(1)).await;
    assert_eq!(
        server.get(path(&over)).await.ok()["next_run_date"],
        Value::Null
    );
    assert!(threads(&server, &json!({"is": "over"})).await.is_empty());
    assert_eq!(threads(&server, &json!({"is": "due"})).await.len(), 1);
    assert_eq!(
        server.get(path(&due)).await.ok()["next_run_date"],
        due["next_run_date"]
    );
}

#[tokio::test]
async fn a_run_acts_for_the_user_who_made_its_cron() {
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project).start().await;
    server.worker.slow().close();
    let alice = server.user("alice");
    let cron = made(&alice, cron(EVERY_SECOND, json!({}))).await;
    within("the cron", server.worker.slow().arrived(1)).await;
    alice.delete(path(&cron)).await.empty(204);
    let run = server.worker.requests("run")[0].clone();
    assert_eq!(run["user"]["identity"], "alice", "{run}");
}
