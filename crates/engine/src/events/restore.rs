//! Brings a thread's log back from what was kept of it on disk; pure.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use lgx_model::{Run, RunId, RunStatus};
use lgx_store::events::{StoredEvent, ThreadEvents};

use super::convert::Converter;
use super::entry::{Entry, Keep};
use super::event::{End, Event, EventId};
use super::frame::number_frames;
use super::record::{BEGAN, DONE, Kind, Record, done};

/// What an earlier server left of a thread's log.
#[derive(Default)]
pub(super) struct Restored {
    /// What is kept, the oldest first.
    pub(super) records: Vec<Record>,
    /// The last number that may have been given to an event of the protocol.
    pub(super) last_seq: u64,
    /// The run that is not over yet.
    pub(super) unfinished: Option<Converter>,
    /// The end of the last run, where the server ended between that and the note of it.
    pub(super) end: Option<Entry>,
}

/// Makes of what is on disk what was in memory.
pub(super) fn restore(kept: ThreadEvents) -> Restored {
    let runs: HashMap<RunId, Run> = kept.runs.into_iter().map(|run| (run.run_id, run)).collect();
    let mut restored = Restored::default();
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
        let is_over = event.name == DONE;
        restored.last_seq = (event.seq + u64::from(event.frames)).saturating_sub(1);
        restored.records.push(record(event, &mut converter));
        present = (!is_over).then_some(converter);
    }
    restored.last_seq = restored.last_seq.max(kept.mark);
    if let Some(mut converter) = present {
        let run_id = converter.run_id();
        let status = runs.get(&run_id).map(|run| run.status);
        match status.and_then(end_of) {
            None => restored.unfinished = Some(converter),
            Some(end) => {
                let bodies = converter.end(&end);
                restored.end = Some(Entry::end(run_id, Keep::Disk, &end, bodies));
            }
        }
    }
    restored
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

fn record(event: StoredEvent, converter: &mut Converter) -> Record {
    let id = EventId {
        millis: event.millis,
        serial: event.serial,
    };
    let (name, data): (Arc<str>, Bytes) = (event.name.into(), event.data.into());
    let mut ended = None;
    let (kind, (name, data), mut bodies) = match &*name {
        BEGAN => (Kind::Began, (name, data), converter.begin()),
        DONE => {
            let end: Option<End> = serde_json::from_slice(&data).ok();
            let bodies = end.as_ref().map(|end| converter.end(end));
            let bodies = bodies.unwrap_or_default();
            ended = end;
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
    Record {
        kind,
        run_id: Some(event.run_id),
        event: Event { name, data, id },
        end: ended,
        frames: number_frames(bodies, event.seq, id),
        noted: false,
    }
}
