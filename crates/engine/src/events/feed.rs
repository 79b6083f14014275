//! What a run tells its thread's log: that it begins, what it streams, how it ends.

use std::sync::Arc;

use bytes::Bytes;
use lgx_model::{Run, RunId};
use lgx_store::runs::Claim;

use super::convert::Converter;
use super::entry::{Entry, Keep};
use super::event::{End, Event};
use super::frame::Body;
use super::record::{Kind, began};
use super::thread_log::ThreadLog;

/// Where one run puts its events.
pub(crate) struct RunFeed {
    log: Arc<ThreadLog>,
    run_id: RunId,
    claim: Option<Claim>,
    keep: Keep,
    converter: Converter,
    /// Which attempt at the run this is.
    attempt: u32,
}

impl RunFeed {
    /// The feed of a run that is about to execute. `log` has to be loaded if the run's events are kept.
    pub(super) fn new(log: Arc<ThreadLog>, run: &Run, attempt: u32) -> Self {
        // What an earlier server announced of this very run is not announced again.
        let converter = log
            .lock()
            .unfinished
            .take_if(|converter| converter.run_id() == run.run_id);
        Self {
            log,
            run_id: run.run_id,
            claim: None,
            keep: keep(run),
            converter: converter.unwrap_or_else(|| Converter::of(run)),
            attempt,
        }
    }

    /// What is kept of it is kept under this claim. Without one that is what is noted of a run that has ended.
    pub(crate) fn under(self, claim: Claim) -> Self {
        Self {
            claim: Some(claim),
            ..self
        }
    }

    /// The run begins, perhaps once more.
    pub(crate) fn begin(&mut self) -> Event {
        let bodies = self.converter.begin();
        let attempt = self.attempt.max(self.converter.attempts());
        let (name, data) = began(self.run_id, attempt);
        self.record(Kind::Began, name, data, |_| bodies)
    }

    /// The run streams an event.
    pub(crate) fn stream(&mut self, name: Arc<str>, data: Bytes) -> Event {
        let streamed = (Arc::clone(&name), data.clone());
        self.record(Kind::Streamed, name, data, |converter| {
            converter.event(&streamed.0, &streamed.1)
        })
    }

    /// The run begins once more.
    pub(crate) const fn next_attempt(&mut self, attempt: u32) {
        self.attempt = attempt;
    }

    /// Whether somebody watches, or may come back for what there was.
    pub(crate) fn is_seen(&self) -> bool {
        self.keep != Keep::Live || self.log.is_read()
    }

    /// Whether what is streamed goes to the disk, which may have no room for more yet.
    pub(crate) fn is_written(&self) -> bool {
        self.keep == Keep::Disk
    }

    /// Waits until what was streamed so far is on its way to the disk, if it goes there.
    pub(crate) async fn wait_for_capacity(&self) {
        if self.is_written() {
            self.log.journal.wait_for_capacity().await;
        }
    }

    /// The run has come to its end, and that is stored.
    pub(crate) fn done(mut self, end: &End) {
        let bodies = self.converter.end(end);
        if self.keep == Keep::Live && self.log.next_id_if_unread().is_some() {
            return;
        }
        self.log.append(Entry {
            claim: self.claim,
            ..Entry::end(self.run_id, self.keep, end, bodies)
        });
    }

    /// The run is not there any more, and nothing of what it streamed.
    pub(crate) fn taken_back(self, end: &End) {
        let log = Arc::clone(&self.log);
        let run_id = self.run_id;
        let live = Self {
            keep: Keep::Live,
            ..self
        };
        live.done(end);
        log.forget(run_id);
    }

    fn record(
        &mut self,
        kind: Kind,
        name: Arc<str>,
        data: Bytes,
        convert: impl FnOnce(&mut Converter) -> Vec<Body>,
    ) -> Event {
        if self.keep == Keep::Live
            && let Some(id) = self.log.next_id_if_unread()
        {
            return Event { name, data, id };
        }
        let entry = Entry {
            kind,
            run_id: Some(self.run_id),
            claim: self.claim,
            keep: self.keep,
            shown: (name, data),
            stored: None,
            end: None,
            bodies: convert(&mut self.converter),
        };
        self.log.append(entry).event.clone()
    }
}

fn keep(run: &Run) -> Keep {
    match (run.kwargs.resumable, run.kwargs.temporary) {
        (false, _) => Keep::Live,
        (true, true) => Keep::Memory,
        (true, false) => Keep::Disk,
    }
}
