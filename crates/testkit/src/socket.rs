//! A WebSocket of the event protocol, as strict as its clients: JSON texts only.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};

/// An open connection.
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
}

impl Socket {
    /// Connects; the error is the status of the refusal.
    #[expect(clippy::unwrap_used, reason = "a test that cannot connect has failed")]
    pub(crate) async fn open(
        address: SocketAddr,
        path: &str,
        headers: HeaderMap,
    ) -> Result<Self, StatusCode> {
        let mut request = format!("ws://{address}{path}")
            .into_client_request()
            .unwrap();
        request.headers_mut().extend(headers);
        let stream = TcpStream::connect(address).await.unwrap();
        let connecting = tokio_tungstenite::client_async(request, stream);
        match crate::within("a WebSocket", connecting).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("the WebSocket {path} cannot be opened: {error}"),
        }
    }

    /// Sends a text.
    #[expect(clippy::unwrap_used, reason = "a test that cannot send has failed")]
    pub async fn send(&mut self, text: impl Into<String>) {
        self.stream
            .send(Message::Text(text.into().into()))
            .await
            .unwrap();
    }

    /// The next message; the code of the closing frame when the server closes the connection.
    pub async fn next(&mut self) -> Result<Value, u16> {
        loop {
            match crate::within("a message", self.stream.next()).await {
                Some(Ok(Message::Text(text))) => {
                    return match serde_json::from_str(text.as_str()) {
                        Ok(message) => Ok(message),
                        Err(error) => panic!("{error}: {text}"),
                    };
                }
                Some(Ok(Message::Close(Some(frame)))) => return Err(frame.code.into()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("not a message: {other:?}"),
            }
        }
    }

    /// Closes the connection with this code; the code that the server answers with, if it answers before the connection ends.
    pub async fn close(mut self, code: u16) -> Option<u16> {
        let frame = CloseFrame {
            code: code.into(),
            reason: "bye".into(),
        };
        // An error shows in what comes back.
        let _ = self.stream.send(Message::Close(Some(frame))).await;
        loop {
            match crate::within("the end of the WebSocket", self.stream.next()).await {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// Sends a command, and gives its answer and the messages before it.
    #[expect(clippy::unwrap_used, reason = "a test without an answer has failed")]
    pub async fn command(&mut self, command: &Value) -> (Value, Vec<Value>) {
        self.send(command.to_string()).await;
        let mut before = Vec::new();
        loop {
            let message = self.next().await.unwrap();
            if message["type"] != "event" {
                return (message, before);
            }
            before.push(message);
        }
    }
}
