//! One thing that happened on a thread, as each kind of stream shows it.

use std::sync::Arc;

use bytes::Bytes;
use lgx_model::RunId;
use serde_json::json;

use super::event::{End, Event, EventId};
use super::frame::Frame;

/// What a record costs beside its data.
const RECORD_BYTES: usize = 256;

/// One thing that happened on a thread.
#[derive(Debug)]
pub struct Record {
    /// What it is.
    pub kind: Kind,
    /// The run; none for what clients do to the state.
    pub run_id: Option<RunId>,
    /// What streams of the thread show.
    pub event: Event,
    /// How the run ended, if that is what happened.
    pub end: Option<End>,
    /// What it is in the event protocol.
    pub frames: Vec<Frame>,
    /// Whether it is on its way to the disk: nobody sees it before it is there, so that no crash takes it back.
    pub noted: bool,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A run began.
    Began,
    /// A run streamed an event.
    Streamed,
    /// A run came to its end, which is stored.
    Done,
    /// A client changed the state.
    StateUpdate,
}

impl Record {
    /// Its id, strictly increasing within the thread.
    pub(super) const fn id(&self) -> EventId {
        self.event.id
    }

    /// How much memory it takes, more or less.
    pub(super) fn bytes(&self) -> usize {
        let frames = self.frames.iter().map(|frame| frame.body.data.len());
        RECORD_BYTES + self.event.data.len() + frames.sum::<usize>()
    }
}

/// The event that opens a run's stream.
pub(super) fn began(run_id: RunId, attempt: u32) -> (Arc<str>, Bytes) {
    let data = json!({"run_id": run_id, "attempt": attempt});
    (BEGAN.into(), Bytes::from(data.to_string()))
}

/// The event that tells a thread's stream that a run has ended; the run's own stream just ends.
pub(super) fn done(run_id: RunId) -> (Arc<str>, Bytes) {
    let data = json!({"status": "run_done", "run_id": run_id});
    ("metadata".into(), Bytes::from(data.to_string()))
}

/// The name under which the beginning of a run is kept; it is that of its event.
pub(super) const BEGAN: &str = "metadata";
/// The name under which the end of a run is kept; no stream mode is called so.
pub(super) const DONE: &str = "run_done";
