//! Requests that say they were passed on, and were not.

use http::StatusCode;
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use lgx_testkit::TestServer;
use tokio::net::TcpStream;

use super::pair;

async fn status(server: &TestServer, voucher: &str) -> StatusCode {
    let address = server.running().address();
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = http::Request::get("/threads/11111111-1111-4111-8111-111111111111/stream")
        // No page of this origin is let in by the guard.
        .header("host", "elsewhere.example")
        .header("x-lgx-relayed", voucher)
        .body(Empty::<bytes::Bytes>::new())
        .unwrap();
    let status = sender.send_request(request).await.unwrap().status();
    connection.abort();
    status
}

#[tokio::test]
async fn nobody_comes_past_the_guard_by_saying_so() {
    let Some(pair) = pair(None).await else { return };
    let said = "eyJmcm9tIjoxfQ.c2lnbmF0dXJl";
    let refused = status(&pair.home, said).await;
    assert_eq!(refused, StatusCode::MISDIRECTED_REQUEST);
    // A server that has no others does not know the header.
    let alone = TestServer::start().await;
    assert_eq!(status(&alone, said).await, StatusCode::FORBIDDEN);
}
