//! Watching threads over HTTP: their stream, and the event protocol over server-sent events, commands and WebSocket.

pub(super) mod commands;
pub(super) mod event_socket;
pub(super) mod protocol;
pub(super) mod socket;
pub(super) mod thread;

mod answer;
mod control;
mod session;
pub(super) mod watched;

use lgx_engine::events::thread_reader::WatchEnd;

use super::sse::Then;

impl From<WatchEnd> for Then {
    fn from(ended: WatchEnd) -> Self {
        match ended {
            WatchEnd::Gone => Self::End,
            WatchEnd::CutOff => Self::BreakOff,
        }
    }
}
