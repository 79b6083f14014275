//! Creating runs in the background, and what is no run.

use lgx_testkit::{TestProject, TestServer};
use serde_json::{Value, json};

use crate::bodies::{multi, multi_with};
use crate::steps::{self, NOBODY, create, get, join, status, text, thread, wait};

const MULTI: &str = "22d81be9-5a50-5e0f-a8f3-ed6c25b4e9e9";

#[tokio::test]
async fn a_run_is_pending_first_and_then_runs_by_itself() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let body = json!({
        "assistant_id": "multi", "input": {"log": ["in"]}, "metadata": {"m": 1},
        "config": {"tags": ["t1"], "recursion_limit": 7, "configurable": {"foo": "bar"}}
    });
    let answer = server.post(format!("/threads/{id}/runs"), &body).await;
    let run = answer.ok();
    let run_id = text(&run, "run_id");
    let place = format!("/threads/{id}/runs/{run_id}");
    assert_eq!(answer.header("content-location"), Some(&*place));
    assert_eq!(answer.header("location"), None);

    assert_eq!(run["status"], "pending");
    assert_eq!(run["thread_id"], json!(id));
    assert_eq!(run["assistant_id"], MULTI);
    assert_eq!(run["multitask_strategy"], "enqueue");
    assert_eq!(
        run["metadata"],
        json!({"created_by": "system", "graph_id": "multi", "assistant_id": MULTI, "m": 1})
    );
    let kwargs = &run["kwargs"];
    assert_eq!(kwargs["input"], json!({"log": ["in"]}));
    assert_eq!(kwargs["stream_mode"], json!(["values"]));
    assert_eq!(kwargs["context"], json!({"foo": "bar"}));
    assert_eq!(kwargs["config"]["tags"], json!(["t1"]));
    assert_eq!(kwargs["config"]["configurable"]["thread_id"], json!(id));
    assert_eq!(
        kwargs["config"]["configurable"]["langgraph_auth_user_id"],
        ""
    );
    for (key, value) in [
        ("command", json!(null)),
        ("interrupt_before", json!(null)),
        ("webhook", json!(null)),
        ("temporary", json!(false)),
        ("subgraphs", json!(false)),
        ("resumable", json!(false)),
        ("checkpoint_during", json!(true)),
        ("durability", json!("async")),
    ] {
        assert_eq!(kwargs[key], value, "{key}");
    }

    assert_eq!(
        join(&server, &id, &run_id).await,
        json!({"log": ["in", "a", "slow", "b"]})
    );
    let ended = server.get(place).await.ok();
    assert_eq!(ended["status"], "success");
    assert!(text(&ended, "updated_at") > text(&run, "updated_at"));
}

#[tokio::test]
async fn a_run_leaves_its_mark_on_the_thread() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let body = multi_with(
        "in",
        json!({"config": {"tags": ["t"], "configurable": {"k": 1}}}),
    );
    let run = create(&server, &id, body).await;
    server.worker.slow().arrived(1).await;
    let busy = get(&server, &id).await;
    assert_eq!(busy["status"], "busy");
    assert_eq!(busy["values"], json!(null));
    assert_eq!(
        busy["metadata"],
        json!({"graph_id": "multi", "assistant_id": MULTI})
    );
    assert_eq!(busy["config"]["tags"], json!(["t"]));
    assert_eq!(busy["config"]["configurable"], json!({}));
    assert_eq!(status(&server, &id, &run).await, "running");

    server.worker.slow().open();
    join(&server, &id, &run).await;
    let idle = get(&server, &id).await;
    assert_eq!(idle["status"], "idle");
    assert_eq!(idle["values"], json!({"log": ["in", "a", "slow", "b"]}));
    assert_eq!(
        (&idle["error"], &idle["interrupts"]),
        (&json!(null), &json!({}))
    );
    assert!(text(&idle, "state_updated_at") > text(&busy, "state_updated_at"));
}

#[tokio::test]
async fn an_assistant_goes_by_its_id_or_the_name_of_its_graph() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    for assistant in ["multi", MULTI, &MULTI.to_uppercase()] {
        let body = json!({"assistant_id": assistant, "input": {}});
        let run = server.post(format!("/threads/{id}/runs"), &body).await.ok();
        assert_eq!(run["assistant_id"], MULTI);
    }
}

#[tokio::test]
async fn a_missing_thread_is_made_only_when_asked_for() {
    let server = TestServer::start().await;
    let path = format!("/threads/{NOBODY}/runs/wait");
    server.post(&*path, &multi("in")).await.refused(404);
    let reject = multi_with("in", json!({"if_not_exists": "reject"}));
    server.post(&*path, &reject).await.refused(404);
    server.get(format!("/threads/{NOBODY}")).await.refused(404);

    let make = multi_with(
        "in",
        json!({"if_not_exists": "create", "metadata": {"from": "run", "run_id": "spoofed"}}),
    );
    server.post(path, &make).await.ok();
    let thread = get(&server, NOBODY).await;
    assert_eq!(
        thread["metadata"],
        json!({"from": "run", "graph_id": "multi", "assistant_id": MULTI})
    );
}

