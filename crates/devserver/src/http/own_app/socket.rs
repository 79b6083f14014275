//! A WebSocket that the project's app answers: the handshake, then messages both ways, then how it was closed.

use std::pin::pin;

use axum::extract::ws::{CloseFrame, Message as Frame, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use lgx_engine::workers::AppRequestCall;
use lgx_worker::{Accepted, AppStep, CallError, Closed, Message, StreamSender};
use serde_json::json;

use super::answer::{self, Beside};
use super::inner::Inner;
use super::wire;
use crate::http::ApiError;
use crate::http::events::event_socket::{TOO_LARGE, is_too_large};
use crate::http::intake::MOST_BODY;

/// The code of a WebSocket that was closed without one.
const NO_CODE: u16 = 1005;
/// The code of a WebSocket that was not closed, but broke off.
const BROKEN_OFF: u16 = 1006;
/// The code for a message that is larger than any may be.
const TOO_MUCH: u16 = 1009;
/// The code for a server that has failed.
const FAILED: u16 = 1011;
/// The code for a server that starts anew: clients come back.
const RESTARTS: u16 = 1012;

/// The answer to the handshake.
pub(super) async fn of(
    mut call: AppRequestCall,
    upgrade: WebSocketUpgrade,
    mut beside: Beside,
    inner: Inner,
) -> Result<Response, ApiError> {
    loop {
        match call.next().await? {
            AppStep::Begun => {}
            AppStep::Asked(asked) => beside.spawn(inner.clone().answer(asked)),
            AppStep::Routed(route) => inner.is_at(Some(route)),
            AppStep::Accepted(mut accepted) => {
                inner.is_at(accepted.route.take());
                return Ok(open(call, upgrade, accepted, beside, inner));
            }
            AppStep::Closed(_) => return Ok(answer::refused_socket()),
            AppStep::Head {
                mut head, piece, ..
            } => {
                inner.is_at(head.route.take());
                let mut refused = wire::answer_from_app(&head, axum::body::Body::from(piece))?;
                inner.explain(&mut refused);
                return Ok(refused);
            }
            AppStep::Failed(error) => return Err(error.into()),
            AppStep::Piece(_) | AppStep::End | AppStep::Text(_) => {
                return Err(ApiError::internal(
                    "the app sends into a WebSocket that it has not accepted",
                ));
            }
        }
    }
}

fn open(
    call: AppRequestCall,
    upgrade: WebSocketUpgrade,
    accepted: Accepted,
    beside: Beside,
    inner: Inner,
) -> Response {
    let upgrade = match accepted.subprotocol {
        Some(subprotocol) => upgrade.protocols([subprotocol]),
        None => upgrade,
    };
    let mut response = upgrade
        .max_message_size(MOST_BODY)
        .max_frame_size(MOST_BODY)
        .on_upgrade(move |socket| talk(call, socket, beside, inner));
    if let Some(headers) = wire::headers_from_app(&accepted.headers) {
        response.headers_mut().extend(headers);
    }
    response
}

/// Passes messages on until one side closes. Each direction waits for its own receiver only.
async fn talk(mut call: AppRequestCall, socket: WebSocket, mut beside: Beside, inner: Inner) {
    let Some(sender) = call.take_sender() else {
        return;
    };
    let (to_client, from_client) = socket.split();
    // When the client has closed, the app may still end what it does.
    beside.spawn(hear(from_client, sender));
    speak(call, to_client, &mut beside, &inner).await;
}

/// From the client to the app.
async fn hear(mut client: SplitStream<WebSocket>, mut app: StreamSender) {
    let mut closed = Closed {
        code: BROKEN_OFF,
        reason: String::new(),
    };
    while let Some(frame) = client.next().await {
        let message = match frame {
            Ok(frame) => frame,
            Err(error) => {
                if is_too_large(&error) {
                    closed.code = TOO_MUCH;
                    TOO_LARGE.clone_into(&mut closed.reason);
                }
                break;
            }
        };
        let message = match message {
            Frame::Text(text) => Message {
                meta: json!({"text": text.as_str()}).to_string().into(),
                sections: Vec::new(),
            },
            Frame::Binary(bytes) => Message {
                meta: Bytes::from_static(b"{}"),
                sections: vec![bytes],
            },
            Frame::Close(frame) => {
                closed.code = frame.as_ref().map_or(NO_CODE, |frame| frame.code);
                closed.reason = frame.map_or_else(String::new, |frame| frame.reason.to_string());
                // Nothing follows; but the library's answer to it, without which the client takes it for a failure, goes out with
                // the next look.
                continue;
            }
            // They are answered by the library.
            Frame::Ping(_) | Frame::Pong(_) => continue,
        };
        if app.send(message).await.is_err() {
            return;
        }
    }
    let last = Message {
        meta: json!({"closed": closed}).to_string().into(),
        sections: Vec::new(),
    };
    // An error means that the app has closed it before.
    let _ = app.finish_with(last).await;
}

/// From the app to the client.
async fn speak(
    mut call: AppRequestCall,
    mut client: SplitSink<WebSocket, Frame>,
    beside: &mut Beside,
    inner: &Inner,
) {
    let mut replaced = pin!(call.replaced());
    let closed = loop {
        let step = tokio::select! {
            step = call.next() => step,
            () = &mut replaced => break restarts("this code has been replaced"),
        };
        let frame = match step {
            Ok(AppStep::Text(text)) => Frame::Text(text.into()),
            Ok(AppStep::Piece(bytes)) => Frame::Binary(bytes),
            Ok(AppStep::Asked(asked)) => {
                beside.spawn(inner.clone().answer(asked));
                continue;
            }
            Ok(AppStep::Closed(closed)) => break closed,
            Ok(AppStep::Failed(error)) => {
                inner.tell_broken_off(&error);
                // The server goes on, with another worker: clients of its own WebSocket come back.
                let comes_back = inner.is_served() && matches!(error, CallError::Died(_));
                break if comes_back {
                    restarts("the worker has ended")
                } else {
                    failed()
                };
            }
            Ok(_) | Err(_) => break failed(),
        };
        // The app hears by itself that the client has left, and ends.
        let _ = client.send(frame).await;
    };
    let frame = (closed.code != NO_CODE).then(|| CloseFrame {
        code: closed.code,
        reason: Utf8Bytes::from(closed.reason),
    });
    let _ = client.send(Frame::Close(frame)).await;
}

fn restarts(reason: &str) -> Closed {
    Closed {
        code: RESTARTS,
        reason: reason.to_owned(),
    }
}

fn failed() -> Closed {
    Closed {
        code: FAILED,
        reason: String::new(),
    }
}
