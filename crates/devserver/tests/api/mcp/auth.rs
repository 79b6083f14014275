//! The project's auth decides about tools as about everything else.

use lgx_testkit::fake_worker::http_exception;
use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use super::{ask, begin, call, error, result, tell, tool_names};

async fn guarded(worker: FakeWorker) -> TestServer {
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    TestServer::over(project).worker(worker).start().await
}

/// A server whose handlers let alice in, and answer these checks like this.
async fn refusing(resource: &'static str, action: &'static str, status: u16) -> TestServer {
    let worker = FakeWorker::builder().auth(move |request| {
        let checks = request["checks"].as_array().cloned().unwrap_or_default();
        let meant = |check: &Value| check["resource"] == resource && check["action"] == action;
        if checks.iter().any(meant) {
            return Err(http_exception(status, "not for you"));
        }
        let answers = checks
            .iter()
            .map(|check| json!({"filter": null, "value": check["value"]}));
        Ok(json!({"user": {"identity": "alice"}, "checks": answers.collect::<Vec<_>>()}))
    });
    guarded(worker.build()).await
}

#[tokio::test]
async fn who_is_nobody_is_told_so_in_words_of_the_protocol() {
    let server = guarded(FakeWorker::new()).await;
    let list = ask(&server, "tools/list", json!({}));
    let answer = list.raw().await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        answer.json(),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32600, "message": "Unauthorized", "data": {"status": 401}}})
    );
    for (method, id) in [
        ("initialize", 1),
        ("ping", 1),
        ("nope", 1),
        ("tools/call", 1),
    ] {
        let (status, told) = error(ask(&server, method, json!({}))).await;
        assert_eq!(
            (status, &told["message"]),
            (401, &json!("Unauthorized")),
            "{method} {id}"
        );
    }
    for other in [
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 1, "result": {}}),
        json!([]),
    ] {
        assert_eq!(tell(&server, &other).raw().await.status, 401, "{other}");
    }
    begin(&server.user("alice"), "2025-11-25").await.ok();
}

#[tokio::test]
async fn the_header_of_a_handler_stays() {
    let worker = FakeWorker::builder().auth(|_| {
        let mut refusal = http_exception(401, "log in");
        let header = (
            "www-authenticate".to_owned(),
            "Bearer realm=\"x\"".to_owned(),
        );
        refusal.headers = Some([header].into_iter().collect());
        Err(refusal)
    });
    let server = guarded(worker.build()).await;
    let answer = ask(&server, "ping", json!({})).raw().await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.header("www-authenticate"),
        Some("Bearer realm=\"x\"")
    );
}

#[tokio::test]
async fn what_a_handler_forbids_is_403() {
    let server = refusing("assistants", "search", 403).await;
    for request in [
        ask(&server, "tools/list", json!({})),
        call(&server, "multi", json!({})),
    ] {
        let (status, told) = error(request).await;
        assert_eq!((status, &told["message"]), (403, &json!("not for you")));
    }
    let server = refusing("threads", "create_run", 403).await;
    assert!(tool_names(&server).await.contains(&"multi".to_owned()));
    let (status, told) = error(call(&server, "multi", json!({}))).await;
    assert_eq!((status, &told["message"]), (403, &json!("not for you")));
    assert!(server.worker.requests("run").is_empty());
    let server = refusing("threads", "create_run", 500).await;
    let (status, told) = error(call(&server, "multi", json!({}))).await;
    assert_eq!((status, &told["code"]), (500, &json!(-32603)));
}

#[tokio::test]
async fn only_what_a_caller_may_see_is_a_tool() {
    let server = guarded(FakeWorker::builder().owners().build()).await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let mine = json!({"graph_id": "multi", "name": "mine"});
    alice.post("/assistants", &mine).await.ok();
    assert_eq!(tool_names(&alice).await, ["mine"]);
    assert_eq!(tool_names(&bob).await, [] as [&str; 0]);
    let called = result(call(&alice, "mine", json!({"log": []}))).await;
    assert_eq!(called["isError"], false);
    let (_, told) = error(call(&bob, "mine", json!({"log": []}))).await;
    assert_eq!(told["message"], "Unknown tool: mine");
    // What others call the same takes no name away.
    bob.post("/assistants", &mine).await.ok();
    assert_eq!(tool_names(&bob).await, ["mine"]);
}

