//! The queue of runs: which is next, when, and how many wait. It is the server's own, so that nothing here takes a scope.

use lgx_model::{CheckpointTuple, Run, Timestamp};

use crate::sqlite::runs as sql;
use crate::{Result, Store};

/// A run taken from the queue, now running.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The run.
    pub run: Run,
    /// The newest root checkpoint of its thread.
    pub checkpoint: Option<CheckpointTuple>,
    /// Which attempt at it this is.
    pub attempt: u32,
}

/// The runs that have not ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Queue {
    /// How many are pending, those included whose time has not come.
    pub pending: usize,
    /// How many are running.
    pub running: usize,
    /// Those whose time has come, the longest waiting first: for how many seconds, and whether a run on their thread is before them.
    pub waits: Vec<(f64, bool)>,
}

impl Queue {
    /// How many seconds the run has waited that waits longest.
    pub fn longest(&self) -> Option<f64> {
        self.waits.first().map(|(seconds, _)| *seconds)
    }

    /// How many seconds the run has waited that is in the middle, or those two have on average that are.
    pub fn median(&self) -> Option<f64> {
        let at = |index: usize| self.waits.get(index).map(|(seconds, _)| *seconds);
        let middle = self.waits.len() / 2;
        if self.waits.len() % 2 == 1 {
            at(middle)
        } else {
            Some(f64::midpoint(at(middle.checked_sub(1)?)?, at(middle)?))
        }
    }

    /// How many seconds the run has waited that waits longest for a slot alone.
    pub fn longest_unblocked(&self) -> Option<f64> {
        let mut unblocked = self.waits.iter().filter(|(_, blocked)| !blocked);
        unblocked.next().map(|(seconds, _)| *seconds)
    }
}

impl Store {
    /// Takes the oldest due run whose thread has no run running.
    ///
    /// `in_commit_order` is called with it; see [`Store`].
    pub async fn claim(
        &self,
        now: Timestamp,
        in_commit_order: impl FnOnce(&Claimed) + Send + 'static,
    ) -> Result<Option<Claimed>> {
        self.sqlite
            .write(move |connection| Ok(sql::claim(connection, now)?.inspect(in_commit_order)))
            .await
    }

    /// When the next scheduled run becomes due: the earliest time after `now` that a pending run waits for. Give it the
    /// `now` of the claim that found nothing; a later one would pass over a run that became due in between.
    pub async fn next_due_run(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        self.sqlite
            .read(move |connection| sql::next_due(connection, now))
            .await
    }

    /// The queue as it is, in numbers.
    pub async fn run_queue(&self, now: Timestamp) -> Result<Queue> {
        self.sqlite
            .read(move |connection| sql::queue(connection, now))
            .await
    }
}
