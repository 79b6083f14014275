//! Admission: whether a new run is taken, what it displaces, and whether it starts at once.

use futures_util::future::try_join;
use lgx_model::{
    JsonObject, MultitaskStrategy, Run, RunId, RunStatus, Runtime, Thread, ThreadStatus, Timestamp,
};
use uuid::Uuid;

use super::{Values, active, cancel, remove};
use crate::instances::{Hint, Home};
use crate::postgres::columns::{json, run_status};
use crate::postgres::{Parameter, Session, checkpoints, crons, instances, threads};
use crate::runs::{Admission, Admitted, Claim, Displaced, Firing, NewRun, StopOrder, inherit};
use crate::terms::terms;
use crate::{Result, Scope};

/// Admits a run or refuses it.
pub(crate) async fn admit(
    session: &Session,
    new: NewRun,
    me: Option<Uuid>,
    scope: &Scope,
) -> Result<Admission> {
    admit_within(session, new, me, |metadata| scope.allows(metadata)).await
}

/// Admits the run of a cron, if that is due as it was seen, and notes when it is due next.
pub(crate) async fn admit_for_cron(
    session: &Session,
    new: NewRun,
    me: Option<Uuid>,
    firing: Firing,
) -> Result<Option<Admission>> {
    let Firing { cron_id, due, next } = firing;
    // The thread comes first, as for whoever ends it, who locks its crons behind it.
    let threads::IsLocked(_) = threads::lock(session, new.run.thread_id).await?;
    if crons::advance(session, cron_id, due, next).await? {
        admit_within(session, new, me, |_| true).await.map(Some)
    } else {
        Ok(None)
    }
}

async fn admit_within(
    session: &Session,
    new: NewRun,
    me: Option<Uuid>,
    may_see: impl Fn(&JsonObject) -> bool + Send,
) -> Result<Admission> {
    let Some(Occupation { found, now, home }) = find_or_make(session, &new, me).await? else {
        return Ok(Admission::ThreadNotFound);
    };
    let is_here = home == Home::Here;
    let (thread, displaced, on_thread) = match found {
        AdmissionThread::Made(thread) => (thread, Displaced::default(), None),
        AdmissionThread::Found(thread) if !may_see(&thread.metadata) => {
            return Ok(Admission::ThreadNotFound);
        }
        AdmissionThread::Found(_) if !is_here && !new.may_wait_elsewhere => {
            return Ok(Admission::Elsewhere(home));
        }
        AdmissionThread::Found(thread) => {
            let (foreign, active) =
                try_join(foreign(session, &new), in_its_way(session, &new)).await?;
            if let Some(other) = foreign {
                return Ok(Admission::Foreign(other));
            }
            let Some(displaced) = displace(session, &new, &active, now).await? else {
                return Ok(Admission::Busy);
            };
            let on_thread = thread.metadata.clone();
            (new.occupied(thread, now), displaced, Some(on_thread))
        }
    };
    let mut run = new.run;
    let checkpoint_may_exist = on_thread.is_some();
    if let Some(on_thread) = on_thread {
        inherit(&mut run, on_thread, new.own_metadata);
    }
    let may_start = new.may_start && is_here && run.created_at <= now;
    let user_sealed = new.user_sealed.as_deref();
    let insertion = insert(session, &run, may_start, now, user_sealed);
    run.status = if checkpoint_may_exist {
        try_join(insertion, occupy(session, &thread, me.filter(|_| is_here)))
            .await?
            .0
    } else {
        insertion.await?
    };
    let starts = run.status == RunStatus::Running;
    let claim = Claim {
        thread_id: run.thread_id,
        run_id: run.run_id,
        number: starts.into(),
    };
    let checkpoint = if starts && checkpoint_may_exist {
        checkpoints::get(session, thread.thread_id, "", None).await?
    } else {
        None
    };
    let admitted = Box::new(Admitted {
        run,
        thread,
        checkpoint,
        displaced,
        claim,
    });
    Ok(if starts {
        Admission::Started(admitted)
    } else if !is_here {
        session.hint([Hint::Work]);
        Admission::QueuedElsewhere(admitted)
    } else {
        Admission::Queued(admitted)
    })
}

/// The thread of a new run, whose row is locked.
enum AdmissionThread {
    Found(Thread),
    Made(Thread),
}

/// The thread of a new run, the time from which on it is the run's, and where it is at home.
struct Occupation {
    found: AdmissionThread,
    now: Timestamp,
    home: Home,
}

