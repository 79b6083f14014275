//! The end of a run: its outcome, what it leaves on its thread, or how it is taken back.

use futures_util::future::{try_join, try_join3};
use lgx_model::{Run, RunId, Thread, ThreadId, Timestamp};
use tokio_postgres::Row;
use uuid::Uuid;

use super::record::put_as;
use super::{COLUMNS, remove, run_of};
use crate::Result;
use crate::instances::Hint;
use crate::postgres::columns::{self, json, value};
use crate::postgres::threads::HAS_RUN;
use crate::postgres::{Parameter, Session, checkpoints, reports, threads};
use crate::reports::Report;
use crate::runs::{Claim, Finish, Finished, PackedRecord};

/// Ends a running run of this thread, and keeps what it did. Says which thread ended with it, if its own did. `taken_by` tells its webhook.
pub(crate) async fn finish(
    session: &Session,
    claim: Claim,
    end: &Finish,
    record: Option<&PackedRecord>,
    taken_by: Option<Uuid>,
) -> Result<Finished<Vec<ThreadId>>> {
    let Claim {
        thread_id, run_id, ..
    } = claim;
    let now = end.now.instant();
    let (row, thread) = begin(session, claim, end, now).await?;
    let Some(row) = row else {
        let goes_on = goes_on(session, run_id).await?;
        let report = reports::of_run(session, run_id, taken_by).await?;
        let more_pending = more_pending(session).await?;
        return Ok(Finished::before(more_pending, goes_on, report));
    };
    session.hint([Hint::Ended(run_id)]);
    let run = Run {
        status: end.status,
        updated_at: now,
        ..run_of(&row)?
    };
    let thread = thread.map(|thread| end.left(thread, now));
    let report = match &thread {
        Some(thread) => report(session, &run, thread, end, taken_by).await?,
        None => None,
    };
    let mut finished = Finished {
        more_pending: false,
        thread,
        run: Some(run),
        is_behind: false,
        report,
        ended: Vec::new(),
        goes_on_elsewhere: false,
    };
    finished.more_pending = if end.delete_thread {
        threads::remove(session, thread_id).await?;
        finished.ended.push(thread_id);
        more_pending(session).await?
    } else {
        if end.rollback {
            checkpoints::delete_for_runs(session, &[run_id.to_string()]).await?;
            remove(session, &[run_id]).await?;
        }
        let record = put_record(session, value(&row, 11)?, record.filter(|_| !end.rollback));
        let left = leave(session, &mut finished, run_id, end);
        try_join3(record, left, more_pending(session)).await?.2
    };
    Ok(finished)
}

/// Locks the thread. Gives the row of the run, if it is running, with its sequence, and the thread as it was. A run that stays has its
/// final status from then on.
async fn begin(
    session: &Session,
    claim: Claim,
    end: &Finish,
    now: Timestamp,
) -> Result<(Option<Row>, Option<Thread>)> {
    let goes = format!(
        "SELECT {COLUMNS}, sequence FROM runs WHERE run_id = $1 AND thread_id = $2 AND claims = $3 AND status = 'running'"
    );
    let stays = format!(
        "UPDATE runs SET status = $4, updated_at = $5 WHERE run_id = $1 AND thread_id = $2 AND claims = $3 AND status = 'running' RETURNING {COLUMNS}, sequence"
    );
    let (run_id, thread, number) = (claim.run_id.uuid(), claim.thread_id.uuid(), claim.number);
    let (status, now) = (end.status.as_str(), now.micros());
    let statement: (&str, &[Parameter<'_>]) = if end.delete_thread || end.rollback {
        (&goes, &[&run_id, &thread, &number])
    } else {
        (&stays, &[&run_id, &thread, &number, &status, &now])
    };
    let (mut rows, thread) =
        threads::find_locked_after(session, claim.thread_id, &[statement]).await?;
    let run = rows.pop().unwrap_or_default().into_iter().next();
    Ok((run, thread))
}

/// Keeps what a run did.
async fn put_record(session: &Session, key: i64, record: Option<&PackedRecord>) -> Result<()> {
    match record {
        Some(record) => put_as(session, key, record).await,
        None => Ok(()),
    }
}

/// Keeps what the run's webhook is to be told, if it has one.
async fn report(
    session: &Session,
    run: &Run,
    thread: &Thread,
    end: &Finish,
    taken_by: Option<Uuid>,
) -> Result<Option<Report>> {
    if run.kwargs.webhook.is_none() {
        return Ok(None);
    }
    let began = end.began.unwrap_or(run.updated_at);
    let (values, error) = (end.reported_values(thread), thread.error.clone());
    let metadata = &thread.metadata;
    let report = reports::insert(
        session,
        metadata,
        run.clone(),
        began,
        values,
        error,
        taken_by,
    );
    report.await.map(Some)
}

/// Writes what a run has left on its thread. Its status there is that of the runs that are left, if there are any.
async fn leave(
    session: &Session,
    finished: &mut Finished<Vec<ThreadId>>,
    run_id: RunId,
    end: &Finish,
) -> Result<()> {
    let Some(thread) = &mut finished.thread else {
        return Ok(());
    };
    let kept = end.kept();
    let values = kept.and_then(|kept| kept.values.as_ref());
    let is_behind = kept.is_some_and(|kept| kept.is_behind)
        && checkpoints::newest_is_of(session, thread.thread_id, run_id).await?;
    let sql = format!(
        "UPDATE threads SET resting_status = coalesce($2, resting_status), error = $3,
           interrupts = $4, updated_at = $5, state_updated_at = $5,
           behind = CASE WHEN $6 THEN 0 WHEN $7 THEN greatest(behind, $8) ELSE behind END,
           status = CASE WHEN {HAS_RUN} THEN 'busy' ELSE coalesce($2, resting_status) END
         WHERE thread_id = $1 RETURNING status, behind != 0",
    );
    let (thread_id, status) = (
        thread.thread_id.uuid(),
        kept.map(|kept| kept.status.as_str()),
    );
    let error = thread.error.as_ref().map(json).transpose()?;
    let (interrupts, now) = (thread.interrupts.get(), thread.updated_at.micros());
    let parameters: [Parameter<'_>; 8] = [
        &thread_id,
        &status,
        &error,
        &interrupts,
        &now,
        &values.is_some(),
        &is_behind,
        &threads::VALUES,
    ];
    let row = match values {
        Some(values) => {
            let values = threads::write_values(session, thread.thread_id, values);
            try_join(session.row(&sql, &parameters), values).await?.0
        }
        None => session.row(&sql, &parameters).await?,
    };
    if let Some(row) = row {
        thread.status = columns::thread_status(&row, 0)?;
        finished.is_behind = value(&row, 1)?;
    }
    Ok(())
}

/// Whether a run is there, which another server has taken up then: it goes on, or has ended, as that one says.
async fn goes_on(session: &Session, run_id: RunId) -> Result<bool> {
    let sql = "SELECT 1 FROM runs WHERE run_id = $1";
    session.exists(sql, &[&run_id.uuid()]).await
}

/// Whether any run of any thread is pending.
async fn more_pending(session: &Session) -> Result<bool> {
    let sql = "SELECT 1 FROM runs WHERE status = 'pending' LIMIT 1";
    session.exists(sql, &[]).await
}
