//! Writing the end of a run, also when the store cannot take it for a while: a run that has ended must not stay running.
//!
//! The row has to change whatever happens, since the thread is busy until it does. So the write is tried again with a growing
//! pause for as long as the server runs. Whoever waits for the run is told after a few seconds that its end is not saved yet; the run stays
//! in the registry until it is, so that cancelling and joining it are answered meanwhile.

use std::sync::Arc;
use std::time::Duration;

use lgx_model::{RunError, RunStatus};
use lgx_store::runs::{Finish, Finished, PackedRecord, ThreadEnd};
use lgx_store::{StoreError, Unavailable};
use tokio::time::Instant;

use super::drive::record_of_attempt;
use super::outcome::Outcome;
use super::registry::Live;
use super::{EndedThreads, Runs, raised, readers, report};
use crate::notice::{Notice, StateNotice};

/// The pause after the first failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// No pause is longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long those who wait for a run are kept waiting for its end to be saved.
const READERS_WAIT: Duration = Duration::from_secs(5);

/// What became of the end of a run.
pub(super) enum SavedEnd {
    /// It is saved.
    Saved(Finished<EndedThreads>),
    /// It could not be saved as it was; it is saved as this error instead.
    SavedAsError(Finished<EndedThreads>, RunError),
    /// It can never be saved.
    Lost(RunError),
    /// The server stops, or the run is not its own any more; it is taken up at the next start, or elsewhere.
    Suspended,
}

impl SavedEnd {
    /// Whether runs wait for a slot, as far as is known.
    pub(super) const fn leaves_runs_waiting(&self) -> bool {
        match self {
            Self::Saved(finished) | Self::SavedAsError(finished, _) => finished.more_pending,
            Self::Lost(_) => true,
            Self::Suspended => false,
        }
    }
}

/// What to do about an end that could not be saved.
#[derive(Debug, PartialEq, Eq)]
enum Remedy {
    /// The same again: it will do once the store can be used.
    TryAgain,
    /// Save an error in its place: what there is to be saved is at fault.
    SaveError,
    /// Nothing.
    GiveUp,
    /// Leave it to the next start.
    Suspend,
}

/// Decides. Pure.
fn remedy(error: &StoreError) -> Remedy {
    match error {
        StoreError::Closed => Remedy::Suspend,
        StoreError::Unavailable(Unavailable::Gone(_)) => Remedy::GiveUp,
        // What else fails a commit fails it for all that shared it, and says nothing about this run.
        StoreError::Unavailable(_) | StoreError::Commit(_) | StoreError::Io(_) => Remedy::TryAgain,
        _ => Remedy::SaveError,
    }
}

/// Writes the end of a run that executed, as soon as the store takes it.
pub(super) async fn save_end(runs: &Runs, live: &Arc<Live>, finish: Finish) -> SavedEnd {
    let run_id = live.run_id;
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    let mut finish = Arc::new(finish);
    let mut record = record_of_attempt(runs, live);
    let mut in_place = None;
    let mut told = false;
    loop {
        let end = Arc::clone(&finish);
        let run = Arc::clone(live);
        let replaced = in_place.is_some();
        let is_success = end.status == RunStatus::Success;
        // Behind all that the run wrote: it may have ended before it was known that some of that is lost.
        let may_end = move || match run.lost_write().filter(|_| is_success && !replaced) {
            Some(lost) => Err(lost),
            None => Ok(()),
        };
        let registry = Arc::clone(&runs.registry);
        let fence = move |thread_ids| EndedThreads::fence(&registry, thread_ids, Some(run_id));
        let finished = runs
            .store
            .finish(live.claim(), end, record.clone(), may_end, fence);
        let error = match finished.await {
            Ok(Err(lost)) => {
                let lost = RunError::new("StoreError", lost);
                finish = Arc::new(as_error(&finish, lost.clone()));
                record = record_with(runs, live, &lost);
                in_place = Some(lost);
                continue;
            }
            // It is for another server to end, or an earlier try has ended it and its answer was lost.
            Ok(Ok(finished)) if finished.goes_on_elsewhere => {
                if let Some(report) = finished.report.filter(|_| told) {
                    report::deliver(runs, report);
                }
                live.lost.cancel();
                return SavedEnd::Suspended;
            }
            Ok(Ok(mut finished)) => {
                // Without such a try, whoever ended it tells of that.
                if finished.run.is_none() && !told {
                    finished.report = None;
                }
                if told {
                    runs.observer
                        .notice(Notice::State(StateNotice::RunEndSaved {
                            run_id: run_id.to_string(),
                            after: began.elapsed(),
                        }));
                }
                return match in_place {
                    Some(error) => SavedEnd::SavedAsError(finished, error),
                    None => SavedEnd::Saved(finished),
                };
            }
            Err(error) => error,
        };
        let remedy = remedy(&error);
        if remedy == Remedy::Suspend {
            return SavedEnd::Suspended;
        }
        if !told {
            told = true;
            runs.observer
                .notice(Notice::State(StateNotice::RunEndUnsaved {
                    run_id: run_id.to_string(),
                    reason: error.to_string(),
                }));
        }
        if remedy == Remedy::GiveUp {
            return SavedEnd::Lost(unsaved(&error));
        }
        if remedy == Remedy::SaveError && in_place.is_none() {
            finish = Arc::new(as_error(&finish, unsaved(&error)));
            record = record_with(runs, live, &unsaved(&error));
            in_place = Some(unsaved(&error));
            continue;
        }
        if began.elapsed() >= READERS_WAIT && live.log.outcome().is_none() {
            readers::tell(runs, live, not_saved_yet(&error));
        }
        tokio::select! {
            () = runs.stopping.cancelled() => return SavedEnd::Suspended,
            () = live.lost.cancelled() => return SavedEnd::Suspended,
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
    }
}

/// What is kept of a run whose end is this error.
fn record_with(runs: &Runs, live: &Live, error: &RunError) -> Option<Arc<PackedRecord>> {
    live.recording().failed(raised::without_line(error));
    record_of_attempt(runs, live)
}

fn unsaved(error: &StoreError) -> RunError {
    RunError::new(
        "StoreError",
        format!("the end of the run could not be saved: {error}"),
    )
}

/// The same end as an error, with nothing in it that could be at fault.
fn as_error(finish: &Finish, error: RunError) -> Finish {
    let failed = Finish::failed(error, finish.now);
    Finish {
        delete_thread: finish.delete_thread,
        began: finish.began,
        thread: ThreadEnd {
            is_behind: false,
            ..failed.thread
        },
        ..failed
    }
}

/// What those hear who cannot be kept waiting: not how the run ended, as they could not find that anywhere.
fn not_saved_yet(error: &StoreError) -> Outcome {
    let mut error = unsaved(error);
    error.message.push_str("; it is tried again");
    Outcome {
        status: RunStatus::Pending,
        error: Some(error),
        ..Outcome::cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_saved_as_it_is_unless_it_is_at_fault_itself() {
        for (error, expected) in [
            (Unavailable::DiskFull.into(), Remedy::TryAgain),
            (Unavailable::Locked.into(), Remedy::TryAgain),
            (Unavailable::Failing("EIO".into()).into(), Remedy::TryAgain),
            (StoreError::Commit("no".into()), Remedy::TryAgain),
            (StoreError::Panicked("bug".into()), Remedy::SaveError),
            (Unavailable::Gone("state.db".into()).into(), Remedy::GiveUp),
            (StoreError::Closed, Remedy::Suspend),
        ] {
            assert_eq!(remedy(&error), expected, "{error}");
        }
    }
}
