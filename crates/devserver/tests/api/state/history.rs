//! The history of a thread.

use lgx_testkit::TestServer;
use serde_json::{Value, json};

use super::{finished, history, state};
use crate::steps::{self, NOBODY, text};

fn steps_of(history: &[Value]) -> Vec<i64> {
    let steps = history.iter().map(|state| &state["metadata"]["step"]);
    steps.filter_map(Value::as_i64).collect()
}

#[tokio::test]
async fn history_lists_states_newest_first() {
    let server = TestServer::start().await;
    let id = finished(&server).await;
    let all = history(&server, &id, json!({"limit": 10})).await;
    assert_eq!(steps_of(&all), [3, 2, 1, 0, -1]);
    assert_eq!(all[4]["metadata"]["source"], "input");
    assert_eq!(all[1]["tasks"][0]["name"], "b");
    assert_eq!(all[1]["tasks"][0]["result"], json!({"log": ["b"]}));

    assert_eq!(steps_of(&history(&server, &id, json!({})).await), [3]);
    assert_eq!(
        steps_of(&history(&server, &id, json!({"limit": 2.0})).await),
        [3, 2]
    );
    let input = json!({"limit": 10, "metadata": {"source": "input"}});
    assert_eq!(steps_of(&history(&server, &id, input).await), [-1]);
    let one = json!({"limit": 10, "checkpoint": {"checkpoint_id": all[3]["checkpoint_id"]}});
    assert_eq!(steps_of(&history(&server, &id, one).await), [0]);

    let mark = &all[1]["checkpoint_id"];
    for before in [
        mark.clone(),
        json!({"checkpoint_id": mark}),
        all[1]["checkpoint"].clone(),
        json!({"configurable": {"checkpoint_id": mark}}),
    ] {
        let older = history(&server, &id, json!({"limit": 10, "before": before})).await;
        assert_eq!(steps_of(&older), [1, 0, -1], "{before}");
    }
}

#[tokio::test]
async fn history_can_be_asked_for_by_query() {
    let server = TestServer::start().await;
    let id = finished(&server).await;
    let get = async |query: &str| {
        let history = server
            .get(format!("/threads/{id}/history{query}"))
            .await
            .ok();
        steps_of(history.as_array().unwrap())
    };
    assert_eq!(get("").await, [3]);
    assert_eq!(get("?limit=2").await, [3, 2]);
    assert!(get("?limit=0").await.is_empty());
    assert!(get("?limit=-1").await.is_empty());
    let mark = text(&state(&server, &id).await, "checkpoint_id");
    assert_eq!(
        get(&format!("?limit=10&before={mark}")).await,
        [2, 1, 0, -1]
    );
    server
        .get(format!("/threads/{id}/history?limit=x"))
        .await
        .refused(422);
    let nobody = format!("/threads/{NOBODY}/history?limit=0");
    server.get(nobody).await.refused(404);
}

#[tokio::test]
async fn histories_that_make_no_sense_are_refused() {
    let server = TestServer::start().await;
    let id = finished(&server).await;
    let path = format!("/threads/{id}/history");
    steps::refuses_what_is_no_object(&server, "POST", &path).await;
    let wrong = [
        json!({"limit": 0}),
        json!({"limit": 1001}),
        json!({"limit": -1}),
        json!({"limit": "3"}),
        json!({"limit": null}),
        json!({"before": 5}),
        json!({"before": ["x"]}),
        json!({"metadata": []}),
        json!({"metadata": null}),
        json!({"checkpoint": null}),
        json!({"checkpoint": "x"}),
    ];
    steps::refuses(&server, &path, 422, &wrong).await;
    server
        .post("/threads/bad/history", &json!({}))
        .await
        .refused(422);
    server
        .post(format!("/threads/{NOBODY}/history"), &json!({}))
        .await
        .refused(404);
}
