//! Getting, listing and deleting runs.

use lgx_testkit::TestServer;
use serde_json::{Value, json};

use crate::bodies::{multi, multi_with};
use crate::steps::{NOBODY, create, get, join, status, text, thread, wait};

#[tokio::test]
async fn runs_are_listed_newest_first() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let mut runs = Vec::new();
    for input in ["one", "two", "three"] {
        let run = create(&server, &id, multi(input)).await;
        join(&server, &id, &run).await;
        runs.push(run);
    }
    let later = create(
        &server,
        &id,
        multi_with("x", json!({"after_seconds": 3600})),
    )
    .await;
    let list = async |query: &str| -> Vec<String> {
        let list = server.get(format!("/threads/{id}/runs{query}")).await.ok();
        list.as_array()
            .unwrap()
            .iter()
            .map(|run| text(run, "run_id"))
            .collect()
    };
    let [one, two, three] = [&*runs[0], &*runs[1], &*runs[2]];
    assert_eq!(list("").await, [&*later, three, two, one]);
    assert_eq!(list("?limit=2").await, [&*later, three]);
    assert_eq!(list("?limit=2&offset=2").await, [two, one]);
    assert_eq!(list("?offset=9").await, [""; 0]);
    assert_eq!(list("?limit=0").await, [""; 0]);
    assert_eq!(list("?status=pending").await, [&*later]);
    assert_eq!(list("?status=success").await, [three, two, one]);
    assert_eq!(list("?status=").await, [""; 0]);
    assert_eq!(list("?status=zap").await, [""; 0]);
}

#[tokio::test]
async fn a_list_can_be_narrowed() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let run = create(&server, &id, multi("one")).await;
    join(&server, &id, &run).await;
    for query in [
        "select=run_id&select=status",
        "select=%5B%22run_id%22%2C%22status%22%5D",
        "select=run_id,status",
    ] {
        let list = server.get(format!("/threads/{id}/runs?{query}")).await.ok();
        assert_eq!(
            list,
            json!([{"run_id": run, "status": "success"}]),
            "{query}"
        );
    }
    for column in ["cancel_reason", "values", "zap"] {
        let path = format!("/threads/{id}/runs?select=run_id&select={column}");
        let refusal = server.get(path).await.refused(422);
        assert!(
            refusal.contains(column) && refusal.contains("kwargs"),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn lists_and_runs_that_are_not_there() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    for query in [
        "limit=abc",
        "limit=-1",
        "offset=x",
        "offset=-1",
        "limit=1.5",
    ] {
        server
            .get(format!("/threads/{id}/runs?{query}"))
            .await
            .refused(400);
    }
    server.get("/threads/bad/runs").await.refused(422);
    server
        .get(format!("/threads/{NOBODY}/runs"))
        .await
        .refused(404);
    assert_eq!(
        server.get(format!("/threads/{id}/runs")).await.ok(),
        json!([])
    );

    let run = create(&server, &id, multi("one")).await;
    let other = thread(&server).await;
    for (thread, run, status) in [
        (&*id, NOBODY, 404),
        (NOBODY, &*run, 404),
        (&*other, &*run, 404),
        (&*id, "bad", 422),
        ("bad", &*run, 422),
    ] {
        let path = format!("/threads/{thread}/runs/{run}");
        server.get(&*path).await.refused(status);
        server.delete(path).await.refused(status);
    }
    server
        .patch(format!("/threads/{id}/runs/{run}"), &json!({}))
        .await
        .refused(405);
}

#[tokio::test]
async fn a_run_that_has_ended_is_deleted_with_its_checkpoints() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    wait(&server, &id, multi("one")).await;
    let run = create(&server, &id, multi("two")).await;
    join(&server, &id, &run).await;
    let path = format!("/threads/{id}/runs/{run}");
    server.delete(&*path).await.empty(204);
    server.get(&*path).await.refused(404);
    server.delete(path).await.refused(404);
    let state = server.get(format!("/threads/{id}/state")).await.ok();
    assert_eq!(state["values"], json!({"log": ["one", "a", "slow", "b"]}));
    assert_eq!(get(&server, &id).await["status"], "idle");
}

#[tokio::test]
async fn deleting_a_running_run_stops_it_and_frees_the_thread() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let events = server
        .post(format!("/threads/{id}/runs/stream"), &multi("one"))
        .events()
        .await;
    let path = events.header("content-location").to_owned();
    server.worker.slow().arrived(1).await;
    let joined = server.get(format!("{path}/join")).open().await;

    server.delete(&*path).await.empty(204);
    let last = events.rest().await.pop().unwrap();
    let gone = json!({"error": "HTTPException", "message": "404: Run not found"});
    assert_eq!((last.name.as_str(), &last.data), ("error", &gone));
    let joined = joined.whole().await.ok();
    assert!(
        joined == json!({}) || joined == json!({"__error__": gone}),
        "{joined}"
    );
    server.get(path).await.refused(404);

    server.worker.slow().open();
    assert_eq!(
        wait(&server, &id, multi("two")).await,
        json!({"log": ["two", "a", "slow", "b"]})
    );
    assert_eq!(get(&server, &id).await["status"], "idle");
}

#[tokio::test]
async fn deleting_a_waiting_run_takes_it_out_of_the_queue() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let first = create(&server, &id, multi("one")).await;
    let second = create(&server, &id, multi("two")).await;
    server
        .delete(format!("/threads/{id}/runs/{second}"))
        .await
        .empty(204);
    server.worker.slow().open();
    let joined: Value = join(&server, &id, &first).await;
    assert_eq!(joined, json!({"log": ["one", "a", "slow", "b"]}));
    assert_eq!(status(&server, &id, &first).await, "success");
    assert_eq!(get(&server, &id).await["status"], "idle");
}
