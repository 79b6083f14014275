//! Threads: create, get, search, count, patch, delete.

use lgx_testkit::TestServer;
use serde_json::{Value, json};

use crate::bodies::{multi, multi_with};
use crate::steps::{self, NOBODY, get, text, thread, thread_with};

#[tokio::test]
async fn a_new_thread_is_idle_and_empty() {
    let server = TestServer::start().await;
    let body = json!({"metadata": {"name": "one", "thread_id": "spoofed", "run_id": 1, "assistant_id": 2}});
    let thread = server.post("/threads", &body).await.ok();
    let id = text(&thread, "thread_id");
    assert_eq!(
        thread,
        json!({
            "thread_id": id, "created_at": thread["created_at"], "updated_at": thread["created_at"],
            "state_updated_at": thread["created_at"], "metadata": {"name": "one"}, "status": "idle", "config": {},
            "values": null, "error": null, "interrupts": {}
        })
    );
    assert!(text(&thread, "created_at").ends_with("+00:00"));
    assert_eq!(get(&server, &id).await, thread);
    assert_eq!(get(&server, &format!("{id}?include=ttl")).await, thread);
}

#[tokio::test]
async fn a_client_may_choose_the_id() {
    let server = TestServer::start().await;
    let id = "2f8a5f3c-0000-4000-8000-00000000abcd";
    for spelling in [id.to_uppercase(), id.replace('-', ""), format!("{{{id}}}")] {
        let body = json!({"thread_id": spelling});
        assert_eq!(server.post("/threads", &body).await.ok()["thread_id"], id);
        server.delete(format!("/threads/{id}")).await.empty(204);
    }
    let fresh = server
        .post("/threads", &json!({"thread_id": ""}))
        .await
        .ok();
    assert_eq!(text(&fresh, "thread_id").len(), 36);
}

#[tokio::test]
async fn an_id_that_is_taken_is_a_conflict_unless_that_is_fine() {
    let server = TestServer::start().await;
    let id = thread_with(&server, json!({"a": 1})).await;
    let again = |how: Value| {
        let mut body = json!({"thread_id": id, "metadata": {"a": 2}});
        body.as_object_mut()
            .unwrap()
            .extend(how.as_object().unwrap().clone());
        server.post("/threads", &body)
    };
    again(json!({})).await.refused(409);
    again(json!({"if_exists": "raise"})).await.refused(409);
    let same = again(json!({"if_exists": "do_nothing"})).await.ok();
    assert_eq!(same["metadata"], json!({"a": 1}));
}

#[tokio::test]
async fn supersteps_give_a_thread_its_first_state() {
    let server = TestServer::start().await;
    let supersteps = json!([
        {"updates": [{"values": {"log": ["i"]}, "as_node": "__input__"}]},
        {"updates": [{"values": {"log": ["s"]}, "as_node": "__start__"}]},
        {"updates": [{"values": {"log": ["x"]}, "command": null, "as_node": "a"}]}
    ]);
    let body = json!({"metadata": {"graph_id": "multi"}, "supersteps": supersteps});
    let thread = server.post("/threads", &body).await.ok();
    assert_eq!(thread["values"], json!({"log": ["s", "x"]}));
    assert_eq!(thread["status"], "interrupted");
    let id = text(&thread, "thread_id");
    let state = server.get(format!("/threads/{id}/state")).await.ok();
    assert_eq!(state["next"], json!(["slow"]));

    // They are not applied once more to a thread that is there.
    let again = json!({"thread_id": id, "if_exists": "do_nothing", "metadata": {"graph_id": "multi"}, "supersteps": supersteps});
    assert_eq!(
        server.post("/threads", &again).await.ok()["values"],
        json!({"log": ["s", "x"]})
    );
}

