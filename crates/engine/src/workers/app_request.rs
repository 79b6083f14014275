//! A request that the project's own HTTP app answers: by the crew that serves, and by another one if this one does not get to it.

use bytes::Bytes;
use lgx_worker::{AppAnswer, AppCall, AppStep, CallError, LoadedApp, Method, StreamSender};

use super::crew::Part;
use super::{Lease, Unavailable};

/// What it takes to ask another worker the same.
struct Resendable {
    method: Method,
    call: AppCall,
    body: Bytes,
}

/// A request in progress. It holds the code that answers it. Dropping it before its end tells the app that the client has left.
pub struct AppRequestCall {
    lease: Lease,
    answer: AppAnswer,
    sender: Option<StreamSender>,
    /// Until its body is being sent.
    resendable: Option<Resendable>,
}

impl Lease {
    /// The project's own HTTP app, if it has one.
    pub fn app(&self) -> Option<&LoadedApp> {
        self.loaded().app.as_ref()
    }

    /// Has the app answer a request, `Http` or `WebSocket`.
    ///
    /// # Errors
    /// When there is no worker to ask, and none is coming.
    pub async fn request(
        mut self,
        method: Method,
        call: AppCall,
        body: Bytes,
    ) -> Result<AppRequestCall, Unavailable> {
        let resendable = Resendable { method, call, body };
        loop {
            let worker = self.worker_of(Part::App);
            let asked = worker.request(method, &resendable.call, resendable.body.clone());
            match asked.await {
                Ok((answer, sender)) => {
                    return Ok(AppRequestCall {
                        lease: self,
                        answer,
                        sender: Some(sender),
                        resendable: Some(resendable),
                    });
                }
                // It never got to it.
                Err(_) => self = self.successor().await?,
            }
        }
    }
}

impl AppRequestCall {
    /// What comes next. Asking for it is what lets the app send more.
    ///
    /// # Errors
    /// When the worker does not get to the request and there is no other.
    pub async fn next(&mut self) -> Result<AppStep, Unavailable> {
        loop {
            match self.answer.next().await {
                AppStep::Begun => {
                    self.resendable = None;
                    return Ok(AppStep::Begun);
                }
                // Only what no app has seen is taken back, also when the worker ends.
                AppStep::Failed(CallError::Withdrawn) if self.resendable.is_some() => {
                    self.ask_another().await?;
                }
                step => return Ok(step),
            }
        }
    }

    async fn ask_another(&mut self) -> Result<(), Unavailable> {
        let Some(Resendable { method, call, body }) = self.resendable.take() else {
            return Ok(());
        };
        let successor = self.lease.successor().await?;
        *self = successor.request(method, call, body).await?;
        Ok(())
    }

    /// Resolves when an answer that has begun, or a WebSocket, is to end although neither side has ended it: the code has been
    /// replaced often enough.
    pub fn replaced(&self) -> impl Future<Output = ()> + Send + use<> {
        self.lease.streams_end()
    }

    /// Where the body of the request goes, once. Only after [`AppStep::Begun`].
    pub const fn take_sender(&mut self) -> Option<StreamSender> {
        self.sender.take()
    }
}
