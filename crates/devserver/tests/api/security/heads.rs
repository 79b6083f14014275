//! How large the head of a request may be, and how long it may take.

use lgx_testkit::TestServer;
use tokio::io::AsyncWriteExt;

use super::raw;

const ONE_MORE: &str = "GET /info HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// The status of the answer to a request for this target with these headers.
async fn status(server: &TestServer, target: &str, headers: &str) -> u16 {
    let head =
        format!("GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n");
    raw::answer(server, head.as_bytes()).await.status
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = TestServer::start().await;
    let large = |kibibytes: usize| format!("x-large: {}\r\n", "x".repeat(kibibytes * 1024));
    assert_eq!(status(&server, "/ok", &large(100)).await, 200);
    assert_eq!(status(&server, "/ok", &large(128)).await, 431);
    let many = |count: usize| "x-one: 1\r\n".repeat(count);
    // Two more are there already.
    assert_eq!(status(&server, "/ok", &many(98)).await, 200);
    assert_eq!(status(&server, "/ok", &many(99)).await, 431);
}

#[tokio::test]
async fn a_target_that_is_too_long_is_refused() {
    let server = TestServer::start().await;
    let target = |length: usize| format!("/ok?{}", "x".repeat(length - 4));
    assert_eq!(status(&server, &target(65_534), "").await, 200);
    assert_eq!(status(&server, &target(65_535), "").await, 414);
    assert_eq!(status(&server, "/ok", "").await, 200);
}

#[tokio::test]
async fn a_head_that_takes_too_long_is_given_up() {
    let server = TestServer::over(lgx_testkit::TestProject::new())
        .head_within(1_500)
        .start()
        .await;
    let begun = async {
        let answer = raw::answer(&server, b"GET /ok HTTP/1.1\r\nhost: loc").await;
        assert_eq!(answer.status, 408, "{answer:?}");
        assert!(answer.text.contains("1.5 s"), "{answer:?}");
    };
    // Who has asked nothing is answered nothing.
    let silent = async {
        assert_eq!(raw::answer(&server, b"").await.text, "");
    };
    let idle = async {
        let keep = b"GET /ok HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let answer = raw::answer(&server, keep).await;
        assert_eq!((answer.status, answer.heads()), (200, 1), "{answer:?}");
    };
    let second = async {
        let mut stream = raw::connect(&server).await;
        let first = b"GET /ok HTTP/1.1\r\nhost: localhost\r\n\r\nGET /info";
        stream.write_all(first).await.unwrap();
        let answer = raw::rest(stream).await;
        assert_eq!((answer.status, answer.heads()), (200, 2), "{answer:?}");
        assert!(answer.text.contains("HTTP/1.1 408 "), "{answer:?}");
    };
    tokio::join!(begun, silent, idle, second);
    assert_eq!(raw::answer(&server, ONE_MORE.as_bytes()).await.status, 200);
}
