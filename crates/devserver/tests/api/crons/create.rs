//! Making crons, and what makes no cron.

use lgx_testkit::{TestProject, TestServer};
use serde_json::{Value, json};

use super::{AGENT, YEARLY, cron, made, path};
use crate::steps::{self, NOBODY, text, thread};

#[tokio::test]
async fn a_cron_is_kept_as_it_was_asked_for() {
    let server = TestServer::start().await;
    let body = json!({
        "assistant_id": "agent", "schedule": YEARLY, "input": {"n": 1}, "metadata": {"from": "me"},
        "config": {"tags": ["t"], "configurable": {"k": 1}}, "unknown": [null]
    });
    let cron = made(&server, body).await;
    let id = text(&cron, "cron_id");
    assert_eq!(
        cron,
        json!({
            "cron_id": id, "assistant_id": AGENT, "thread_id": null, "user_id": "", "end_time": null, "schedule": YEARLY,
            "timezone": null,
            "payload": {
                "assistant_id": AGENT, "schedule": YEARLY, "input": {"n": 1}, "metadata": {"from": "me"},
                "config": {"tags": ["t"], "configurable": {"k": 1, "cron_id": id}}, "unknown": [null]
            },
            "next_run_date": cron["next_run_date"], "metadata": {"from": "me"}, "on_run_completed": "delete", "enabled": true,
            "created_at": cron["created_at"], "updated_at": cron["created_at"]
        })
    );
    assert!(text(&cron, "next_run_date").ends_with("-01-01T00:00:00+00:00"));
    assert_eq!(server.get(path(&cron)).await.ok(), cron);
    let kept = json!({"assistant_id": AGENT, "schedule": YEARLY, "on_run_completed": "keep", "enabled": false});
    let kept = made(&server, kept).await;
    assert_eq!(
        (&kept["on_run_completed"], &kept["enabled"]),
        (&json!("keep"), &json!(false))
    );
    assert_eq!(kept["next_run_date"], cron["next_run_date"]);
}

#[tokio::test]
async fn a_cron_on_a_thread_has_no_say_about_the_thread() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let before = steps::get(&server, &id).await;
    let body = cron(
        YEARLY,
        json!({"on_run_completed": "keep", "multitask_strategy": "reject"}),
    );
    let made = server
        .post(format!("/threads/{id}/runs/crons"), &body)
        .await
        .ok();
    assert_eq!(
        (
            &made["thread_id"],
            &made["on_run_completed"],
            &made["metadata"]
        ),
        (&json!(id), &Value::Null, &json!({}))
    );
    assert_eq!(made["payload"]["multitask_strategy"], "reject");
    assert_eq!(steps::get(&server, &id).await, before);
    // That path names no run.
    server
        .get(format!("/threads/{id}/runs/crons"))
        .await
        .refused(405);
}

#[tokio::test]
async fn the_next_date_is_computed_in_the_time_zone_and_told_in_utc() {
    let server = TestServer::start().await;
    for (schedule, timezone, expected) in [
        ("30 9 * * *", "Asia/Kolkata", "T04:00:00+00:00"),
        // Winter time and summer time.
        ("0 12 1 1 *", "America/New_York", "-01-01T17:00:00+00:00"),
        ("0 12 1 7 *", "America/New_York", "-07-01T16:00:00+00:00"),
        ("0 12 1 7 *", "EST", "-07-01T17:00:00+00:00"),
        ("0 0 1 1 * 30", "Etc/UTC", "-01-01T00:00:30+00:00"),
        ("@yearly", "Etc/GMT+5", "-01-01T05:00:00+00:00"),
    ] {
        let cron = made(&server, cron(schedule, json!({"timezone": timezone}))).await;
        let next = text(&cron, "next_run_date");
        assert!(next.ends_with(expected), "{schedule} in {timezone}: {next}");
        assert_eq!(cron["timezone"], timezone);
    }
}

#[tokio::test]
async fn an_end_is_kept_as_given_and_ends_the_dates() {
    let server = TestServer::start().await;
    for (end_time, goes_on) in [
        ("2999-01-01T00:00:00Z", true),
        ("2999-01-01 00:00", true),
        ("2020-01-01T00:00:00+02:00", false),
        ("2020-01-01", false),
    ] {
        let cron = made(&server, cron(YEARLY, json!({"end_time": end_time}))).await;
        assert_eq!(cron["end_time"], end_time);
        assert_eq!(!cron["next_run_date"].is_null(), goes_on, "{end_time}");
    }
}

