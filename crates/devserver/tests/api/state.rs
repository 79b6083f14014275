//! The state of threads: now, at checkpoints, updates, and history.

use lgx_testkit::TestServer;
use serde_json::{Value, json};

use crate::bodies::multi;
use crate::steps::{self, NOBODY, create, get, join, text, thread, thread_with, wait};

const DONE: [&str; 4] = ["in", "a", "slow", "b"];

/// A thread on which the graph `multi` has run to its end.
async fn finished(server: &TestServer) -> String {
    let id = thread(server).await;
    let body = multi("in");
    assert_eq!(wait(server, &id, body).await, json!({"log": DONE}));
    id
}

async fn state(server: &TestServer, id: &str) -> Value {
    server.get(format!("/threads/{id}/state")).await.ok()
}

async fn history(server: &TestServer, id: &str, body: Value) -> Vec<Value> {
    let history = server
        .post(format!("/threads/{id}/history"), &body)
        .await
        .ok();
    history.as_array().cloned().unwrap_or_default()
}

fn steps_of(history: &[Value]) -> Vec<i64> {
    let steps = history.iter().map(|state| &state["metadata"]["step"]);
    steps.filter_map(Value::as_i64).collect()
}

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
