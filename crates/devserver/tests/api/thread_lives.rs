//! Threads as a whole: copied, pruned, measured, ended when their time has passed, and searched by what is in them.

use lgx_testkit::{Client, TestProject, TestServer, within};
use serde_json::{Value, json};

use crate::bodies::multi;
use crate::steps::{self, NOBODY, get, text, thread, thread_with, wait};

async fn copied(client: &Client, thread_id: &str) -> Value {
    client
        .request("POST", format!("/threads/{thread_id}/copy"))
        .await
        .ok()
}

async fn history(client: &Client, thread_id: &str) -> Vec<Value> {
    let history = client
        .post(
            format!("/threads/{thread_id}/history"),
            &json!({"limit": 100}),
        )
        .await
        .ok();
    history.as_array().unwrap().clone()
}

/// Waits until the thread has ended, which ends whatever streams it.
async fn ended(client: &Client, thread_id: &str) {
    let path = format!("/threads/{thread_id}");
    let stream = client.get(format!("{path}/stream")).open().await;
    // A stream of one that has ended before waits for it to be made again.
    if client.get(path.as_str()).await.status == 200 {
        let mut events = stream.events();
        within("the thread to end", async {
            while events.next().await.is_some() {}
        })
        .await;
    }
    client.get(path).await.refused(404);
}

#[tokio::test]
async fn a_copy_of_a_busy_thread_has_what_its_run_has_done_so_far() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let source = thread(&server).await;
    let body = multi("in");
    let run = steps::create(&server, &source, body).await;
    server.worker.slow().arrived(1).await;
    let copy = copied(&server, &source).await;
    assert_eq!(
        (&copy["status"], &copy["values"]),
        (&json!("interrupted"), &json!({"log": ["in", "a"]}))
    );
    server.worker.slow().open();
    steps::join(&server, &source, &run).await;
    let id = text(&copy, "thread_id");
    assert_eq!(
        get(&server, &id).await["values"],
        json!({"log": ["in", "a"]})
    );
    let values = wait(
        &server,
        &id,
        json!({"assistant_id": "multi", "input": null}),
    )
    .await;
    assert_eq!(values["log"], json!(["in", "a", "slow", "b"]));
}

#[tokio::test]
async fn an_empty_thread_can_be_copied_and_one_that_is_not_there_cannot() {
    let server = TestServer::start().await;
    let source = thread(&server).await;
    let copy = copied(&server, &source).await;
    assert_eq!(
        (&copy["status"], &copy["values"]),
        (&json!("idle"), &Value::Null)
    );
    let path = format!("/threads/{source}/copy");
    server.request("POST", path).body("{not json").await.ok();
    let nothing = [json!({})];
    steps::refuses(&server, &format!("/threads/{NOBODY}/copy"), 404, &nothing).await;
    steps::refuses(&server, "/threads/bad/copy", 422, &nothing).await;
}

#[tokio::test]
async fn pruning_deletes_threads_or_all_but_their_latest_state() {
    let server = TestServer::start().await;
    let (one, two) = (thread(&server).await, thread(&server).await);
    let body = multi("in");
    wait(&server, &one, body.clone()).await;
    wait(&server, &two, body).await;
    let prune = async |body: Value| server.post("/threads/prune", &body).await.ok();
    let newest = history(&server, &one).await[0].clone();

    let keep = json!({"thread_ids": [one, one, NOBODY], "strategy": "keep_latest"});
    assert_eq!(prune(keep).await, json!({"pruned_count": 1}));
    let left = history(&server, &one).await;
    assert_eq!((left.len(), &left[0]["values"]), (1, &newest["values"]));
    assert!(history(&server, &two).await.len() > 1);
    // It goes on from there.
    let values = wait(&server, &one, multi("more")).await;
    assert_eq!(values["log"].as_array().unwrap().len(), 8);

    assert_eq!(
        prune(json!({"thread_ids": []})).await,
        json!({"pruned_count": 0})
    );
    assert_eq!(
        prune(json!({"thread_ids": [one, NOBODY]})).await,
        json!({"pruned_count": 1})
    );
    server.get(format!("/threads/{one}")).await.refused(404);
    get(&server, &two).await;

    steps::refuses_what_is_no_object(&server, "POST", "/threads/prune").await;
    let wrong = [
        json!({}),
        json!({"thread_ids": null}),
        json!({"thread_ids": "x"}),
        json!({"thread_ids": ["bad"]}),
        json!({"thread_ids": [two], "strategy": "keep"}),
        json!({"thread_ids": [two], "strategy": null}),
    ];
    steps::refuses(&server, "/threads/prune", 422, &wrong).await;
}

