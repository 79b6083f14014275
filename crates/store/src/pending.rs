//! The result of a write that has its place among all writes, and is awaited on its own.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;

use crate::{Result, StoreError};

/// The result of an operation that has its place among all writes, once it is committed. Dropping it does not undo the operation.
///
/// Awaiting the method gives the place, awaiting this the result: who must keep an order, but need not wait, lets go in between.
#[derive(Debug)]
#[must_use = "whether the operation succeeded is known only from awaiting this"]
pub struct Pending<T>(pub(crate) oneshot::Receiver<Result<T>>);

impl<T> Pending<T> {
    /// The result of an operation that failed before it had a place.
    pub(crate) fn failed(error: StoreError) -> Self {
        let (reply, result) = oneshot::channel();
        let _ = reply.send(Err(error));
        Self(result)
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(context)).unwrap_or(Err(StoreError::Closed)))
    }
}
