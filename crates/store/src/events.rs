//! Operations on the events of resumable runs: kept for clients that come back, in the order they happened on their thread.
//!
//! None takes a scope: the log of a thread holds what everybody may see of it, and what a reader sees is decided as they read.

use lgx_model::{Run, RunId, ThreadId};

use crate::sqlite::events as sql;
use crate::{Result, Store};

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

impl Store {
    /// Applies changes in their order; events of threads that are not there any more are passed over.
    pub async fn change_events<D: AsRef<[u8]> + Send + 'static>(
        &self,
        changes: Vec<(ThreadId, Change<D>)>,
    ) -> Result<()> {
        self.sqlite
            .write(move |connection| {
                changes
                    .iter()
                    .try_for_each(|(thread_id, change)| sql::apply(connection, *thread_id, change))
            })
            .await
    }

    /// All that is kept of a thread's events.
    pub async fn get_events_of_thread(&self, thread_id: ThreadId) -> Result<ThreadEvents> {
        self.sqlite
            .read(move |connection| sql::of_thread(connection, thread_id))
            .await
    }

    /// Lets go of the events of before this instant, in milliseconds since the Unix epoch; the instant of the oldest that is left.
    pub async fn expire_events(&self, oldest_kept: i64) -> Result<Option<i64>> {
        self.sqlite
            .write(move |connection| sql::sweep(connection, oldest_kept))
            .await
    }
}