#[tokio::test]
async fn a_busy_thread_is_stopped_when_it_is_pruned_and_kept_whole_otherwise() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let body = multi("in");
    steps::create(&server, &id, body).await;
    server.worker.slow().arrived(1).await;
    let prune = async |strategy: &str| {
        let body = json!({"thread_ids": [id], "strategy": strategy});
        server.post("/threads/prune", &body).await.ok()["pruned_count"].clone()
    };
    assert_eq!(prune("keep_latest").await, json!(0));
    assert!(history(&server, &id).await.len() > 1);
    assert_eq!(prune("delete").await, json!(1));
    server.get(format!("/threads/{id}")).await.refused(404);
}

#[tokio::test]
async fn storage_says_what_a_thread_takes() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let path = format!("/threads/{id}/storage");
    let nothing = json!({"count": 0, "bytes": 0});
    assert_eq!(
        server.get(&path).await.ok(),
        json!({"thread_id": id, "total_bytes": 0, "checkpoints": nothing,
               "channel_values": {"count": 0, "bytes": 0, "by_channel": {}}, "pending_writes": nothing})
    );
    wait(&server, &id, multi("in")).await;
    let storage = server.get(&path).await.ok();
    let bytes = |part: &str| storage[part]["bytes"].as_i64().unwrap();
    assert_eq!(
        storage["total_bytes"],
        json!(bytes("checkpoints") + bytes("channel_values") + bytes("pending_writes"))
    );
    assert_eq!(
        storage["checkpoints"]["count"],
        json!(history(&server, &id).await.len())
    );
    assert!(storage["channel_values"]["by_channel"]["log"]["versions"].as_i64() > Some(1));
    server
        .get(format!("/threads/{NOBODY}/storage"))
        .await
        .refused(404);
    server.get("/threads/bad/storage").await.refused(422);
}

#[tokio::test]
async fn a_time_to_live_is_shown_to_those_who_ask_for_it() {
    let server = TestServer::start().await;
    let body = json!({"ttl": {"ttl": 1.5, "strategy": "keep_latest"}});
    let thread = server.post("/threads", &body).await.ok();
    assert_eq!(thread.get("ttl"), None);
    let id = text(&thread, "thread_id");
    let ttl =
        async |include: &str| get(&server, &format!("{id}?include={include}")).await["ttl"].clone();
    let shown = ttl("ttl").await;
    assert_eq!(
        (&shown["strategy"], &shown["ttl_minutes"]),
        (&json!("keep_latest"), &json!(1.5))
    );
    assert!(text(&shown, "expires_at") > text(&thread, "updated_at"));
    assert_eq!(ttl("%5B%22ttl%22%5D").await, shown);
    assert_eq!(ttl("other").await, Value::Null);
    let patched = server
        .patch(format!("/threads/{id}"), &json!({"ttl": {"ttl": 60}}))
        .await
        .ok();
    assert_eq!(patched["metadata"], json!({}));
    let later = ttl("ttl").await;
    assert_eq!(later["strategy"], "delete");
    assert!(text(&later, "expires_at") > text(&shown, "expires_at"));
    let without = steps::thread(&server).await;
    assert_eq!(
        get(&server, &format!("{without}?include=ttl"))
            .await
            .get("ttl"),
        None
    );
}

#[tokio::test]
async fn a_time_to_live_that_makes_no_sense_is_refused() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    for ttl in [
        json!(5),
        json!(null),
        json!({}),
        json!({"ttl": 0}),
        json!({"ttl": -1}),
        json!({"ttl": "5"}),
        json!({"ttl": null}),
        json!({"ttl": 5, "strategy": "keep"}),
        json!({"ttl": 5, "strategy": null}),
    ] {
        let body = json!({"ttl": ttl});
        server.post("/threads", &body).await.refused(422);
        server
            .patch(format!("/threads/{id}"), &body)
            .await
            .refused(422);
    }
    assert_eq!(
        server.post("/threads/count", &json!({})).await.ok(),
        json!(1)
    );
}

#[tokio::test]
async fn a_thread_ends_when_its_time_has_passed_and_not_before() {
    let server = TestServer::start().await;
    let forever = thread(&server).await;
    let long = server
        .post("/threads", &json!({"ttl": {"ttl": 60}}))
        .await
        .ok();
    let short = server
        .post("/threads", &json!({"ttl": {"ttl": 0.001}}))
        .await
        .ok();
    ended(&server, &text(&short, "thread_id")).await;
    // A shorter time counts from now on, also for one that had a longer one.
    let long = text(&long, "thread_id");
    get(&server, &long).await;
    let shorter = json!({"ttl": {"ttl": 0.001}});
    server
        .patch(format!("/threads/{long}"), &shorter)
        .await
        .ok();
    ended(&server, &long).await;
    get(&server, &forever).await;
}

