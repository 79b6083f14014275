//! Requests byte by byte, as no client library would send them.

use lgx_testkit::{TestServer, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// All that came back until the server closed the connection.
#[derive(Debug)]
pub(super) struct RawAnswer {
    /// The status of the first answer; 0 if there is none.
    pub status: u16,
    /// The bytes, as text.
    pub text: String,
}

impl RawAnswer {
    /// How many answers there are.
    pub(super) fn heads(&self) -> usize {
        self.text.matches("HTTP/1.1 ").count()
    }
}

/// A connection to a server.
pub(super) async fn connect(server: &TestServer) -> TcpStream {
    TcpStream::connect(server.running().address())
        .await
        .unwrap()
}

/// Reads until the server closes the connection.
pub(super) async fn rest(mut stream: TcpStream) -> RawAnswer {
    let mut bytes = Vec::new();
    // What came before a connection was reset is there all the same.
    let _ = within("the connection to close", stream.read_to_end(&mut bytes)).await;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    RawAnswer {
        status: status.unwrap_or_default(),
        text,
    }
}

/// Sends what is written here, and reads until the server closes the connection.
pub(super) async fn answer(server: &TestServer, request: &[u8]) -> RawAnswer {
    let mut stream = connect(server).await;
    // It may have been refused before all of it was sent.
    let _ = stream.write_all(request).await;
    rest(stream).await
}
