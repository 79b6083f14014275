//! The end of threads: those whose time to live has passed, and those that are pruned by request.

use std::collections::BTreeSet;

use lgx_model::{PruneStrategy, ThreadId, ThreadTtl, TimeToLive, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::{find_metadata, remove};
use crate::sqlite::checkpoints;
use crate::sqlite::columns::{id, text};
use crate::threads::time_to_live::{minutes, strategy};
use crate::{Result, Scope};

/// How many threads are swept in one transaction, so that other writes have their turn.
const AT_ONCE: u32 = 100;

/// The time to live of a thread, if it has one and the caller may see the thread.
pub(crate) fn ttl(
    connection: &Connection,
    thread_id: ThreadId,
    scope: &Scope,
) -> Result<Option<ThreadTtl>> {
    if !super::exists(connection, thread_id, scope)? {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached(
        "SELECT ttl_strategy, ttl_minutes, expires_at FROM threads WHERE thread_id = ?1 AND ttl_minutes IS NOT NULL",
    )?;
    let mut rows = statement.query([thread_id.to_string()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(ThreadTtl {
        strategy: strategy(text(row, 0)?)?,
        ttl_minutes: row.get(1)?,
        expires_at: row.get::<_, Option<i64>>(2)?.map(Timestamp::from_micros),
    }))
}

/// Gives a thread this time to live.
pub(super) fn set_ttl(connection: &Connection, thread_id: ThreadId, ttl: TimeToLive) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE threads SET ttl_minutes = ?2, ttl_strategy = ?3, pruned_at = NULL WHERE thread_id = ?1",
        )?
        .execute(params![
            thread_id.to_string(),
            minutes(ttl),
            ttl.strategy.as_str()
        ])?;
    Ok(())
}

/// Ends some of the threads whose time has passed and that have no run: deletes them, or prunes them to their latest state.
/// Gives those that it deletes; there may be more.
pub(crate) fn sweep(connection: &Connection, now: Timestamp) -> Result<Vec<ThreadId>> {
    let mut statement = connection.prepare_cached(
        "SELECT thread_id, ttl_strategy FROM threads INDEXED BY threads_by_expiry
         WHERE expires_at IS NOT NULL AND expires_at <= ?1 AND status <> 'busy' ORDER BY expires_at LIMIT ?2",
    )?;
    let expired = statement
        .query_and_then(params![now.micros(), AT_ONCE], |row| {
            Ok((id(row, 0)?, strategy(text(row, 1)?)?))
        })?
        .collect::<Result<Vec<(ThreadId, PruneStrategy)>>>()?;
    let mut deleted = Vec::new();
    for (thread_id, strategy) in expired {
        match strategy {
            PruneStrategy::Delete => {
                remove(connection, thread_id)?;
                deleted.push(thread_id);
            }
            PruneStrategy::KeepLatest => {
                checkpoints::prune(connection, &[thread_id], strategy)?;
                connection
                    .prepare_cached(
                        "UPDATE threads SET pruned_at = updated_at WHERE thread_id = ?1",
                    )?
                    .execute([thread_id.to_string()])?;
            }
        }
    }
    Ok(deleted)
}

/// When the next thread expires. One that is busy cannot before it has been idle for its whole time to live.
pub(crate) fn next_expiry(connection: &Connection, now: Timestamp) -> Result<Option<Timestamp>> {
    let resting: Option<i64> = connection
        .prepare_cached(
            "SELECT expires_at FROM threads INDEXED BY threads_by_expiry
             WHERE expires_at IS NOT NULL AND status <> 'busy' ORDER BY expires_at LIMIT 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?;
    let busy: Option<i64> = connection
        .prepare_cached(
            "SELECT min(max(expires_at, ?1 + expires_at - updated_at)) FROM threads INDEXED BY threads_by_expiry
             WHERE expires_at IS NOT NULL AND status = 'busy'",
        )?
        .query_row([now.micros()], |row| row.get(0))?;
    let next = [resting, busy].into_iter().flatten().min();
    Ok(next.map(Timestamp::from_micros))
}

/// Deletes threads, or all but the latest state of those that have no run: a run may still be rolled back to what was before
/// it. Gives those that this was done to; nothing is done, and nothing given, when the caller may not see one of them. To callers who
/// do not see everything, one that is not there is no other than one that is hidden.
pub(crate) fn prune(
    connection: &Connection,
    thread_ids: &BTreeSet<ThreadId>,
    strategy: PruneStrategy,
    scope: &Scope,
) -> Result<Option<Vec<ThreadId>>> {
    let mut found = Vec::new();
    for &thread_id in thread_ids {
        match find_metadata(connection, thread_id)? {
            Some(metadata) if !scope.allows(&metadata) => return Ok(None),
            Some(_) => found.push(thread_id),
            None if scope.may_hide() => return Ok(None),
            None => {}
        }
    }
    match strategy {
        PruneStrategy::Delete => {
            for &thread_id in &found {
                remove(connection, thread_id)?;
            }
        }
        PruneStrategy::KeepLatest => {
            let mut busy = connection
                .prepare_cached("SELECT 1 FROM threads WHERE thread_id = ?1 AND status = 'busy'")?;
            let mut resting = Vec::new();
            for thread_id in found {
                if !busy.exists([thread_id.to_string()])? {
                    resting.push(thread_id);
                }
            }
            checkpoints::prune(connection, &resting, strategy)?;
            found = resting;
        }
    }
    Ok(Some(found))
}
