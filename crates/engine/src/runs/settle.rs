//! The end of a run that executed, in the order in which it takes effect: decided, stored, told.
//!
//! No client hears of an end that is not stored. The terminal shows an exception of user code at once. Then the row is written; then the
//! webhook learns of it, then the log of the thread; and the run's own streams end last, when what they show last is on disk.

use std::sync::Arc;

use bytes::Bytes;
use lgx_model::{RawJson, Run, RunError, RunStatus, Timestamp};
use lgx_store::WriteTime;
use lgx_store::runs::{Finish, Finished, GoneRun};
use lgx_worker::{Diagnostic, RunEnd, RunOutcome};
use tokio::sync::OwnedSemaphorePermit;

use super::outcome::Outcome;
use super::registry::{Live, Stop};
use super::save_end::{SavedEnd, save_end};
use super::verdict::verdict;
use super::{EndedThreads, Runs, raised, readers, report, trace};
use crate::announcements::server_event::ServerEvent;
use crate::events::feed::RunFeed;
use crate::notice::Notice;

/// How the execution of a run came to its end.
pub(super) enum Ending {
    /// The worker answered.
    Worker(Box<RunEnd>, Option<RawJson>),
    /// The run failed outside user code.
    Failed(RunError),
    /// It was asked to stop and did not answer in time.
    Abandoned,
    /// The server stops: the run stays as it is and goes on at the next start.
    Suspended,
}

/// A run that has come to its end on a worker, or without one.
pub(super) struct Ended<'a> {
    /// The run, as it was claimed.
    pub(super) run: &'a Run,
    /// Its log and controls.
    pub(super) live: &'a Arc<Live>,
    /// When it began to execute.
    pub(super) began: Timestamp,
    /// Where its thread hears of it.
    pub(super) feed: RunFeed,
}

