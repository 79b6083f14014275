//! How a connection to a debugger begins, which says whether it is a debugger's.

use std::io;
use std::time::Duration;

use lgx_model::Runtime;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::timeout;

/// As many bytes tell one from the other.
const TELLING: usize = 10;
/// Debuggers speak at once. Whoever says nothing keeps a place that one of them may need.
const BEGINS_WITHIN: Duration = Duration::from_secs(10);

/// The first bytes of a connection that is a debugger's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Greeting {
    said: Vec<u8>,
    attaches: bool,
}

impl Greeting {
    /// Reads it; none if it is another's, or there is none in time.
    pub(super) async fn read(
        runtime: Runtime,
        client: &mut (impl AsyncRead + Unpin),
    ) -> io::Result<Option<Self>> {
        let mut said = Vec::with_capacity(TELLING);
        let mut client = client.take(TELLING as u64);
        let begins = async {
            while said.len() < TELLING && client.read_buf(&mut said).await? > 0 {}
            io::Result::Ok(())
        };
        match timeout(BEGINS_WITHIN, begins).await {
            Ok(begun) => begun?,
            Err(_) => return Ok(None),
        }
        Ok(Self::of(runtime, said))
    }

    fn of(runtime: Runtime, said: Vec<u8>) -> Option<Self> {
        let attaches = match runtime {
            // The first header of a message. Headers of HTTP come behind a line of their own.
            Runtime::Python => said
                .get(..8)
                .filter(|first| first.eq_ignore_ascii_case(b"content-"))
                .map(|_| true),
            // Where the inspector is, is asked over HTTP; then a WebSocket is opened. It checks the `Host` of both.
            Runtime::Node => said
                .strip_prefix(b"GET /")
                .map(|path| !path.starts_with(b"json")),
        }?;
        Some(Self { said, attaches })
    }

    /// What has been read.
    pub(super) fn said(&self) -> &[u8] {
        &self.said
    }

    /// Whether it attaches a debugger, and does not only look for where it can.
    pub(super) const fn attaches(&self) -> bool {
        self.attaches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn attaches(runtime: Runtime, mut said: &[u8]) -> Option<bool> {
        let greeting = Greeting::read(runtime, &mut said).await.unwrap();
        greeting.as_ref().map(Greeting::attaches)
    }

    #[tokio::test]
    async fn a_page_in_a_browser_is_no_debugger() {
        let dap = b"Content-Length: 120\r\n\r\n{}";
        assert_eq!(attaches(Runtime::Python, dap).await, Some(true));
        let smuggled = b"POST / HTTP/1.1\r\nContent-Length: 120\r\n\r\n{}";
        for runtime in [Runtime::Python, Runtime::Node] {
            assert_eq!(attaches(runtime, smuggled).await, None);
            assert_eq!(attaches(runtime, b"").await, None);
            assert_eq!(attaches(runtime, b"Conte").await, None);
        }
        assert_eq!(attaches(Runtime::Python, b"GET / HTTP/1.1").await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_says_nothing_is_let_go() {
        let (_silent, mut client) = tokio::io::duplex(64);
        let greeting = Greeting::read(Runtime::Python, &mut client).await;
        assert_eq!(greeting.unwrap(), None);
    }

    #[tokio::test]
    async fn whoever_asks_where_the_inspector_is_does_not_attach_yet() {
        let asks = b"GET /json/version HTTP/1.1\r\n";
        assert_eq!(attaches(Runtime::Node, asks).await, Some(false));
        let attach = b"GET /6b1f6a4e-0000-4000-8000-000000000000 HTTP/1.1\r\n";
        assert_eq!(attaches(Runtime::Node, attach).await, Some(true));
    }

    #[tokio::test]
    async fn what_was_read_is_handed_on() {
        let mut said: &[u8] = b"Content-Length: 120\r\n\r\n{}";
        let greeting = Greeting::read(Runtime::Python, &mut said).await.unwrap();
        let whole = [greeting.unwrap().said(), said].concat();
        assert_eq!(whole, b"Content-Length: 120\r\n\r\n{}");
    }
}
