//! Changing and deleting crons, and what goes away with what.

use lgx_testkit::TestServer;
use serde_json::{Value, json};

use super::{AGENT, YEARLY, cron, made, path};
use crate::steps::{self, NOBODY, text, thread};

async fn change(server: &TestServer, cron: &Value, body: Value) -> Value {
    server.patch(path(cron), &body).await.ok()
}

#[tokio::test]
async fn what_is_named_is_changed_and_the_rest_stays() {
    let server = TestServer::start().await;
    let made = made(
        &server,
        cron(
            YEARLY,
            json!({"metadata": {"a": 1, "b": {"x": 1}}, "input": {"n": 1}}),
        ),
    )
    .await;
    let id = &made["cron_id"];
    let changed = change(
        &server,
        &made,
        json!({"schedule": "30 9 1 1 *", "timezone": "Asia/Kolkata", "enabled": false, "on_run_completed": "keep",
               "metadata": {"b": {"y": 2}, "c": null}, "end_time": "2999-01-01T00:00:00Z", "config": {"tags": ["x"]}}),
    )
    .await;
    let metadata = json!({"a": 1, "b": {"y": 2}, "c": null});
    assert_eq!(
        changed,
        json!({
            "cron_id": id, "assistant_id": made["assistant_id"], "thread_id": null, "user_id": "",
            "end_time": "2999-01-01T00:00:00Z", "schedule": "30 9 1 1 *", "timezone": "Asia/Kolkata",
            "payload": {
                "assistant_id": made["assistant_id"], "schedule": "30 9 1 1 *", "metadata": metadata, "input": {"n": 1},
                "config": {"tags": ["x"], "configurable": {"cron_id": id}}, "timezone": "Asia/Kolkata", "enabled": false,
                "on_run_completed": "keep", "end_time": "2999-01-01T00:00:00Z"
            },
            "next_run_date": changed["next_run_date"], "metadata": metadata, "on_run_completed": "keep", "enabled": false,
            "created_at": made["created_at"], "updated_at": changed["updated_at"]
        })
    );
    assert!(text(&changed, "next_run_date").ends_with("-01-01T04:00:00+00:00"));
    assert!(text(&changed, "updated_at") > text(&made, "updated_at"));
    assert_eq!(server.get(path(&made)).await.ok(), changed);
    let endless = change(&server, &made, json!({"end_time": null})).await;
    assert_eq!(endless["end_time"], Value::Null);
}

#[tokio::test]
async fn a_change_that_makes_no_sense_changes_nothing() {
    let server = TestServer::start().await;
    let cron = made(&server, cron(YEARLY, json!({}))).await;
    let refused = async |status: u16, bodies: &[Value]| {
        for body in bodies {
            server.patch(path(&cron), body).await.refused(status);
        }
    };
    steps::refuses_what_is_no_object(&server, "PATCH", &path(&cron)).await;
    refused(
        400,
        &[
            json!({}),
            json!({"schedule": "0 0 30 2 *"}),
            json!({"timezone": ""}),
        ],
    )
    .await;
    refused(
        422,
        &[
            json!({"schedule": "nonsense"}),
            json!({"schedule": null}),
            json!({"timezone": "Nowhere"}),
            json!({"timezone": null}),
            json!({"end_time": "soon"}),
            json!({"end_time": 5}),
            json!({"enabled": null}),
            json!({"metadata": null}),
            json!({"metadata": []}),
            json!({"on_run_completed": "bad"}),
            json!({"input": 5}),
            json!({"webhook": "http://127.0.0.1:9/hook"}),
        ],
    )
    .await;
    assert_eq!(server.get(path(&cron)).await.ok(), cron);
    for (id, status) in [(NOBODY, 404), ("bad", 422)] {
        let path = format!("/runs/crons/{id}");
        server.get(&path).await.refused(status);
        server.delete(&path).await.refused(status);
        let body = json!({"enabled": false});
        server.patch(&path, &body).await.refused(status);
    }
    // What is wrong in itself is told first.
    let path = format!("/runs/crons/{NOBODY}");
    let body = json!({"schedule": "nonsense"});
    server.patch(path, &body).await.refused(422);
}

#[tokio::test]
async fn a_deleted_cron_is_gone() {
    let server = TestServer::start().await;
    let cron = made(&server, cron(YEARLY, json!({}))).await;
    server.delete(path(&cron)).await.empty(204);
    server.get(path(&cron)).await.refused(404);
    server.delete(path(&cron)).await.refused(404);
}

#[tokio::test]
async fn crons_go_with_their_thread_and_with_their_assistant() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let on_thread = server
        .post(
            format!("/threads/{id}/runs/crons"),
            &cron(YEARLY, json!({})),
        )
        .await
        .ok();
    let assistant = server
        .post("/assistants", &json!({"graph_id": "agent"}))
        .await
        .ok();
    let assistant = text(&assistant, "assistant_id");
    let of_assistant = made(
        &server,
        cron(YEARLY, json!({"assistant_id": assistant.clone()})),
    )
    .await;
    let other = made(&server, cron(YEARLY, json!({"assistant_id": AGENT}))).await;

    server.delete(format!("/threads/{id}")).await.empty(204);
    server.get(path(&on_thread)).await.refused(404);
    server.get(path(&of_assistant)).await.ok();
    server
        .delete(format!("/assistants/{assistant}"))
        .await
        .empty(204);
    server.get(path(&of_assistant)).await.refused(404);
    server.get(path(&other)).await.ok();
}
