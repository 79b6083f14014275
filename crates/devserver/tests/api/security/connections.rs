//! How many connections there may be: idle ones make room, and there is no more than what is in use.

use lgx_testkit::{TestProject, TestServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::raw;
use crate::steps::thread;

const MOST: usize = 3;
const ASK: &[u8] = b"GET /ok HTTP/1.1\r\nhost: localhost\r\n\r\n";

async fn server() -> TestServer {
    let project = TestServer::over(TestProject::new());
    project.connections(MOST).start().await
}

/// Asks over a connection that stays open, and reads the answer.
async fn ask(stream: &mut TcpStream) {
    stream.write_all(ASK).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        let read = stream.read_buf(&mut answer).await.unwrap();
        assert_ne!(read, 0, "it closes: {answer:?}");
    }
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{answer:?}");
}

#[tokio::test]
async fn the_connection_that_has_been_idle_longest_is_closed_for_a_new_one() {
    let server = server().await;
    let mut connections = Vec::new();
    for _ in 0..MOST {
        let mut stream = raw::connect(&server).await;
        ask(&mut stream).await;
        connections.push(stream);
    }
    // Used again, the first is not the one that has been idle longest.
    ask(&mut connections[0]).await;
    let mut newest = raw::connect(&server).await;
    ask(&mut newest).await;
    let closed = connections.remove(1);
    assert_eq!(raw::rest(closed).await.text, "");
    for stream in &mut connections {
        ask(stream).await;
    }
    // However many come that say nothing, there is room for who asks.
    let mut silent = Vec::new();
    for _ in 0..MOST * 20 {
        silent.push(raw::connect(&server).await);
    }
    ask(&mut raw::connect(&server).await).await;
}

#[tokio::test]
async fn while_all_connections_are_in_use_a_new_one_is_told_so() {
    let server = server().await;
    let id = thread(&server).await;
    let path = format!("/threads/{id}/stream");
    let mut streams = Vec::new();
    for _ in 0..MOST {
        streams.push(server.get(&*path).open().await);
    }
    let refused = raw::answer(&server, ASK).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.text.contains("retry-after: 1\r\n"), "{refused:?}");
    assert!(
        refused.text.contains(r#"{"detail":"As many"#),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_socket_keeps_its_connection() {
    let server = server().await;
    let path = format!("/threads/{}/stream/events", crate::steps::NOBODY);
    let mut sockets = Vec::new();
    for _ in 0..MOST {
        sockets.push(server.socket(&path).await);
    }
    assert_eq!(raw::answer(&server, ASK).await.status, 503);
    for socket in &mut sockets {
        let (answer, _) = socket.command(&serde_json::json!({"id": 1})).await;
        assert_eq!(answer["type"], "error", "{answer}");
    }
}
