//! How large a request's body may be, and how long it may stand still.

use lgx_testkit::TestServer;
use serde_json::json;

use super::raw;

const STUDIO: &str = "https://smith.langchain.com";

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    const MOST: usize = 48 * 1024 * 1024;
    let server = TestServer::start().await;
    let mut body = br#"{"metadata":{"a":""#.to_vec();
    body.resize(MOST - 3, b'x');
    body.extend_from_slice(b"\"}}");
    assert_eq!(body.len(), MOST);
    let largest = server.request("POST", "/threads").body(body.clone()).await;
    assert_eq!(largest.status, 200);
    body.push(b' ');
    let refusal = server
        .request("POST", "/threads")
        .body(body)
        .from_page(STUDIO)
        .await
        .refused(413);
    assert!(refusal.contains("50331648"), "{refusal}");
    let threads = server.post("/threads/count", &json!({}));
    assert_eq!(threads.await.ok(), json!(1));
}

#[tokio::test]
async fn a_body_that_is_announced_as_too_large_is_refused_before_it_comes() {
    let server = TestServer::start().await;
    let head = "POST /threads HTTP/1.1\r\nhost: localhost\r\ncontent-length: 50331649\r\n";
    for expects in ["", "expect: 100-continue\r\n"] {
        let answer = raw::answer(&server, format!("{head}{expects}\r\n").as_bytes()).await;
        assert_eq!((answer.status, answer.heads()), (413, 1), "{answer:?}");
    }
}
