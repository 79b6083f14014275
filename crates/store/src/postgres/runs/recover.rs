//! What becomes of the runs that a server left behind when it ended: they go on, but not for ever.

use lgx_model::{ThreadId, Timestamp};
use tokio_postgres::Row;
use uuid::Uuid;

use super::queue::executing_of;
use super::{attempts, find, finish};
use crate::Result;
use crate::instances::{Executing, Hint};
use crate::postgres::columns::{id, value};
use crate::postgres::{Parameter, Session, instances};
use crate::runs::{
    Claim, Finish, Finished, GivenUp, GoingOn, MOST_ATTEMPTS, Recovered, StopOrder, StoppedRun,
    cut_off_too_often,
};

/// Puts the runs that were running back in the queue, in their old order, to go on from their last checkpoints; ends those
/// that had been told to stop, and those that were executed too often; and makes the status of threads fit their runs.
pub(crate) async fn recover(
    session: &Session,
    now: Timestamp,
    stopped_as: impl Fn(&StopOrder) -> Finish + Send,
) -> Result<Recovered> {
    let busy =
        "status = 'busy' OR thread_id IN (SELECT thread_id FROM runs WHERE status = 'running')";
    let locked = lock(session, busy).await?;
    let left = "status = 'running' AND thread_id = ANY($1)";
    let (stopped, given_up) = {
        let those: &[Parameter<'_>] = &[&locked];
        take_back_ended(session, left, those, now, stopped_as).await?
    };
    put_back(session, left, &[&locked]).await?;
    session
        .execute(
            "UPDATE threads SET status = resting_status, updated_at = $2 WHERE thread_id = ANY($1) AND status = 'busy' AND NOT EXISTS (
               SELECT 1 FROM runs WHERE runs.thread_id = threads.thread_id AND runs.status IN ('pending', 'running'))",
            &[&locked, &now.micros()],
        )
        .await?;
    // Whoever was there before is not there any more.
    session.batch("DELETE FROM instances").await?;
    Ok(Recovered {
        going_on: going_on(session, now).await?,
        stopped,
        given_up,
    })
}

/// The same with what dead instances have left, beside others that go on: it is taken back together with the row that says that they are
/// there. What ends with that is at home at the instance that does so, which tells of it.
pub(crate) async fn reclaim(
    session: &Session,
    now: Timestamp,
    me: Uuid,
    stopped_as: impl Fn(&StopOrder) -> Finish + Send,
) -> Result<Recovered> {
    instances::bury(session).await?;
    let left = "SELECT threads.thread_id FROM threads JOIN runs ON runs.thread_id = threads.thread_id
         WHERE runs.status = 'running' AND NOT EXISTS (SELECT 1 FROM instances WHERE instances.instance_id = threads.home)";
    let locked = lock(session, &format!("thread_id IN ({left})")).await?;
    if locked.is_empty() {
        return Ok(Recovered::default());
    }
    // As it is now that nobody changes it any more.
    let left = format!("status = 'running' AND thread_id = ANY($1) AND thread_id IN ({left})");
    let going_on = format!(
        "SELECT run_id, thread_id, attempts FROM runs WHERE {left} ORDER BY created_at, sequence"
    );
    let (stopped, given_up) = {
        let those: &[Parameter<'_>] = &[&locked];
        take_back_ended(session, &left, those, now, stopped_as).await?
    };
    let ended = stopped.iter().map(|stopped| &stopped.run);
    let ended = ended.chain(given_up.iter().map(|given_up| &given_up.run));
    let ended: Vec<Uuid> = ended.map(|run| run.thread_id.uuid()).collect();
    let sql = "UPDATE threads SET home = $2 WHERE thread_id = ANY($1)";
    session.execute(sql, &[&ended, &me]).await?;
    let rows = session.rows(&going_on, &[&locked]).await?;
    let going_on = rows.iter().map(going_on_of).collect::<Result<Vec<_>>>()?;
    put_back(session, &left, &[&locked]).await?;
    session.hint([Hint::Work]);
    Ok(Recovered {
        going_on,
        stopped,
        given_up,
    })
}

/// Locks the rows of these threads, to end some of them, in the order in which everybody locks several, and gives those.
async fn lock(session: &Session, which: &str) -> Result<Vec<Uuid>> {
    let sql = format!("SELECT thread_id FROM threads WHERE {which} ORDER BY sequence FOR UPDATE");
    let rows = session.rows(&sql, &[]).await?;
    rows.iter().map(|row| value(row, 0)).collect()
}

/// Ends those of these runs that do not go on.
async fn take_back_ended(
    session: &Session,
    which: &str,
    parameters: &[Parameter<'_>],
    now: Timestamp,
    stopped_as: impl Fn(&StopOrder) -> Finish + Send,
) -> Result<(Vec<StoppedRun>, Vec<GivenUp>)> {
    let sql = format!(
        "SELECT run_id, thread_id, claims, stop, stop_reason, attempts FROM runs WHERE {which} ORDER BY sequence"
    );
    let mut ends = Vec::new();
    for row in session.rows(&sql, parameters).await? {
        let Executing { claim, stop } = executing_of(&row)?;
        match stop {
            Some(order) => ends.push((claim, stopped_as(&order), Some(order))),
            None if attempts(&row, 5)? >= MOST_ATTEMPTS => {
                ends.push((claim, Finish::failed(cut_off_too_often(), now), None));
            }
            None => {}
        }
    }
    let (mut stopped, mut given_up) = (Vec::new(), Vec::new());
    for (claim, as_this, order) in ends {
        let Some(run) = end(session, claim, as_this).await?.run else {
            continue;
        };
        match order {
            Some(order) => stopped.push(StoppedRun { run, order }),
            None => given_up.push(GivenUp {
                run,
                error: cut_off_too_often(),
            }),
        }
    }
    Ok((stopped, given_up))
}

/// Puts these runs back in the queue. Nothing is written any more under the claims that they had.
async fn put_back(session: &Session, which: &str, parameters: &[Parameter<'_>]) -> Result<()> {
    let sql = format!("UPDATE runs SET status = 'pending', claims = claims + 1 WHERE {which}");
    session.execute(&sql, parameters).await?;
    Ok(())
}

/// Ends a run, and its thread with it if that is temporary.
async fn end(session: &Session, claim: Claim, end: Finish) -> Result<Finished<Vec<ThreadId>>> {
    let Some(run) = find(session, claim.run_id).await? else {
        return Ok(Finished::before(false, false, None));
    };
    let end = Finish {
        delete_thread: run.kwargs.temporary,
        ..end
    };
    // Whoever takes up what was left takes its report, too.
    finish(session, claim, &end, None, None).await
}

async fn going_on(session: &Session, now: Timestamp) -> Result<Vec<GoingOn>> {
    let rows = session
        .rows(
            "SELECT run_id, thread_id, attempts FROM runs WHERE status = 'pending' AND created_at <= $1
             ORDER BY created_at, sequence",
            &[&now.micros()],
        )
        .await?;
    rows.iter().map(going_on_of).collect()
}

fn going_on_of(row: &Row) -> Result<GoingOn> {
    Ok(GoingOn {
        run_id: id(row, 0)?,
        thread_id: id(row, 1)?,
        attempt: attempts(row, 2)? + 1,
    })
}
