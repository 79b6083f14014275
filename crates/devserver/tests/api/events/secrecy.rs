//! Who may watch: nobody sees anything of a thread that the project's auth handlers hide.

use lgx_testkit::{Client, FakeWorker, TestProject, TestServer};
use lgx_worker::RemoteError;
use serde_json::{Value, json};

use super::{command, next, start, watch};
use crate::steps::{NOBODY, get, join, text, thread};

/// A server where every thread belongs to the user who made it.
async fn server() -> TestServer {
    let worker = FakeWorker::builder()
        .auth(|request| {
            let headers = request["request"]["headers"].as_array().cloned();
            let token = headers
                .into_iter()
                .flatten()
                .find(|header| header[0] == "authorization");
            let token = token.and_then(|header| header[1].as_str().map(str::to_owned));
            let Some(name) = token.and_then(|token| token.strip_prefix("Bearer ").map(str::to_owned))
            else {
                return Err(RemoteError {
                    kind: "HTTPException".to_owned(),
                    message: "Unauthorized".to_owned(),
                    status: Some(401),
                    headers: None,
                    diagnostic: None,
                });
            };
            let checks: Vec<Value> = request["checks"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|check| {
                    let mut value = check["value"].clone();
                    if value["metadata"].is_null() {
                        value["metadata"] = json!({});
                    }
                    value["metadata"]["owner"] = json!(name);
                    json!({"filter": {"owner": name}, "value": value})
                })
                .collect();
            let user = json!({"identity": name, "display_name": name, "is_authenticated": true, "permissions": []});
            Ok(json!({"user": user, "checks": checks}))
        })
        .build();
    TestServer::over(TestProject::with(
        json!({"auth": {"path": "./auth.py:auth"}}),
    ))
    .worker(worker)
    .start()
    .await
}

/// Runs something on the thread, and then on a thread of the watcher's own, so that what is heard first tells what was hidden.
async fn run(client: &Client, thread: &str) -> String {
    let run = start(client, thread, "multi", json!({"log": ["secret"]})).await;
    join(client, thread, &run).await;
    run
}

#[tokio::test]
async fn nobody_watches_without_a_token() {
    let server = server().await;
    let events = format!("/threads/{NOBODY}/stream/events");
    server
        .get(format!("/threads/{NOBODY}/stream"))
        .await
        .refused(401);
    let channels = json!({"channels": ["values"]});
    server.post(&*events, &channels).await.refused(401);
    server.post(&*events, &json!({})).await.refused(401);
    let tree = json!({"id": 1, "method": "agent.getTree"});
    let commands = format!("/threads/{NOBODY}/commands");
    server.post(commands, &tree).await.refused(401);
    assert_eq!(server.refused_socket(&events).await, 401);
}

#[tokio::test]
async fn a_thread_of_somebody_else_stays_silent() {
    let server = server().await;
    let (alice, mallory) = (server.user("alice"), server.user("mallory"));
    let id = thread(&alice).await;
    run(&alice, &id).await;
    let all = json!({"channels": ["values", "lifecycle"]});

    let mut socket = mallory
        .socket(&format!("/threads/{id}/stream/events"))
        .await;
    let subscribe = json!({"id": 1, "method": "subscription.subscribe", "params": all});
    let (answer, replayed) = socket.command(&subscribe).await;
    assert!(replayed.is_empty());
    assert_eq!(answer["result"]["replayed_events"], 0);

    let last = run(&alice, &id).await;
    let mut own = watch(&alice, &id, json!({"channels": ["lifecycle"], "since": 6})).await;
    let end = next(&mut own, 2).await.pop().unwrap();
    assert_eq!(end.data["event_id"], format!("synth:{last}:lc||completed"));
    // Who may see it hears that it is gone.
    alice.delete(format!("/threads/{id}")).await.empty(204);
    while own.next().await.is_some() {}
    let tree = json!({"id": 2, "method": "agent.getTree"});
    let (answer, told) = socket.command(&tree).await;
    assert_eq!(answer["error"], "no_such_run");
    assert!(told.is_empty(), "{told:?}");
}

#[tokio::test]
async fn a_thread_that_is_made_later_is_shown_to_whom_it_belongs() {
    let server = server().await;
    let (alice, mallory) = (server.user("alice"), server.user("mallory"));
    let all = json!({"channels": ["values", "lifecycle"]});
    let mut hers = watch(&alice, NOBODY, all.clone()).await;
    let mut socket = mallory
        .socket(&format!("/threads/{NOBODY}/stream/events"))
        .await;
    let subscribe = json!({"id": 1, "method": "subscription.subscribe", "params": all});
    socket.command(&subscribe).await;
    run(&alice, NOBODY).await;
    assert_eq!(get(&alice, NOBODY).await["metadata"]["owner"], "alice");
    assert_eq!(next(&mut hers, 6).await.len(), 6);
    let tree = json!({"id": 2, "method": "agent.getTree"});
    let (answer, told) = socket.command(&tree).await;
    assert_eq!(answer["error"], "no_such_run");
    assert!(told.is_empty(), "{told:?}");
}

#[tokio::test]
async fn a_thread_of_somebody_else_takes_no_commands() {
    let server = server().await;
    let (alice, mallory) = (server.user("alice"), server.user("mallory"));
    let id = thread(&alice).await;
    let asking = start(&alice, &id, "hitl", json!({"question": "q"})).await;
    join(&alice, &id, &asking).await;
    let interrupts = get(&alice, &id).await["interrupts"].clone();
    let (_, asked) = interrupts.as_object().unwrap().iter().next().unwrap();
    let response = json!({"interrupt_id": asked[0]["id"], "response": "mine"});
    let input = json!({"assistant_id": "hitl", "input": "mine"});
    let refusal = command(&mallory, &id, "input.respond", response).await;
    assert_eq!(refusal["error"], "no_such_interrupt");
    let refusal = command(&mallory, &id, "run.start", input).await;
    assert_eq!(refusal["error"], "unknown_error");
    assert!(text(&refusal, "message").starts_with("404: "), "{refusal}");
    let runs = alice.get(format!("/threads/{id}/runs")).await.ok();
    assert_eq!(runs.as_array().unwrap().len(), 1);
}