#[tokio::test]
async fn a_thread_is_pruned_when_its_time_has_passed_if_that_was_asked_for() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    wait(&server, &id, multi("in")).await;
    let before = history(&server, &id).await;
    let body = json!({"ttl": {"ttl": 0.001, "strategy": "keep_latest"}});
    server.patch(format!("/threads/{id}"), &body).await.ok();
    // Nobody hears of a thread that is pruned; one that expires after it is ended no earlier.
    let later = server
        .post("/threads", &json!({"ttl": {"ttl": 0.001}}))
        .await
        .ok();
    ended(&server, &text(&later, "thread_id")).await;
    let left = history(&server, &id).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["values"], before[0]["values"]);
    let shown = get(&server, &format!("{id}?include=ttl")).await;
    assert_eq!(shown["ttl"]["expires_at"], Value::Null);
    assert_eq!(shown["values"], before[0]["values"]);
}

#[tokio::test]
async fn a_busy_thread_ends_only_after_its_run() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let thread = server
        .post("/threads", &json!({"ttl": {"ttl": 0.002}}))
        .await
        .ok();
    let id = text(&thread, "thread_id");
    let body = multi("in");
    let run = steps::create(&server, &id, body).await;
    server.worker.slow().arrived(1).await;
    // Another thread of the same age goes meanwhile.
    let other = server
        .post("/threads", &json!({"ttl": {"ttl": 0.004}}))
        .await
        .ok();
    ended(&server, &text(&other, "thread_id")).await;
    assert_eq!(get(&server, &id).await["status"], "busy");
    let join = server.get(format!("/threads/{id}/runs/{run}/join"));
    let (joined, ()) = tokio::join!(join, async { server.worker.slow().open() });
    assert_eq!(joined.ok()["log"], json!(["in", "a", "slow", "b"]));
    ended(&server, &id).await;
}

#[tokio::test]
async fn new_threads_live_as_long_as_the_project_says() {
    let project = TestProject::with(
        json!({"checkpointer": {"ttl": {"strategy": "delete", "default_ttl": 0.005, "sweep_interval_minutes": 60}}}),
    );
    let server = TestServer::over(project).start().await;
    let mine = server
        .post("/threads", &json!({"ttl": {"ttl": 60}}))
        .await
        .ok();
    let default = thread(&server).await;
    let kept = server
        .post("/threads", &json!({"ttl": {"strategy": "keep_latest"}}))
        .await
        .ok();
    let of_run = server
        .post(
            "/runs",
            &json!({"assistant_id": "agent", "input": {"messages": []}, "on_completion": "keep"}),
        )
        .await
        .ok();
    let shown = get(
        &server,
        &format!("{}?include=ttl", text(&of_run, "thread_id")),
    )
    .await;
    assert_eq!(shown["ttl"]["ttl_minutes"], 0.005);
    for id in [default, text(&of_run, "thread_id")] {
        ended(&server, &id).await;
    }
    for thread in [mine, kept] {
        get(&server, &text(&thread, "thread_id")).await;
    }
}

#[tokio::test]
async fn threads_that_expired_while_the_server_was_down_go_when_it_starts() {
    let server = TestServer::start().await;
    let thread = server
        .post("/threads", &json!({"ttl": {"ttl": 0.02}}))
        .await
        .ok();
    let id = text(&thread, "thread_id");
    let project = server.stop().await;
    let server = TestServer::over(project).start().await;
    ended(&server, &id).await;
}

#[tokio::test]
async fn a_search_can_pick_values_out_of_threads() {
    let server = TestServer::start().await;
    let id = thread_with(&server, json!({"m": {"k": "alpha"}})).await;
    wait(&server, &id, multi("in")).await;
    let search = async |body: Value| server.post("/threads/search", &body).await;
    let extract = json!({
        "last": "values.log[-1]", "k": "metadata.m.k", "all": "values.log", "none": "values.none[0]", "odd": "values.log[*]",
        "config": "config.configurable", "stopped": "interrupts"
    });
    let found = search(json!({"select": ["thread_id"], "extract": extract})).await;
    assert_eq!(
        found.ok(),
        json!([{"thread_id": id, "extracted": {
            "last": "b", "k": "alpha", "all": ["in", "a", "slow", "b"], "none": null, "odd": null, "config": {}, "stopped": {}
        }}])
    );
    assert_eq!(found.header("x-pagination-total"), Some("1"));
    let whole = search(json!({"extract": {"m": "metadata"}})).await.ok();
    assert_eq!(
        (&whole[0]["status"], &whole[0]["extracted"]["m"]["m"]["k"]),
        (&json!("idle"), &json!("alpha"))
    );
    assert_eq!(
        search(json!({"extract": {}})).await.ok()[0].get("extracted"),
        None
    );

    let many: serde_json::Map<String, Value> = (0..11)
        .map(|n| (format!("a{n}"), json!("values")))
        .collect();
    let wrong = [
        json!({"a-b": "values"}),
        json!({"": "values"}),
        json!({"a": ""}),
        json!({"a": "status"}),
        json!({"a": 5}),
        json!(many),
        json!([]),
        json!(null),
    ]
    .map(|extract| json!({"extract": extract}));
    steps::refuses(&server, "/threads/search", 422, &wrong).await;
}
