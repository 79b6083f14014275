//! The keys that name a checkpoint, wherever a request has them.

use lgx_testkit::TestServer;
use serde_json::{Value, json};

use super::finished;
use crate::steps::wait;

#[tokio::test]
async fn what_names_no_checkpoint_is_refused_wherever_it_is_given() {
    let server = TestServer::start().await;
    let id = finished(&server).await;
    let run =
        |config: &Value| json!({"assistant_id": "multi", "input": {"log": []}, "config": config});
    for wrong in [
        json!({"checkpoint_id": 5}),
        json!({"checkpoint_id": 1.5}),
        json!({"checkpoint_id": true}),
        json!({"checkpoint_id": []}),
        json!({"checkpoint_id": "c", "checkpoint_ns": {}}),
        json!({"checkpoint_id": "c", "checkpoint_map": {"": 5}}),
    ] {
        let config = json!({"configurable": wrong});
        let bodies = [
            (format!("/threads/{id}/history"), json!({"before": wrong})),
            (format!("/threads/{id}/history"), json!({"before": config})),
            (
                format!("/threads/{id}/history"),
                json!({"checkpoint": wrong}),
            ),
            (
                format!("/threads/{id}/state/checkpoint"),
                json!({"checkpoint": wrong}),
            ),
            (
                format!("/threads/{id}/state"),
                json!({"values": {}, "checkpoint": wrong}),
            ),
            (format!("/threads/{id}/runs"), run(&config)),
            (format!("/threads/{id}/runs/wait"), run(&config)),
            ("/runs/wait".to_owned(), run(&config)),
            (
                "/assistants".to_owned(),
                json!({"graph_id": "multi", "config": config}),
            ),
            (
                "/runs/crons".to_owned(),
                json!({"assistant_id": "multi", "schedule": "@daily", "config": config}),
            ),
        ];
        for (path, body) in bodies {
            let refusal = server.post(&*path, &body).await.refused(422);
            assert!(refusal.contains("checkpoint"), "{path}: {refusal}");
        }
        let start = json!({"id": 1, "method": "run.start", "params": run(&config)});
        let path = format!("/threads/{id}/commands");
        let answer = server.post(path, &start).await.ok();
        assert_eq!(answer["error"], "invalid_argument", "{answer}");
    }
    let runs = server.get(format!("/threads/{id}/runs")).await.ok();
    assert_eq!(runs.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_context_does_not_choose_where_a_run_goes_on() {
    let server = TestServer::start().await;
    let context = json!({"checkpoint_id": 5, "model": "small"});
    let body = json!({"graph_id": "multi", "context": context});
    let assistant = server.post("/assistants", &body).await.ok();
    let id = finished(&server).await;
    for body in [
        json!({"assistant_id": assistant["assistant_id"], "input": {"log": []}}),
        json!({"assistant_id": "multi", "input": {"log": []}, "context": context}),
    ] {
        wait(&server, &id, body).await;
        let runs = server.worker.requests("run");
        let run = &runs[runs.len() - 1];
        assert_eq!(run["context"], context);
        assert_eq!(run["config"]["configurable"]["model"], "small");
        assert_eq!(run["config"]["configurable"]["checkpoint_id"], Value::Null);
    }
}
