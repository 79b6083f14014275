//! The server's own `WebSocket` as the project's app has it: its messages come from there, and go there.

use bytes::Bytes;
use lgx_worker::{Closed, Message, SendError, ServedAnswer, ServedBody};
use serde::{Deserialize, Serialize};

use crate::http::events::event_socket::{EventSocket, Gone, Heard};

/// The code of a WebSocket that broke off.
const BROKEN_OFF: u16 = 1006;

/// One of them.
pub(super) struct InnerSocket {
    messages: ServedBody,
    answer: ServedAnswer,
    /// How it was closed, by either side.
    closed: Option<Closed>,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Close {
    close: Closed,
}

impl InnerSocket {
    pub(super) const fn new(messages: ServedBody, answer: ServedAnswer) -> Self {
        Self {
            messages,
            answer,
            closed: None,
        }
    }

    /// Answers how it was closed.
    pub(super) async fn end(self) -> Result<(), SendError> {
        let close = self.closed.unwrap_or_else(|| Closed {
            code: BROKEN_OFF,
            reason: String::new(),
        });
        self.answer.reply(&Close { close }, None).await
    }

    fn heard(&mut self, message: Message) -> Heard {
        #[derive(Default, Deserialize)]
        struct Meta {
            text: Option<String>,
            closed: Option<Closed>,
        }
        let meta: Meta = serde_json::from_slice(&message.meta).unwrap_or_default();
        if let Some(closed) = meta.closed {
            self.closed = Some(closed);
            return Heard::End;
        }
        let bytes = || message.sections.into_iter().next().unwrap_or_default();
        Heard::Command(meta.text.map_or_else(bytes, Bytes::from))
    }
}

impl EventSocket for InnerSocket {
    async fn hear(&mut self) -> Heard {
        let message = tokio::select! {
            // The app has done with it.
            () = self.answer.cancelled() => return Heard::End,
            message = self.messages.next_message() => message,
        };
        match message {
            Some(message) => self.heard(message),
            None => Heard::End,
        }
    }

    async fn say(&mut self, text: String) -> Result<(), Gone> {
        let sent = self.answer.send(&Text { text }, None).await;
        sent.map_err(|_| Gone)
    }

    async fn close(&mut self, code: u16, reason: &'static str) -> Result<(), Gone> {
        self.closed = Some(Closed {
            code,
            reason: reason.to_owned(),
        });
        Ok(())
    }
}
