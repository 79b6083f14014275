//! The runs that were not over when the last server ended: what a person is told of them, and the end of those that are given up.

use bytes::Bytes;
use lgx_model::{RawJson, RunStatus, Timestamp};
use lgx_store::StoreError;
use lgx_store::runs::{Finish, GivenUp, MOST_ATTEMPTS, Recovered, StopOrder, StoppedRun};

use super::outcome::Outcome;
use super::registry::Stop;
use super::verdict::verdict;
use super::{Runs, trace};
use crate::events::event::End;

/// The runs that the last server left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftRuns {
    /// Those that go on.
    pub going_on: Vec<LeftRun>,
    /// The ids of those that have ended as errors, because the server had ended at each of `most_attempts` attempts.
    pub given_up: Vec<String>,
    /// How often a run is executed at most.
    pub most_attempts: u32,
}

/// A run that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftRun {
    /// The run.
    pub run_id: String,
    /// Its thread.
    pub thread_id: String,
    /// Which attempt at it comes next; 1 for one that had not begun.
    pub attempt: u32,
}

impl LeftRuns {
    pub(super) fn of(recovered: &Recovered) -> Self {
        let going_on = recovered.going_on.iter().map(|run| LeftRun {
            run_id: run.run_id.to_string(),
            thread_id: run.thread_id.to_string(),
            attempt: run.attempt,
        });
        let given_up = recovered.given_up.iter();
        Self {
            going_on: going_on.collect(),
            given_up: given_up.map(|given| given.run.run_id.to_string()).collect(),
            most_attempts: MOST_ATTEMPTS,
        }
    }
}

/// Puts runs that another server has left behind back in the queue, and ends those that do not go on.
pub(super) async fn take_up(runs: &Runs) -> Result<LeftRuns, StoreError> {
    let now = Timestamp::now();
    let stopped = move |order: &StopOrder| stopped(order, now);
    let recovered = runs.store.recover_runs(now, stopped).await?;
    let left = LeftRuns::of(&recovered);
    for stopped in recovered.stopped {
        tell_of_stopped(runs, stopped).await;
    }
    for given_up in recovered.given_up {
        give_up(runs, given_up).await;
    }
    Ok(left)
}

/// How a run ends that had been told to stop when the server ended: as it would have ended then.
fn stopped(order: &StopOrder, now: Timestamp) -> Finish {
    let verdict = verdict(None, None, Some(Stop::of(order)));
    Finish {
        status: verdict.outcome.status,
        thread: verdict.thread,
        began: None,
        now: now.into(),
        rollback: verdict.rollback,
        delete_thread: false,
    }
}

/// Tells of such an end, as of any other, in what is kept of the run's events.
async fn tell_of_stopped(runs: &Runs, stopped: StoppedRun) {
    let StoppedRun { run, order } = stopped;
    if !order.rollback {
        trace::left(runs, &run, RunStatus::Interrupted, None).await;
    }
    let feed = runs.events.feed(&run, MOST_ATTEMPTS).await;
    if order.rollback {
        feed.taken_back(&Outcome::gone().end());
    } else {
        feed.done(&Outcome::cancelled().end());
    }
}

/// Tells of the end of a run that is not tried again, as of any other, in what is kept of its events.
async fn give_up(runs: &Runs, given_up: GivenUp) {
    let GivenUp { run, error } = given_up;
    trace::left(runs, &run, RunStatus::Error, Some(&error)).await;
    let mut feed = runs.events.feed(&run, MOST_ATTEMPTS).await;
    let data = Bytes::from(RawJson::of(&error).get().to_owned());
    feed.stream("error".into(), data);
    feed.done(&End::Failed {
        error: error.message,
    });
}
