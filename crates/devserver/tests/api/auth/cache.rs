//! `auth.cache`: whom the authenticate handler has let in is known for a while, and nobody is taken for somebody else.

use lgx_devserver::Notice;
use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use crate::steps::thread;

fn cached() -> Value {
    let cache = json!({"cache_keys": ["Authorization"], "ttl_seconds": 3600, "max_size": 10});
    json!({"auth": {"path": "./auth.py:auth", "cache": cache}})
}

/// How often the authenticate handler was asked, and how often any handler was.
fn asked(worker: &FakeWorker) -> (usize, usize) {
    let calls = worker.requests("auth");
    let authenticated = calls.iter().filter(|call| call["authenticate"] == true);
    (authenticated.count(), calls.len())
}

#[tokio::test]
async fn the_handler_is_asked_once_for_each_user_and_what_they_may_each_time() {
    let server = TestServer::over(TestProject::with(cached())).start().await;
    let (alice, bob) = (server.user("alice"), server.user("bob"));
    let id = thread(&alice).await;
    for _ in 0..3 {
        alice.get(format!("/threads/{id}")).await.ok();
    }
    assert_eq!(asked(&server.worker), (1, 4));
    let last = server.worker.requests("auth").pop().unwrap();
    assert_eq!(last["user"]["identity"], "alice");
    // Where there is nothing to check, nobody is asked at all.
    alice.get("/nope").await.refused(404);
    assert_eq!(asked(&server.worker), (1, 4));

    bob.get("/nope").await.refused(404);
    assert_eq!(asked(&server.worker), (2, 5));
    let run = json!({"assistant_id": "agent", "input": {"messages": []}});
    let run = bob.post("/runs", &run).await.ok();
    let user = &run["kwargs"]["config"]["configurable"]["langgraph_auth_user_id"];
    assert_eq!(user, "bob");
}

#[tokio::test]
async fn refusals_are_not_kept_and_requests_without_the_header_are_asked_about() {
    let server = TestServer::over(TestProject::with(cached())).start().await;
    for times in 1..3 {
        let refused = server.get("/nope").header("authorization", "Basic x");
        refused.await.refused(401);
        server.get("/nope").await.refused(401);
        assert_eq!(asked(&server.worker), (2 * times, 2 * times));
    }
    server.user("alice").get("/nope").await.refused(404);
    // Another credential beside the same one may mean somebody else.
    let with_cookie = server.user("alice");
    let with_cookie = with_cookie.get("/nope").header("cookie", "session=1");
    with_cookie.await.refused(404);
    assert_eq!(asked(&server.worker), (6, 6));
}

#[tokio::test]
async fn new_code_asks_anew() {
    let server = TestServer::over(TestProject::with(cached()))
        .reloading()
        .start()
        .await;
    let alice = server.user("alice");
    for _ in 0..2 {
        alice.get("/nope").await.refused(404);
    }
    assert_eq!(asked(&server.worker), (1, 1));
    let mut listener = server.listen();
    server.project.write("auth.py", "# Other rules.\n");
    let reloaded = |notice: &Notice| matches!(notice, Notice::Reloaded { .. }).then_some(());
    listener.hear("the reload", reloaded).await;
    alice.get("/nope").await.refused(404);
    assert_eq!(asked(&server.worker), (2, 2));
}

#[tokio::test]
async fn without_the_section_every_request_is_asked_about() {
    let auth = json!({"auth": {"path": "./auth.py:auth"}});
    let server = TestServer::over(TestProject::with(auth)).start().await;
    for _ in 0..2 {
        server.user("alice").get("/nope").await.refused(404);
    }
    assert_eq!(asked(&server.worker), (2, 2));
}
