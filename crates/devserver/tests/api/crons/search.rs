//! Finding and counting crons, and who sees which.

use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use super::{AGENT, MULTI, YEARLY, cron, made, path};
use crate::steps::{self, NOBODY, text, thread};

fn ids(found: &Value) -> Vec<String> {
    let found = found.as_array().unwrap().iter();
    found.map(|cron| text(cron, "cron_id")).collect()
}

#[tokio::test]
async fn crons_are_found_sorted_and_counted() {
    let server = TestServer::start().await;
    let thread_id = thread(&server).await;
    let first = made(&server, cron("0 0 1 2 *", json!({"metadata": {"n": 1}}))).await;
    let second = server
        .post(
            format!("/threads/{thread_id}/runs/crons"),
            &cron(
                YEARLY,
                json!({"metadata": {"n": 2}, "end_time": "2999-01-01"}),
            ),
        )
        .await
        .ok();
    let third = made(
        &server,
        json!({"assistant_id": "agent", "schedule": "0 0 1 1 * 1", "enabled": false, "end_time": "2998-12-31T23:59:59Z"}),
    )
    .await;
    let [first, second, third] = [first, second, third].map(|cron| text(&cron, "cron_id"));
    for (body, expected) in [
        (json!({}), vec![&third, &second, &first]),
        (json!({"assistant_id": MULTI}), vec![&second, &first]),
        (json!({"assistant_id": AGENT.to_uppercase()}), vec![&third]),
        (json!({"thread_id": thread_id}), vec![&second]),
        (json!({"enabled": true}), vec![&second, &first]),
        (json!({"enabled": false}), vec![&third]),
        (json!({"metadata": {"n": 1}}), vec![&first]),
        (json!({"metadata": {"n": 3}}), vec![]),
        (
            json!({"sort_by": "next_run_date", "sort_order": "asc", "metadata": {}}),
            vec![&second, &third, &first],
        ),
        (
            json!({"sort_by": "end_time", "sort_order": "asc"}),
            vec![&third, &second, &first],
        ),
        (
            json!({"sort_by": "thread_id"}),
            vec![&first, &third, &second],
        ),
        // An order of nothing is no order.
        (json!({"sort_order": "asc"}), vec![&third, &second, &first]),
    ] {
        let found = server.post("/runs/crons/search", &body).await.ok();
        assert_eq!(
            ids(&found),
            expected.into_iter().cloned().collect::<Vec<_>>(),
            "{body}"
        );
        let count = server.post("/runs/crons/count", &body).await.ok();
        assert_eq!(count, json!(found.as_array().unwrap().len()), "{body}");
    }
    let body = json!({"limit": 1, "offset": 1, "select": ["schedule", "cron_id"]});
    let page = server.post("/runs/crons/search", &body).await;
    assert_eq!(page.ok(), json!([{"cron_id": second, "schedule": YEARLY}]));
    assert_eq!(page.header("x-pagination-total"), Some("3"));
    assert_eq!(page.header("x-pagination-next"), Some("2"));
}

#[tokio::test]
async fn every_field_can_be_selected() {
    let server = TestServer::start().await;
    let cron = made(&server, cron(YEARLY, json!({}))).await;
    let fields: Vec<&String> = cron.as_object().unwrap().keys().collect();
    for select in [json!(fields), json!([])] {
        let body = json!({"select": select});
        let found = server.post("/runs/crons/search", &body).await.ok();
        assert_eq!(found, json!([cron]));
    }
}

#[tokio::test]
async fn searches_that_make_no_sense_are_refused() {
    let server = TestServer::start().await;
    for path in ["/runs/crons/search", "/runs/crons/count"] {
        steps::refuses_what_is_no_object(&server, "POST", path).await;
        let wrong = [
            json!({"assistant_id": "agent"}),
            json!({"assistant_id": null}),
            json!({"thread_id": "bad"}),
            json!({"metadata": null}),
        ];
        steps::refuses(&server, path, 422, &wrong).await;
    }
    let wrong = [
        json!({"limit": 0}),
        json!({"limit": 1001}),
        json!({"offset": -1}),
        json!({"enabled": "true"}),
        json!({"sort_by": "schedule"}),
        json!({"sort_order": "up"}),
        json!({"select": ["now"]}),
    ];
    steps::refuses(&server, "/runs/crons/search", 422, &wrong).await;
    server.get("/runs/crons/search").await.refused(405);
}