#[tokio::test]
async fn supersteps_that_cannot_be_applied_leave_no_thread_behind() {
    let server = TestServer::start().await;
    let seed = |metadata: Value, updates: Value| {
        server.post(
            "/threads",
            &json!({"thread_id": NOBODY, "metadata": metadata, "supersteps": [{"updates": updates}]}),
        )
    };
    let graph = json!({"graph_id": "multi"});
    let update = json!([{"values": {"log": ["i"]}, "as_node": "a"}]);
    seed(graph.clone(), json!([{"values": {}, "as_node": "nope"}]))
        .await
        .refused(400);
    seed(graph.clone(), json!([])).await.refused(400);
    seed(json!({}), update.clone()).await.refused(400);
    seed(json!({"graph_id": "gone"}), update).await.refused(404);
    let wrong = [
        json!([{"updates": [{"values": {"log": ["i"]}}]}]),
        json!([{"updates": [{"values": {}, "as_node": null}]}]),
        json!([{}]),
        json!(null),
        json!("x"),
    ]
    .map(|supersteps| json!({"thread_id": NOBODY, "metadata": graph, "supersteps": supersteps}));
    steps::refuses(&server, "/threads", 422, &wrong).await;
    server.get(format!("/threads/{NOBODY}")).await.refused(404);
}

