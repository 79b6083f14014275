//! Studio, which needs no token on this machine.

use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::json;

use super::guarded;
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
