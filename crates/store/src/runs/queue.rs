//! The state of the queue in numbers, for monitoring.

use lgx_model::Timestamp;
use rusqlite::Connection;

use crate::StoreError;
use crate::columns::time;

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

/// The queue as it is.
pub fn queue(connection: &Connection, now: Timestamp) -> Result<Queue, StoreError> {
    let running: i64 = connection
        .prepare_cached("SELECT count(*) FROM runs WHERE status = 'running'")?
        .query_row([], |row| row.get(0))?;
    let mut statement = connection.prepare_cached(
        "SELECT created_at, EXISTS (
           SELECT 1 FROM runs AS other WHERE other.thread_id = runs.thread_id AND other.status = 'running')
         FROM runs WHERE status = 'pending' ORDER BY created_at",
    )?;
    let pending = statement
        .query_and_then([], |row| Ok((time(row, 0)?, row.get(1)?)))?
        .collect::<Result<Vec<(Timestamp, bool)>, StoreError>>()?;
    let due = pending.iter().filter(|(due, _)| *due <= now);
    Ok(Queue {
        pending: pending.len(),
        running: usize::try_from(running).unwrap_or_default(),
        waits: due
            .map(|(due, blocked)| (now.until(*due).as_secs_f64(), *blocked))
            .collect(),
    })
}
