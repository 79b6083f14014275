//! Where one request ends and the next begins: a request that two servers would divide differently is refused, or is the last one of
//! its connection.

use lgx_testkit::TestServer;

use super::raw;

const HEAD: &str = "POST /threads/count HTTP/1.1\r\nhost: localhost\r\n";
/// What an attacker would have the server take for a request of somebody else.
const SMUGGLED: &str = "POST /threads HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}";

#[tokio::test]
async fn a_request_whose_length_is_doubtful_is_refused() {
    let server = TestServer::start().await;
    for (headers, body) in [
        ("content-length: 2\r\ncontent-length: 3\r\n", "{} "),
        ("content-length: 2, 3\r\n", "{} "),
        ("content-length: +2\r\n", "{}"),
        ("content-length: -1\r\n", "{}"),
        ("content-length: 0x2\r\n", "{}"),
        ("content-length: 99999999999999999999\r\n", "{}"),
        ("transfer-encoding: xchunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
        (
            "transfer-encoding: chunked, identity\r\n",
            "2\r\n{}\r\n0\r\n\r\n",
        ),
        ("transfer-encoding : chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
        (
            "transfer-encoding: \u{b}chunked\r\n",
            "2\r\n{}\r\n0\r\n\r\n",
        ),
        ("transfer-encoding: chunked\r\n", "0x2\r\n{}\r\n0\r\n\r\n"),
        (
            "transfer-encoding: chunked\r\n",
            "2;a\nb\r\n{}\r\n0\r\n\r\n",
        ),
        ("transfer-encoding: chunked\r\n", "2\n{}\n0\n\n"),
    ] {
        let request = format!("{HEAD}{headers}\r\n{body}{SMUGGLED}");
        let answer = raw::answer(&server, request.as_bytes()).await;
        assert_eq!(answer.status, 400, "{headers:?} {body:?}: {answer:?}");
        assert_eq!(answer.heads(), 1, "{answer:?}");
    }
    nothing_was_made(&server).await;
}

#[tokio::test]
async fn a_request_with_two_kinds_of_length_is_the_last_of_its_connection() {
    let server = TestServer::start().await;
    for headers in [
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
    ] {
        let request = format!("{HEAD}{headers}\r\n2\r\n{{}}\r\n0\r\n\r\n{SMUGGLED}");
        let answer = raw::answer(&server, request.as_bytes()).await;
        assert_eq!(answer.heads(), 1, "{answer:?}");
    }
    nothing_was_made(&server).await;
}

#[tokio::test]
async fn a_head_that_is_not_what_it_looks_like_is_refused() {
    let server = TestServer::start().await;
    for head in [
        "GET /ok HTTP/1.1\r\nhost: localhost\r\nx-a: b\r\n folded\r\n",
        "GET /ok HTTP/1.1\r\nhost: localhost\r\nx-a: b\rx-b: c\r\n",
        "GET /ok HTTP/1.1\r\nhost: localhost\r\nx-a: b\0c\r\n",
        "GET /o\0k HTTP/1.1\r\nhost: localhost\r\n",
        "GET /ok HTTP/1.1\r\nhost: localhost\r\nx a: b\r\n",
        "GET /ok HTTP/1.1\r\nhost: localhost\r\nno colon\r\n",
        "GET  /ok HTTP/1.1\r\nhost: localhost\r\n",
        "GET /ok HTTP/9.9\r\nhost: localhost\r\n",
        "G\u{e9}T /ok HTTP/1.1\r\nhost: localhost\r\n",
    ] {
        let answer = raw::answer(&server, format!("{head}\r\n").as_bytes()).await;
        assert_eq!(answer.status, 400, "{head:?}: {answer:?}");
    }
}

#[tokio::test]
async fn what_follows_the_last_chunk_is_no_header() {
    let server = TestServer::start().await;
    let request = format!(
        "{HEAD}connection: close\r\ntransfer-encoding: chunked\r\ntrailer: host\r\n\r\n2\r\n{{}}\r\n0\r\nhost: evil.example\r\n\r\n"
    );
    assert_eq!(raw::answer(&server, request.as_bytes()).await.status, 200);
}

async fn nothing_was_made(server: &TestServer) {
    let threads = server.post("/threads/count", &serde_json::json!({}));
    assert_eq!(threads.await.ok(), serde_json::json!(0));
}
