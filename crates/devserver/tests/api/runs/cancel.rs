//! Cancelling runs, one or many.

use lgx_testkit::TestServer;
use serde_json::{Value, json};

use crate::bodies::{multi, multi_with};
use crate::steps::{self, NOBODY, create, get, join, status, thread, wait};

async fn busy(server: &TestServer) -> (String, String) {
    let arrivals = server.worker.slow().arrivals();
    server.worker.slow().close();
    let id = thread(server).await;
    let run = create(server, &id, multi("in")).await;
    server.worker.slow().arrived(arrivals + 1).await;
    (id, run)
}

async fn cancel(
    server: &TestServer,
    id: &str,
    run: &str,
    query: &str,
) -> lgx_testkit::client::Response {
    let path = format!("/threads/{id}/runs/{run}/cancel{query}");
    server.request("POST", path).await
}

#[tokio::test]
async fn interrupting_keeps_what_the_run_has_done() {
    let server = TestServer::start().await;
    let (id, run) = busy(&server).await;
    let stream = server
        .get(format!("/threads/{id}/runs/{run}/stream"))
        .events()
        .await;
    let answer = cancel(&server, &id, &run, "?wait=0&action=interrupt").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (202, ""));
    assert!(stream.rest().await.is_empty(), "it closes without an error");

    assert_eq!(join(&server, &id, &run).await, json!({"log": ["in", "a"]}));
    assert_eq!(status(&server, &id, &run).await, "interrupted");
    let stopped = get(&server, &id).await;
    assert_eq!(stopped["status"], "interrupted");
    assert_eq!(stopped["values"], json!({"log": ["in", "a"]}));
    assert_eq!(stopped["error"], thread_error("interrupt"));
    let state = server.get(format!("/threads/{id}/state")).await.ok();
    assert_eq!(state["next"], json!(["slow"]));

    // It can be taken up again where it stopped.
    server.worker.slow().open();
    let on = json!({"assistant_id": "multi", "input": null});
    assert_eq!(
        wait(&server, &id, on).await,
        json!({"log": ["in", "a", "slow", "b"]})
    );
    assert_eq!(get(&server, &id).await["error"], json!(null));
}

fn thread_error(action: &str) -> Value {
    let error = if action == "interrupt" {
        "UserInterrupt"
    } else {
        "UserRollback"
    };
    json!({"error": error, "message": format!("{action} requested via POST /threads/{{thread_id}}/runs/{{run_id}}/cancel")})
}

#[tokio::test]
async fn rolling_back_leaves_nothing_of_the_run() {
    let server = TestServer::start().await;
    let (id, run) = busy(&server).await;
    cancel(&server, &id, &run, "?wait=1&action=rollback")
        .await
        .ok();
    server
        .get(format!("/threads/{id}/runs/{run}"))
        .await
        .refused(404);
    let thread = get(&server, &id).await;
    assert_eq!(thread["status"], "idle");
    assert_eq!(thread["values"], json!(null));
    assert_eq!(thread["error"], thread_error("rollback"));
    let state = server.get(format!("/threads/{id}/state")).await.ok();
    assert_eq!(state["values"], json!({}));
}

#[tokio::test]
async fn waiting_for_the_end_answers_with_the_state() {
    let server = TestServer::start().await;
    for wait in ["1", "true", "True", "yes"] {
        let (id, run) = busy(&server).await;
        let answer = cancel(&server, &id, &run, &format!("?wait={wait}")).await;
        assert_eq!(answer.ok(), json!({"log": ["in", "a"]}));
        let place = format!("/threads/{id}/runs/{run}");
        assert_eq!(answer.header("content-location"), Some(&*place));
        assert_eq!(answer.header("location"), Some(&*format!("{place}/join")));
        assert_eq!(status(&server, &id, &run).await, "interrupted");
    }
}

#[tokio::test]
async fn a_wait_for_a_cancelled_run_gets_what_there_is() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let waiting = server
        .post(format!("/threads/{id}/runs/wait"), &multi("in"))
        .open()
        .await;
    let place = waiting.header("content-location").to_owned();
    server.worker.slow().arrived(1).await;
    let cancelled = server.request("POST", format!("{place}/cancel")).await;
    assert_eq!(cancelled.status, 202);
    assert_eq!(waiting.whole().await.ok(), json!({"log": ["in", "a"]}));
}

