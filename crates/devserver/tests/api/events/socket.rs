//! The event protocol over a WebSocket.

use lgx_testkit::TestServer;
use lgx_testkit::socket::Socket;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bodies::multi;
use crate::steps::{NOBODY, text, thread};

/// A server whose clients reach the WebSocket directly, and one where its messages go through the middleware of the project's app.
async fn either() -> [TestServer; 2] {
    [TestServer::start().await, crate::own_app::wrapped().await]
}

async fn open(server: &TestServer, thread: &str) -> Socket {
    server
        .socket(&format!("/threads/{thread}/stream/events"))
        .await
}

fn command(id: u64, method: &str, params: Value) -> Value {
    let mut command = json!({"id": id, "method": method});
    command["params"] = params;
    command
}

fn seqs(events: &[Value]) -> Vec<u64> {
    events
        .iter()
        .map(|event| event["seq"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn commands_go_in_and_answers_and_events_come_out() {
    for server in either().await {
        let id = thread(&server).await;
        let mut socket = open(&server, &id).await;
        for (text, message) in [
            (
                r#"{"channels":["values"]}"#,
                "Protocol commands must include an integer id and string method.",
            ),
            ("nope", "Protocol commands must be valid JSON."),
        ] {
            socket.send(text).await;
            assert_eq!(
                socket.next().await.unwrap(),
                json!({"type": "error", "id": null, "error": "invalid_argument", "message": message})
            );
        }
        let tree = command(2, "agent.getTree", json!({}));
        assert_eq!(socket.command(&tree).await.0["error"], "no_such_run");

        let channels = json!({"channels": ["values", "lifecycle", "input"]});
        let subscribe = command(3, "subscription.subscribe", channels);
        let (answer, before) = socket.command(&subscribe).await;
        assert!(before.is_empty());
        assert_eq!(answer["result"]["replayed_events"], 0);
        assert_eq!(answer["meta"], json!({"applied_through_seq": 0}));

        let start = command(4, "run.start", multi("ws"));
        let (answer, before) = socket.command(&start).await;
        assert!(before.is_empty(), "a run is answered before it is told of");
        let run = text(&answer["result"], "run_id");
        let mut events = Vec::new();
        for _ in 0..6 {
            events.push(socket.next().await.unwrap());
        }
        assert_eq!(seqs(&events), [1, 2, 3, 4, 5, 6]);
        assert_eq!(events[0]["event_id"], format!("synth:{run}:lc||running"));
        assert_eq!(
            events[4]["params"]["data"],
            json!({"log": ["ws", "a", "slow", "b"]})
        );

        let again = command(
            5,
            "subscription.subscribe",
            json!({"channels": ["lifecycle"], "since": 3}),
        );
        let (answer, replayed) = socket.command(&again).await;
        assert_eq!(seqs(&replayed), [1, 6]);
        assert_eq!(answer["result"]["replayed_events"], 2);
        assert_eq!(answer["meta"], json!({"applied_through_seq": 6}));

        for (method, params, error) in [
            (
                "subscription.unsubscribe",
                json!({"subscription_id": "nope"}),
                "no_such_subscription",
            ),
            (
                "subscription.subscribe",
                json!({"channels": []}),
                "invalid_argument",
            ),
            (
                "subscription.reconnect",
                json!({"run_id": "x"}),
                "invalid_argument",
            ),
            ("foo.bar", json!({}), "unknown_command"),
        ] {
            let (answer, _) = socket.command(&command(6, method, params)).await;
            assert_eq!(answer["error"], error, "{answer}");
            assert_eq!(answer["meta"], json!({"applied_through_seq": 6}));
        }
        let (answer, _) = socket.command(&tree).await;
        assert_eq!(
            answer["result"],
            json!({"tree": {"namespace": [], "status": "completed", "graph_name": "multi"}})
        );
    }
}

#[tokio::test]
async fn what_happened_before_the_subscription_is_replayed_and_an_event_comes_once() {
    for server in either().await {
        let id = thread(&server).await;
        let mut socket = open(&server, &id).await;
        let start = command(
            1,
            "run.start",
            json!({"assistant_id": "hitl", "input": {"question": "q"}}),
        );
        socket.command(&start).await;
        let values = command(
            2,
            "subscription.subscribe",
            json!({"channels": ["values", "input"]}),
        );
        let (answer, mut events) = socket.command(&values).await;
        let subscription = text(&answer["result"], "subscription_id");
        while events.len() < 3 {
            events.push(socket.next().await.unwrap());
        }
        assert_eq!(seqs(&events), [2, 3, 5]);
        let inputs = command(3, "subscription.subscribe", json!({"channels": ["input"]}));
        let (_, replayed) = socket.command(&inputs).await;
        assert_eq!(seqs(&replayed), [3]);

        let unsubscribe = command(
            4,
            "subscription.unsubscribe",
            json!({"subscription_id": subscription}),
        );
        assert_eq!(socket.command(&unsubscribe).await.0["result"], json!({}));
        let interrupt = &events[1]["params"]["data"]["interrupt_id"];
        let respond = json!({"interrupt_id": interrupt, "response": "a"});
        let (answer, _) = socket.command(&command(5, "input.respond", respond)).await;
        assert_eq!(answer["result"], json!({}), "{answer}");
        let ask = command(
            6,
            "run.start",
            json!({"assistant_id": "hitl", "input": {"question": "next"}}),
        );
        socket.command(&ask).await;
        // Only the second subscription is left, and both runs before were silent for it.
        assert_eq!(socket.next().await.unwrap()["method"], "input.requested");
    }
}

#[tokio::test]
async fn it_is_closed_when_the_server_stops() {
    for server in either().await {
        let mut socket = open(&server, NOBODY).await;
        let values = command(1, "subscription.subscribe", json!({"channels": ["values"]}));
        socket.command(&values).await;
        server.stop().await;
        assert_eq!(socket.next().await, Err(1012));
    }
}

#[tokio::test]
async fn a_message_may_be_as_large_as_a_body_also_in_one_frame() {
    for server in either().await {
        let id = thread(&server).await;
        let mut socket = open(&server, &id).await;
        socket.send("x".repeat(17 * 1024 * 1024)).await;
        assert_eq!(socket.next().await.unwrap()["error"], "invalid_argument");
    }
}

#[tokio::test]
async fn a_message_that_is_too_large_is_told_the_limit_before_it_has_come() {
    for server in either().await {
        let id = thread(&server).await;
        let mut stream = TcpStream::connect(server.running().address())
            .await
            .unwrap();
        let head = format!(
            "GET /threads/{id}/stream/events HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // The head of a text that is one byte over the limit.
        let mut frame = vec![0x81, 0xff];
        frame.extend((48 * 1024 * 1024 + 1_u64).to_be_bytes());
        frame.extend([1, 2, 3, 4]);
        stream.write_all(&frame).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
        assert!(
            answer
                .ends_with("\u{3}\u{fffd}a message is larger than 48 MiB, the most that is taken"),
            "{answer:?}"
        );
    }
}