/// The run's thread; nothing when it is not there and is not to be made.
async fn find_or_make(
    session: &Session,
    new: &NewRun,
    me: Option<Uuid>,
) -> Result<Option<Occupation>> {
    let thread_id = new.run.thread_id.uuid();
    let elsewhere = me.map(|_| instances::elsewhere());
    let look: [Parameter<'_>; 2] = [&thread_id, &me];
    let look: Vec<(&str, &[Parameter<'_>])> =
        elsewhere.iter().map(|sql| (&**sql, &look[..])).collect();
    loop {
        let (rows, found) = threads::find_locked_after(session, new.run.thread_id, &look).await?;
        let now = new.now.instant();
        if let Some(thread) = found {
            let home = match rows.first().and_then(|rows| rows.first()) {
                Some(row) => instances::home_at(row)?,
                None => Home::Here,
            };
            let found = AdmissionThread::Found(thread);
            return Ok(Some(Occupation { found, now, home }));
        }
        if !new.create_thread {
            return Ok(None);
        }
        let (thread, config) = new.new_thread(now);
        let made = threads::insert(session, thread, ThreadStatus::Busy, config, me).await?;
        if let Some(thread) = made {
            return Ok(Some(Occupation {
                found: AdmissionThread::Made(thread),
                now,
                home: Home::Here,
            }));
        }
        // Another server has made it since.
    }
}

/// What wrote the state of the run's thread, if the run's own graph runs on something else and could not read it.
async fn foreign(session: &Session, new: &NewRun) -> Result<Option<Runtime>> {
    let Some(own) = new.runtime else {
        return Ok(None);
    };
    let writer = checkpoints::writer(session, new.run.thread_id).await?;
    Ok(writer.filter(|writer| *writer != own))
}

/// The runs of its thread that matter to a new run.
async fn in_its_way(session: &Session, new: &NewRun) -> Result<Vec<(RunId, RunStatus)>> {
    match new.run.multitask_strategy {
        MultitaskStrategy::Enqueue => Ok(Vec::new()),
        _ => active(session, new.run.thread_id).await,
    }
}

/// Applies the new run's strategy to the runs in its way; nothing when it is refused because of them.
async fn displace(
    session: &Session,
    new: &NewRun,
    in_its_way: &[(RunId, RunStatus)],
    now: Timestamp,
) -> Result<Option<Displaced>> {
    let strategy = new.run.multitask_strategy;
    let mut displaced = Displaced::default();
    for &(run_id, status) in in_its_way {
        let those = match (strategy, status) {
            (MultitaskStrategy::Reject, _) => return Ok(None),
            (_, RunStatus::Running) => &mut displaced.stop,
            (MultitaskStrategy::Rollback, _) => &mut displaced.deleted,
            _ => &mut displaced.interrupted,
        };
        those.push(run_id);
    }
    let order = StopOrder::displaced(strategy == MultitaskStrategy::Rollback);
    cancel::tell(session, &displaced.stop, &order).await?;
    remove(session, &displaced.deleted).await?;
    cancel::interrupt(session, &displaced.interrupted, now).await?;
    let ended = displaced.deleted.iter().chain(&displaced.interrupted);
    session.hint(ended.copied().map(Hint::Ended));
    Ok(Some(displaced))
}

/// Writes what a new run brings to its thread.
async fn occupy(session: &Session, thread: &Thread, home: Option<Uuid>) -> Result<()> {
    session
        .execute(
            "UPDATE threads SET status = 'busy', updated_at = $2, metadata = $3, terms = $4, config = $5, home = coalesce($6, home) WHERE thread_id = $1",
            &[
                &thread.thread_id.uuid(),
                &thread.updated_at.micros(),
                &json(&thread.metadata)?,
                &terms(&thread.metadata),
                &json(&thread.config)?,
                &home,
            ],
        )
        .await?;
    Ok(())
}

/// Inserts a run: as running if it may start and no other of its thread is running, or is due and was there before; else as pending. Says
/// as which.
async fn insert(
    session: &Session,
    run: &Run,
    may_start: bool,
    now: Timestamp,
    user_sealed: Option<&[u8]>,
) -> Result<RunStatus> {
    let values = Values::of(run)?;
    let now = now.micros();
    let beside: [Parameter<'_>; 3] = [&may_start, &now, &user_sealed];
    let parameters = [&values.parameters()[..], &beside[..]].concat();
    let columns = Values::COLUMNS;
    let row = session
        .row(
            // One that is inserted as running begins with that.
            &format!(
                "INSERT INTO runs ({columns}, user_sealed, status, attempts, claims)
                 SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $14, CASE WHEN starts THEN 'running' ELSE 'pending' END, starts::integer, starts::integer
                 FROM (SELECT $12 AND NOT EXISTS (
                   SELECT 1 FROM runs WHERE thread_id = $2 AND status IN ('pending', 'running')
                     AND (status = 'running' OR created_at <= $13)) AS starts) AS decided
                 RETURNING status"
            ),
            &parameters,
        )
        .await?;
    row.map_or(Ok(RunStatus::Pending), |row| run_status(&row, 0))
}