#[tokio::test]
async fn a_run_may_be_put_off() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let later = create(
        &server,
        &id,
        multi_with("later", json!({"after_seconds": 3600})),
    )
    .await;
    assert_eq!(get(&server, &id).await["status"], "busy");
    let reject = multi_with("no", json!({"multitask_strategy": "reject"}));
    server
        .post(format!("/threads/{id}/runs"), &reject)
        .await
        .refused(409);

    // One that is due overtakes it.
    assert_eq!(
        wait(
            &server,
            &id,
            multi_with("now", json!({"after_seconds": -1}))
        )
        .await,
        json!({"log": ["now", "a", "slow", "b"]})
    );
    assert_eq!(status(&server, &id, &later).await, "pending");
    assert_eq!(get(&server, &id).await["status"], "busy");

    let soon = multi_with("soon", json!({"after_seconds": 0.02}));
    let log = wait(&server, &id, soon).await;
    assert_eq!(log["log"][4], "soon");
    let run = server.get(format!("/threads/{id}/runs/{later}")).await.ok();
    assert!(text(&run, "created_at") > text(&run, "updated_at"));
}

#[tokio::test]
async fn only_so_many_runs_execute_at_once() {
    let server = TestServer::over(TestProject::new())
        .workers(1)
        .jobs(1)
        .start()
        .await;
    server.worker.slow().close();
    let (one, two) = (thread(&server).await, thread(&server).await);
    let first = create(&server, &one, multi("one")).await;
    server.worker.slow().arrived(1).await;
    let second = create(&server, &two, multi("two")).await;
    assert_eq!(status(&server, &two, &second).await, "pending");
    server.worker.slow().open();
    join(&server, &one, &first).await;
    join(&server, &two, &second).await;
    assert_eq!(status(&server, &two, &second).await, "success");
}

#[tokio::test]
async fn spoofed_server_keys_are_replaced() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let spoofed = json!({"thread_id": NOBODY, "run_id": NOBODY, "graph_id": "x", "user_id": "root", "langgraph_auth_user": {"identity": "root"}, "langgraph_auth_user_id": "root", "mine": 1});
    let body = multi_with("in", json!({"config": {"configurable": spoofed}}));
    let run = server
        .post(format!("/threads/{id}/runs"), &body)
        .header("x-request-id", "the-request")
        .await
        .ok();
    let keys = &run["kwargs"]["config"]["configurable"];
    assert_eq!(keys["thread_id"], json!(id));
    assert_eq!(keys["run_id"], run["run_id"]);
    assert_eq!(keys["graph_id"], "multi");
    assert_eq!(keys["user_id"], "");
    assert_eq!(keys["langgraph_auth_user_id"], "");
    assert_eq!(keys["langgraph_auth_user"], json!(null));
    assert_eq!(keys["langgraph_request_id"], "the-request");
    assert_eq!(keys["mine"], 1);
}

#[tokio::test]
async fn headers_reach_the_graph_only_when_the_configuration_names_them() {
    let http =
        json!({"http": {"configurable_headers": {"includes": ["x-*"], "excludes": ["x-secret*"]}}});
    for (project, expected) in [
        (TestProject::new(), json!([null, null, null])),
        (TestProject::with(http), json!(["a", null, null])),
    ] {
        let server = TestServer::over(project).start().await;
        let run = server
            .post("/runs", &multi("in"))
            .header("x-mine", "a")
            .header("x-secret-thing", "b")
            .header("x-api-key", "c")
            .await
            .ok();
        let keys = &run["kwargs"]["config"]["configurable"];
        assert_eq!(
            json!([keys["x-mine"], keys["x-secret-thing"], keys["x-api-key"]]),
            expected
        );
    }
}

#[tokio::test]
async fn a_run_can_start_from_an_older_checkpoint() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    wait(&server, &id, multi("one")).await;
    let history = server
        .post(format!("/threads/{id}/history"), &json!({"limit": 10}))
        .await
        .ok();
    let checkpoint_id = &history[2]["checkpoint_id"];
    assert_eq!(history[2]["next"], json!(["slow"]));
    for address in [
        json!({"checkpoint_id": checkpoint_id}),
        json!({"checkpoint": {"checkpoint_id": checkpoint_id}}),
        json!({"config": {"configurable": {"checkpoint_id": checkpoint_id}}}),
    ] {
        let mut body = json!({"assistant_id": "multi", "input": null});
        body.as_object_mut()
            .unwrap()
            .extend(address.as_object().unwrap().clone());
        assert_eq!(
            wait(&server, &id, body).await,
            json!({"log": ["one", "a", "slow", "b"]})
        );
    }
    let fork = multi_with("forked", json!({"checkpoint_id": checkpoint_id}));
    assert_eq!(
        wait(&server, &id, fork).await,
        json!({"log": ["one", "a", "forked", "a", "slow", "b"]})
    );
}

