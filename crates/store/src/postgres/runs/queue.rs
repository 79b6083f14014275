//! The queue: which pending run is next, and when; what waits, and in numbers, for monitoring.

use futures_util::future::try_join;
use lgx_model::{Run, RunStatus, ThreadId, Timestamp};

use super::{COLUMNS, attempts, run_of};
use crate::Result;
use crate::postgres::columns::{self, id, time, value};
use crate::postgres::{Session, checkpoints, threads};
use crate::runs::{Claimed, Queue};

/// Takes the oldest due run whose thread has no run running. Its thread is locked then.
///
/// Whoever claims passes over threads that others have locked, and waits for none of them unless there is nothing else: so servers do
/// not wait for each other, and yet no run is left waiting because its thread was locked for a moment.
pub(crate) async fn claim(session: &Session, now: Timestamp) -> Result<Option<Claimed>> {
    loop {
        let thread_id = match free_next(session, now).await? {
            Some(thread_id) => thread_id,
            None => match next(session, now).await? {
                Some(thread_id) => {
                    // By itself: a statement that looks and waits at once keeps the locks of those that it passes over.
                    threads::lock(session, thread_id).await?;
                    thread_id
                }
                None => return Ok(None),
            },
        };
        let newest = checkpoints::get(session, thread_id, "", None);
        let (taken, checkpoint) = try_join(take(session, thread_id, now), newest).await?;
        if let Some((run, attempt)) = taken {
            return Ok(Some(Claimed {
                run,
                checkpoint,
                attempt,
            }));
        }
        // Another server took it before its thread was locked. The thread is let go: one is locked at a time, as whoever has several
        // locks them in another order.
        session.start_anew().await?;
    }
}

/// The thread of the next run, of those that nobody has locked; it is locked then.
async fn free_next(session: &Session, now: Timestamp) -> Result<Option<ThreadId>> {
    let sql = format!("{NEXT} FOR NO KEY UPDATE OF threads SKIP LOCKED");
    let row = session.row(&sql, &[&now.micros()]).await?;
    row.map(|row| id(&row, 0)).transpose()
}

/// The thread of the run that seems to be next, whoever has locked it.
async fn next(session: &Session, now: Timestamp) -> Result<Option<ThreadId>> {
    let row = session.row(NEXT, &[&now.micros()]).await?;
    row.map(|row| id(&row, 0)).transpose()
}

/// The thread of the run that is next.
const NEXT: &str = "SELECT threads.thread_id FROM runs JOIN threads ON threads.thread_id = runs.thread_id
     WHERE runs.status = 'pending' AND runs.created_at <= $1 AND NOT EXISTS (
       SELECT 1 FROM runs AS other WHERE other.thread_id = runs.thread_id AND other.status = 'running')
     ORDER BY runs.created_at, runs.sequence LIMIT 1";

/// Takes the next run of a thread that is locked, if none of it is running.
async fn take(
    session: &Session,
    thread_id: ThreadId,
    now: Timestamp,
) -> Result<Option<(Run, u32)>> {
    let sql = format!(
        "UPDATE runs SET status = 'running', attempts = attempts + 1 WHERE sequence = (
           SELECT sequence FROM runs WHERE thread_id = $1 AND status = 'pending' AND created_at <= $2 AND NOT EXISTS (
             SELECT 1 FROM runs WHERE thread_id = $1 AND status = 'running')
           ORDER BY created_at, sequence LIMIT 1)
         RETURNING {COLUMNS}, attempts"
    );
    let row = session
        .row(&sql, &[&thread_id.uuid(), &now.micros()])
        .await?;
    row.map(|row| Ok((run_of(&row)?, attempts(&row, 11)?)))
        .transpose()
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
