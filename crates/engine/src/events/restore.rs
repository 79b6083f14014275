//! Brings a thread's log back from what was kept of it on disk.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use lgx_model::{Run, RunId, RunStatus};
use lgx_store::events::{StoredEvent, ThreadEvents};

use super::convert::Converter;
use super::event::End;
use super::feed::end_entry;
use super::frame::place;
use super::log::{Keep, State, ThreadLog};
use super::record::{BEGAN, DONE, Kind, Record, done};
use crate::events::event::{Event, EventId};

/// Fills a log that is empty.
pub(super) fn restore(log: &ThreadLog, kept: ThreadEvents) {
    let runs: HashMap<RunId, Run> = kept.runs.into_iter().map(|run| (run.run_id, run)).collect();
    let mut state = log.lock();
    let mut present: Option<Converter> = None;
    for event in kept.events {
        // A run's events go with it.
        let Some(run) = runs.get(&event.run_id) else {
            continue;
        };
        // The runs of a thread come one after the other.
        let mut converter = match present.take() {
            Some(converter) if converter.run_id() == run.run_id => converter,
            _ => Converter::of(run),
        };
        let over = event.name == DONE;
        state.restore(event, &mut converter);
        present = (!over).then_some(converter);
    }
    state.last_seq = state.last_seq.max(kept.mark);
    state.reserved_seq = state.last_seq;
    let Some(mut converter) = present else {
        return;
    };
    let run_id = converter.run_id();
    let status = runs.get(&run_id).map(|run| run.status);
    let Some(end) = status.and_then(end_of) else {
        state.unfinished = Some(converter);
        return;
    };
    drop(state);
    // The server ended between the end of the run and the note of it.
    let bodies = converter.end(&end);
    log.append(end_entry(run_id, Keep::Disk, &end, bodies));
}

/// How a run ended of which only the status is known; none when it has not.
fn end_of(status: RunStatus) -> Option<End> {
    match status {
        RunStatus::Pending | RunStatus::Running => None,
        RunStatus::Success => Some(End::Completed),
        RunStatus::Interrupted => Some(End::Interrupted),
        _ => Some(End::Failed {
            error: "the run failed".into(),
        }),
    }
}

impl State {
    fn restore(&mut self, event: StoredEvent, converter: &mut Converter) {
        let id = EventId {
            millis: event.millis,
            serial: event.serial,
        };
        let (name, data): (Arc<str>, Bytes) = (event.name.into(), event.data.into());
        let (kind, (name, data), mut bodies) = match &*name {
            BEGAN => (Kind::Began, (name, data), converter.begin()),
            DONE => {
                let end: Option<End> = serde_json::from_slice(&data).ok();
                let bodies = end.map(|end| converter.end(&end)).unwrap_or_default();
                (Kind::Done, done(event.run_id), bodies)
            }
            _ => {
                let bodies = converter.event(&name, &data);
                (Kind::Streamed, (name, data), bodies)
            }
        };
        // Where what came before is gone, more seems new than was at the time; it comes first.
        let frames = usize::try_from(event.frames).unwrap_or(usize::MAX);
        bodies.drain(..bodies.len().saturating_sub(frames));
        let frames = place(bodies, event.seq, id);
        self.last_id = self.last_id.max(Some(id));
        self.last_seq = (event.seq + u64::from(event.frames)).saturating_sub(1);
        self.keep(Arc::new(Record {
            kind,
            run_id: Some(event.run_id),
            event: Event { name, data, id },
            frames,
            noted: false,
        }));
    }
}