#[tokio::test]
async fn threads_that_cannot_be_made_are_refused() {
    let server = TestServer::start().await;
    steps::refuses_what_is_no_object(&server, "POST", "/threads").await;
    for metadata in [r#"{"lone":"\ud800"}"#, r#"{"f":1e400}"#] {
        let body = format!(r#"{{"metadata":{metadata}}}"#);
        let request = server.request("POST", "/threads").body(body);
        request.await.refused(422);
    }
    let wrong = [
        json!({"thread_id": "bad"}),
        json!({"thread_id": null}),
        json!({"thread_id": 5}),
        json!({"if_exists": "bad"}),
        json!({"if_exists": null}),
        json!({"metadata": null}),
        json!({"metadata": []}),
        json!({"metadata": "x"}),
    ];
    steps::refuses(&server, "/threads", 422, &wrong).await;
    assert_eq!(
        server.post("/threads/count", &json!({})).await.ok(),
        json!(0)
    );
}

#[tokio::test]
async fn json_is_read_whatever_its_content_type_says() {
    let server = TestServer::start().await;
    for kind in [
        "text/plain",
        "application/json",
        "application/x-www-form-urlencoded",
    ] {
        let request = server.post("/threads", &json!({"metadata": {"a": 1}}));
        let thread = request.header("content-type", kind).await.ok();
        assert_eq!(thread["metadata"], json!({"a": 1}), "{kind}");
    }
}

#[tokio::test]
async fn metadata_keeps_its_numbers_and_texts() {
    let server = TestServer::start().await;
    let metadata = r#"{"i64":-9223372036854775808,"u64":18446744073709551615,"one":1.0,"text":"é\u2028😀","twice":1,"twice":2,"null":null}"#;
    let thread = server
        .request("POST", "/threads")
        .body(format!(r#" {{"metadata":{metadata}}} "#))
        .await
        .ok();
    let id = text(&thread, "thread_id");
    let raw = server.get(format!("/threads/{id}")).await;
    for part in [
        "-9223372036854775808",
        "18446744073709551615",
        "\"one\":1.0",
        "\"twice\":2",
        "\"null\":null",
        "😀",
    ] {
        assert!(raw.text().contains(part), "{part} in {}", raw.text());
    }
}

#[tokio::test]
async fn a_thread_that_is_not_there_is_not_found() {
    let server = TestServer::start().await;
    for id in ["bad", "%20", "0"] {
        server.get(format!("/threads/{id}")).await.refused(422);
        server.delete(format!("/threads/{id}")).await.refused(422);
    }
    for taken in ["search", "count"] {
        server.get(format!("/threads/{taken}")).await.refused(405);
    }
    let path = format!("/threads/{NOBODY}");
    let empty = json!({"metadata": {}});
    assert!(server.get(&*path).await.refused(404).contains(NOBODY));
    server.delete(&*path).await.refused(404);
    server.patch(&*path, &empty).await.refused(404);
    server.patch("/threads/bad", &empty).await.refused(422);
    server.post(&*path, &empty).await.refused(405);
    server.get(format!("{path}/nope")).await.refused(404);
    assert_eq!(server.request("HEAD", path).await.status, 404);
}

#[tokio::test]
async fn patching_merges_metadata_at_its_top_level() {
    let server = TestServer::start().await;
    let id = thread_with(&server, json!({"a": {"x": 1}, "b": 1})).await;
    let path = format!("/threads/{id}");
    let change =
        json!({"metadata": {"a": {"y": 2}, "c": null, "thread_id": "spoofed"}, "status": "busy"});
    let patched = server.patch(&*path, &change).await.ok();
    assert_eq!(
        patched["metadata"],
        json!({"a": {"y": 2}, "b": 1, "c": null})
    );
    assert_eq!(patched["status"], "idle");
    assert!(text(&patched, "updated_at") > text(&patched, "created_at"));
    assert_eq!(patched["state_updated_at"], patched["created_at"]);
    assert_eq!(get(&server, &id).await, patched);

    let minimal = server.patch(&*path, &json!({"metadata": {"d": 1}}));
    minimal.header("prefer", "return=minimal").await.empty(204);
    assert_eq!(get(&server, &id).await["metadata"]["d"], 1);
    let touched = server.patch(&*path, &json!({})).await.ok();
    assert!(text(&touched, "updated_at") > text(&patched, "updated_at"));
}

#[tokio::test]
async fn patches_of_another_form_are_refused() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let path = format!("/threads/{id}");
    steps::refuses_what_is_no_object(&server, "PATCH", &path).await;
    for metadata in [json!(null), json!([]), json!(5)] {
        let body = json!({"metadata": metadata});
        server.patch(&*path, &body).await.refused(422);
    }
}

#[tokio::test]
async fn a_deleted_thread_is_gone_with_its_runs() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let run = steps::create(
        &server,
        &id,
        json!({"assistant_id": "agent", "input": {"messages": ["hi"]}}),
    )
    .await;
    steps::join(&server, &id, &run).await;
    server.delete(format!("/threads/{id}")).await.empty(204);
    for path in ["", "/state", "/history", "/runs"] {
        server
            .get(format!("/threads/{id}{path}"))
            .await
            .refused(404);
    }
    server
        .get(format!("/threads/{id}/runs/{run}"))
        .await
        .refused(404);
    server.delete(format!("/threads/{id}")).await.refused(404);
}

#[tokio::test]
async fn deleting_a_thread_stops_its_run() {
    let server = TestServer::start().await;
    server.worker.slow().close();
    let id = thread(&server).await;
    let body = multi_with("one", json!({"stream_mode": "updates"}));
    let mut events = server
        .post(format!("/threads/{id}/runs/stream"), &body)
        .events()
        .await;
    server.worker.slow().arrived(1).await;
    events.until("updates").await;

    server.delete(format!("/threads/{id}")).await.empty(204);
    let rest = events.rest().await;
    assert_eq!(rest.len(), 1, "{rest:?}");
    assert_eq!(rest[0].name, "error");
    assert_eq!(rest[0].data["message"], "404: Run not found");
    server.get(format!("/threads/{id}")).await.refused(404);
}

#[tokio::test]
async fn searching_filters_sorts_and_pages() {
    let server = TestServer::start().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        let metadata =
            json!({"group": "q", "n": number, "deep": {"a": {"b": number}}, "list": ["x", "y"]});
        ids.push(thread_with(&server, metadata).await);
    }
    steps::wait(&server, &ids[0], multi("in")).await;
    steps::wait(
        &server,
        &ids[1],
        json!({"assistant_id": "hitl", "input": {"question": "q"}}),
    )
    .await;

    let search = async |body: Value| server.post("/threads/search", &body).await;
    let numbers = |found: &Value| -> Vec<i64> {
        let found = found.as_array().unwrap().iter();
        found
            .map(|thread| thread["metadata"]["n"].as_i64().unwrap())
            .collect()
    };
    for (body, expected) in [
        (json!({}), &[1, 0, 2][..]),
        (json!({"metadata": {}, "values": {}, "ids": []}), &[1, 0, 2]),
        (
            json!({"sort_by": "created_at", "sort_order": "asc"}),
            &[0, 1, 2],
        ),
        (json!({"sort_by": "created_at"}), &[2, 1, 0]),
        (json!({"sort_order": "asc"}), &[1, 0, 2]),
        (json!({"metadata": {"n": 2}}), &[2]),
        (json!({"metadata": {"n": 2.0}}), &[2]),
        (json!({"metadata": {"n": "2"}}), &[]),
        (json!({"metadata": {"deep": {"a": {"b": 1}}}}), &[1]),
        (json!({"metadata": {"deep": {"a": {}}, "n": 0}}), &[0]),
        (json!({"metadata": {"list": ["x", "y"], "n": 0}}), &[0]),
        (json!({"metadata": {"list": ["x"]}}), &[]),
        (json!({"metadata": {"missing": null}}), &[]),
        (json!({"values": {"log": ["in", "a", "slow", "b"]}}), &[0]),
        (json!({"values": {"log": ["in"]}}), &[]),
        (json!({"values": {"question": "q"}}), &[1]),
        (json!({"status": "interrupted"}), &[1]),
        (
            json!({"status": "idle", "metadata": {"group": "q"}}),
            &[0, 2],
        ),
        (json!({"status": "busy"}), &[]),
        (json!({"ids": [ids[2], ids[2], NOBODY]}), &[2]),
        (
            json!({"ids": [ids[0].to_uppercase()], "status": "error"}),
            &[],
        ),
    ] {
        let text = body.to_string();
        assert_eq!(numbers(&search(body).await.ok()), expected, "{text}");
    }

    let page = search(json!({"limit": 1, "offset": 1})).await;
    assert_eq!(numbers(&page.ok()), [0]);
    assert_eq!(page.header("x-pagination-total"), Some("3"));
    assert_eq!(page.header("x-pagination-next"), Some("2"));
    let last = search(json!({"limit": 1, "offset": 2})).await;
    assert_eq!(last.header("x-pagination-next"), None);
    assert_eq!(search(json!({"offset": 9999})).await.ok(), json!([]));

    let narrow = search(json!({"ids": [ids[0]], "select": ["values", "status"]})).await;
    assert_eq!(
        narrow.ok(),
        json!([{"status": "idle", "values": {"log": ["in", "a", "slow", "b"]}}])
    );
}