#[tokio::test]
async fn a_webhook_is_checked_before_the_assistant_is_looked_for() {
    let server = TestServer::start().await;
    let body = json!({"assistant_id": "nobody", "schedule": YEARLY, "webhook": "file:///tmp/hook"});
    let refusal = server.post("/runs/crons", &body).await.refused(422);
    assert!(refusal.contains("scheme 'file'"), "{refusal}");
}

#[tokio::test]
async fn what_makes_no_cron_is_refused() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let on_thread = format!("/threads/{id}/runs/crons");
    for path in ["/runs/crons", &*on_thread] {
        steps::refuses_what_is_no_object(&server, "POST", path).await;
        let wrong = [
            json!({"assistant_id": "multi"}),
            json!({"schedule": YEARLY}),
            json!({"assistant_id": 5, "schedule": YEARLY}),
            json!({"assistant_id": "multi", "schedule": 5}),
            cron("", json!({})),
            cron("* * * *", json!({})),
            cron("61 * * * *", json!({})),
            cron("*/0 * * * *", json!({})),
            cron("H * * * *", json!({})),
            cron("@reboot", json!({})),
            cron("@every 5m", json!({})),
            cron(YEARLY, json!({"timezone": "utc"})),
            cron(YEARLY, json!({"timezone": "+05:00"})),
            cron(YEARLY, json!({"timezone": null})),
            cron(YEARLY, json!({"end_time": "soon"})),
            cron(YEARLY, json!({"end_time": null})),
            cron(YEARLY, json!({"enabled": "yes"})),
            cron(YEARLY, json!({"enabled": null})),
            cron(YEARLY, json!({"metadata": []})),
            cron(YEARLY, json!({"input": 5})),
            cron(YEARLY, json!({"input": [5]})),
            cron(YEARLY, json!({"config": []})),
            cron(YEARLY, json!({"context": "x"})),
            cron(YEARLY, json!({"interrupt_before": "node"})),
            cron(YEARLY, json!({"on_run_completed": "bad"})),
            cron(YEARLY, json!({"stream_mode": "bad"})),
            cron(YEARLY, json!({"durability": "bad"})),
            cron(YEARLY, json!({"webhook": ""})),
            cron(YEARLY, json!({"webhook": "http://127.0.0.1:9/hook"})),
        ];
        steps::refuses(&server, path, 422, &wrong).await;
        let never = [
            cron("0 0 30 2 *", json!({})),
            cron(YEARLY, json!({"timezone": ""})),
        ];
        steps::refuses(&server, path, 400, &never).await;
        let unknown = [
            json!({"assistant_id": "nope", "schedule": YEARLY}),
            json!({"assistant_id": NOBODY, "schedule": YEARLY}),
            // The assistant is looked for first.
            json!({"assistant_id": NOBODY, "schedule": "nonsense"}),
        ];
        steps::refuses(&server, path, 404, &unknown).await;
    }
    let strategy = [cron(YEARLY, json!({"multitask_strategy": "bad"}))];
    steps::refuses(&server, &on_thread, 422, &strategy).await;
    made(&server, strategy[0].clone()).await;
    let body = [cron(YEARLY, json!({}))];
    steps::refuses(&server, "/threads/bad/runs/crons", 422, &body).await;
    steps::refuses(
        &server,
        &format!("/threads/{NOBODY}/runs/crons"),
        404,
        &body,
    )
    .await;
    assert_eq!(
        server.post("/runs/crons/count", &json!({})).await.ok(),
        json!(1)
    );
}

#[tokio::test]
async fn a_cron_of_a_graph_that_is_still_loading_waits_for_it() {
    let worker = lgx_testkit::FakeWorker::new();
    worker.loading().close();
    let server = TestServer::over(TestProject::new())
        .worker(worker)
        .listen_only()
        .await;
    let (cron, ()) = tokio::join!(made(&server, cron(YEARLY, json!({}))), async {
        server.worker.loading().arrived(1).await;
        server.worker.loading().open();
    });
    assert_eq!(server.get(path(&cron)).await.ok(), cron);
}
