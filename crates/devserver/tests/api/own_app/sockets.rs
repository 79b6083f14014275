//! `WebSockets` of the app.

use http::StatusCode;
use serde_json::json;

use super::serve;

const FAILED: u16 = 1011;

#[tokio::test]
async fn messages_go_both_ways() {
    let server = serve().await;
    let mut socket = server.socket("/app/echo").await;
    for text in ["1", "{\"a\": \"b\"}"] {
        socket.send(text).await;
        let back = socket.next().await.unwrap();
        assert_eq!(
            back,
            serde_json::from_str::<serde_json::Value>(text).unwrap()
        );
    }
}

#[tokio::test]
async fn a_client_that_closes_is_answered_with_its_own_code_by_the_app_s_and_by_the_server_s() {
    let server = serve().await;
    let id = crate::steps::thread(&server).await;
    for path in ["/app/echo", &format!("/threads/{id}/stream/events")] {
        let socket = server.socket(path).await;
        assert_eq!(socket.close(4000).await, Some(4000), "{path}");
    }
}

#[tokio::test]
async fn the_servers_own_passes_by_the_middleware_and_no_other_does() {
    let server = super::wrapped().await;
    let id = crate::steps::thread(&server).await;
    let _events = server.socket(&format!("/threads/{id}/stream/events")).await;
    assert_eq!(server.worker.asked("websocket").len(), 0);
    let refused = server
        .refused_socket(&format!("/threads/{id}/stream"))
        .await;
    assert_eq!(refused, StatusCode::NOT_FOUND);
    assert_eq!(server.worker.asked("websocket").len(), 1);
}

#[tokio::test]
async fn a_process_that_ends_closes_them_as_a_failure() {
    let server = serve().await;
    server.worker.answering().close();
    let mut socket = server.socket("/app/dies").await;
    server.worker.answering().open();
    assert_eq!(socket.next().await, Err(FAILED));
}

#[tokio::test]
async fn the_app_may_refuse_them_and_a_page_that_is_not_allowed_does_not_get_there() {
    let server = serve().await;
    let refused = server.refused_socket("/app/refuses").await;
    assert_eq!(refused, StatusCode::FORBIDDEN);
    let refused = server.refused_socket("/app/nothing").await;
    assert_eq!(refused, StatusCode::NOT_FOUND);
    assert_eq!(server.worker.asked("websocket").len(), 2);
    let page = server.from("https://evil.example");
    let refused = page.refused_socket("/app/echo").await;
    assert_eq!(refused, StatusCode::FORBIDDEN);
    assert_eq!(server.worker.asked("websocket").len(), 2);
    let load = json!({"app": "hello"});
    assert_eq!(server.get("/app/hello").await.ok(), load);
}
