//! A WebSocket whose messages go through the project's middleware here, and whose session is at the home of its thread.

use axum::extract::ws::close_code;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::http::events::event_socket::{EventSocket, Gone, Heard, TOO_LARGE};
use crate::http::intake::MOST_BODY;

/// Why a connection is closed whose home goes on without it.
const CUT_OFF: &str = "the server cannot go on with this connection";
/// Why it is closed whose home has nothing more to say.
const OVER: &str = "the thread is gone";

/// The connection to the home.
pub(in crate::http) struct Bridge(WebSocketStream<TokioIo<Upgraded>>);

impl Bridge {
    /// A connection that the home has accepted.
    pub(super) async fn over(connection: Upgraded) -> Self {
        let sizes = WebSocketConfig::default()
            .max_message_size(Some(MOST_BODY))
            .max_frame_size(Some(MOST_BODY));
        let connection = TokioIo::new(connection);
        let socket = WebSocketStream::from_raw_socket(connection, Role::Client, Some(sizes));
        Self(socket.await)
    }

    /// Takes messages to and fro until either side ends it.
    pub(in crate::http) async fn run(mut self, client: &mut impl EventSocket) {
        // Whatever ends it, both sides see their connection close.
        let _ = self.carry(client).await;
    }

    async fn carry(&mut self, client: &mut impl EventSocket) -> Result<(), Gone> {
        loop {
            tokio::select! {
                heard = client.hear() => match heard {
                    Heard::Command(text) => self.tell(text).await?,
                    Heard::Nothing => {}
                    Heard::TooMuch => return client.close(close_code::SIZE, TOO_LARGE).await,
                    Heard::End => return Err(Gone),
                },
                said = self.0.next() => match said {
                    Some(Ok(Message::Text(text))) => client.say(text.as_str().to_owned()).await?,
                    Some(Ok(Message::Close(Some(CloseFrame { code, .. }))))
                        if u16::from(code) == close_code::NORMAL =>
                    {
                        return client.close(close_code::NORMAL, OVER).await;
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => {
                        return client.close(close_code::RESTART, CUT_OFF).await;
                    }
                    Some(Ok(_)) => {}
                },
            }
        }
    }

    async fn tell(&mut self, command: Bytes) -> Result<(), Gone> {
        let message = match Utf8Bytes::try_from(command.clone()) {
            Ok(text) => Message::Text(text),
            Err(_) => Message::Binary(command),
        };
        self.0.send(message).await.map_err(|_| Gone)
    }
}
