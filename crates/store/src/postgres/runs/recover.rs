//! What becomes of the runs that a server left behind when it ended: they go on, but not for ever.

use lgx_model::{RunId, ThreadId, Timestamp};

use super::cancel::told;
use super::{attempts, find, finish};
use crate::Result;
use crate::postgres::Session;
use crate::postgres::columns::id;
use crate::runs::{
    Finish, Finished, GivenUp, GoingOn, MOST_ATTEMPTS, Recovered, StopOrder, StoppedRun,
    cut_off_too_often,
};

/// Puts the runs that were running back in the queue, in their old order, to go on from their last checkpoints; ends those
/// that had been told to stop, and those that were executed too often; and makes the status of threads fit their runs.
pub(crate) async fn recover(
    session: &Session,
    now: Timestamp,
    stopped_as: impl Fn(&StopOrder) -> Finish + Send,
) -> Result<Recovered> {
    session
        .execute(
            "SELECT 1 FROM threads WHERE status = 'busy' OR thread_id IN (SELECT thread_id FROM runs WHERE status = 'running')
             ORDER BY sequence FOR UPDATE",
            &[],
        )
        .await?;
    let told = told(session).await?;
    let ends: Vec<_> = told.iter().map(|(_, order)| stopped_as(order)).collect();
    let mut stopped = Vec::new();
    for ((run_id, order), as_this) in told.into_iter().zip(ends) {
        let finished = end(session, run_id, as_this).await?;
        stopped.extend(finished.run.map(|run| StoppedRun { run, order }));
    }
    let mut given_up = Vec::new();
    for run_id in executed_too_often(session).await? {
        let error = cut_off_too_often();
        let finished = end(session, run_id, Finish::failed(error.clone(), now)).await?;
        given_up.extend(finished.run.map(|run| GivenUp { run, error }));
    }
    let sql = "UPDATE runs SET status = 'pending' WHERE status = 'running'";
    session.execute(sql, &[]).await?;
    session
        .execute(
            "UPDATE threads SET status = resting_status, updated_at = $1 WHERE status = 'busy' AND NOT EXISTS (
               SELECT 1 FROM runs WHERE runs.thread_id = threads.thread_id AND runs.status IN ('pending', 'running'))",
            &[&now.micros()],
        )
        .await?;
    Ok(Recovered {
        going_on: going_on(session, now).await?,
        stopped,
        given_up,
    })
}

/// Ends a run, and its thread with it if that is temporary.
async fn end(session: &Session, run_id: RunId, end: Finish) -> Result<Finished<Vec<ThreadId>>> {
    let Some(run) = find(session, run_id).await? else {
        return Ok(Finished::before(false));
    };
    let end = Finish {
        delete_thread: run.kwargs.temporary,
        ..end
    };
    finish(session, run.thread_id, run_id, &end, None).await
}

async fn executed_too_often(session: &Session) -> Result<Vec<RunId>> {
    let most = i32::try_from(MOST_ATTEMPTS).unwrap_or(i32::MAX);
    let sql =
        "SELECT run_id FROM runs WHERE status = 'running' AND attempts >= $1 ORDER BY sequence";
    let rows = session.rows(sql, &[&most]).await?;
    rows.iter().map(|row| id(row, 0)).collect()
}

async fn going_on(session: &Session, now: Timestamp) -> Result<Vec<GoingOn>> {
    let rows = session
        .rows(
            "SELECT run_id, thread_id, attempts FROM runs WHERE status = 'pending' AND created_at <= $1
             ORDER BY created_at, sequence",
            &[&now.micros()],
        )
        .await?;
    let going_on = rows.iter().map(|row| {
        Ok(GoingOn {
            run_id: id(row, 0)?,
            thread_id: id(row, 1)?,
            attempt: attempts(row, 2)? + 1,
        })
    });
    going_on.collect()
}
