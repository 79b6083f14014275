//! What is recorded in a thread's log, before it has its place there.

use std::sync::Arc;

use bytes::Bytes;
use lgx_model::{RawJson, RunId};
use lgx_store::runs::Claim;

use super::event::End;
use super::frame::Body;
use super::record::{DONE, Kind, done};

/// How long the events of a run are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Not at all: they are for readers that are there.
    Live,
    /// As long as the log lives: the run goes when it has ended.
    Memory,
    /// On disk.
    Disk,
}

/// What is to be recorded.
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) run_id: Option<RunId>,
    /// By what right it is kept; none for what is noted of a run that has ended.
    pub(super) claim: Option<Claim>,
    pub(super) keep: Keep,
    /// The event as streams of the thread show it.
    pub(super) shown: (Arc<str>, Bytes),
    /// The event as it is kept, where that differs.
    pub(super) stored: Option<(Arc<str>, Bytes)>,
    /// How the run ended, if that is what is recorded.
    pub(super) end: Option<End>,
    /// What it is in the event protocol.
    pub(super) bodies: Vec<Body>,
}

impl Entry {
    /// The end of a run.
    pub(super) fn end(run_id: RunId, keep: Keep, end: &End, bodies: Vec<Body>) -> Self {
        let stored = Bytes::from(RawJson::of(end).get().to_owned());
        Self {
            kind: Kind::Done,
            run_id: Some(run_id),
            claim: None,
            keep,
            shown: done(run_id),
            stored: Some((DONE.into(), stored)),
            end: Some(end.clone()),
            bodies,
        }
    }
}
