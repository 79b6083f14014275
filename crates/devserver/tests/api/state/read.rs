//! Reading the state of a thread, now or at a checkpoint.

use lgx_testkit::TestServer;
use serde_json::json;

use super::{DONE, finished, history, state};
use crate::steps::{self, NOBODY, text, thread, thread_with};

#[tokio::test]
async fn a_thread_that_never_ran_has_an_empty_state() {
    let server = TestServer::start().await;
    let empty = json!({
        "values": {}, "next": [], "tasks": [], "metadata": null, "created_at": null, "checkpoint": null,
        "parent_checkpoint": null, "interrupts": [], "checkpoint_id": null, "parent_checkpoint_id": null
    });
    for metadata in [json!({}), json!({"graph_id": "multi"})] {
        let id = thread_with(&server, metadata).await;
        assert_eq!(state(&server, &id).await, empty);
        let at = server
            .post(
                format!("/threads/{id}/state/checkpoint"),
                &json!({"checkpoint": {}}),
            )
            .await
            .ok();
        assert_eq!(at, empty);
        assert!(history(&server, &id, json!({})).await.is_empty());
    }
}

#[tokio::test]
async fn the_state_is_that_of_the_newest_checkpoint() {
    let server = TestServer::start().await;
    let id = finished(&server).await;
    let state = state(&server, &id).await;
    assert_eq!(state["values"], json!({"log": DONE}));
    assert_eq!(state["next"], json!([]));
    assert_eq!(state["metadata"]["source"], "loop");
    assert_eq!(state["metadata"]["graph_id"], "multi");
    assert_eq!(state["checkpoint"]["thread_id"], json!(id));
    assert_eq!(state["checkpoint"]["checkpoint_id"], state["checkpoint_id"]);
    assert_eq!(
        state["parent_checkpoint"]["checkpoint_id"],
        state["parent_checkpoint_id"]
    );
    assert_eq!(state.as_object().unwrap().len(), 10);
}

#[tokio::test]
async fn an_older_checkpoint_is_addressed_in_two_ways() {
    let server = TestServer::start().await;
    let id = finished(&server).await;
    let old = history(&server, &id, json!({"limit": 10})).await[2].clone();
    let checkpoint_id = text(&old, "checkpoint_id");
    assert_eq!(old["next"], json!(["slow"]));

    let by_path = server
        .get(format!("/threads/{id}/state/{checkpoint_id}"))
        .await
        .ok();
    assert_eq!(by_path["values"], json!({"log": ["in", "a"]}));
    for checkpoint in [
        json!({"checkpoint_id": checkpoint_id}),
        json!({"checkpoint_id": checkpoint_id, "checkpoint_ns": "", "thread_id": NOBODY}),
    ] {
        let body = json!({"checkpoint": checkpoint, "subgraphs": true});
        let path = format!("/threads/{id}/state/checkpoint");
        let by_body = server.post(path, &body).await.ok();
        assert_eq!(by_body["values"], by_path["values"]);
        assert_eq!(by_body["next"], json!(["slow"]));
    }
    let newest = server
        .post(
            format!("/threads/{id}/state/checkpoint"),
            &json!({"checkpoint": {"checkpoint_ns": ""}}),
        )
        .await
        .ok();
    assert_eq!(newest["values"], json!({"log": DONE}));
}

#[tokio::test]
async fn a_checkpoint_that_is_not_there_is_an_empty_state() {
    let server = TestServer::start().await;
    let id = finished(&server).await;
    for unknown in [NOBODY, "not-even-a-uuid"] {
        let state = server
            .get(format!("/threads/{id}/state/{unknown}"))
            .await
            .ok();
        assert_eq!(state["values"], json!({}));
        assert_eq!(state["metadata"], json!(null));
        assert_eq!(state["checkpoint_id"], unknown);
        assert_eq!(state["checkpoint"]["checkpoint_id"], unknown);
    }
}

#[tokio::test]
async fn states_that_cannot_be_asked_for_are_refused() {
    let server = TestServer::start().await;
    server.get("/threads/bad/state").await.refused(422);
    server.get("/threads/bad/history").await.refused(422);
    let nobody = format!("/threads/{NOBODY}");
    for path in ["/state", "/state/x", "/history"] {
        server.get(format!("{nobody}{path}")).await.refused(404);
    }
    let checkpoint = json!({"checkpoint": {"checkpoint_id": NOBODY}});
    server
        .post(format!("{nobody}/state/checkpoint"), &checkpoint)
        .await
        .refused(404);
    server
        .post("/threads/bad/state/checkpoint", &checkpoint)
        .await
        .refused(422);

    let id = thread(&server).await;
    let path = format!("/threads/{id}/state/checkpoint");
    steps::refuses_what_is_no_object(&server, "POST", &path).await;
    let wrong = [
        json!({}),
        json!({"checkpoint": null}),
        json!({"checkpoint": "x"}),
        json!({"checkpoint": {"checkpoint_id": 5}}),
        json!({"checkpoint": {"checkpoint_id": null}}),
        json!({"checkpoint": {"checkpoint_id": "x", "checkpoint_map": null}}),
        json!({"checkpoint": {"checkpoint_ns": null}}),
        json!({"checkpoint": {"thread_id": null}}),
        json!({"checkpoint": {"checkpoint_id": "x"}, "subgraphs": "x"}),
    ];
    steps::refuses(&server, &path, 422, &wrong).await;
    let state = format!("/threads/{id}/state");
    server.delete(&*state).await.refused(405);
    server
        .patch(&*state, &json!({"metadata": {}}))
        .await
        .refused(405);
}

#[tokio::test]
async fn a_thread_whose_graph_is_gone_says_so() {
    let server = TestServer::start().await;
    let id = thread_with(&server, json!({"graph_id": "gone"})).await;
    for path in ["/state", "/history"] {
        let refusal = server
            .get(format!("/threads/{id}{path}"))
            .await
            .refused(404);
        assert!(refusal.contains("gone"), "{refusal}");
    }
    let update = json!({"values": {}});
    server
        .post(format!("/threads/{id}/state"), &update)
        .await
        .refused(404);
}
