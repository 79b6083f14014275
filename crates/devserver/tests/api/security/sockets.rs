//! Sockets, which browsers let any page open and read: their handshake is held to the same rules.

use lgx_testkit::TestServer;

use crate::steps::NOBODY;

#[tokio::test]
async fn pages_that_may_not_use_the_server_cannot_open_one() {
    let server = TestServer::start().await;
    let path = format!("/threads/{NOBODY}/stream/events");
    for origin in ["https://evil.example", "null"] {
        let foreign = server.from(origin);
        assert_eq!(foreign.refused_socket(&path).await, 403, "{origin}");
    }
    // A browser that would not say which page it is.
    let nameless = (*server).clone().with("sec-fetch-site", "cross-site");
    assert_eq!(nameless.refused_socket(&path).await, 403);
    let studio = server.from("https://smith.langchain.com");
    studio.socket(&path).await;
    assert_eq!(
        server.refused_socket("/threads/abc/stream/events").await,
        422
    );
    server.get(path).await.refused(426);
}

#[tokio::test]
async fn a_page_whose_name_leads_to_this_machine_cannot_open_one() {
    let server = TestServer::start().await;
    let path = format!("/threads/{NOBODY}/stream/events");
    let rebound = (*server).clone().with("host", "evil.example");
    assert_eq!(rebound.refused_socket(&path).await, 403);
}
