//! The queue: which pending run is next, and when; what waits, and in numbers, for monitoring.

use futures_util::future::try_join;
use lgx_model::{Run, RunStatus, ThreadId, Timestamp};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{COLUMNS, attempts, run_of};
use crate::Result;
use crate::instances::{Executing, Hint};
use crate::postgres::columns::{self, any_text_or_null, id, text_or_null, time, value};
use crate::postgres::{Session, checkpoints, instances, threads};
use crate::runs::{Claim, Claimed, Queue, StopOrder};

/// Takes the oldest due run whose thread has no run running. Its thread is locked then.
///
/// Whoever claims passes over threads that others have locked, and waits for none of them unless there is nothing else: so servers do
/// not wait for each other, and yet no run is left waiting because its thread was locked for a moment.
pub(crate) async fn claim(
    session: &Session,
    now: Timestamp,
    me: Option<Uuid>,
) -> Result<Option<Claimed>> {
    loop {
        let thread_id = if let Some(free) = free_next(session, now, me).await? {
            free
        } else {
            // A statement that looks and locks at once keeps the locks of threads that it passes over, and whoever waits may have none.
            session.start_anew().await?;
            let Some(thread_id) = next(session, now, me).await? else {
                return Ok(None);
            };
            if !threads::lock(session, thread_id).await?.0 {
                continue;
            }
            thread_id
        };
        let newest = checkpoints::get(session, thread_id, "", None);
        let (taken, checkpoint) = try_join(take(session, thread_id, now, me), newest).await?;
        if let Some((run, attempt, claim)) = taken {
            return Ok(Some(Claimed {
                run,
                checkpoint,
                attempt,
                claim,
            }));
        }
        // Another server took it before its thread was locked. The thread is let go: one is locked at a time, as whoever has several
        // locks them in another order.
        session.start_anew().await?;
    }
}

/// The thread of the next run, of those that nobody has locked; it is locked then.
async fn free_next(
    session: &Session,
    now: Timestamp,
    me: Option<Uuid>,
) -> Result<Option<ThreadId>> {
    let sql = format!("{} FOR NO KEY UPDATE OF threads SKIP LOCKED", next_sql());
    let row = session.row(&sql, &[&now.micros(), &me]).await?;
    row.map(|row| id(&row, 0)).transpose()
}

/// The thread of the run that seems to be next, whoever has locked it.
async fn next(session: &Session, now: Timestamp, me: Option<Uuid>) -> Result<Option<ThreadId>> {
    let row = session.row(&next_sql(), &[&now.micros(), &me]).await?;
    row.map(|row| id(&row, 0)).transpose()
}

/// The thread of the run that is next, of those whose threads may execute here.
fn next_sql() -> String {
    let is_elsewhere = instances::is_elsewhere("$2");
    format!(
        "SELECT threads.thread_id FROM runs JOIN threads ON threads.thread_id = runs.thread_id
         WHERE runs.status = 'pending' AND runs.created_at <= $1 AND NOT EXISTS (
           SELECT 1 FROM runs AS other WHERE other.thread_id = runs.thread_id AND other.status = 'running')
           AND ($2::uuid IS NULL OR NOT {is_elsewhere})
         ORDER BY runs.created_at, runs.sequence LIMIT 1"
    )
}

/// Takes the next run of a thread that is locked, if none of it is running. The thread is at home where it is taken.
async fn take(
    session: &Session,
    thread_id: ThreadId,
    now: Timestamp,
    me: Option<Uuid>,
) -> Result<Option<(Run, u32, Claim)>> {
    let is_elsewhere = instances::is_elsewhere("$3");
    let sql = format!(
        "WITH free AS (SELECT home IS NOT DISTINCT FROM $3::uuid AS is_here FROM threads
           WHERE thread_id = $1 AND ($3::uuid IS NULL OR NOT {is_elsewhere})),
         moved AS (UPDATE threads SET home = $3 FROM free WHERE thread_id = $1 AND NOT is_here AND $3::uuid IS NOT NULL)
         UPDATE runs SET status = 'running', attempts = attempts + 1, claims = claims + 1 WHERE EXISTS (SELECT 1 FROM free) AND sequence = (
           SELECT sequence FROM runs WHERE thread_id = $1 AND status = 'pending' AND created_at <= $2 AND NOT EXISTS (
             SELECT 1 FROM runs WHERE thread_id = $1 AND status = 'running')
           ORDER BY created_at, sequence LIMIT 1)
         RETURNING {COLUMNS}, attempts, claims"
    );
    let row = session
        .row(&sql, &[&thread_id.uuid(), &now.micros(), &me])
        .await?;
    let taken = row.map(|row| {
        let run = run_of(&row)?;
        let claim = Claim {
            thread_id,
            run_id: run.run_id,
            number: value(&row, 12)?,
        };
        Ok((run, attempts(&row, 11)?, claim))
    });
    taken.transpose()
}

