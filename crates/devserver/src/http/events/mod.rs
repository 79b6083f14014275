//! Watching threads over HTTP: their stream, and the event protocol over server-sent events, commands and WebSocket.

pub(super) mod commands;
pub(super) mod protocol;
pub(super) mod socket;
pub(super) mod thread;

mod answer;
mod control;
mod watched;

use super::sse::Then;
use crate::events::reader::Ended;

impl From<Ended> for Then {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Gone => Self::End,
            Ended::CutOff => Self::BreakOff,
        }
    }
}
