//! Studio, which needs no token on this machine.

use std::net::Ipv4Addr;

use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::json;

use crate::auth::{guarded, project};
use crate::bodies::echo;
use crate::steps::{thread, wait};

#[tokio::test]
async fn studio_on_this_machine_comes_in_by_its_header() {
    let server = guarded(FakeWorker::new()).await;
    let studio = (*server).clone().with("x-auth-scheme", "langsmith");
    let id = thread(&studio).await;
    let asked = server.worker.requests("auth").pop().unwrap();
    assert_eq!(
        (&asked["authenticate"], &asked["studio"]),
        (&json!(false), &json!(true)),
        "the authenticate handler is not asked, the others are"
    );
    assert_eq!(asked["checks"][0]["action"], "create");
    wait(&studio, &id, echo("hi")).await;
    let run = server.worker.requests("run").pop().unwrap();
    assert_eq!(run["user"]["identity"], "langgraph-studio-user");

    for scheme in ["LangSmith", "langsmith-api-key", "bearer", ""] {
        let other = (*server).clone().with("x-auth-scheme", scheme);
        other.get(format!("/threads/{id}")).await.refused(401);
    }
    let key = (*server).clone().with("x-api-key", "lsv2_key");
    key.get(format!("/threads/{id}")).await.refused(401);
}

#[tokio::test]
async fn studio_needs_a_token_too_when_the_project_says_so() {
    let auth = json!({"auth": {"path": "./auth.py:auth", "disable_studio_auth": true}});
    let server = TestServer::over(TestProject::with(auth)).start().await;
    let studio = (*server).clone().with("x-auth-scheme", "langsmith");
    studio.post("/threads", &json!({})).await.refused(401);
    let asked = server.worker.requests("auth").pop().unwrap();
    assert_eq!(
        (&asked["authenticate"], &asked["studio"]),
        (&json!(true), &json!(false))
    );
    thread(&studio.with("authorization", "Bearer alice")).await;
}

#[tokio::test]
async fn studio_is_let_in_only_by_requests_that_are_from_here() {
    let server = TestServer::over(project())
        .on(Ipv4Addr::UNSPECIFIED.into())
        .start()
        .await;
    let here = (*server)
        .clone()
        .with("host", "localhost")
        .with("x-auth-scheme", "langsmith");
    here.post("/threads", &json!({})).await.ok();
    let studio = here.post("/threads", &json!({}));
    studio.from_page("https://smith.langchain.com").await.ok();
    // A tunnel, a proxy, and an address that is not this machine's alone.
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.9"),
        ("forwarded", "for=203.0.113.9"),
        ("via", "1.1 tunnel"),
        ("x-real-ip", "127.0.0.1"),
        ("x-forwarded-for", "127.0.0.1"),
        ("cf-connecting-ip", "127.0.0.1"),
        ("host", "0.0.0.0"),
    ] {
        let passed_on = here.post("/threads", &json!({})).header(name, value);
        passed_on.await.refused(401);
    }
}