/// Puts a run that executes back in the queue, as if it had not been claimed; not one that is to stop, unless it was not begun.
pub(crate) async fn hand_back(
    session: &Session,
    claim: Claim,
    was_not_begun: bool,
) -> Result<bool> {
    if !threads::lock(session, claim.thread_id).await?.0 {
        return Ok(false);
    }
    let handed_back = session
        .execute(
            "UPDATE runs SET status = 'pending', attempts = attempts - 1, claims = claims + 1
             WHERE run_id = $1 AND thread_id = $2 AND claims = $3 AND status = 'running' AND (stop IS NULL OR $4)",
            &[&claim.run_id.uuid(), &claim.thread_id.uuid(), &claim.number, &was_not_begun],
        )
        .await?;
    session.hint([Hint::Work]);
    Ok(handed_back > 0)
}

/// The runs that execute at home of this instance; all, without one.
pub(crate) async fn executing(session: &Session, me: Option<Uuid>) -> Result<Vec<Executing>> {
    let sql = "SELECT run_id, runs.thread_id, claims, stop, stop_reason FROM runs JOIN threads ON threads.thread_id = runs.thread_id
         WHERE runs.status = 'running' AND ($1::uuid IS NULL OR home = $1) ORDER BY runs.sequence";
    let rows = session.rows(sql, &[&me]).await?;
    rows.iter().map(executing_of).collect()
}

/// A row of `run_id, thread_id, claims, stop, stop_reason`.
pub(super) fn executing_of(row: &Row) -> Result<Executing> {
    let reason = any_text_or_null(row, 4)?.unwrap_or_default();
    Ok(Executing {
        claim: Claim {
            run_id: id(row, 0)?,
            thread_id: id(row, 1)?,
            number: value(row, 2)?,
        },
        stop: text_or_null(row, 3)?.map(|word| StopOrder::stored(word, reason)),
    })
}

/// When the next scheduled run becomes due: the earliest time after `now` that a pending run waits for. Give it the
/// `now` of the claim that found nothing; a later one would pass over a run that became due in between.
pub(crate) async fn next_due(session: &Session, now: Timestamp) -> Result<Option<Timestamp>> {
    let row = session
        .row(
            "SELECT created_at FROM runs WHERE status = 'pending' AND created_at > $1 ORDER BY created_at LIMIT 1",
            &[&now.micros()],
        )
        .await?;
    row.map(|row| time(&row, 0)).transpose()
}

/// Looks at all runs that are pending, the next first.
pub(crate) async fn look_at_pending(session: &Session, mut look: impl FnMut(&Run)) -> Result<()> {
    let sql = format!(
        "SELECT {COLUMNS} FROM runs WHERE status = 'pending' ORDER BY created_at, sequence"
    );
    for row in session.rows(&sql, &[]).await? {
        look(&run_of(&row)?);
    }
    Ok(())
}

/// The queue as it is.
pub(crate) async fn queue(session: &Session, now: Timestamp) -> Result<Queue> {
    let rows = session
        .rows(
            "SELECT status, created_at, EXISTS (
               SELECT 1 FROM runs AS other WHERE other.thread_id = runs.thread_id AND other.status = 'running')
             FROM runs WHERE status IN ('pending', 'running') ORDER BY created_at",
            &[],
        )
        .await?;
    let mut queue = Queue::default();
    for row in &rows {
        let due = time(row, 1)?;
        if columns::run_status(row, 0)? == RunStatus::Running {
            queue.running += 1;
            continue;
        }
        queue.pending += 1;
        if due <= now {
            queue
                .waits
                .push((now.until(due).as_secs_f64(), value(row, 2)?));
        }
    }
    Ok(queue)
}
