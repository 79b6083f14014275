//! Answers that take their time: JSON kept alive until it is there, and what happens when the client goes away before.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body::Frame;
use http_body_util::StreamBody;
use lgx_engine::runs::registry::Live;

use super::reply;

/// How often a newline shows that a slow answer is still coming.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// How long the head of an answer waits for its body: two packets, and a client that wakes twice, are the dearer the sooner it comes.
const SOON: Duration = Duration::from_millis(50);

/// What happens to a run when the client that asked for its answer goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Abandon {
    /// It goes on.
    Nothing,
    /// It is cancelled.
    Cancel,
}

impl Abandon {
    /// Lives as long as the response's body: dropped before the run has ended, it means that the client is gone.
    pub(super) fn guard(self, live: &Arc<Live>) -> Option<AbandonGuard> {
        (self == Self::Cancel).then(|| AbandonGuard(Arc::clone(live)))
    }
}

/// Cancels a run that has not ended when dropped.
pub(super) struct AbandonGuard(Arc<Live>);

impl Drop for AbandonGuard {
    fn drop(&mut self) {
        if self.0.log.outcome().is_none() {
            self.0.cancel_abandoned();
        }
    }
}

/// A JSON answer that may take its time. One that is there soon goes out whole; else the head goes out, and newlines follow until the
/// body is there.
pub(super) async fn slow_json<G: Send + 'static>(
    body: impl Future<Output = Bytes> + Send + 'static,
    guard: G,
) -> Response {
    let mut body = Box::pin(body);
    match tokio::time::timeout(SOON, &mut body).await {
        Ok(bytes) => {
            drop(guard);
            reply::json_bytes(Body::from(bytes))
        }
        Err(_) => kept_alive(body, guard),
    }
}

fn kept_alive<G: Send + 'static>(
    mut body: impl Future<Output = Bytes> + Send + Unpin + 'static,
    guard: G,
) -> Response {
    use futures_util::StreamExt;
    let (sender, receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
    tokio::spawn(async move {
        let _guard = guard;
        let mut beat = tokio::time::interval(KEEP_ALIVE);
        beat.tick().await;
        loop {
            tokio::select! {
                biased;
                bytes = &mut body => {
                    let _ = sender.send(bytes).await;
                    return;
                }
                () = sender.closed() => return,
                _ = beat.tick() => if sender.send(Bytes::from_static(b"\n")).await.is_err() { return },
            }
        }
    });
    let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
        Some((receiver.recv().await?, receiver))
    });
    reply::json_bytes(Body::new(StreamBody::new(
        stream.map(|bytes| Ok::<_, Infallible>(Frame::data(bytes))),
    )))
}