#[tokio::test]
async fn counting_gives_a_number() {
    let server = TestServer::start().await;
    thread_with(&server, json!({"a": 1})).await;
    thread_with(&server, json!({"a": 2})).await;
    for (body, expected) in [
        (json!({}), 2),
        (json!({"metadata": {"a": 1}}), 1),
        (json!({"status": "idle"}), 2),
        (json!({"values": {"x": 1}}), 0),
    ] {
        assert_eq!(
            server.post("/threads/count", &body).await.ok(),
            json!(expected),
            "{body}"
        );
    }
}

#[tokio::test]
async fn searches_that_make_no_sense_are_refused() {
    let server = TestServer::start().await;
    for path in ["/threads/search", "/threads/count"] {
        steps::refuses_what_is_no_object(&server, "POST", path).await;
        let wrong = [
            json!({"status": "bad"}),
            json!({"status": null}),
            json!({"status": ""}),
            json!({"metadata": null}),
            json!({"metadata": []}),
            json!({"values": null}),
            json!({"values": []}),
        ];
        steps::refuses(&server, path, 422, &wrong).await;
    }
    let wrong = [
        json!({"limit": 0}),
        json!({"limit": 1001}),
        json!({"limit": "x"}),
        json!({"limit": null}),
        json!({"offset": -1}),
        json!({"ids": null}),
        json!({"ids": "x"}),
        json!({"sort_by": "metadata"}),
        json!({"sort_by": null}),
        json!({"sort_order": "bad"}),
        json!({"select": ["context"]}),
        json!({"select": ["error"]}),
        json!({"select": ["values.items"]}),
        json!({"select": "values"}),
        json!({"select": null}),
    ];
    steps::refuses(&server, "/threads/search", 422, &wrong).await;
    let refusal = server
        .post("/threads/search", &json!({"ids": ["bad"]}))
        .await;
    assert!(refusal.refused(400).contains("bad"));
}
