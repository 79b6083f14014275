//! Threads whose rows are behind their newest checkpoints: marked with what leaves them so, until a worker has read these.

use lgx_model::{ThreadId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::{set_state, write_values};
use crate::Result;
use crate::sqlite::columns::{id, object};
use crate::threads::{Behind, ThreadState};

/// Its values are.
pub(crate) const VALUES: i64 = 1;
/// All that an update of the state leaves is.
const STATE: i64 = 2;

/// A root checkpoint was written that is no run's: the row is behind until it is written too.
pub(crate) fn mark(connection: &Connection, thread_id: ThreadId) -> Result<()> {
    connection
        .prepare_cached("UPDATE threads SET behind = ?2 WHERE thread_id = ?1")?
        .execute(params![thread_id.to_string(), STATE])?;
    Ok(())
}

/// Those at rest that are behind: all, or this one if it is.
pub(crate) fn behind(connection: &Connection, thread_id: Option<ThreadId>) -> Result<Vec<Behind>> {
    let which = match thread_id {
        Some(_) => "thread_id = ?1 AND behind != 0",
        None => "?1 IS NULL AND behind != 0",
    };
    connection
        .prepare_cached(&format!(
            "SELECT thread_id, metadata FROM threads WHERE {which} AND status != 'busy'"
        ))?
        .query_and_then([thread_id.map(|id| id.to_string())], |row| {
            Ok(Behind {
                thread_id: id(row, 0)?,
                metadata: object(row, 1)?,
            })
        })?
        .collect()
}

/// Brings a row up to the state at this checkpoint, unless it is not behind any more, or not at rest, or there is a newer one.
pub(crate) fn catch_up(
    connection: &Connection,
    thread_id: ThreadId,
    checkpoint_id: &str,
    state: &ThreadState,
    now: Timestamp,
) -> Result<bool> {
    let thread = thread_id.to_string();
    let what: Option<i64> = connection
        .prepare_cached(
            "SELECT behind FROM threads WHERE thread_id = ?1 AND behind != 0 AND status != 'busy'",
        )?
        .query_row([&thread], |row| row.get(0))
        .optional()?;
    let newest: Option<String> = connection
        .prepare_cached(
            "SELECT checkpoint_id FROM checkpoints WHERE thread_id = ?1 AND checkpoint_ns = '' ORDER BY checkpoint_id DESC LIMIT 1",
        )?
        .query_row([&thread], |row| row.get(0))
        .optional()?;
    match what {
        Some(_) if newest.as_deref() != Some(checkpoint_id) => return Ok(false),
        None => return Ok(false),
        Some(VALUES) => {
            if let Some(values) = &state.values {
                write_values(connection, thread_id, values)?;
            }
            connection
                .prepare_cached("UPDATE threads SET behind = 0 WHERE thread_id = ?1")?
                .execute([&thread])?;
        }
        Some(_) => {
            set_state(connection, thread_id, state, now)?;
        }
    }
    Ok(true)
}
