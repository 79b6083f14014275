//! How large a request's body may be, and how long it may stand still.

use lgx_testkit::TestServer;
use serde_json::json;

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
