//! Several instances on one database: any request to any of them, and what becomes of runs when one dies, stands still or is told to stop.

mod left_behind;

use std::io::Write as _;

use futures_util::future::join_all;
use lgx_test_postgres::TestDatabase;
use lgx_testkit::instances::balanced;
use lgx_testkit::{Client, FakeWorker, Instance, Way, within};
use serde_json::json;

use crate::bodies::{multi, multi_with};
use crate::steps::{create, get, join, status, thread, wait};

/// An empty database; none, and a line that says so, where there is no Postgres.
fn database() -> Option<TestDatabase> {
    match TestDatabase::make().unwrap() {
        Ok(database) => Some(database),
        Err(reason) => {
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: several instances are not tried: {reason}"
            );
            None
        }
    }
}

async fn instance(database: &TestDatabase, worker: &FakeWorker) -> Instance {
    Instance::start(database.clone(), worker.clone()).await
}

/// So many, with the same workers.
async fn instances<const MANY: usize>(
    database: &TestDatabase,
    worker: &FakeWorker,
) -> [Instance; MANY] {
    let started = (0..MANY).map(|_| instance(database, worker));
    join_all(started).await.try_into().ok().unwrap()
}

/// Waits until the run that executes there has written what it has done so far: the state is read behind it.
async fn has_written(instance: &Client, id: &str) {
    let state = instance.get(format!("/threads/{id}/state")).await.ok();
    assert_eq!(state["values"]["log"], json!(["in", "a"]));
}

/// From now on nobody has heard of this instance for long, as far as the database knows.
fn is_silent(database: &TestDatabase, instance: &Instance) {
    let url = format!("http://{}", instance.running().address());
    let sql = format!(
        "UPDATE instances SET beat_at = now() - interval '1 hour' WHERE url = '{url}' RETURNING 1"
    );
    assert_eq!(database.query(&sql).unwrap().trim(), "1", "{url}");
}

#[tokio::test]
async fn any_request_may_go_to_any_instance() {
    let Some(database) = database() else { return };
    let worker = FakeWorker::new();
    let [a, b, c] = instances(&database, &worker).await;
    let id = thread(&a).await;
    let run = create(&b, &id, multi("in")).await;
    let values = join(&c, &id, &run).await;
    assert_eq!(values["log"], json!(["in", "a", "slow", "b"]));
    assert_eq!(status(&a, &id, &run).await, "success");
    let state = a.get(format!("/threads/{id}/state")).await.ok();
    assert_eq!(state["values"], values);
    let update = json!({"values": {"log": ["by c"]}});
    c.post(format!("/threads/{id}/state"), &update).await.ok();
    let again = wait(&a, &id, multi("again")).await;
    assert_eq!(
        again["log"],
        json!(["in", "a", "slow", "b", "by c", "again", "a", "slow", "b"])
    );
    let copy = b.post(format!("/threads/{id}/copy"), &json!({})).await.ok();
    let copy = copy["thread_id"].as_str().unwrap();
    assert_eq!(get(&c, copy).await["values"], again);
    c.delete(format!("/threads/{id}")).await.empty(204);
    for instance in [&a, &b, &c] {
        instance.get(format!("/threads/{id}")).await.refused(404);
    }
}

#[tokio::test]
async fn a_thread_is_streamed_alike_at_every_instance() {
    let Some(database) = database() else { return };
    let worker = FakeWorker::new();
    let [a, b, c] = instances(&database, &worker).await;
    worker.slow().close();
    let id = thread(&a).await;
    let body = multi_with(
        "in",
        json!({"stream_resumable": true, "stream_mode": ["values", "updates"]}),
    );
    let run = create(&a, &id, body).await;
    within("the run", worker.slow().arrived(1)).await;
    let path = format!("/threads/{id}/runs/{run}/stream");
    let mut streams = Vec::new();
    for instance in [&a, &b, &c] {
        let stream = instance.get(&path).header("last-event-id", "-1");
        streams.push(stream.events().await);
    }
    worker.slow().open();
    let mut seen = Vec::new();
    for stream in streams {
        seen.push(within("a stream's end", stream.rest()).await);
    }
    assert!(seen[0].len() > 4, "{seen:?}");
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    // Behind any event, everywhere the same.
    let half = seen[0].len() / 2;
    let last = seen[0][half].id.clone().unwrap();
    for instance in [&a, &b, &c] {
        let rest = instance.get(&path).header("last-event-id", &last);
        assert_eq!(rest.events().await.rest().await, seen[0][half + 1..]);
    }
}

#[tokio::test]
async fn a_run_is_cancelled_at_any_instance() {
    let Some(database) = database() else { return };
    let worker = FakeWorker::new();
    let [a, b] = instances(&database, &worker).await;
    worker.slow().close();
    let id = thread(&a).await;
    let run = create(&a, &id, multi("in")).await;
    within("the run", worker.slow().arrived(1)).await;
    let cancel = format!("/threads/{id}/runs/{run}/cancel?wait=1");
    b.post(cancel, &json!({})).await.ok();
    assert_eq!(status(&a, &id, &run).await, "interrupted");
    assert_eq!(get(&b, &id).await["status"], "interrupted");
}

