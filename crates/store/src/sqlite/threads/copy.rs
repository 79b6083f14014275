//! A copy of a thread: its state with all that led to it, under an id of its own.

use lgx_model::Thread;
use rusqlite::{Connection, params};

use super::find;
use crate::sqlite::checkpoints;
use crate::sqlite::columns::json;
use crate::threads::ThreadCopy;
use crate::{Result, Scope};

/// Copies a thread with its checkpoints, values, interrupts, error and time to live, but without its runs: a copy of a busy
/// thread is as the thread was before its run. Nothing when the source is not there or the caller may not see it.
pub(crate) fn copy(
    connection: &Connection,
    copy: &ThreadCopy,
    scope: &Scope,
) -> Result<Option<Thread>> {
    let Some(source) = super::get(connection, copy.source, scope)? else {
        return Ok(None);
    };
    let mut metadata = source.metadata;
    metadata.extend(copy.metadata.clone());
    let target = copy.target.to_string();
    connection
        .prepare_cached(
            "INSERT INTO threads (thread_id, created_at, updated_at, state_updated_at, metadata, status, resting_status, config,
               error, interrupts, ttl_minutes, ttl_strategy, behind)
             SELECT ?2, ?3, ?3, ?3, ?4, resting_status, resting_status, '{}', error, interrupts, ttl_minutes, ttl_strategy, behind
             FROM threads WHERE thread_id = ?1",
        )?
        .execute(params![
            copy.source.to_string(),
            target,
            copy.now.micros(),
            json(&metadata)?
        ])?;
    connection
        .prepare_cached("INSERT INTO thread_values (thread_id, state) SELECT ?2, state FROM thread_values WHERE thread_id = ?1")?
        .execute([copy.source.to_string(), target])?;
    checkpoints::copy_thread(connection, copy.source, copy.target)?;
    find(connection, copy.target)
}
