//! What the person at the terminal is told of runs, refusals and auth.

use lgx_devserver::Notice;
use lgx_testkit::fake_worker::http_exception;
use lgx_testkit::server::Listener;
use lgx_testkit::{FakeWorker, TestProject, TestServer};
use serde_json::{Value, json};

use crate::steps::{thread, wait};

async fn ended(listener: &mut Listener) -> (String, &'static str) {
    listener
        .hear("the end of a run", |notice| match notice {
            Notice::RunEnded {
                graph_id, status, ..
            } => Some((graph_id.clone(), *status)),
            _ => None,
        })
        .await
}

fn auth() -> Value {
    json!({"auth": {"path": "./auth.py:auth"}})
}

#[tokio::test]
async fn each_run_is_told_with_its_graph_and_how_it_ended() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let mut listener = server.listen();
    let custom = json!({"assistant_id": "custom", "input": {"count": 1}});
    wait(&server, &id, custom).await;
    assert_eq!(ended(&mut listener).await, ("custom".to_owned(), "success"));
    let asking = json!({"assistant_id": "hitl", "input": {"question": "name?"}});
    wait(&server, &id, asking).await;
    assert_eq!(ended(&mut listener).await, ("hitl".to_owned(), "paused"));
}

#[tokio::test]
async fn a_run_that_failed_in_the_projects_code_is_told_once() {
    let server = TestServer::start().await;
    let id = thread(&server).await;
    let mut listener = server.listen();
    let boom = json!({"assistant_id": "boom", "input": {"log": ["in"]}});
    server
        .post(format!("/threads/{id}/runs/wait"), &boom)
        .await
        .ok();
    let heard = listener.rest();
    let failed = |notice: &&Notice| matches!(notice, Notice::RunFailed { .. });
    assert_eq!(heard.iter().filter(failed).count(), 1, "{heard:?}");
    let ended = |notice: &Notice| matches!(notice, Notice::RunEnded { .. });
    assert!(!heard.iter().any(ended), "{heard:?}");
}

#[tokio::test]
async fn a_refused_request_is_told_with_the_reason() {
    let server = TestServer::over(TestProject::with(auth()))
        .worker(FakeWorker::new())
        .start()
        .await;
    let mut listener = server.listen();
    server.get("/threads/x").await.refused(401);
    let told = listener
        .hear("the refusal", |notice| match notice {
            Notice::Request { status, detail, .. } => Some((*status, detail.clone())),
            _ => None,
        })
        .await;
    assert_eq!(told, (401, Some("Unauthorized".to_owned())));
}

#[tokio::test]
async fn trouble_that_an_auth_handler_tells_of_is_told_too() {
    const DOWN: &str = "the identity provider does not answer";
    let worker = FakeWorker::builder().auth(|_| Err(http_exception(503, DOWN)));
    let server = TestServer::over(TestProject::with(auth()))
        .worker(worker.build())
        .start()
        .await;
    let mut listener = server.listen();
    server.get("/threads/x").await.refused(503);
    let told = listener
        .hear("the trouble", |notice| match notice {
            Notice::Request { status, detail, .. } => Some((*status, detail.clone())),
            _ => None,
        })
        .await;
    assert_eq!(told, (503, Some(DOWN.to_owned())));
}

#[tokio::test]
async fn a_request_is_told_with_the_headers_that_the_project_names_and_no_credentials() {
    let named =
        json!({"http": {"logging_headers": {"includes": ["*"], "excludes": ["x-out", "host"]}}});
    let server = TestServer::over(TestProject::with(named)).start().await;
    let mut listener = server.listen();
    let request = server.get("/info").header("x-region", "eu");
    let secret = ["authorization", "cookie", "x-api-key", "x-session-token"];
    let request = secret
        .iter()
        .fold(request, |request, name| request.header(name, "s3cret"));
    let answer = request.header("x-out", "o").await;
    answer.ok();
    let headers = listener
        .hear("the request", |notice| match notice {
            Notice::Request { headers, .. } => Some(headers.clone()),
            _ => None,
        })
        .await;
    let id = answer.header("x-request-id").unwrap();
    let has = |name: &str, value: &str| headers.contains(&(name.to_owned(), value.to_owned()));
    assert!(
        has("x-region", "eu") && has("x-request-id", id),
        "{headers:?}"
    );
    let shown = format!("{headers:?}");
    assert!(
        !shown.contains("s3cret") && !shown.contains("x-out"),
        "{shown}"
    );
}

#[tokio::test]
async fn what_no_project_code_refused_is_not_told_as_a_refusal() {
    let server = TestServer::start().await;
    let mut listener = server.listen();
    let page = server
        .post("/threads", &json!({}))
        .from_foreign_page("https://evil.example")
        .await;
    page.refused(403);
    let told = listener
        .hear("the request", |notice| match notice {
            Notice::Request { status, detail, .. } => Some((*status, detail.clone())),
            _ => None,
        })
        .await;
    assert_eq!(told, (403, None), "there is a notice of its own");
}

#[tokio::test]
async fn auth_that_comes_and_goes_is_told() {
    let server = TestServer::over(TestProject::new())
        .worker(FakeWorker::new())
        .reloading()
        .start()
        .await;
    assert_eq!(server.running().auth(), None);
    let mut listener = server.listen();
    for (configuration, named) in [(auth(), Some("auth.py:auth".to_owned())), (json!({}), None)] {
        server.project.configure(configuration);
        let told = listener
            .hear("the auth", |notice| match notice {
                Notice::AuthChanged { auth } => Some(auth.clone()),
                _ => None,
            })
            .await;
        assert_eq!(told, named);
        assert_eq!(server.running().auth(), named);
    }
}
