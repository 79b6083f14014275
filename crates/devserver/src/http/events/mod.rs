//! Watching threads over HTTP: their stream, and the event protocol over server-sent events, commands and WebSocket.

pub(super) mod commands;
pub(super) mod protocol;
pub(super) mod socket;
pub(super) mod thread;

mod answer;
mod control;
mod watched;

use lgx_engine::events::reader::Ended;

use super::sse::Then;

impl From<Ended> for Then {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Gone => Self::End,
            Ended::CutOff => Self::BreakOff,
        }
    }
}
