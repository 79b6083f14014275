//! The stream of a resumable run as it is kept in the state: for a run that executes elsewhere, where nobody can be asked.

use bytes::Bytes;
use lgx_model::RunId;
use lgx_store::events::StoredEvent;
use lgx_store::{Store, StoreError};

use super::event::{Event, EventId};
use super::record::DONE;

/// How many events are read at once.
const BATCH: u32 = 256;
/// Before all others.
const BEGINNING: EventId = EventId {
    millis: i64::MIN,
    serial: 0,
};

/// Where a reader begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptFrom {
    /// With the first event that is kept.
    Start,
    /// Behind this one.
    After(EventId),
    /// Behind all that is kept by now.
    Now,
}

/// Reads what is kept of a run.
pub struct KeptRun {
    store: Store,
    run_id: RunId,
    last: EventId,
}

impl KeptRun {
    /// A reader that begins there.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub async fn open(store: Store, run_id: RunId, from: KeptFrom) -> Result<Self, StoreError> {
        let last = match from {
            KeptFrom::After(id) => id,
            KeptFrom::Start | KeptFrom::Now => BEGINNING,
        };
        let mut reader = Self {
            store,
            run_id,
            last,
        };
        if from == KeptFrom::Now {
            while !reader.more().await?.is_empty() {}
        }
        Ok(reader)
    }

    /// What is kept behind what was read, a part of it if it is much; empty if there is nothing by now.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub async fn more(&mut self) -> Result<Vec<Event>, StoreError> {
        let EventId { millis, serial } = self.last;
        let place = (millis, serial);
        let events = self
            .store
            .get_events_of_run(self.run_id, place, BATCH)
            .await?;
        if let Some(last) = events.last() {
            self.last = id_of(last);
        }
        // The end of a run is kept, too, and shown by no stream of its own.
        let shown = events.into_iter().filter(|event| event.name != DONE);
        Ok(shown.map(event).collect())
    }
}

const fn id_of(event: &StoredEvent) -> EventId {
    EventId {
        millis: event.millis,
        serial: event.serial,
    }
}

fn event(stored: StoredEvent) -> Event {
    let id = id_of(&stored);
    Event {
        name: stored.name.into(),
        data: Bytes::from(stored.data),
        id,
    }
}
