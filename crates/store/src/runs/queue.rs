//! What the queue of runs holds.

use lgx_model::{CheckpointTuple, Run};

use super::Claim;

/// A run taken from the queue, now running.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The run.
    pub run: Run,
    /// The newest root checkpoint of its thread.
    pub checkpoint: Option<CheckpointTuple>,
    /// Which attempt at it this is.
    pub attempt: u32,
    /// By what right it is written to.
    pub claim: Claim,
}

/// A running run that is executed once more.
#[derive(Debug, Clone, PartialEq)]
pub struct Again {
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
