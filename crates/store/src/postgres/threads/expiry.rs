//! Threads whose time to live has passed, and those that are pruned by request.

use std::collections::BTreeSet;

use lgx_model::{PruneStrategy, ThreadId, ThreadStatus, ThreadTtl, Timestamp};
use tokio_postgres::Row;

use super::ending::{lock_to_end, remove_all, uuids};
use crate::postgres::checkpoints;
use crate::postgres::columns::{id, object, text, time_or_null, value};
use crate::postgres::session::Session;
use crate::threads::time_to_live;
use crate::{Result, Scope};

/// How many threads are swept in one transaction, so that what waits for one of them has its turn.
const AT_ONCE: i64 = 100;

/// The time to live of a thread, if it has one and the caller may see the thread.
pub(crate) async fn ttl(
    session: &Session,
    thread_id: ThreadId,
    scope: &Scope,
) -> Result<Option<ThreadTtl>> {
    let sql = "SELECT ttl_strategy, ttl_minutes, expires_at, metadata FROM threads WHERE thread_id = $1 AND ttl_minutes IS NOT NULL";
    let Some(row) = session.row(sql, &[&thread_id.uuid()]).await? else {
        return Ok(None);
    };
    if scope.may_hide() && !scope.allows(&object(&row, 3)?) {
        return Ok(None);
    }
    Ok(Some(ThreadTtl {
        strategy: strategy(&row, 0)?,
        ttl_minutes: value(&row, 1)?,
        expires_at: time_or_null(&row, 2)?,
    }))
}

/// Those whose time has passed, the first of them. What somebody else has locked is passed over.
pub(crate) const EXPIRED: &str =
    "SELECT thread_id, ttl_strategy FROM threads WHERE expires_at <= $1 AND status != 'busy'
    ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED";

/// When the next one expires of those at rest, and of those that are busy.
pub(crate) const NEXT_EXPIRY: &str = "SELECT least(
      (SELECT expires_at FROM threads WHERE expires_at IS NOT NULL AND status != 'busy' ORDER BY expires_at LIMIT 1),
      (SELECT min(greatest(expires_at, $1 + expires_at - updated_at)) FROM threads WHERE expires_at IS NOT NULL AND status = 'busy'))";

/// Ends some of the threads whose time has passed and that have no run: deletes them, or prunes them to their latest state.
/// Gives those that it deletes; there may be more. What somebody else is changing is left for the next time.
pub(crate) async fn sweep(session: &Session, now: Timestamp) -> Result<Vec<ThreadId>> {
    let rows = session.rows(EXPIRED, &[&now.micros(), &AT_ONCE]).await?;
    let (mut deleted, mut pruned) = (Vec::new(), Vec::new());
    for row in &rows {
        match strategy(row, 1)? {
            PruneStrategy::Delete => deleted.push(id(row, 0)?),
            PruneStrategy::KeepLatest => pruned.push(id(row, 0)?),
        }
    }
    if !deleted.is_empty() {
        remove_all(session, &deleted).await?;
    }
    if !pruned.is_empty() {
        checkpoints::prune(session, &pruned, PruneStrategy::KeepLatest).await?;
        let sql = "UPDATE threads SET pruned_at = updated_at WHERE thread_id = ANY($1)";
        session.execute(sql, &[&uuids(&pruned)]).await?;
    }
    Ok(deleted)
}

/// When the next thread expires. One that is busy cannot before it has been idle for its whole time to live.
pub(crate) async fn next_expiry(session: &Session, now: Timestamp) -> Result<Option<Timestamp>> {
    let row = session.row(NEXT_EXPIRY, &[&now.micros()]).await?;
    Ok(row.map(|row| time_or_null(&row, 0)).transpose()?.flatten())
}

/// Deletes threads, or all but the latest state of those that have no run: a run may still be rolled back to what was before
/// it. Gives those that this was done to; nothing is done, and nothing given, when the caller may not see one of them. To callers who
/// do not see everything, one that is not there is no other than one that is hidden.
pub(crate) async fn prune(
    session: &Session,
    thread_ids: &BTreeSet<ThreadId>,
    strategy: PruneStrategy,
    scope: &Scope,
) -> Result<Option<Vec<ThreadId>>> {
    let asked: Vec<ThreadId> = thread_ids.iter().copied().collect();
    let mut locked = lock_to_end(session, &asked).await?;
    let is_hidden = scope.may_hide() && locked.len() < asked.len();
    if is_hidden || !locked.iter().all(|found| scope.allows(&found.metadata)) {
        return Ok(None);
    }
    if strategy == PruneStrategy::KeepLatest {
        locked.retain(|found| found.status != ThreadStatus::Busy);
    }
    let mut pruned: Vec<ThreadId> = locked.into_iter().map(|found| found.thread_id).collect();
    pruned.sort_unstable();
    match strategy {
        PruneStrategy::Delete => remove_all(session, &pruned).await?,
        PruneStrategy::KeepLatest => checkpoints::prune(session, &pruned, strategy).await?,
    }
    Ok(Some(pruned))
}

/// What becomes of a thread when its time has passed.
fn strategy(row: &Row, column: usize) -> Result<PruneStrategy> {
    time_to_live::strategy(text(row, column)?)
}
