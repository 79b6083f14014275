//! A run in progress: its events in order, then its end.

use std::sync::Arc;

use bytes::Bytes;
use lgx_model::RawJson;
use tokio::sync::mpsc;

use crate::connection::Connection;
use crate::frame::{Frame, Kind};
use crate::messages::{Message, RunEnd};
use crate::method::Method;
use crate::{CallError, Worker};

/// What a run does next.
#[derive(Debug)]
pub enum Step {
    /// The graph's factory has made it; of a graph that was compiled when it was loaded this is not told.
    Opened,
    /// A stream event.
    Event {
        /// Its name: the stream mode, and the namespace after `|`.
        name: String,
        /// Its data: JSON text.
        data: Bytes,
    },
    /// The run is over, with its newest root values; nothing follows.
    End(Box<RunEnd>, Option<RawJson>),
    /// The run cannot be brought to its end by this worker; nothing follows.
    Failed(CallError),
}

impl Step {
    /// The end that the reply to `run` tells.
    pub(crate) fn of_reply(reply: Message) -> Self {
        Self::end(reply).unwrap_or_else(|reason| {
            Self::Failed(CallError::Malformed {
                method: Method::Run,
                reason,
            })
        })
    }

    fn end(reply: Message) -> Result<Self, String> {
        let end: RunEnd = serde_json::from_slice(&reply.meta).map_err(|error| error.to_string())?;
        let values = match reply.sections.into_iter().next() {
            Some(section) if end.has_values => {
                Some(serde_json::from_slice(&section).map_err(|error| error.to_string())?)
            }
            None if end.has_values => return Err("the values announced are not there".to_owned()),
            _ => None,
        };
        Ok(Self::End(Box::new(end), values))
    }
}

/// A run in progress. Dropping it before its end cancels the run.
pub struct RunCall {
    canceller: Canceller,
    steps: mpsc::Receiver<Step>,
    over: bool,
    // A run keeps its worker alive.
    worker: Worker,
}

impl RunCall {
    pub(crate) fn new(
        worker: Worker,
        connection: Arc<Connection>,
        id: u64,
        steps: mpsc::Receiver<Step>,
    ) -> Self {
        Self {
            canceller: Canceller { connection, id },
            steps,
            over: false,
            worker,
        }
    }

    /// The next step. Must be asked for until the end: a full queue of events holds up everything else of this worker, so do
    /// not wait for another answer of the same worker in between.
    pub async fn next(&mut self) -> Step {
        let step = match self.steps.recv().await {
            Some(step) => step,
            None => Step::Failed(CallError::Died(self.worker.died().await)),
        };
        self.over = !matches!(step, Step::Opened | Step::Event { .. });
        step
    }

    /// Whether the worker has begun on it.
    pub fn has_begun(&self) -> bool {
        let Canceller { connection, id } = &self.canceller;
        connection.calls().has_begun(*id)
    }

    /// Tells the worker to stop the run; it still tells its end.
    pub fn cancel(&self) {
        self.canceller.cancel();
    }

    /// A handle that can cancel the run from elsewhere.
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }
}

impl Drop for RunCall {
    fn drop(&mut self) {
        if !self.over {
            self.cancel();
        }
    }
}

/// Cancels one run.
#[derive(Clone)]
pub struct Canceller {
    connection: Arc<Connection>,
    id: u64,
}

impl Canceller {
    /// Tells the worker to stop the run. Does nothing when it is over.
    pub fn cancel(&self) {
        self.connection
            .send_later(Frame::bare(Kind::Cancel, self.id));
    }
}
