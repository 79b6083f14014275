//! The queue as it is: what waits, and in numbers, for monitoring.

use lgx_model::{Run, Timestamp};
use rusqlite::Connection;

use super::{COLUMNS, run_of};
use crate::Result;
use crate::runs::Queue;
use crate::sqlite::columns::time;

/// Looks at all runs that are pending, the next first.
pub(crate) fn look_at_pending(connection: &Connection, mut look: impl FnMut(&Run)) -> Result<()> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM runs WHERE status = 'pending' ORDER BY created_at, sequence"
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        look(&run_of(row)?);
    }
    Ok(())
}

/// The queue as it is.
pub(crate) fn queue(connection: &Connection, now: Timestamp) -> Result<Queue> {
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
        .collect::<Result<Vec<(Timestamp, bool)>>>()?;
    let due = pending.iter().filter(|(due, _)| *due <= now);
    Ok(Queue {
        pending: pending.len(),
        running: usize::try_from(running).unwrap_or_default(),
        waits: due
            .map(|(due, blocked)| (now.until(*due).as_secs_f64(), *blocked))
            .collect(),
    })
}
