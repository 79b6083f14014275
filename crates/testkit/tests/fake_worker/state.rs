//! State of threads through the fake worker.

use lgx_worker::{CallError, Method};
use serde_json::{Value, json};

use crate::server::{Server, serving};

async fn history(server: &Server, more: &Value) -> Vec<Value> {
    let mut params = json!({"graph_id": "log", "limit": 10, "before": null, "metadata": null, "checkpoint": null});
    params
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    server
        .section(Method::StateHistory, params)
        .await
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn a_thread_without_state_is_empty() {
    let server = serving(&["log"]).await;
    let state = server
        .section(Method::StateGet, json!({"graph_id": "log"}))
        .await;
    assert_eq!(
        state,
        json!({"values": {}, "next": [], "tasks": [], "metadata": null, "created_at": null, "checkpoint": null,
            "parent_checkpoint": null, "interrupts": [], "checkpoint_id": null, "parent_checkpoint_id": null})
    );
    assert!(history(&server, &json!({})).await.is_empty());
}

#[tokio::test]
async fn every_step_of_a_run_is_in_the_history() {
    let server = serving(&["log"]).await;
    let request = server.request("log", &json!({"log": ["in"]}));
    server.run(&request).await;
    let states = history(&server, &json!({})).await;
    let steps: Vec<_> = states
        .iter()
        .map(|state| (&state["metadata"]["source"], &state["metadata"]["step"]))
        .collect();
    let [looped, input] = [json!("loop"), json!("input")];
    assert_eq!(
        steps,
        [
            (&looped, &json!(3)),
            (&looped, &json!(2)),
            (&looped, &json!(1)),
            (&looped, &json!(0)),
            (&input, &json!(-1))
        ]
    );
    assert_eq!(states[0]["metadata"]["run_id"], json!(request.run_id));
    assert_eq!(
        states[0]["parent_checkpoint_id"],
        states[1]["checkpoint_id"]
    );
    assert_eq!(states[1]["tasks"][0]["result"], json!({"log": ["b"]}));
    let older = history(
        &server,
        &json!({"before": {"checkpoint_id": states[2]["checkpoint_id"]}, "limit": 1}),
    )
    .await;
    assert_eq!(older, states[3..4]);
    let filtered = history(&server, &json!({"metadata": {"step": 1}})).await;
    assert_eq!(filtered, states[2..3]);
    let at = server.section(
        Method::StateGet,
        json!({"graph_id": "log", "checkpoint": {"checkpoint_id": states[3]["checkpoint_id"]}}),
    );
    assert_eq!(at.await, states[3]);
}

#[tokio::test]
async fn an_update_is_a_step_of_its_own() {
    let server = serving(&["log"]).await;
    let update = json!({"graph_id": "log", "values": {"log": ["x"], "unknown": 1}, "as_node": "a", "metadata": {}});
    let reply = server.call(Method::StateUpdate, update).await.unwrap();
    let meta: Value = serde_json::from_slice(&reply.meta).unwrap();
    assert_eq!(
        (&meta["next"], &meta["configurable"]["checkpoint_ns"]),
        (&json!(["slow"]), &json!(""))
    );
    assert_eq!(reply.sections[0], br#"{"log":["x"]}"#[..]);
    let ended = server.run(&server.request("log", &Value::Null)).await;
    assert_eq!(ended.values, json!({"log": ["x", "slow", "b"]}));
    let fork = json!({"graph_id": "log", "values": null, "as_node": "__copy__", "metadata": {}});
    server.call(Method::StateUpdate, fork).await.unwrap();
    assert_eq!(
        history(&server, &json!({})).await[0]["metadata"]["source"],
        "fork"
    );
}

#[tokio::test]
async fn supersteps_are_one_checkpoint_each() {
    let server = serving(&["log"]).await;
    let supersteps = json!([
        {"updates": [{"values": {"log": ["in"]}, "as_node": "__input__"}]},
        {"updates": [{"values": {"log": ["in"]}, "as_node": "__start__"}]},
        {"updates": [{"values": {"log": ["a"]}, "as_node": "a"}]},
    ]);
    server
        .call(
            Method::StateBulkUpdate,
            json!({"graph_id": "log", "supersteps": supersteps, "metadata": {}}),
        )
        .await
        .unwrap();
    let states = history(&server, &json!({})).await;
    let shown: Vec<_> = states
        .iter()
        .map(|state| format!("{} {}", state["values"], state["next"]))
        .collect();
    assert_eq!(
        shown,
        [
            r#"{"log":["in","a"]} ["slow"]"#,
            r#"{"log":["in"]} ["a"]"#,
            r#"{} ["__start__"]"#
        ]
    );
}

#[tokio::test]
async fn a_client_mistake_is_a_400() {
    let server = serving(&["log"]).await;
    for (values, as_node, message) in [
        (json!({}), json!("nope"), "Node nope does not exist"),
        (json!([1]), json!("a"), "Expected dict, got [1] (list)"),
        (
            json!({"log": "x"}),
            json!("a"),
            "can only concatenate list (not \"str\") to list",
        ),
    ] {
        let update =
            json!({"graph_id": "log", "values": values, "as_node": as_node, "metadata": {}});
        let error = server.call(Method::StateUpdate, update).await.unwrap_err();
        let CallError::Remote(error) = error else {
            panic!("{error}")
        };
        assert_eq!((error.status, error.message.as_str()), (Some(400), message));
    }
    assert!(server.memory.tuples.lock().unwrap().is_empty());
}