#[tokio::test]
async fn runs_of_an_instance_that_died_go_on_at_another() {
    let Some(database) = database() else { return };
    let (dying, living) = (FakeWorker::new(), FakeWorker::new());
    let a = instance(&database, &dying).await;
    let b = instance(&database, &living).await;
    dying.slow().close();
    let id = thread(&a).await;
    let body = multi_with("in", json!({"stream_resumable": true}));
    let run = create(&a, &id, body).await;
    let queued = create(&a, &id, multi("next")).await;
    within("the run", dying.slow().arrived(1)).await;
    has_written(&a, &id).await;
    is_silent(&database, &a);
    a.kill();
    let log = join(&b, &id, &queued).await["log"].clone();
    assert_eq!(
        log,
        json!(["in", "a", "slow", "b", "next", "a", "slow", "b"])
    );
    assert_eq!(status(&b, &id, &run).await, "success");
    assert_eq!(status(&b, &id, &queued).await, "success");
    assert_eq!(get(&b, &id).await["status"], "idle");
    let stream = b.get(format!("/threads/{id}/runs/{run}/stream"));
    let events = stream.header("last-event-id", "-1").events().await;
    let ids: Vec<_> = events
        .rest()
        .await
        .into_iter()
        .filter_map(|event| event.id)
        .collect();
    let order: Vec<(u64, u64)> = ids
        .iter()
        .map(|id| id.split_once('-').unwrap())
        .map(|(millis, serial)| (millis.parse().unwrap(), serial.parse().unwrap()))
        .collect();
    assert!(order.is_sorted_by(|one, next| one < next), "{ids:?}");
}

#[tokio::test]
async fn what_an_instance_writes_that_was_taken_for_dead_is_refused() {
    let Some(database) = database() else { return };
    let way = Way::to(&database).await;
    let (frozen, living) = (FakeWorker::new(), FakeWorker::new());
    let a = instance(&way.database(), &frozen).await;
    let b = instance(&database, &living).await;
    frozen.slow().close();
    let id = thread(&a).await;
    let run = create(&a, &id, multi("in")).await;
    within("the run", frozen.slow().arrived(1)).await;
    has_written(&a, &id).await;
    let stream = a.get(format!("/threads/{id}/runs/{run}/stream"));
    let stream = stream.events().await;
    let waiting = tokio::spawn({
        let client = (**a).clone();
        let (id, run) = (id.clone(), run.clone());
        async move { join(&client, &id, &run).await }
    });

    way.close();
    is_silent(&database, &a);
    let log = json!(["in", "a", "slow", "b"]);
    let elsewhere = join(&b, &id, &run).await;
    assert_eq!(elsewhere["log"], log, "{elsewhere}");
    let history = b
        .post(format!("/threads/{id}/history"), &json!({}))
        .await
        .ok();

    // It goes on where it stood, and knows of nothing.
    frozen.slow().open();
    way.open();
    within("the end of its stream", stream.break_off()).await;
    // Who waits there is told how the run ended, wherever it did.
    let joined = within("the end of the join", waiting).await.unwrap();
    assert_eq!(joined["log"], log);
    let after = b
        .post(format!("/threads/{id}/history"), &json!({}))
        .await
        .ok();
    assert_eq!(after, history);
    assert_eq!(status(&b, &id, &run).await, "success");
    assert_eq!(get(&b, &id).await["values"]["log"], log);
    // It is one of them again.
    let next = wait(&a, &id, multi("next")).await;
    assert_eq!(next["log"].as_array().unwrap().len(), 8, "{next}");
}

#[tokio::test]
async fn what_an_instance_was_at_that_is_told_to_stop_goes_on_at_another() {
    let Some(database) = database() else { return };
    let (leaving, living) = (FakeWorker::new(), FakeWorker::new());
    let a = instance(&database, &leaving).await;
    let b = instance(&database, &living).await;
    leaving.slow().close();
    let id = thread(&a).await;
    let run = create(&a, &id, multi("in")).await;
    within("the run", leaving.slow().arrived(1)).await;
    has_written(&a, &id).await;
    let waiting = tokio::spawn({
        let client = (**b).clone();
        let (id, run) = (id.clone(), run.clone());
        async move { join(&client, &id, &run).await }
    });
    a.stop().await;
    let log = json!(["in", "a", "slow", "b"]);
    assert_eq!(join(&b, &id, &run).await["log"], log);
    assert_eq!(status(&b, &id, &run).await, "success");
    drop(waiting);
    // Nothing is left of it.
    assert_eq!(
        database
            .query("SELECT count(*) FROM instances")
            .unwrap()
            .trim(),
        "1"
    );
}

#[tokio::test]
async fn clients_of_a_balancer_need_not_know_that_there_are_several() {
    let Some(database) = database() else { return };
    let worker = FakeWorker::new();
    let instances = instances::<3>(&database, &worker).await;
    let (_balancer, client) = balanced(&instances).await;
    let mut working = Vec::new();
    for number in 0..6 {
        let client = client.clone();
        working.push(tokio::spawn(async move {
            let id = thread(&client).await;
            let mut log = Vec::new();
            for step in 0..4 {
                let input = format!("{number}-{step}");
                let values = wait(&client, &id, multi(&input)).await;
                log.extend([&input, "a", "slow", "b"].map(str::to_owned));
                assert_eq!(values["log"], json!(log));
                let state = client.get(format!("/threads/{id}/state")).await.ok();
                assert_eq!(state["values"]["log"], json!(log));
                assert_eq!(get(&client, &id).await["values"]["log"], json!(log));
            }
        }));
    }
    for working in working {
        within("a client", working).await.unwrap();
    }
}
