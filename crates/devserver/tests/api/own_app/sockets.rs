//! `WebSockets` of the app.

use http::StatusCode;
use lgx_testkit::fake_worker::http_exception;
use lgx_testkit::{FakeWorker, TestServer};
use serde_json::json;

use super::serve;

const FAILED: u16 = 1011;
const RESTARTS: u16 = 1012;

/// A server with an app and auth.
async fn guarded(worker: FakeWorker) -> TestServer {
    let project = super::project(json!({"auth": {"path": "./auth.py:auth"}}));
    TestServer::over(project).worker(worker).start().await
}

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
async fn the_server_s_own_is_seen_by_middleware_and_there_is_no_other() {
    let server = super::wrapped().await;
    let id = crate::steps::thread(&server).await;
    let events = format!("/threads/{id}/stream/events");
    let socket = server.socket(&events).await;
    assert_eq!(server.worker.asked("websocket").len(), 1);
    assert_eq!(socket.close(4000).await, Some(4000));

    let kept_out = (*server).clone().with("x-kept-out", "1");
    let refused = kept_out.refused_socket(&events).await;
    assert_eq!(refused, StatusCode::FORBIDDEN);
    assert_eq!(server.worker.asked("websocket").len(), 2);
    for nothing in [&format!("/threads/{id}/stream"), "/nowhere"] {
        let refused = server.refused_socket(nothing).await;
        assert_eq!(refused, StatusCode::NOT_FOUND, "{nothing}");
    }
    assert_eq!(server.worker.asked("websocket").len(), 4);
}

#[tokio::test]
async fn without_middleware_the_messages_of_the_server_s_own_stay_out_of_python() {
    let server = serve().await;
    let id = crate::steps::thread(&server).await;
    let _events = server.socket(&format!("/threads/{id}/stream/events")).await;
    assert_eq!(server.worker.asked("websocket").len(), 0);
}

#[tokio::test]
async fn behind_middleware_the_server_s_own_is_refused_as_without_it() {
    let worker = FakeWorker::builder().wraps().auth(|request| {
        let headers = request["request"]["headers"].to_string();
        if headers.contains("mallory") {
            return Err(http_exception(403, "not for you"));
        }
        if !headers.contains("alice") {
            return Err(http_exception(401, "who are you?"));
        }
        Ok(json!({"user": {"identity": "alice"}, "checks": [{"filter": null, "value": {}}]}))
    });
    let server = guarded(worker.build()).await;
    let alice = server.user("alice");
    let id = crate::steps::thread(&alice).await;
    let events = format!("/threads/{id}/stream/events");
    for (client, path, status) in [
        (&*server, &events, StatusCode::UNAUTHORIZED),
        (&server.user("mallory"), &events, StatusCode::FORBIDDEN),
        (
            &alice,
            &"/threads/7/stream/events".to_owned(),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ] {
        assert_eq!(client.refused_socket(path).await, status, "{path}");
    }
    alice.socket(&events).await;
}

#[tokio::test]
async fn whoever_middleware_has_let_in_is_asked_again_only_for_commands() {
    let server = guarded(FakeWorker::builder().wraps().owners().build()).await;
    let alice = server.user("alice").with("x-asked", "1");
    let events = format!(
        "/threads/{}/stream/events",
        crate::steps::thread(&alice).await
    );
    let asked = || {
        let requests = server.worker.requests("auth").into_iter();
        let of_socket = requests.filter(|asked| asked["request"]["path"] == *events);
        let authenticated = of_socket.filter(|asked| asked["authenticate"] == true);
        authenticated.count()
    };
    let mut socket = alice.socket(&events).await;
    assert_eq!(asked(), 1);
    let start =
        json!({"id": 1, "method": "run.start", "params": {"assistant_id": "agent", "input": {}}});
    let (answer, _) = socket.command(&start).await;
    assert!(answer["result"]["run_id"].is_string(), "{answer}");
    assert_eq!(asked(), 2);
}

#[tokio::test]
async fn clients_of_the_server_s_own_come_back_when_a_process_ends() {
    let server = super::wrapped().await;
    let id = crate::steps::thread(&server).await;
    let events = format!("/threads/{id}/stream/events");
    let mut socket = server.socket(&events).await;
    socket.send("die").await;
    assert_eq!(socket.next().await, Err(RESTARTS));
    let mut again = server.socket(&events).await;
    let command = json!({"id": 1, "method": "agent.getTree", "params": {}});
    assert_eq!(again.command(&command).await.0["error"], "no_such_run");
}

#[tokio::test]
async fn the_server_s_own_ends_with_its_thread() {
    let server = super::wrapped().await;
    let id = crate::steps::thread(&server).await;
    let mut socket = server.socket(&format!("/threads/{id}/stream/events")).await;
    let params = json!({"channels": ["values"]});
    let subscribe = json!({"id": 1, "method": "subscription.subscribe", "params": params});
    socket.command(&subscribe).await;
    server.delete(format!("/threads/{id}")).await.empty(204);
    assert_eq!(socket.next().await, Err(1000));
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