impl Ended<'_> {
    /// Settles it. Its slot is free for the next one before anybody hears of the end.
    pub(super) async fn settle(self, runs: &Runs, ending: Ending, slot: OwnedSemaphorePermit) {
        let (run, live) = (self.run, self.live);
        let stop = live.stop.borrow().clone();
        let (end, values) = what_ended(ending, stop.as_ref());
        let diagnostic = end.as_ref().and_then(|end| end.diagnostic.clone());
        let is_told = diagnostic.is_some();
        if let Some(diagnostic) = &diagnostic {
            runs.observer.notice(Notice::RunFailed {
                run_id: run.run_id.to_string(),
                diagnostic: diagnostic.clone(),
            });
        }
        let redacts = runs.workers.options().redact_errors;
        let raised_end = end.as_ref().filter(|end| end.diagnostic.is_some()).cloned();
        let verdict = verdict(end, values, stop);
        if let Some(error) = raised::kept(raised_end.as_ref(), &verdict.outcome, redacts) {
            live.recording().failed(error);
        }
        let finish = Finish {
            status: verdict.outcome.status,
            thread: verdict.thread,
            began: Some(self.began),
            now: WriteTime::OnItsTurn,
            rollback: verdict.rollback,
            delete_thread: run.kwargs.temporary,
        };
        if live.resumable {
            // No stream lacks what came before an end that is saved.
            runs.events.place().await;
        }
        let before = runs.pump.rung();
        let saved = save_end(runs, live, finish).await;
        runs.users.forget(run.run_id);
        runs.registry.leave(live);
        drop(slot);
        if saved.leaves_runs_waiting() || runs.pump.rung() != before {
            runs.pump.ring();
        }
        let (finished, rollback, outcome) = match saved {
            SavedEnd::Saved(finished) => (finished, verdict.rollback, verdict.outcome),
            SavedEnd::SavedAsError(finished, error) => (finished, false, Outcome::failed(error)),
            SavedEnd::Lost(error) => {
                runs.announcements
                    .ended(live, RunStatus::Error, Timestamp::now());
                readers::tell(runs, live, Outcome::failed(error));
                return;
            }
            SavedEnd::Suspended => {
                readers::suspend(runs, live);
                return;
            }
        };
        if run.kwargs.temporary
            && !rollback
            && let (Some(run), Some(thread)) = (&finished.run, &finished.thread)
        {
            runs.keeper.remember(GoneRun {
                run: shown_when_gone(runs, run),
                attempts: live.standing().attempt,
                thread_metadata: thread.metadata.clone(),
                record: runs.keeper.packed(live),
            });
        }
        let is_gone = finished.run.is_none();
        let outcome = if is_gone { Outcome::gone() } else { outcome };
        if !is_told {
            report::announce_end(runs, run, &outcome, self.began);
        }
        if let Some(stored) = &finished.run {
            let end = trace::TracedEnd {
                status: stored.status,
                error: outcome.error.as_ref(),
                began: self.began,
                ended: stored.updated_at,
            };
            trace::ended(runs, run, live, &end);
        }
        self.announce(runs, &finished, rollback, diagnostic);
        self.tell(runs, finished, outcome, rollback || is_gone)
            .await;
    }

    /// Announces an end that is stored. Whoever deleted the run before has announced that.
    fn announce(
        &self,
        runs: &Runs,
        finished: &Finished<EndedThreads>,
        is_rolled_back: bool,
        diagnostic: Option<Diagnostic>,
    ) {
        let Some(run) = &finished.run else {
            return;
        };
        let (run_id, thread_id) = (run.run_id, run.thread_id);
        if is_rolled_back {
            runs.announcements.run_deleted(run_id, thread_id);
        } else {
            let (status, ended_at) = (run.status, run.updated_at);
            runs.announcements.ended(self.live, status, ended_at);
        }
        if let Some(diagnostic) = diagnostic.filter(|_| run.status == RunStatus::Error) {
            runs.announcements.tell(ServerEvent::RunFailed {
                run_id,
                thread_id,
                diagnostic,
            });
        }
        let stays = finished.thread.as_ref().filter(|_| !run.kwargs.temporary);
        if let Some(thread) = stays {
            runs.announcements.thread(thread_id, thread.status);
        }
    }

    /// Tells of an end that is stored.
    async fn tell(
        mut self,
        runs: &Runs,
        finished: Finished<EndedThreads>,
        outcome: Outcome,
        is_gone: bool,
    ) {
        if finished.is_behind {
            runs.rows_behind.name(self.run.thread_id);
        }
        if let Some(report) = finished.report {
            report::deliver(runs, report);
        }
        if let Some(error) = &outcome.error {
            let data = Bytes::from(RawJson::of(error).get().to_owned());
            self.live.log.append(self.feed.stream("error".into(), data));
        }
        let end = outcome.end();
        if is_gone {
            self.feed.taken_back(&end);
        } else {
            self.feed.done(&end);
        }
        finished.ended.tell(runs);
        // What its streams show last is on disk before they end.
        if self.live.resumable {
            runs.events.flush().await;
        }
        self.live.log.finish(outcome);
    }
}

/// A run as it is kept when its thread is gone. Without traces nothing stays of what it was given.
fn shown_when_gone(runs: &Runs, run: &Run) -> Run {
    let mut run = run.clone();
    if !runs.workers.options().traces {
        run.kwargs.input = RawJson::null();
        run.kwargs.command = RawJson::null();
        run.kwargs.context.clear();
    }
    run
}

/// What the worker said of the end, if it is the worker's to say. Someone who stopped the run decides how it ended.
fn what_ended(ending: Ending, stop: Option<&Stop>) -> (Option<RunEnd>, Option<RawJson>) {
    match ending {
        Ending::Worker(end, values) => (Some(*end), values),
        _ if stop.is_some() => (None, None),
        Ending::Failed(error) => {
            let end = RunEnd {
                status: RunOutcome::Error,
                error: Some(error),
                diagnostic: None,
                next: Vec::new(),
                interrupts: RawJson::empty_object(),
                has_values: false,
            };
            (Some(end), None)
        }
        Ending::Abandoned | Ending::Suspended => (None, None),
    }
}