#[tokio::test]
async fn durability_decides_which_checkpoints_are_kept() {
    let server = TestServer::start().await;
    for (how, checkpoints) in [
        (json!({"durability": "sync"}), 5),
        (json!({"durability": "async"}), 5),
        (json!({"durability": "exit"}), 1),
        (json!({"checkpoint_during": false}), 1),
    ] {
        let id = thread(&server).await;
        wait(&server, &id, multi_with("in", how.clone())).await;
        let history = server
            .post(format!("/threads/{id}/history"), &json!({"limit": 10}))
            .await
            .ok();
        assert_eq!(history.as_array().unwrap().len(), checkpoints, "{how}");
        assert_eq!(
            history[0]["values"],
            json!({"log": ["in", "a", "slow", "b"]})
        );
    }
}

#[tokio::test]
async fn runs_of_the_wrong_form_are_refused_everywhere() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let wrong: Vec<Value> = [
        json!({"assistant_id": null}),
        json!({"assistant_id": 5}),
        json!({"assistant_id": ""}),
        json!({"assistant_id": "zzz"}),
        json!({"metadata": null}),
        json!({"metadata": []}),
        json!({"config": null}),
        json!({"config": {"tags": "t"}}),
        json!({"config": {"tags": [1]}}),
        json!({"config": {"recursion_limit": "7"}}),
        json!({"config": {"recursion_limit": 1.5}}),
        json!({"config": {"configurable": []}}),
        json!({"context": null}),
        json!({"context": "x"}),
        json!({"checkpoint": null}),
        json!({"checkpoint": "zap"}),
        json!({"checkpoint_id": "zap"}),
        json!({"checkpoint_id": 5}),
        json!({"stream_mode": "zap"}),
        json!({"stream_mode": ["values", "toys"]}),
        json!({"stream_mode": null}),
        json!({"stream_subgraphs": "yes"}),
        json!({"stream_resumable": null}),
        json!({"interrupt_before": "slow"}),
        json!({"interrupt_after": [1]}),
        json!({"feedback_keys": "x"}),
        json!({"multitask_strategy": "zap"}),
        json!({"multitask_strategy": null}),
        json!({"if_not_exists": "zap"}),
        json!({"after_seconds": "1"}),
        json!({"after_seconds": null}),
        json!({"on_completion": "zap"}),
        json!({"on_disconnect": "zap"}),
        json!({"durability": "zap"}),
        json!({"checkpoint_during": "no"}),
        json!({"command": "zap"}),
        json!({"command": {"goto": 5}}),
        json!({"command": {"goto": ["a", {"node": "b", "input": 1}]}}),
    ]
    .into_iter()
    .map(|more| multi_with("in", more))
    .collect();
    for path in ["/runs", "/runs/wait", "/runs/stream"] {
        for path in [path.to_owned(), format!("/threads/{id}{path}")] {
            steps::refuses_what_is_no_object(&server, "POST", &path).await;
            steps::refuses(&server, &path, 422, &[json!({}), json!({"input": {}})]).await;
            steps::refuses(&server, &path, 422, &wrong).await;
            let both = json!({"context": {"a": 1}, "config": {"configurable": {"a": 1}}});
            server
                .post(&*path, &multi_with("in", both))
                .await
                .refused(400);
            let unknown = json!({"assistant_id": NOBODY});
            server.post(&*path, &unknown).await.refused(404);
        }
        let nowhere = format!("/threads/notauuid{path}");
        server.post(nowhere, &multi("in")).await.refused(422);
        let nobody = format!("/threads/{NOBODY}{path}");
        server.post(nobody, &multi("in")).await.refused(404);
    }
    let runs = server.get(format!("/threads/{id}/runs")).await.ok();
    assert_eq!(runs, json!([]), "nothing was created");
    assert_eq!(
        server.post("/threads/count", &json!({})).await.ok(),
        json!(1),
        "no thread was made for a stateless run"
    );
}

#[tokio::test]
async fn a_refusal_lists_the_graphs_there_are() {
    let server = TestServer::start().await;
    let refusal = server.post("/runs", &json!({"assistant_id": "zzz"})).await;
    let detail = refusal.refused(422);
    assert!(
        detail.contains("'zzz'") && detail.contains("multi"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_run_has_the_metadata_of_its_thread_over_its_assistants_and_under_its_own() {
    let server = TestServer::start().await;
    let body = json!({"metadata": {"team": "a", "m": 0, "created_by": "me"}});
    let thread = server.post("/threads", &body).await.ok();
    let path = format!("/threads/{}/runs", text(&thread, "thread_id"));
    let body = multi_with("in", json!({"metadata": {"m": 1, "run_id": "spoofed"}}));
    let run = server.post(&*path, &body).await.ok();
    let expected = json!({"created_by": "me", "team": "a", "m": 1, "graph_id": "multi", "assistant_id": MULTI});
    assert_eq!(run["metadata"], expected);
    assert_eq!(run["kwargs"]["config"]["metadata"], expected);
}

#[tokio::test]
async fn null_is_fine_where_it_means_nothing() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let nulls = json!({"command": null, "checkpoint_id": null, "on_disconnect": null, "unknown": null, "stream_mode": [], "context": {}, "config": {}});
    wait(&server, &id, multi_with("in", nulls)).await;
}
