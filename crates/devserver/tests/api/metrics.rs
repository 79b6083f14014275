//! Numbers for monitoring.

use lgx_testkit::{Client, TestProject, TestServer};
use serde_json::{Value, json};

use crate::bodies::multi;
use crate::steps::{create, join, thread};

async fn summary(client: &Client) -> Value {
    client.get("/metrics?format=json").await.ok()
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status() {
    let server = TestServer::start().await;
    for _ in 0..2 {
        server
            .get("/threads/11111111-1111-4111-8111-111111111111")
            .await
            .refused(404);
    }
    server.get("/threads/bad").await.refused(422);
    server.get("/nope").await.refused(404);
    server.request("BREW", "/threads").await.refused(405);
    let counted = summary(&server).await;
    let mut counted = counted["api"]["http_requests_total"]
        .as_array()
        .unwrap()
        .clone();
    counted.retain(|row| row["path"] != "/metrics");
    assert_eq!(
        json!(counted),
        json!([
            {"method": "GET", "path": "", "status": 404, "count": 1},
            {"method": "OTHER", "path": "/threads", "status": 405, "count": 1},
            {"method": "GET", "path": "/threads/{thread_id}", "status": 404, "count": 2},
            {"method": "GET", "path": "/threads/{thread_id}", "status": 422, "count": 1},
        ])
    );
}

#[tokio::test]
async fn prometheus_gets_text() {
    let server = TestServer::start().await;
    server.get("/ok").await.ok();
    let most = format!("lg_api_workers_max {}", 10 * server.workers());
    for path in [
        "/metrics",
        "/metrics?format=prometheus",
        "/metrics?format=x",
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("content-type"),
            Some("text/plain; version=1.0.0; charset=utf-8")
        );
        for line in [
            "lg_api_http_requests_total{method=\"GET\",path=\"/ok\",status=\"200\"} 1",
            "lg_api_http_requests_latency_count{method=\"GET\",path=\"/ok\"} 1",
            &*most,
            "# TYPE process_start_time_seconds gauge",
        ] {
            let text = answer.text();
            assert!(text.lines().any(|written| written == line), "{text}");
        }
    }
}

#[tokio::test]
async fn slots_and_the_queue_follow_the_runs() {
    let server = TestServer::over(TestProject::new())
        .workers(1)
        .jobs(2)
        .start()
        .await;
    server.worker.slow().close();
    let (one, two, three) = (
        thread(&server).await,
        thread(&server).await,
        thread(&server).await,
    );
    assert_eq!(
        summary(&server).await["queue"],
        json!({
            "n_pending": 0, "pending_runs_wait_time_max_secs": null, "pending_runs_wait_time_med_secs": null,
            "pending_unblocked_runs_wait_time_max_secs": null, "n_running": 0
        })
    );
    create(&server, &one, multi("in")).await;
    create(&server, &two, multi("in")).await;
    server.worker.slow().arrived(2).await;
    create(&server, &one, multi("in")).await;
    let blocked = summary(&server).await;
    assert_eq!(
        blocked["workers"],
        json!({"max": 2, "active": 2, "available": 0})
    );
    let queue = &blocked["queue"];
    assert_eq!(
        (&queue["n_pending"], &queue["n_running"]),
        (&json!(1), &json!(2))
    );
    let longest = &queue["pending_runs_wait_time_max_secs"];
    assert!(longest.as_f64() > Some(0.0));
    assert_eq!(&queue["pending_runs_wait_time_med_secs"], longest);
    // It waits for its thread. The next waits for a slot alone.
    let unblocked = "pending_unblocked_runs_wait_time_max_secs";
    assert_eq!(queue[unblocked], Value::Null);
    let last = create(&server, &three, multi("in")).await;
    let queue = summary(&server).await["queue"].clone();
    assert!(queue[unblocked].as_f64() > Some(0.0));
    server.worker.slow().open();
    join(&server, &three, &last).await;
}

#[tokio::test]
async fn nobody_has_to_say_who_they_are() {
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project).start().await;
    summary(&server).await;
}
