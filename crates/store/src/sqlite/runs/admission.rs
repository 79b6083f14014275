//! Admission: whether a new run is taken, what it displaces, and whether it starts at once.

use lgx_model::{
    JsonObject, MultitaskStrategy, Run, RunStatus, Runtime, Thread, ThreadStatus, Timestamp,
};
use rusqlite::{Connection, params};

use super::{active, insert, remove};
use crate::runs::{Admission, Admitted, Claim, Displaced, Firing, NewRun, StopOrder, inherit};
use crate::sqlite::columns::json;
use crate::sqlite::{checkpoints, crons, threads};
use crate::{Result, Scope};

/// Admits a run or refuses it.
pub(crate) fn admit(connection: &Connection, new: NewRun, scope: &Scope) -> Result<Admission> {
    admit_within(connection, new, |metadata| scope.allows(metadata))
}

/// Admits the run of a cron, if that is due as it was seen, and notes when it is due next.
pub(crate) fn admit_for_cron(
    connection: &Connection,
    new: NewRun,
    firing: Firing,
) -> Result<Option<Admission>> {
    let Firing { cron_id, due, next } = firing;
    if crons::advance(connection, cron_id, due, next)? {
        admit_within(connection, new, |_| true).map(Some)
    } else {
        Ok(None)
    }
}

fn admit_within(
    connection: &Connection,
    new: NewRun,
    may_see: impl Fn(&JsonObject) -> bool,
) -> Result<Admission> {
    let thread_id = new.run.thread_id;
    let found = threads::find(connection, thread_id)?;
    let now = new.now.instant();
    let (thread, displaced, on_thread) = match (found, new.create_thread) {
        (None, false) => return Ok(Admission::ThreadNotFound),
        (None, true) => (
            create_thread(connection, &new, now)?,
            Displaced::default(),
            None,
        ),
        (Some(thread), _) if !may_see(&thread.metadata) => {
            return Ok(Admission::ThreadNotFound);
        }
        (Some(thread), _) => {
            if let Some(other) = foreign(connection, &new)? {
                return Ok(Admission::Foreign(other));
            }
            let Some(displaced) = displace(connection, &new, now)? else {
                return Ok(Admission::Busy);
            };
            let on_thread = thread.metadata.clone();
            let thread = occupy_thread(connection, thread, &new, now)?;
            (thread, displaced, Some(on_thread))
        }
    };
    let mut run = new.run;
    let checkpoint_may_exist = on_thread.is_some();
    if let Some(on_thread) = on_thread {
        inherit(&mut run, on_thread, new.own_metadata);
    }
    let starts = new.may_start && run.created_at <= now && !is_blocked(connection, &run, now)?;
    run.status = if starts {
        RunStatus::Running
    } else {
        RunStatus::Pending
    };
    insert(connection, &run)?;
    let claim = Claim {
        thread_id,
        run_id: run.run_id,
        number: starts.into(),
    };
    let checkpoint = if starts && checkpoint_may_exist {
        checkpoints::get(connection, thread_id, "", None)?
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
    } else {
        Admission::Queued(admitted)
    })
}

/// What wrote the state of the run's thread, if the run's own graph runs on something else and could not read it.
fn foreign(connection: &Connection, new: &NewRun) -> Result<Option<Runtime>> {
    let Some(own) = new.runtime else {
        return Ok(None);
    };
    let writer = checkpoints::writer(connection, new.run.thread_id)?;
    Ok(writer.filter(|writer| *writer != own))
}

/// Applies the new run's strategy to the runs of its thread; nothing when it is refused because of them.
fn displace(connection: &Connection, new: &NewRun, now: Timestamp) -> Result<Option<Displaced>> {
    let strategy = new.run.multitask_strategy;
    let mut displaced = Displaced::default();
    if strategy == MultitaskStrategy::Enqueue {
        return Ok(Some(displaced));
    }
    for (run_id, status) in active(connection, new.run.thread_id)? {
        match (strategy, status) {
            (MultitaskStrategy::Reject, _) => return Ok(None),
            (_, RunStatus::Running) => {
                let order = StopOrder::displaced(strategy == MultitaskStrategy::Rollback);
                super::cancel::tell(connection, run_id, &order)?;
                displaced.stop.push(run_id);
            }
            (MultitaskStrategy::Rollback, _) => {
                remove(connection, run_id)?;
                displaced.deleted.push(run_id);
            }
            _ => {
                super::cancel::interrupt(connection, run_id, now)?;
                displaced.interrupted.push(run_id);
            }
        }
    }
    Ok(Some(displaced))
}

/// Whether another run of the thread is running, or is due and was there before.
fn is_blocked(connection: &Connection, run: &Run, now: Timestamp) -> Result<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM runs WHERE thread_id = ?1 AND status IN ('pending', 'running')
           AND (status = 'running' OR created_at <= ?2)",
    )?;
    Ok(statement.exists(params![run.thread_id.to_string(), now.micros()])?)
}

fn create_thread(connection: &Connection, new: &NewRun, now: Timestamp) -> Result<Thread> {
    let (thread, config) = new.new_thread(now);
    threads::insert(connection, thread, ThreadStatus::Busy, config)
}

fn occupy_thread(
    connection: &Connection,
    thread: Thread,
    new: &NewRun,
    now: Timestamp,
) -> Result<Thread> {
    let thread = new.occupied(thread, now);
    connection
        .prepare_cached(
            "UPDATE threads SET status = 'busy', updated_at = ?2, metadata = ?3, config = ?4 WHERE thread_id = ?1",
        )?
        .execute(params![
            thread.thread_id.to_string(),
            now.micros(),
            json(&thread.metadata)?,
            json(&thread.config)?,
        ])?;
    Ok(thread)
}
