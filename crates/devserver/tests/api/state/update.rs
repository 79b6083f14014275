//! Changing the state of a thread.

use lgx_testkit::TestServer;
use serde_json::json;

use super::{DONE, finished, history, state};
use crate::bodies::multi;
use crate::steps::{self, NOBODY, create, get, join, thread};

#[tokio::test]
async fn an_update_makes_a_checkpoint_and_shows_on_the_thread() {
    let server = TestServer::start().await;
    let id = finished(&server).await;
    let before = state(&server, &id).await;
    let path = format!("/threads/{id}/state");
    let updated = server
        .post(&*path, &json!({"values": {"log": ["u"]}, "as_node": "a"}))
        .await
        .ok();
    assert_eq!(updated["checkpoint"], updated["configurable"]);
    assert_eq!(
        updated["checkpoint"]["checkpoint_id"],
        updated["checkpoint_id"]
    );

    let after = state(&server, &id).await;
    assert_eq!(after["checkpoint_id"], updated["checkpoint_id"]);
    assert_eq!(after["parent_checkpoint_id"], before["checkpoint_id"]);
    assert_eq!(after["metadata"]["source"], "update");
    assert_eq!(after["next"], json!(["slow"]));
    let thread = get(&server, &id).await;
    assert_eq!(thread["status"], "interrupted");
    assert_eq!(
        thread["values"],
        json!({"log": ["in", "a", "slow", "b", "u"]})
    );
    assert_eq!(after["values"], thread["values"]);

    // As the last node: nothing is left to do.
    let done = json!({"values": {"log": ["end"]}, "as_node": "b"});
    server.post(&*path, &done).await.ok();
    assert_eq!(get(&server, &id).await["status"], "idle");
}

#[tokio::test]
async fn an_update_of_nothing_and_a_fork_are_updates_too() {
    let server = TestServer::start().await;
    let id = finished(&server).await;
    let path = format!("/threads/{id}/state");
    for body in [json!({}), json!({"values": null})] {
        server.post(&*path, &body).await.ok();
    }
    let fork = json!({"values": null, "as_node": "__copy__"});
    server.post(&*path, &fork).await.ok();
    let newest = state(&server, &id).await;
    assert_eq!(newest["metadata"]["source"], "fork");
    assert_eq!(newest["values"], json!({"log": DONE}));
    assert_eq!(history(&server, &id, json!({"limit": 100})).await.len(), 8);
}

#[tokio::test]
async fn an_update_can_branch_off_an_older_checkpoint() {
    let server = TestServer::start().await;
    let id = finished(&server).await;
    let old = history(&server, &id, json!({"limit": 10})).await[2].clone();
    let path = format!("/threads/{id}/state");
    for address in [
        json!({"checkpoint_id": old["checkpoint_id"]}),
        json!({"checkpoint": {"checkpoint_id": old["checkpoint_id"]}}),
    ] {
        let mut body = json!({"values": {"log": ["branch"]}, "as_node": "slow"});
        body.as_object_mut()
            .unwrap()
            .extend(address.as_object().unwrap().clone());
        server.post(&*path, &body).await.ok();
        let branch = state(&server, &id).await;
        assert_eq!(branch["parent_checkpoint_id"], old["checkpoint_id"]);
        assert_eq!(branch["values"], json!({"log": ["in", "a", "branch"]}));
        assert_eq!(get(&server, &id).await["values"], branch["values"]);
    }
}

#[tokio::test]
async fn updates_that_make_no_sense_are_refused() {
    let server = TestServer::start().await;
    let fresh = thread(&server).await;
    let update = json!({"values": {"log": ["x"]}});
    let refusal = server
        .post(format!("/threads/{fresh}/state"), &update)
        .await
        .refused(400);
    assert!(refusal.contains("no graph"), "{refusal}");
    server
        .post(format!("/threads/{NOBODY}/state"), &update)
        .await
        .refused(404);
    server
        .post("/threads/bad/state", &update)
        .await
        .refused(422);

    let id = finished(&server).await;
    let path = format!("/threads/{id}/state");
    steps::refuses_what_is_no_object(&server, "POST", &path).await;
    let wrong = [
        json!({"values": "x"}),
        json!({"values": 5}),
        json!({"values": true}),
        json!({"values": {}, "as_node": 5}),
        json!({"values": {}, "as_node": null}),
        json!({"values": {}, "checkpoint": "x"}),
        json!({"values": {}, "checkpoint": null}),
    ];
    steps::refuses(&server, &path, 422, &wrong).await;
    let nonsense = [
        json!({"values": {"log": ["y"]}, "as_node": "nope"}),
        json!({"values": {"log": ["y"]}, "as_node": "__end__"}),
        json!({"values": []}),
        json!({"values": [{"log": ["l1"]}, {"log": ["l2"]}]}),
        json!({"values": {"log": "notalist"}}),
    ];
    steps::refuses(&server, &path, 400, &nonsense).await;
    assert_eq!(state(&server, &id).await["values"], json!({"log": DONE}));
}

#[tokio::test]
async fn a_busy_thread_is_not_updated() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let body = multi("in");
    let run = create(&server, &id, body).await;
    server.worker.slow().arrived(1).await;

    let update = json!({"values": {"log": ["x"]}});
    let refusal = server
        .post(format!("/threads/{id}/state"), &update)
        .await
        .refused(409);
    assert!(refusal.contains(&run), "{refusal}");
    // Reading is allowed.
    assert_eq!(
        state(&server, &id).await["values"],
        json!({"log": ["in", "a"]})
    );
    server.worker.slow().open();
    join(&server, &id, &run).await;
    server
        .post(format!("/threads/{id}/state"), &update)
        .await
        .ok();
}
