//! What carries the messages of the event protocol: a WebSocket of the client's, or one that the project's app passes on.

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::Bytes;
use tokio_tungstenite::tungstenite;

/// Why a socket is closed whose client sends more than a request body may hold.
pub(in crate::http) const TOO_LARGE: &str =
    "a message is larger than 48 MiB, the most that is taken";

/// The connection is of no use any more.
pub(in crate::http) struct Gone;

/// What comes from the client.
pub(in crate::http) enum Heard {
    /// A message.
    Command(Bytes),
    /// What asks for nothing.
    Nothing,
    /// A message that is larger than any may be.
    TooMuch,
    /// Nothing follows.
    End,
}

/// Messages both ways. Nothing is lost if whoever waits for the next one stops waiting.
pub(in crate::http) trait EventSocket: Send {
    /// The next message of the client.
    fn hear(&mut self) -> impl Future<Output = Heard> + Send;

    /// Sends a message; waits while the client does not take those before.
    fn say(&mut self, text: String) -> impl Future<Output = Result<(), Gone>> + Send;

    /// Says why nothing follows.
    fn close(
        &mut self,
        code: u16,
        reason: &'static str,
    ) -> impl Future<Output = Result<(), Gone>> + Send;
}

impl EventSocket for WebSocket {
    async fn hear(&mut self) -> Heard {
        match self.recv().await {
            Some(Ok(Message::Text(text))) => Heard::Command(text.into()),
            Some(Ok(Message::Binary(bytes))) => Heard::Command(bytes),
            // The library has answered a close, which goes out with the next look. Without that the client takes it for a failure.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_))) => Heard::Nothing,
            Some(Err(error)) if is_too_large(&error) => Heard::TooMuch,
            Some(Err(_)) | None => Heard::End,
        }
    }

    async fn say(&mut self, text: String) -> Result<(), Gone> {
        let sent = self.send(Message::Text(text.into())).await;
        sent.map_err(|_| Gone)
    }

    async fn close(&mut self, code: u16, reason: &'static str) -> Result<(), Gone> {
        let close = CloseFrame {
            code,
            reason: reason.into(),
        };
        let sent = self.send(Message::Close(Some(close))).await;
        sent.map_err(|_| Gone)
    }
}

/// Whether a message was over the limit.
pub(in crate::http) fn is_too_large(error: &axum::Error) -> bool {
    let cause = std::error::Error::source(error);
    cause
        .and_then(|cause| cause.downcast_ref::<tungstenite::Error>())
        .is_some_and(|error| matches!(error, tungstenite::Error::Capacity(_)))
}
