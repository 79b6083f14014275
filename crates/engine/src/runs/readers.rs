//! Telling those who read or wait for a run that it is over, where nothing streams it any more.

use bytes::Bytes;
use lgx_model::{RawJson, RunId};

use super::Runs;
use super::outcome::Outcome;
use super::registry::Live;

/// How a run is over that did not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unbegun {
    /// It was cancelled.
    Cancelled,
    /// It is not there any more.
    Gone,
}

/// Forgets a run that was over before it began, and ends its log.
pub(super) fn end(runs: &Runs, run_id: RunId, unbegun: Unbegun) {
    runs.users.forget(run_id);
    runs.announcements
        .never_began(run_id, unbegun == Unbegun::Gone);
    if let Some(live) = runs.registry.take(run_id) {
        let outcome = match unbegun {
            Unbegun::Cancelled => Outcome::cancelled(),
            Unbegun::Gone => Outcome::gone(),
        };
        runs.events
            .abandoned(live.thread_id, run_id, &outcome.end());
        tell(runs, &live, outcome);
    }
}

/// Tells the readers of a run that does not stream any more how it ended: why it failed is the last event of its streams.
pub(super) fn tell(runs: &Runs, live: &Live, outcome: Outcome) {
    if let Some(error) = &outcome.error {
        let data = Bytes::from(RawJson::of(error).get().to_owned());
        live.log.append(
            runs.events
                .unlogged_event(live.thread_id, "error".into(), data),
        );
    }
    live.log.finish(outcome);
}

/// The server stops, or the run is not its own any more. The run goes on when it starts again, and so do those who can come back to its events.
pub(super) fn suspend(runs: &Runs, live: &Live) {
    if live.lost.is_cancelled() {
        live.log.break_off(Outcome::moved());
    } else if live.resumable {
        live.log.break_off(Outcome::suspended());
    } else {
        tell(runs, live, Outcome::suspended());
    }
}