#[tokio::test]
async fn a_pending_run_never_starts() {
    let server = TestServer::start().await;
    let (id, first) = busy(&server).await;
    let second = create(&server, &id, multi("two")).await;
    assert_eq!(cancel(&server, &id, &second, "").await.status, 202);
    assert_eq!(status(&server, &id, &second).await, "interrupted");
    server.worker.slow().open();
    assert_eq!(
        join(&server, &id, &first).await,
        json!({"log": ["in", "a", "slow", "b"]})
    );

    // The only run of a thread: it is idle again.
    let fresh = thread(&server).await;
    let later = create(
        &server,
        &fresh,
        multi_with("x", json!({"after_seconds": 3600})),
    )
    .await;
    cancel(&server, &fresh, &later, "?wait=1").await.ok();
    let thread = get(&server, &fresh).await;
    assert_eq!(
        (&thread["status"], &thread["error"]),
        (&json!("idle"), &json!(null))
    );
}

#[tokio::test]
async fn a_run_behind_a_cancelled_one_starts() {
    let server = TestServer::start().await;
    let (id, first) = busy(&server).await;
    let second = create(&server, &id, multi("two")).await;
    cancel(&server, &id, &first, "").await;
    server.worker.slow().open();
    assert_eq!(
        join(&server, &id, &second).await,
        json!({"log": ["in", "a", "two", "a", "slow", "b"]})
    );
}

#[tokio::test]
async fn runs_that_cannot_be_cancelled() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let run = create(&server, &id, multi("in")).await;
    join(&server, &id, &run).await;
    let other = thread(&server).await;
    for (thread, run, status) in [
        (&*id, &*run, 404),
        (&*id, NOBODY, 404),
        (&*other, &*run, 404),
        (NOBODY, &*run, 404),
        ("bad", &*run, 422),
        (&*id, "bad", 422),
    ] {
        cancel(&server, thread, run, "").await.refused(status);
        cancel(&server, thread, run, "?wait=1")
            .await
            .refused(status);
    }
    cancel(&server, &id, &run, "?action=zap").await.refused(422);
    server
        .get(format!("/threads/{id}/runs/{run}/cancel"))
        .await
        .refused(405);
}

#[tokio::test]
async fn many_runs_are_cancelled_by_id() {
    let server = TestServer::start().await;
    let (id, first) = busy(&server).await;
    let second = create(&server, &id, multi("two")).await;
    let third = create(&server, &id, multi("three")).await;
    let body = json!({"thread_id": id, "run_ids": [first, third, NOBODY]});
    server
        .post("/runs/cancel?action=interrupt", &body)
        .await
        .empty(204);
    server.worker.slow().open();
    assert_eq!(
        join(&server, &id, &second).await,
        json!({"log": ["in", "a", "two", "a", "slow", "b"]})
    );
    assert_eq!(status(&server, &id, &first).await, "interrupted");
    assert_eq!(status(&server, &id, &third).await, "interrupted");
    server.post("/runs/cancel", &body).await.refused(404);
}

#[tokio::test]
async fn many_runs_are_cancelled_by_status() {
    let server = TestServer::start().await;
    let (one, running) = busy(&server).await;
    let waiting = create(&server, &one, multi("two")).await;
    let (two, other) = busy(&server).await;
    server
        .post("/runs/cancel", &json!({"status": "pending"}))
        .await
        .empty(204);
    assert_eq!(status(&server, &one, &waiting).await, "interrupted");
    assert_eq!(status(&server, &one, &running).await, "running");

    server
        .post("/runs/cancel?action=rollback", &json!({"status": "all"}))
        .await
        .empty(204);
    for (id, run) in [(&one, &running), (&two, &other)] {
        join(&server, id, run).await;
        server
            .get(format!("/threads/{id}/runs/{run}"))
            .await
            .refused(404);
        assert_eq!(get(&server, id).await["status"], "idle");
    }
    for status in ["running", "pending", "all"] {
        server
            .post("/runs/cancel", &json!({"status": status}))
            .await
            .refused(404);
    }
}

#[tokio::test]
async fn bulk_cancels_that_make_no_sense_are_refused() {
    let server = TestServer::start().await;
    steps::refuses_what_is_no_object(&server, "POST", "/runs/cancel").await;
    let wrong = [
        json!({}),
        json!({"status": "success"}),
        json!({"status": null}),
        json!({"status": "all", "thread_id": NOBODY}),
        json!({"status": "all", "thread_id": NOBODY, "run_ids": []}),
        json!({"thread_id": NOBODY}),
        json!({"run_ids": [NOBODY]}),
        json!({"thread_id": "bad", "run_ids": [NOBODY]}),
        json!({"thread_id": NOBODY, "run_ids": ["bad"]}),
        json!({"thread_id": NOBODY, "run_ids": NOBODY}),
    ];
    steps::refuses(&server, "/runs/cancel", 422, &wrong).await;
    server
        .post("/runs/cancel?action=zap", &json!({"status": "all"}))
        .await
        .refused(422);
    let nobody = json!({"thread_id": NOBODY, "run_ids": [NOBODY]});
    server.post("/runs/cancel", &nobody).await.refused(404);
}