/// Who is named in the metadata owns it; a handler writes the name there.
fn owners() -> FakeWorker {
    FakeWorker::builder()
        .auth(|request| {
            let headers = request["request"]["headers"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let token = headers.iter().find(|header| header[0] == "authorization");
            let name = token
                .and_then(|header| header[1].as_str())
                .unwrap_or_default()
                .replace("Bearer ", "");
            let checks = request["checks"].as_array().cloned().unwrap_or_default();
            let checks: Vec<Value> = checks
                .into_iter()
                .map(|mut check| {
                    if check["action"] == "create" {
                        check["value"]["metadata"]["owner"] = json!(name);
                    }
                    json!({"filter": {"owner": name}, "value": check["value"]})
                })
                .collect();
            Ok(json!({"user": {"identity": name, "permissions": ["cook"]}, "checks": checks}))
        })
        .auth_handlers(&[("crons", "*"), ("threads", "*")])
        .build()
}

#[tokio::test]
async fn what_belongs_to_others_is_not_there() {
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project).worker(owners()).start().await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let assistant = alice
        .post("/assistants", &json!({"graph_id": "multi"}))
        .await
        .ok();
    let body = cron(
        YEARLY,
        json!({"assistant_id": assistant["assistant_id"], "metadata": {"owner": "evil", "n": 1}}),
    );
    let hers = made(&alice, body.clone()).await;
    assert_eq!(hers["user_id"], "alice");
    assert_eq!(hers["metadata"], json!({"owner": "alice", "n": 1}));
    assert_eq!(hers["payload"]["metadata"], hers["metadata"]);
    let thread_id = thread(&alice).await;
    let on_thread = format!("/threads/{thread_id}/runs/crons");
    let hers_too = alice.post(&on_thread, &body).await.ok();

    // Her assistant is as little there for him as her thread.
    bob.post("/runs/crons", &body).await.refused(404);
    let assistant = bob
        .post("/assistants", &json!({"graph_id": "multi"}))
        .await
        .ok();
    let his = cron(YEARLY, json!({"assistant_id": assistant["assistant_id"]}));
    bob.post(&on_thread, &his).await.refused(404);
    let his = made(&bob, his).await;
    let body = json!({"enabled": false});
    bob.get(path(&hers)).await.refused(404);
    bob.patch(path(&hers), &body).await.refused(404);
    bob.delete(path(&hers)).await.refused(404);
    for (user, expected) in [(&alice, vec![&hers_too, &hers]), (&bob, vec![&his])] {
        let found = user.post("/runs/crons/search", &json!({})).await.ok();
        assert_eq!(found, json!(expected));
        let count = user.post("/runs/crons/count", &json!({})).await.ok();
        assert_eq!(count, json!(expected.len()));
    }
    alice.patch(path(&hers), &body).await.ok();
    alice.delete(path(&hers)).await.empty(204);
}

#[tokio::test]
async fn handlers_are_asked_about_each_thing_by_its_name() {
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    let server = TestServer::over(project).start().await;
    let alice = server.user("alice");
    let thread_id = thread(&alice).await;
    let cron = alice
        .post(
            format!("/threads/{thread_id}/runs/crons"),
            &cron(YEARLY, json!({})),
        )
        .await
        .ok();
    alice.get(path(&cron)).await.ok();
    alice
        .patch(path(&cron), &json!({"enabled": false}))
        .await
        .ok();
    alice.post("/runs/crons/search", &json!({})).await.ok();
    alice.post("/runs/crons/count", &json!({})).await.ok();
    alice.delete(path(&cron)).await.empty(204);
    let asked: Vec<Vec<String>> = server
        .worker
        .requests("auth")
        .iter()
        .skip(1)
        .map(|request| {
            let checks = request["checks"].as_array().unwrap().iter();
            checks
                .map(|check| format!("{}.{}", text(check, "resource"), text(check, "action")))
                .collect()
        })
        .collect();
    assert_eq!(
        asked,
        [
            vec!["crons.create", "threads.read"],
            vec!["crons.read"],
            vec!["crons.update"],
            vec!["crons.search", "threads.search"],
            vec!["crons.search", "threads.search"],
            vec!["crons.delete"],
        ]
    );
    let create = &server.worker.requests("auth")[1]["checks"][0]["value"];
    assert_eq!(
        *create,
        json!({
            "payload": cron["payload"], "schedule": YEARLY, "cron_id": cron["cron_id"], "thread_id": thread_id,
            "user_id": null, "end_time": null, "metadata": {}
        })
    );
    for (method, path) in [
        ("POST", "/runs/crons"),
        ("POST", "/runs/crons/search"),
        ("GET", "/runs/crons/bad"),
        ("DELETE", "/runs/crons/11111111-1111-4111-8111-111111111111"),
    ] {
        server.request(method, path).await.refused(401);
    }
    alice
        .delete(format!("/runs/crons/{NOBODY}"))
        .await
        .refused(404);
}
