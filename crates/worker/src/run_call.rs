//! A run in progress: its events in order, then its end.

use bytes::Bytes;
use lgx_model::RawJson;
use serde::Deserialize;

use crate::method::Method;
use crate::stream::{Incoming, StreamCall};
use crate::{CallError, CallNews, Message, RunEnd, StepNews};

/// What a run tells of itself beside its events.
#[derive(Debug, Default)]
pub struct RunNews {
    /// Tasks have started or ended.
    pub steps: Option<StepNews>,
    /// Something has happened to calls that it makes.
    pub calls: Option<CallNews>,
}

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
    /// It tells of itself.
    News(Box<RunNews>),
    /// The run is over, with its newest root values; nothing follows.
    End(Box<RunEnd>, Option<RawJson>),
    /// The run cannot be brought to its end by this worker; nothing follows.
    Failed(CallError),
}

impl Step {
    fn of_data(data: Message) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Meta {
            event: Option<String>,
            steps: Option<StepNews>,
            calls: Option<CallNews>,
        }
        let Meta {
            event,
            steps,
            calls,
        } = serde_json::from_slice(&data.meta).map_err(|error| error.to_string())?;
        let Some(event) = event else {
            return Ok(Self::News(Box::new(RunNews { steps, calls })));
        };
        if event == "opened" {
            return Ok(Self::Opened);
        }
        let section = data.sections.into_iter().next();
        let data = section.ok_or("an event without data")?;
        Ok(Self::Event { name: event, data })
    }

    fn of_reply(reply: Message) -> Result<Self, String> {
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
pub struct RunCall(pub(crate) StreamCall);

impl RunCall {
    /// The next step.
    pub async fn next(&mut self) -> Step {
        let step = match self.0.next().await {
            Incoming::Data(data) => Step::of_data(data),
            Incoming::Answer(Ok(reply)) => Step::of_reply(reply),
            Incoming::Answer(Err(error)) => return Step::Failed(error),
        };
        step.unwrap_or_else(|reason| {
            Step::Failed(CallError::Malformed {
                method: Method::Run,
                reason,
            })
        })
    }

    /// Whether the worker has begun on it.
    pub fn has_begun(&self) -> bool {
        self.0.has_begun()
    }

    /// Tells the worker to stop the run; it still tells its end.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}
