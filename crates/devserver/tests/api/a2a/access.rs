//! The project's auth before agents: who is refused hears it in JSON-RPC and in the status, and tasks belong to their owners.

use lgx_testkit::fake_worker::http_exception;
use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use super::{asks, data, error, result, says, says_in, text};

async fn guarded(worker: FakeWorker) -> TestServer {
    let project = TestProject::with(json!({"auth": {"path": "./auth.py:auth"}}));
    TestServer::over(project).worker(worker).start().await
}

/// Every user is let in, and may do anything but this.
fn forbidding(what: &'static str) -> FakeWorker {
    let worker = FakeWorker::builder().auth(move |request| {
        let checks = request["checks"].as_array().cloned().unwrap_or_default();
        let named =
            |check: &Value| format!("{}.{}", check["resource"], check["action"]).replace('"', "");
        if checks.iter().any(|check| named(check) == what) {
            return Err(http_exception(403, "not for you"));
        }
        let checks = checks
            .iter()
            .map(|check| json!({"filter": null, "value": check["value"]}));
        let user = json!({"identity": "alice", "permissions": []});
        Ok(json!({"user": user, "checks": checks.collect::<Vec<_>>()}))
    });
    worker.build()
}

#[tokio::test]
async fn who_is_not_let_in_hears_it_in_both_ways() {
    let worker = FakeWorker::builder().auth(|_| {
        let mut refusal = http_exception(401, "who are you?");
        refusal.headers = Some([("www-authenticate".into(), "Bearer".into())].into());
        Err(refusal)
    });
    let server = guarded(worker.build()).await;
    let answer = asks(&server, "agent", "message/send", says(text("hi"))).await;
    assert_eq!(answer.refused(401), "who are you?");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert_eq!(
        answer.json(),
        json!({"jsonrpc": "2.0", "id": 7, "error": {"code": -32000, "message": "who are you?"}})
    );
    // Also where the request is none, or its agent is not there.
    let broken = server.request("POST", "/a2a/agent").body("{").await;
    broken.refused(401);
    asks(&server, "nobody", "nope", json!({}))
        .await
        .refused(401);
    let card = server.get("/a2a/agent").await;
    assert_eq!(card.refused(401), "who are you?");
    assert!(server.worker.requests("run").is_empty());
}

#[tokio::test]
async fn each_method_asks_for_what_it_does() {
    for (forbidden, method, params) in [
        ("assistants.read", "message/send", says(text("hi"))),
        ("threads.create_run", "message/send", says(text("hi"))),
        ("threads.create_run", "message/stream", says(text("hi"))),
        (
            "threads.read",
            "message/send",
            says_in(text("hi"), json!({"contextId": crate::steps::NOBODY})),
        ),
        ("threads.read", "message/send", says(text("hi"))),
        ("threads.read", "message/stream", says(text("hi"))),
        (
            "threads.read",
            "message/send",
            says_in(
                text("hi"),
                json!({"taskId": format!("{0}:{0}", crate::steps::NOBODY)}),
            ),
        ),
        ("threads.search", "ListTasks", json!({})),
        ("threads.read", "ListTasks", json!({})),
    ] {
        let server = guarded(forbidding(forbidden)).await;
        let answer = asks(&server, "agent", method, params).await;
        assert_eq!(answer.refused(403), "not for you", "{forbidden} {method}");
        assert_eq!(answer.json()["error"]["code"], -32000);
        assert!(server.worker.requests("run").is_empty());
    }
    for (forbidden, method) in [
        ("threads.read", "tasks/get"),
        ("threads.read", "tasks/resubscribe"),
        ("threads.update", "tasks/cancel"),
        ("threads.read", "tasks/cancel"),
    ] {
        let server = guarded(forbidding(forbidden)).await;
        let id = format!("{0}:{0}", crate::steps::NOBODY);
        let answer = asks(&server, "agent", method, json!({"id": id})).await;
        answer.refused(403);
    }
}

#[tokio::test]
async fn tasks_are_there_for_their_owners_only() {
    let server = guarded(FakeWorker::builder().owners().build()).await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    // Assistants have owners too.
    let made = json!({"graph_id": "hitl", "metadata": {"owner": "shared"}});
    let mine = alice.post("/assistants", &made).await.ok();
    let theirs = bob.post("/assistants", &made).await.ok();
    let (mine, theirs) = (
        mine["assistant_id"].as_str().unwrap(),
        theirs["assistant_id"].as_str().unwrap(),
    );
    let params = says(data(json!({"question": "?"})));
    let task = result(&alice, mine, "message/send", params).await;
    assert_eq!(task["status"]["state"], "input-required");
    let id = json!({"id": task["id"]});
    for method in ["tasks/get", "tasks/cancel", "tasks/resubscribe"] {
        let hidden = error(&bob, theirs, method, id.clone()).await;
        assert_eq!(hidden.0, -32001, "{method}");
        // Not even the agent is there for bob.
        assert_eq!(error(&bob, mine, method, id.clone()).await.0, -32602);
    }
    let answer = says_in(text("x"), json!({"taskId": task["id"]}));
    assert_eq!(
        error(&bob, theirs, "message/send", answer.clone()).await.0,
        -32001
    );
    let intruding = says_in(data(json!({})), json!({"contextId": task["contextId"]}));
    let refused = error(&bob, theirs, "message/send", intruding).await;
    assert_eq!(refused.0, -32602, "{refused:?}");
    let none = result(&bob, theirs, "ListTasks", json!({})).await;
    assert_eq!(none["totalSize"], 0);
    let one = result(&alice, mine, "ListTasks", json!({})).await;
    assert_eq!(one["tasks"][0]["id"], task["id"]);
    let answered = result(&alice, mine, "message/send", answer).await;
    assert_eq!(answered["status"]["state"], "completed");
}

#[tokio::test]
async fn nobody_is_asked_twice_who_they_are() {
    let server = guarded(FakeWorker::new()).await;
    let alice = server.user("alice");
    let before = server.worker.requests("auth").len();
    result(&alice, "agent", "message/send", says(text("hi"))).await;
    let asked = server.worker.requests("auth").split_off(before);
    let authenticated = asked
        .iter()
        .filter(|request| request["authenticate"] == true);
    assert_eq!(authenticated.count(), 1);
    assert!(
        asked
            .iter()
            .skip(1)
            .all(|request| request["user"]["identity"] == "alice")
    );
    // The run is hers.
    let runs = server.worker.requests("run");
    assert_eq!(runs[0]["user"]["identity"], "alice");
}
