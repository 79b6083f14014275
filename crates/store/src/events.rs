//! What operations on the events of resumable runs take and give.

use lgx_model::{Run, RunId};

use crate::runs::Claim;

/// One event of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// The run.
    pub run_id: RunId,
    /// The first half of its id: milliseconds since the Unix epoch.
    pub millis: i64,
    /// The second half: tells apart events of one millisecond.
    pub serial: u32,
    /// The number of the first protocol event it becomes.
    pub seq: u64,
    /// How many protocol events it becomes.
    pub frames: u32,
    /// Its name.
    pub name: String,
    /// Its data.
    pub data: Vec<u8>,
}

/// A change to what is kept of a thread's events.
#[derive(Debug, Clone)]
pub enum Change<D> {
    /// One more event.
    Append(Append<D>),
    /// The events up to this id go.
    Trim {
        /// The last that goes.
        millis: i64,
        /// Its serial number.
        serial: u32,
    },
    /// The numbers up to this one are given away, or may be without notice.
    Mark(u64),
}

/// An event to keep; see [`StoredEvent`].
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields of `StoredEvent`")]
pub struct Append<D> {
    pub run_id: RunId,
    /// By what right it is written; none for the end of a run that has ended, whoever notes that.
    pub claim: Option<Claim>,
    pub millis: i64,
    pub serial: u32,
    pub seq: u64,
    pub frames: u32,
    pub name: std::sync::Arc<str>,
    pub data: D,
}

/// What is known of a thread's events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ThreadEvents {
    /// The events, oldest first.
    pub events: Vec<StoredEvent>,
    /// The last number that may have been given away.
    pub mark: u64,
    /// The runs they are of.
    pub runs: Vec<Run>,
}
