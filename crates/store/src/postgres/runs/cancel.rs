//! Cancelling: which runs a request means, and the end of those that have not started.

use std::collections::{BTreeSet, HashMap};

use lgx_model::{RunId, RunStatus, ThreadId, ThreadStatus, Timestamp};
use tokio_postgres::Row;

use super::{active_of, shown_metadata, uuids};
use crate::instances::Hint;
use crate::postgres::any_text::AnyText;
use crate::postgres::columns::{id, object};
use crate::postgres::{Session, threads};
use crate::runs::{CancelTarget, Cancelled, StopOrder, in_status};
use crate::{Result, Scope, WriteTime};

/// Ends those of the runs that are pending; notes what the running ones are told, and says which those are.
pub(crate) async fn cancel(
    session: &Session,
    which: &CancelTarget,
    order: &StopOrder,
    now: WriteTime,
    scope: &Scope,
) -> Result<Cancelled> {
    let found = lock_and_find(session, which, scope).await?;
    let now = now.instant();
    let pending = in_status(&found, RunStatus::Pending);
    let running = in_status(&found, RunStatus::Running);
    let threads = cancel_pending(session, &pending, order.rollback, now).await?;
    tell(session, &running, order).await?;
    session.hint(pending.iter().copied().map(Hint::Ended));
    Ok(Cancelled {
        pending,
        running,
        threads,
    })
}

/// The runs that a request to cancel means, as far as the caller may see them, and their status.
pub(crate) async fn runs_to_cancel(
    session: &Session,
    which: &CancelTarget,
    scope: &Scope,
) -> Result<Vec<(RunId, RunStatus)>> {
    match which {
        CancelTarget::Runs(thread_id, run_ids) => {
            find_by_id(session, *thread_id, run_ids, scope).await
        }
        CancelTarget::Status(statuses) => {
            let found = find_by_status(session, statuses, scope).await?;
            Ok(found.into_iter().map(|(run, _)| run).collect())
        }
    }
}

/// The same, once their threads are locked.
async fn lock_and_find(
    session: &Session,
    which: &CancelTarget,
    scope: &Scope,
) -> Result<Vec<(RunId, RunStatus)>> {
    match which {
        CancelTarget::Runs(thread_id, _) => {
            if threads::lock(session, *thread_id).await?.0 {
                runs_to_cancel(session, which, scope).await
            } else {
                Ok(Vec::new())
            }
        }
        CancelTarget::Status(statuses) => {
            let seen = find_by_status(session, statuses, scope).await?;
            let seen: BTreeSet<ThreadId> =
                seen.into_iter().map(|(_, thread_id)| thread_id).collect();
            let locked = threads::lock_all(session, seen).await?;
            let mut found = find_by_status(session, statuses, scope).await?;
            found.retain(|(_, thread_id)| locked.contains(thread_id));
            Ok(found.into_iter().map(|(run, _)| run).collect())
        }
    }
}

/// Those of `run_ids` that are on this thread, whatever their status; none when the caller may not see the thread.
async fn find_by_id(
    session: &Session,
    thread_id: ThreadId,
    run_ids: &[RunId],
    scope: &Scope,
) -> Result<Vec<(RunId, RunStatus)>> {
    let metadata = shown_metadata(scope);
    let rows = session
        .rows(
            &format!(
                "SELECT runs.run_id, runs.status, {metadata} FROM runs JOIN threads ON threads.thread_id = runs.thread_id
                 WHERE runs.thread_id = $1 AND runs.run_id = ANY($2)"
            ),
            &[&thread_id.uuid(), &uuids(run_ids)],
        )
        .await?;
    match rows.first() {
        Some(row) if scope.allows(&object(row, 2)?) => {}
        _ => return Ok(Vec::new()),
    }
    let found: HashMap<RunId, RunStatus> = rows.iter().map(active_of).collect::<Result<_>>()?;
    let asked = run_ids.iter();
    Ok(asked
        .filter_map(|run_id| Some((*run_id, *found.get(run_id)?)))
        .collect())
}

/// The pending and running runs in one of `statuses` on threads the caller may see, oldest first, with their threads.
async fn find_by_status(
    session: &Session,
    statuses: &[RunStatus],
    scope: &Scope,
) -> Result<Vec<((RunId, RunStatus), ThreadId)>> {
    let under_way = [RunStatus::Pending, RunStatus::Running];
    let statuses = under_way.into_iter().filter(|one| statuses.contains(one));
    let statuses: Vec<&str> = statuses.map(RunStatus::as_str).collect();
    let metadata = shown_metadata(scope);
    let rows = session
        .rows(
            &format!(
                "SELECT runs.run_id, runs.status, runs.thread_id, {metadata} FROM runs JOIN threads ON threads.thread_id = runs.thread_id
                 WHERE runs.status IN ('pending', 'running') AND runs.status = ANY($1) ORDER BY runs.sequence"
            ),
            &[&statuses],
        )
        .await?;
    let mut visible = HashMap::new();
    let mut found = Vec::new();
    for row in &rows {
        let thread_id: ThreadId = id(row, 2)?;
        let seen = match visible.get(&thread_id) {
            Some(seen) => *seen,
            None => scope.allows(&object(row, 3)?),
        };
        visible.insert(thread_id, seen);
        if seen {
            found.push((active_of(row)?, thread_id));
        }
    }
    Ok(found)
}

/// Ends these pending runs: they are gone with `rollback`, else interrupted. Gives the status of their threads, which follows.
async fn cancel_pending(
    session: &Session,
    run_ids: &[RunId],
    rollback: bool,
    now: Timestamp,
) -> Result<Vec<(ThreadId, ThreadStatus)>> {
    if run_ids.is_empty() {
        return Ok(Vec::new());
    }
    let ended = if rollback {
        let sql = "DELETE FROM runs WHERE run_id = ANY($1) RETURNING thread_id";
        session.rows(sql, &[&uuids(run_ids)]).await?
    } else {
        interrupt(session, run_ids, now).await?
    };
    let ended = ended.iter().map(|row| id(row, 0));
    let ended = ended.collect::<Result<BTreeSet<ThreadId>>>()?;
    let mut statuses = Vec::new();
    for thread_id in ended {
        let status = threads::settle(session, thread_id).await?;
        statuses.extend(status.map(|status| (thread_id, status)));
    }
    Ok(statuses)
}

/// Notes what running runs are told to do. The first order counts.
pub(super) async fn tell(session: &Session, run_ids: &[RunId], order: &StopOrder) -> Result<()> {
    if run_ids.is_empty() {
        return Ok(());
    }
    session.hint(run_ids.iter().copied().map(Hint::Stop));
    session
        .execute(
            "UPDATE runs SET stop = $2, stop_reason = $3 WHERE run_id = ANY($1) AND stop IS NULL",
            &[&uuids(run_ids), &order.word(), &AnyText::of(&order.reason)],
        )
        .await?;
    Ok(())
}

/// Makes pending runs interrupted. Gives their threads.
pub(super) async fn interrupt(
    session: &Session,
    run_ids: &[RunId],
    now: Timestamp,
) -> Result<Vec<Row>> {
    if run_ids.is_empty() {
        return Ok(Vec::new());
    }
    session
        .rows(
            "UPDATE runs SET status = 'interrupted', updated_at = $2 WHERE run_id = ANY($1) RETURNING thread_id",
            &[&uuids(run_ids), &now.micros()],
        )
        .await
}
