//! `WebSockets` of the event protocol that are opened at a server which is not the home of the thread.

use lgx_testkit::socket::Socket;
use serde_json::{Value, json};

use super::pair;
use crate::bodies::multi;

fn command(id: u64, method: &str, params: &Value) -> Value {
    json!({"id": id, "method": method, "params": params})
}

async fn values_of_a_run(socket: &mut Socket) -> Vec<Value> {
    let channels = json!({"channels": ["values", "lifecycle"]});
    socket
        .command(&command(1, "subscription.subscribe", &channels))
        .await;
    let (answer, _) = socket.command(&command(2, "run.start", &multi("ws"))).await;
    assert_eq!(answer["type"], "success", "{answer}");
    let mut events = Vec::new();
    loop {
        let event = socket.next().await.unwrap();
        let is_over = event["params"]["data"]["event"] == "completed";
        events.push(event);
        if is_over {
            return events;
        }
    }
}

#[tokio::test]
async fn commands_go_to_the_home_and_its_events_come_back() {
    let Some(pair) = pair(None).await else { return };
    let id = pair.thread().await;
    let path = format!("/threads/{id}/stream/events");
    let mut socket = pair.other.socket(&path).await;
    let events = values_of_a_run(&mut socket).await;
    assert!(events.iter().any(|event| event["method"] == "values"));
    assert_eq!(pair.home.worker.slow().arrivals(), 2);
    assert_eq!(pair.other.worker.slow().arrivals(), 0);
    assert_eq!(socket.close(1000).await, Some(1000));
}

#[tokio::test]
async fn a_socket_is_told_that_the_home_stops() {
    let Some(pair) = pair(None).await else { return };
    let id = pair.thread().await;
    let path = format!("/threads/{id}/stream/events");
    let mut socket = pair.other.socket(&path).await;
    let channels = json!({"channels": ["values"]});
    socket
        .command(&command(1, "subscription.subscribe", &channels))
        .await;
    pair.home.stop().await;
    assert_eq!(socket.next().await, Err(1012), "clients connect again");
}

#[tokio::test]
async fn a_socket_that_the_home_refuses_is_refused() {
    let Some(pair) = pair(None).await else { return };
    let id = pair.thread().await;
    let path = format!("/threads/{id}/stream/events");
    // Without the header of a handshake it is no WebSocket.
    let here = pair.other.get(&*path).await;
    let there = pair.home.get(&*path).await;
    assert_eq!((here.status, here.text()), (there.status, there.text()));
}
