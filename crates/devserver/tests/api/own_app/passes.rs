//! What the app asks the server while it answers a request is asked by whoever sent that, and by nobody once it is over.

use lgx_testkit::{Client, FakeWorker, TestServer};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::project;
use crate::steps::thread;

const AUTH: &str = "./auth.py:auth";

/// A server with auth whose app waits at its gate.
async fn guarded(http: Value) -> TestServer {
    let mut config = json!({"auth": {"path": AUTH}, "http": {"app": "./app.py:app"}});
    if let (Some(keys), Value::Object(http)) = (config["http"].as_object_mut(), http) {
        keys.extend(http);
    }
    let worker = FakeWorker::builder().owners().build();
    let server = TestServer::over(project(config))
        .worker(worker)
        .start()
        .await;
    server.worker.answering().close();
    server
}

/// A request of this client that the app answers once the gate is opened.
async fn answering(server: &TestServer, client: &Client, arrivals: usize) -> JoinHandle<Value> {
    let request = client.get("/app/asks").into_future();
    let request = tokio::spawn(async move { request.await.ok() });
    server.worker.answering().arrived(arrivals).await;
    request
}

/// The pass of the request that came last, as the worker was told.
fn pass(server: &TestServer) -> String {
    let asked = server.worker.requests("http").pop().unwrap();
    asked["pass"].as_str().unwrap().to_owned()
}

/// The app, as a client that has this pass.
fn app_with(server: &TestServer, pass: &str) -> Client {
    (**server).clone().with("x-lgx-request", pass)
}

/// The paths of the requests whose senders were to be found out.
fn authenticated(server: &TestServer) -> Vec<String> {
    let asked = server.worker.requests("auth").into_iter();
    asked
        .filter(|asked| asked["authenticate"] == true)
        .map(|asked| asked["request"]["path"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_app_asks_as_whoever_sent_the_request_and_the_gate_is_asked_once() {
    let server = guarded(json!({})).await;
    let alice = server.user("alice");
    let request = answering(&server, &alice, 1).await;
    assert!(
        authenticated(&server).is_empty(),
        "nobody needs to know yet"
    );
    let app = app_with(&server, &pass(&server));
    let id = thread(&app).await;
    assert_eq!(authenticated(&server), ["/app/asks"]);
    let decided = server.worker.requests("auth").pop().unwrap();
    assert_eq!(decided["user"]["identity"], "alice");
    assert_eq!(decided["checks"][0]["action"], "create", "handlers decide");
    assert!(!decided["request"]["headers"].to_string().contains("x-lgx"));
    app.get(format!("/threads/{id}")).await.ok();
    assert_eq!(authenticated(&server), ["/app/asks"]);
    alice.get(format!("/threads/{id}")).await.ok();
    let bob = server.user("bob");
    bob.get(format!("/threads/{id}")).await.refused(404);

    server.worker.answering().open();
    request.await.unwrap();
    app.get(format!("/threads/{id}")).await.refused(401);
}

#[tokio::test]
async fn requests_of_two_users_do_not_get_mixed_up() {
    let server = guarded(json!({})).await;
    let mut apps = Vec::new();
    let mut requests = Vec::new();
    for (number, name) in ["alice", "bob"].into_iter().enumerate() {
        requests.push(answering(&server, &server.user(name), number + 1).await);
        apps.push(app_with(&server, &pass(&server)));
    }
    for app in &apps {
        thread(app).await;
        assert_eq!(app.post("/threads/count", &json!({})).await.ok(), 1);
    }
}

#[tokio::test]
async fn a_request_without_credentials_is_refused_as_the_gate_refuses_it() {
    let server = guarded(json!({})).await;
    let request = answering(&server, &server, 1).await;
    let app = app_with(&server, &pass(&server));
    let refused = app.post("/threads", &json!({})).await;
    assert_eq!(refused.refused(401), "Unauthorized");
    app.get("/info").await.ok();
    server.worker.answering().open();
    request.await.unwrap();
}

#[tokio::test]
async fn whoever_was_let_in_on_the_way_is_not_asked_again() {
    let server = guarded(json!({"enable_custom_route_auth": true})).await;
    let alice = server.user("alice");
    server.worker.answering().open();
    assert_eq!(
        alice.get("/app/who").await.ok()["user"]["identity"],
        "alice"
    );
    assert_eq!(authenticated(&server), ["/app/who"]);
}

#[tokio::test]
async fn the_app_may_ask_itself_on_behalf_of_the_same_user() {
    let server = guarded(json!({})).await;
    let _outer = answering(&server, &server.user("alice"), 1).await;
    let app = app_with(&server, &pass(&server));
    assert_eq!(app.get("/app/who").await.ok()["user"]["identity"], "alice");
    let _inner = answering(&server, &app, 2).await;
    let inner = app_with(&server, &pass(&server));
    thread(&inner).await;
    let decided = server.worker.requests("auth").pop().unwrap();
    assert_eq!(decided["user"]["identity"], "alice");
    assert_eq!(authenticated(&server), ["/app/asks"]);
}

#[tokio::test]
async fn a_pass_cannot_be_guessed_and_reaches_nobody() {
    let server = guarded(json!({})).await;
    let _request = answering(&server, &server.user("alice"), 1).await;
    let right = pass(&server);
    let (number, secret) = right.split_once(' ').unwrap();
    let next = number.parse::<u64>().unwrap() + 1;
    for wrong in [
        number,
        &format!("{number} "),
        &format!("{number} guess"),
        &format!("{right}0"),
        &right[..right.len() - 1],
        &format!("{next} {secret}"),
        &format!("-{right}"),
        secret,
        "",
    ] {
        let guess = server
            .post("/threads", &json!({}))
            .header("x-lgx-request", wrong);
        guess.await.refused(401);
        // Nor is it the pass of a run.
        let guess = server
            .post("/threads", &json!({}))
            .header("x-lgx-run", wrong);
        guess.await.refused(401);
    }
    // Neither the app nor a handler sees one, a right one or a wrong one.
    for header in ["x-lgx-request", "x-lgx-run"] {
        for value in [&*right, "7 guess"] {
            server.get("/app/hello").header(header, value).await.ok();
            let seen = server.worker.requests("http").pop().unwrap();
            assert!(!seen["request"].to_string().contains("x-lgx"), "{seen}");
        }
    }
}

#[tokio::test]
async fn without_auth_there_is_no_pass_and_everybody_may_ask() {
    let server = super::serve().await;
    server.get("/app/hello").await.ok();
    let asked = server.worker.requests("http").pop().unwrap();
    assert_eq!(asked["pass"], Value::Null);
    thread(&app_with(&server, "1 guess")).await;
}

#[tokio::test]
async fn a_socket_asks_as_whoever_opened_it() {
    let server = guarded(json!({})).await;
    let _socket = server.user("alice").socket("/app/echo").await;
    let asked = server.worker.requests("websocket").pop().unwrap();
    let app = app_with(&server, asked["pass"].as_str().unwrap());
    thread(&app).await;
    let decided = server.worker.requests("auth").pop().unwrap();
    assert_eq!(decided["user"]["identity"], "alice");
}
