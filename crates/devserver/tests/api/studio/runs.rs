//! `POST /lgx/runs/search`: runs over all threads.

use lgx_testkit::{Client, FakeWorker, TestServer, within};
use serde_json::{Value, json};

use super::page;
use crate::auth::guarded;
use crate::bodies::multi;
use crate::crons::EVERY_SECOND;
use crate::steps::{NOBODY, create, join, text, thread, wait};

async fn search(client: &Client, body: Value) -> Value {
    client.post("/lgx/runs/search", &body).await.ok()
}

fn ids(found: &Value) -> Vec<String> {
    let runs = found["runs"].as_array().unwrap().iter();
    runs.map(|run| text(run, "run_id")).collect()
}

#[tokio::test]
async fn runs_of_all_threads_are_found_the_newest_first_also_after_a_restart() {
    let server = TestServer::start().await;
    let (first, second) = (thread(&server).await, thread(&server).await);
    let one = create(&server, &first, multi("in")).await;
    join(&server, &first, &one).await;
    let boom = json!({"assistant_id": "boom", "input": {"log": []}});
    let two = create(&server, &second, boom).await;
    join(&server, &second, &two).await;
    let studio = page(&server);

    let all = search(&studio, json!({})).await;
    assert_eq!(ids(&all), [two.clone(), one.clone()]);
    assert_eq!(all["total"], 2);
    let ended = &all["runs"][1];
    assert_eq!(
        (&ended["status"], &ended["graph_id"], &ended["thread_id"]),
        (&json!("success"), &json!("multi"), &json!(first))
    );
    assert_eq!(
        (
            &ended["attempt"],
            &ended["generation"],
            &ended["queue_position"]
        ),
        (&json!(1), &json!(1), &Value::Null)
    );
    assert!(text(ended, "created_at") <= text(ended, "started_at"));
    assert!(text(ended, "started_at") <= text(ended, "ended_at"));

    for (body, found) in [
        (json!({"status": "error"}), vec![&two]),
        (json!({"graph_id": "multi"}), vec![&one]),
        (json!({"thread_id": second}), vec![&two]),
        (json!({"assistant_id": ended["assistant_id"]}), vec![&one]),
        (json!({"limit": 1, "offset": 1}), vec![&one]),
        (json!({"created_before": ended["created_at"]}), vec![]),
        (
            json!({"created_after": ended["created_at"], "status": "success"}),
            vec![&one],
        ),
    ] {
        let these = search(&studio, body.clone()).await;
        assert_eq!(ids(&these).iter().collect::<Vec<_>>(), found, "{body}");
    }

    let server = TestServer::over(server.stop().await).start().await;
    let again = search(&page(&server), json!({})).await;
    assert_eq!(ids(&again), [two, one]);
    let mut known = ended.clone();
    known["before_restart"] = json!(true);
    assert_eq!(again["runs"][1], known);
}

#[tokio::test]
async fn a_run_has_the_version_of_its_assistant_that_it_was_made_of() {
    let server = TestServer::start().await;
    let body = json!({"graph_id": "multi"});
    let assistant = server.post("/assistants", &body).await.ok();
    let path = format!("/assistants/{}", text(&assistant, "assistant_id"));
    let id = thread(&server).await;
    let mut body = multi("in");
    body["assistant_id"] = assistant["assistant_id"].clone();
    for version in [1, 2] {
        let run = create(&server, &id, body.clone()).await;
        join(&server, &id, &run).await;
        let found = search(&page(&server), json!({"thread_id": id, "limit": 1})).await;
        assert_eq!(found["runs"][0]["assistant_version"], version);
        let changed = json!({"metadata": {"version": version}});
        server.patch(&*path, &changed).await.ok();
    }
    let server = TestServer::over(server.stop().await).start().await;
    let found = search(&page(&server), json!({"thread_id": id})).await;
    let versions = found["runs"].as_array().unwrap().iter();
    let versions: Vec<&Value> = versions.map(|run| &run["assistant_version"]).collect();
    assert_eq!(versions, [2, 1]);
}

#[tokio::test]
async fn runs_that_a_cron_asked_for_are_found_by_it() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let mine = create(&server, &id, multi("in")).await;
    join(&server, &id, &mine).await;
    server.worker.slow().close();
    let body = json!({"assistant_id": "multi", "schedule": EVERY_SECOND, "input": {"log": ["in"]}});
    let cron = server
        .post(format!("/threads/{id}/runs/crons"), &body)
        .await
        .ok();
    within("the cron", server.worker.slow().arrived(2)).await;
    let studio = page(&server);
    let found = search(&studio, json!({"cron_id": cron["cron_id"]})).await;
    assert_eq!(found["runs"][0]["cron_id"], cron["cron_id"]);
    assert!(!ids(&found).contains(&mine));
    let all = search(&studio, json!({"thread_id": id})).await;
    assert_eq!(
        all["runs"].as_array().unwrap().last().unwrap()["cron_id"],
        Value::Null
    );
    assert_eq!(
        search(&studio, json!({"cron_id": NOBODY})).await["total"],
        0
    );
    server.worker.slow().open();
}

#[tokio::test]
async fn a_run_that_waits_has_its_place_among_those_of_its_thread() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let first = create(&server, &id, multi("in")).await;
    within("its second node", server.worker.slow().arrived(1)).await;
    let second = create(&server, &id, multi("in")).await;
    let third = create(&server, &id, multi("in")).await;
    let found = search(&page(&server), json!({"thread_id": id})).await;
    assert_eq!(ids(&found), [third.clone(), second, first]);
    let places = found["runs"].as_array().unwrap().iter();
    let places: Vec<&Value> = places.map(|run| &run["queue_position"]).collect();
    assert_eq!(places, [&json!(2), &json!(1), &Value::Null]);
    assert_eq!(found["runs"][2]["status"], "running");
    server.worker.slow().open();
    join(&server, &id, &third).await;
}

#[tokio::test]
async fn runs_on_threads_of_others_are_not_found() {
    let server = guarded(FakeWorker::builder().owners().build()).await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let id = thread(&alice).await;
    wait(&alice, &id, multi("in")).await;
    let hers = search(&alice.clone().with("x-lgx-studio", "1"), json!({})).await;
    assert_eq!(hers["total"], 1);
    let none = search(&bob.clone().with("x-lgx-studio", "1"), json!({})).await;
    assert_eq!(none, json!({"runs": [], "total": 0}));
}
