//! The app's answer to a request: at once, or piece by piece as the client takes them.

use std::pin::pin;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http_body_util::BodyExt;
use lgx_engine::workers::AppRequestCall;
use lgx_worker::{AppStep, CallError, Message, Method, StreamSender};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::inner::{Inner, OpenPass};
use super::wire;
use crate::http::ApiError;

/// What goes on beside an answer: the body of the request, and what the app has asked the server. It ends with the answer.
#[derive(Default)]
pub(super) struct Beside {
    tasks: Vec<AbortOnDropHandle<()>>,
    /// What the app may ask as whoever sent the request.
    _pass: Option<OpenPass>,
    /// The body of the request has broken off: the client has left.
    broken_off: CancellationToken,
}

impl Beside {
    pub(super) fn with(pass: Option<OpenPass>) -> Self {
        Self {
            _pass: pass,
            ..Self::default()
        }
    }

    pub(super) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.push(AbortOnDropHandle::new(tokio::spawn(task)));
    }
}

/// The answer, once its head is there.
pub(super) async fn of(
    mut call: AppRequestCall,
    mut body: Option<Body>,
    mut beside: Beside,
    inner: Inner,
) -> Result<Response, ApiError> {
    loop {
        let step = tokio::select! {
            step = call.next() => step?,
            // Nobody reads this answer. What matters is that the call ends, by which the app hears of it.
            () = beside.broken_off.cancelled() => {
                return Err(ApiError::bad_request("The request body could not be read."));
            }
        };
        match step {
            AppStep::Begun => {
                if let (Some(body), Some(sender)) = (body.take(), call.take_sender()) {
                    beside.spawn(send(body, sender, beside.broken_off.clone()));
                }
            }
            AppStep::Asked(asked) => beside.spawn(inner.clone().answer(asked)),
            AppStep::Routed(route) => inner.is_at(Some(route)),
            AppStep::Head {
                mut head,
                piece,
                over,
            } => {
                inner.is_at(head.route.take());
                let rest = if over {
                    Body::from(piece)
                } else {
                    streamed(call, piece, beside, inner.clone())
                };
                let mut response = wire::answer_from_app(&head, rest)?;
                inner.explain(&mut response);
                return Ok(response);
            }
            AppStep::Failed(error) => return Err(error.into()),
            AppStep::Piece(_)
            | AppStep::End
            | AppStep::Accepted(_)
            | AppStep::Text(_)
            | AppStep::Closed(_) => {
                return Err(ApiError::internal(
                    "the app's answer does not begin with its head",
                ));
            }
        }
    }
}

/// Sends the body of a request as fast as the app takes it, and as slowly as it comes: nothing of it is kept here meanwhile, so a client
/// may pause for as long as it likes.
async fn send(mut body: Body, mut sender: StreamSender, broken_off: CancellationToken) {
    loop {
        let piece = match body.frame().await {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(piece) => piece,
                Err(_) => continue,
            },
            None => {
                // An error means that the app has answered without it.
                let _ = sender.finish().await;
                return;
            }
            Some(Err(_)) => return broken_off.cancel(),
        };
        let message = Message {
            meta: Bytes::from_static(b"{}"),
            sections: vec![piece],
        };
        if sender.send(message).await.is_err() {
            return;
        }
    }
}

/// The body of an answer that goes on. It is not asked for faster than the client takes it; a client that leaves ends it.
fn streamed(call: AppRequestCall, first: Bytes, beside: Beside, inner: Inner) -> Body {
    let (pieces, taken) = mpsc::channel(1);
    tokio::spawn(pass_on(call, first, beside, inner, pieces));
    let taken = stream::unfold(taken, |mut taken| async move {
        let piece: Result<Bytes, CallError> = taken.recv().await?;
        Some((piece, taken))
    });
    Body::from_stream(taken)
}

async fn pass_on(
    mut call: AppRequestCall,
    first: Bytes,
    mut beside: Beside,
    inner: Inner,
    pieces: mpsc::Sender<Result<Bytes, CallError>>,
) {
    let mut piece = Some(Ok(first));
    let mut replaced = pin!(call.replaced());
    loop {
        if let Some(piece) = piece.take()
            && pieces.send(piece).await.is_err()
        {
            return;
        }
        let step = tokio::select! {
            step = call.next() => step,
            () = pieces.closed() => return,
            () = beside.broken_off.cancelled() => return,
            () = &mut replaced => {
                // Its client sees that there is more, and comes back for it.
                let _ = pieces.send(Err(CallError::Withdrawn)).await;
                return;
            }
        };
        match step {
            Ok(AppStep::Piece(next)) => piece = Some(Ok(next)),
            Ok(AppStep::Asked(asked)) => beside.spawn(inner.clone().answer(asked)),
            Ok(AppStep::Failed(error)) => {
                inner.tell_broken_off(&error);
                let _ = pieces.send(Err(error)).await;
                return;
            }
            Ok(AppStep::End) => return,
            Ok(_) | Err(_) => {
                // A client must not take a part for the whole.
                let reason = "the answer does not go on as it began".to_owned();
                let method = Method::Http;
                let _ = pieces
                    .send(Err(CallError::Malformed { method, reason }))
                    .await;
                return;
            }
        }
    }
}

/// What an answer of a refused WebSocket is.
pub(super) fn refused_socket() -> Response {
    ApiError::new(http::StatusCode::FORBIDDEN, "Forbidden").into_response()
}