#[tokio::test]
async fn a_call_asks_who_it_is_once_and_then_what_a_run_asks() {
    let server = guarded(FakeWorker::new()).await;
    let before = server.worker.requests("auth").len();
    result(call(&server.user("alice"), "multi", json!({"log": ["in"]}))).await;
    let asked = server.worker.requests("auth").split_off(before);
    let told: Vec<_> = asked
        .iter()
        .map(|request| {
            let check = &request["checks"][0];
            (
                &request["authenticate"],
                &check["resource"],
                &check["action"],
                &check["value"],
            )
        })
        .collect();
    let [search, create_run] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(
        (search.0, search.1, search.2),
        (&json!(true), &json!("assistants"), &json!("search"))
    );
    assert_eq!(
        (create_run.0, create_run.1, create_run.2),
        (&json!(false), &json!("threads"), &json!("create_run"))
    );
    assert_eq!(create_run.3["thread_id"], Value::Null);
    assert_eq!(create_run.3["kwargs"]["input"], json!({"log": ["in"]}));
    assert_eq!(create_run.3["if_not_exists"], "create");
}

/// The schemas of a tool are those of its assistant, and cost the same.
#[tokio::test]
async fn who_may_find_an_assistant_and_not_read_it_sees_no_schemas() {
    let fields = async |client: &lgx_testkit::Client, tool: &str| {
        let listed = result(ask(client, "tools/list", json!({}))).await;
        let tools = listed["tools"].as_array().unwrap();
        let tool = tools.iter().find(|listed| listed["name"] == tool).unwrap();
        (
            tool["inputSchema"]["properties"].clone(),
            tool.get("outputSchema").is_some(),
        )
    };
    let whole = (
        json!({"log": {"title": "log"}, "delay": {"title": "delay"}}),
        true,
    );
    // By a filter: alice's are hers, and default assistants nobody's.
    let server = guarded(
        FakeWorker::builder()
            .owners_by(&["assistants.read"])
            .build(),
    )
    .await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let mine = json!({"graph_id": "multi", "name": "mine"});
    alice.post("/assistants", &mine).await.ok();
    assert_eq!(fields(&alice, "mine").await, whole);
    assert_eq!(fields(&bob, "mine").await, (json!({}), false));
    assert_eq!(fields(&alice, "multi").await, (json!({}), false));
    assert_eq!(server.worker.requests("graph.schemas").len(), 1);

    // By a refusal, of one and of all.
    let multi = lgx_model::AssistantId::of_graph("multi").to_string();
    for (status, of_one) in [(403, true), (404, false)] {
        let refused = multi.clone();
        let worker = FakeWorker::builder().auth(move |request| {
            let checks = request["checks"].as_array().cloned().unwrap_or_default();
            let meant = |check: &Value| {
                check["action"] == "read" && (!of_one || check["value"]["assistant_id"] == *refused)
            };
            if checks.iter().any(meant) {
                return Err(http_exception(status, "not for you"));
            }
            let answers = checks
                .iter()
                .map(|check| json!({"filter": null, "value": check["value"]}));
            Ok(json!({"user": {"identity": "alice"}, "checks": answers.collect::<Vec<_>>()}))
        });
        let server = guarded(worker.build()).await;
        assert_eq!(fields(&server, "multi").await, (json!({}), false));
        let (_, has_result) = fields(&server, "agent").await;
        assert_eq!(has_result, of_one);
    }
    // What fails is no refusal.
    let server = refusing("assistants", "read", 500).await;
    let (status, told) = error(ask(&server, "tools/list", json!({}))).await;
    assert_eq!((status, &told["code"]), (500, &json!(-32603)));
}

#[tokio::test]
async fn each_check_keeps_bob_out_by_itself() {
    // Which tools there are, and which assistants runs may be of.
    for filter in [&["assistants.search"], &["threads.create_run"]] {
        let server = guarded(FakeWorker::builder().owners_by(filter).build()).await;
        let (alice, bob) = (server.user("alice"), server.user("bob"));
        let mine = json!({"graph_id": "multi", "name": "mine"});
        alice.post("/assistants", &mine).await.ok();
        let sees = tool_names(&bob).await.contains(&"mine".to_owned());
        assert_eq!(sees, filter[0] != "assistants.search");
        let (_, told) = error(call(&bob, "mine", json!({"log": []}))).await;
        let told = told["message"].as_str().unwrap();
        let expected = if sees {
            "Thread or assistant not found."
        } else {
            "Unknown tool: mine"
        };
        assert_eq!(told, expected);
        assert!(server.worker.requests("run").is_empty());
        let called = result(call(&alice, "mine", json!({"log": []}))).await;
        assert_eq!(called["isError"], false);
    }
    // A call gives what its run makes of its thread.
    let server = refusing("threads", "read", 403).await;
    let (status, told) = error(call(&server, "multi", json!({}))).await;
    assert_eq!((status, &told["message"]), (403, &json!("not for you")));
    assert!(server.worker.requests("run").is_empty());
}
