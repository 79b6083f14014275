//! How answers of the app come, and what becomes of them when the app, its process or its client does not go on.

use lgx_devserver::Notice;
use lgx_testkit::TestServer;
use serde_json::json;

use super::serve;

#[tokio::test]
async fn a_body_reaches_the_app_in_one_piece_or_in_many() {
    let server = serve().await;
    for size in [0, 5, 70_000, 3_000_000] {
        let body = "x".repeat(size);
        let request = server.request("POST", "/app/echo").body(body.clone());
        assert_eq!(request.await.ok(), json!({"app": body}), "{size}");
    }
    let forms: Vec<_> = server.worker.requests("http");
    let forms: Vec<_> = forms.iter().map(|asked| &asked["body"]).collect();
    assert_eq!(forms, ["whole", "whole", "streamed", "streamed"]);
}

#[tokio::test]
async fn pieces_arrive_as_they_are_sent() {
    let server = serve().await;
    server.worker.answering().close();
    let mut answer = server.get("/app/streams").open().await;
    assert_eq!(answer.piece().await.unwrap().unwrap(), "first ");
    server.worker.answering().open();
    assert_eq!(answer.piece().await.unwrap().unwrap(), "second");
    assert!(answer.piece().await.is_none());
}

/// The answer begins, and its client sees that it does not come to its end.
async fn breaks_off(server: &TestServer, path: &str) {
    server.worker.answering().close();
    let mut answer = server.get(path).open().await;
    assert_eq!(answer.piece().await.unwrap().unwrap(), "first ", "{path}");
    server.worker.answering().open();
    assert!(answer.piece().await.unwrap().is_err(), "{path}");
}

#[tokio::test]
async fn a_part_is_never_taken_for_the_whole() {
    let server = serve().await;
    for path in ["/app/breaks-off", "/app/goes-astray", "/app/dies-within"] {
        breaks_off(&server, path).await;
    }
    assert_eq!(server.get("/app/hello").await.ok(), json!({"app": "hello"}));
}

#[tokio::test]
async fn a_request_that_the_app_has_seen_is_not_answered_twice() {
    let server = serve().await;
    let detail = server.get("/app/dies").await.refused(503);
    assert!(detail.contains("process"), "{detail}");
    assert_eq!(server.worker.asked("http").len(), 1);
}

#[tokio::test]
async fn a_request_that_the_app_has_not_seen_is_answered_by_the_next_process() {
    let project = super::project(json!({}));
    let server = TestServer::over(project).workers(1).start().await;
    let answer = server.get("/app/dies-unseen").await;
    assert_eq!(answer.refused(404), "Not Found");
    assert_eq!(server.worker.asked("http"), [1, 2]);
}

#[tokio::test]
async fn a_client_that_leaves_is_told_to_the_app() {
    let server = serve().await;
    server.worker.answering().close();
    let leaving = tokio::spawn(server.get("/app/waits").open());
    server.worker.answering().arrived(1).await;
    server.worker.answering().open();
    leaving.abort();
    server.worker.left().arrived(1).await;
}

#[tokio::test]
async fn a_crash_that_the_app_has_answered_itself_is_told_with_its_place() {
    let server = serve().await;
    let mut listener = server.listen();
    let detail = server.get("/app/crash-told").await.refused(500);
    assert_eq!(detail, "sorry");
    let place = listener
        .hear("the crash", |notice| match notice {
            Notice::RequestFailed {
                request,
                diagnostic,
            } => Some((request.clone(), diagnostic.message.clone(), diagnostic.line)),
            _ => None,
        })
        .await;
    let told = (
        "GET /app/crash-told".to_owned(),
        "the till is on fire".to_owned(),
        Some(7),
    );
    assert_eq!(place, told);
}

#[tokio::test]
async fn a_crash_is_an_answer_with_a_detail() {
    let server = serve().await;
    let detail = server.get("/app/crash").await.refused(500);
    assert_eq!(detail, "RuntimeError: the app is on fire");
}
