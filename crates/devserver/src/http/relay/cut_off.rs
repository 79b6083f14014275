//! The body of an answer that breaks off when whoever sends it is not there any more.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// The sender is not there any more: its client comes back for the rest.
#[derive(Debug, thiserror::Error)]
#[error("the instance that answers is not there any more")]
struct SenderGone;

/// A body, and what cuts it off.
pub(super) struct CutOff {
    body: Body,
    gone: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Whether it was cut off.
    is_over: bool,
}

impl CutOff {
    /// A body that is cut off when `gone` resolves.
    pub(super) fn new(body: Body, gone: impl Future<Output = ()> + Send + 'static) -> Self {
        Self {
            body,
            gone: Box::pin(gone),
            is_over: false,
        }
    }
}

impl http_body::Body for CutOff {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        // What has come already is passed on first.
        if let ready @ Poll::Ready(_) = Pin::new(&mut self.body).poll_frame(context) {
            return ready;
        }
        if self.gone.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.is_over = true;
        Poll::Ready(Some(Err(axum::Error::new(SenderGone))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_over || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{StreamExt as _, stream};
    use http_body_util::BodyExt as _;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_body_comes_as_it_is_until_its_sender_is_gone() {
        let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"first"))]);
        let (leave, left) = oneshot::channel::<()>();
        let body = Body::from_stream(first.chain(stream::pending()));
        let mut body = CutOff::new(body, async move {
            let _ = left.await;
        });
        let piece = body.frame().await.unwrap().unwrap();
        assert_eq!(&piece.into_data().unwrap()[..], b"first");
        drop(leave);
        assert!(body.frame().await.unwrap().is_err());
        assert!(body.frame().await.is_none());
    }

    #[tokio::test]
    async fn a_body_that_is_whole_is_whole_and_has_its_length() {
        let body = CutOff::new(Body::from("whole"), std::future::pending());
        assert_eq!(http_body::Body::size_hint(&body).exact(), Some(5));
        let whole = body.collect().await.unwrap().to_bytes();
        assert_eq!(&whole[..], b"whole");
    }
}
