//! The SQL of runs: admit, claim, finish, list, cancel and delete them.

mod admission;
mod again;
mod cancel;
mod claim;
mod finish;
mod gone;
mod log;
mod of_assistant;
mod queue;
mod record;
mod recover;
mod search;

use lgx_model::query::{Fields, Page, RunQuery};
use lgx_model::{AssistantId, Run, RunId, RunOrigin, RunStatus, ThreadId, ThreadStatus};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use crate::pages::wanted;
use crate::runs::NO_KWARGS;
use crate::sqlite::columns::{self, id, id_or_null, json, object, parsed, time};
use crate::sqlite::{checkpoints, threads};
use crate::threads::ThreadWithCommands;
use crate::{Result, Scope};

pub(crate) use self::admission::{admit, admit_for_cron};
pub(crate) use self::again::execute_again;
pub(crate) use self::cancel::{cancel, runs_to_cancel};
pub(crate) use self::claim::{claim, executing, hand_back, next_due};
pub(crate) use self::finish::finish;
#[cfg(test)]
pub(crate) use self::gone::keep_within as keep_gone_within;
pub(crate) use self::gone::{
    clear as clear_gone, forget_assistant, forget_thread, keep as keep_gone,
};
pub(crate) use self::log::get as log;
#[cfg(test)]
pub(crate) use self::log::put_within as put_log_within;
pub(crate) use self::of_assistant::{thread_with_runs, threads_of_assistant};
pub(crate) use self::queue::{look_at_pending, queue};
pub(crate) use self::record::{
    get as record, put as put_record, put_so_far, recorded, thread_of as thread_of_known,
};
pub(crate) use self::recover::recover;
pub(crate) use self::search::search;

/// The columns of [`run_of`].
const COLUMNS: &str = "run_id, thread_id, assistant_id, metadata, status, kwargs, multitask_strategy, created_at, updated_at, assistant_version, cron_id";

/// The same, read only as far as these fields want.
fn columns_for(fields: &Fields) -> String {
    let no_kwargs = format!("'{NO_KWARGS}'");
    let columns = COLUMNS.split(", ").map(|column| match column {
        "metadata" => wanted(fields, column, "'{}'"),
        "kwargs" => wanted(fields, column, &no_kwargs),
        _ => column,
    });
    columns.collect::<Vec<_>>().join(", ")
}

/// The run of this thread, if it is there and the caller may see the thread.
pub(crate) fn get(
    connection: &Connection,
    thread_id: ThreadId,
    run_id: RunId,
    scope: &Scope,
) -> Result<Option<Run>> {
    if !threads::exists(connection, thread_id, scope)? {
        return Ok(None);
    }
    Ok(find(connection, run_id)?.filter(|run| run.thread_id == thread_id))
}

/// The run, whoever asks.
pub(crate) fn find(connection: &Connection, run_id: RunId) -> Result<Option<Run>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM runs WHERE run_id = ?1"))?;
    let mut rows = statement.query([run_id.to_string()])?;
    rows.next()?.map(run_of).transpose()
}

/// The runs of a thread, newest first; nothing when the thread is not there or the caller may not see it.
pub(crate) fn list(
    connection: &Connection,
    thread_id: ThreadId,
    query: &RunQuery,
    page: Page,
    scope: &Scope,
) -> Result<Option<Vec<Run>>> {
    if !threads::exists(connection, thread_id, scope)? {
        return Ok(None);
    }
    of_thread(connection, thread_id, query, page).map(Some)
}

/// The runs of a thread, newest first, whoever asks.
pub(crate) fn of_thread(
    connection: &Connection,
    thread_id: ThreadId,
    query: &RunQuery,
    page: Page,
) -> Result<Vec<Run>> {
    let columns = columns_for(&query.fields);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {columns} FROM runs WHERE thread_id = ?1 AND (?2 IS NULL OR status = ?2)
         ORDER BY created_at DESC, sequence DESC LIMIT ?3 OFFSET ?4"
    ))?;
    let offset = i64::try_from(page.offset).unwrap_or(i64::MAX);
    let parameters = params![
        thread_id.to_string(),
        query.status.map(RunStatus::as_str),
        page.limit,
        offset
    ];
    statement.query_and_then(parameters, run_of)?.collect()
}

/// The thread with the commands of the run that executes on it, then of those that wait.
pub(crate) fn thread_with_commands(
    connection: &Connection,
    thread_id: ThreadId,
    scope: &Scope,
) -> Result<Option<ThreadWithCommands>> {
    let Some(thread) = threads::get(connection, thread_id, scope)? else {
        return Ok(None);
    };
    let mut commands = Vec::new();
    for status in [RunStatus::Running, RunStatus::Pending] {
        let query = RunQuery {
            status: Some(status),
            ..RunQuery::default()
        };
        let runs = of_thread(connection, thread_id, &query, Page::ALL)?;
        commands.extend(runs.into_iter().map(|run| run.kwargs.command));
    }
    Ok(Some(ThreadWithCommands { thread, commands }))
}

/// The assistant of a thread's newest run.
pub(crate) fn newest_assistant(
    connection: &Connection,
    thread_id: ThreadId,
) -> Result<Option<AssistantId>> {
    let mut statement = connection.prepare_cached(
        "SELECT assistant_id FROM runs WHERE thread_id = ?1 ORDER BY created_at DESC, sequence DESC LIMIT 1",
    )?;
    let mut rows = statement.query([thread_id.to_string()])?;
    rows.next()?.map(|row| id(row, 0)).transpose()
}

/// [`active`], as far as the caller may see them.
pub(crate) fn visible_active(
    connection: &Connection,
    thread_id: ThreadId,
    scope: &Scope,
) -> Result<Vec<(RunId, RunStatus)>> {
    if threads::exists(connection, thread_id, scope)? {
        active(connection, thread_id)
    } else {
        Ok(Vec::new())
    }
}

/// The runs of a thread that are pending or running, oldest first.
pub(crate) fn active(
    connection: &Connection,
    thread_id: ThreadId,
) -> Result<Vec<(RunId, RunStatus)>> {
    let mut statement = connection.prepare_cached(
        "SELECT run_id, status FROM runs WHERE thread_id = ?1 AND status IN ('pending', 'running') ORDER BY sequence",
    )?;
    statement
        .query_and_then([thread_id.to_string()], |row| {
            Ok((id(row, 0)?, columns::run_status(row, 1)?))
        })?
        .collect()
}

/// Deletes a run with its checkpoints. Gives the status of its thread, which follows.
pub(crate) fn delete(
    connection: &Connection,
    thread_id: ThreadId,
    run_id: RunId,
    scope: &Scope,
) -> Result<Option<ThreadStatus>> {
    if get(connection, thread_id, run_id, scope)?.is_none() {
        return Ok(None);
    }
    checkpoints::delete_for_runs(connection, &[run_id.to_string()])?;
    remove(connection, run_id)?;
    threads::settle(connection, thread_id)
}

/// Inserts a run.
fn insert(connection: &Connection, run: &Run) -> Result<()> {
    let mut values = values_of(run)?.to_vec();
    // One that is inserted as running begins with that.
    values.push(i64::from(run.status == RunStatus::Running).into());
    connection
        .prepare_cached(&format!(
            "INSERT INTO runs ({COLUMNS}, attempts, claims) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)"
        ))?
        .execute(params_from_iter(values))?;
    Ok(())
}

/// What stands in [`COLUMNS`].
fn values_of(run: &Run) -> Result<[Value; 11]> {
    Ok([
        run.run_id.to_string().into(),
        run.thread_id.to_string().into(),
        run.assistant_id.to_string().into(),
        json(&run.metadata)?.into(),
        run.status.as_str().to_owned().into(),
        json(&run.kwargs)?.into(),
        run.multitask_strategy.as_str().to_owned().into(),
        run.created_at.micros().into(),
        run.updated_at.micros().into(),
        run.origin.assistant_version.into(),
        run.origin.cron_id.map(|cron_id| cron_id.to_string()).into(),
    ])
}

/// Removes a run's row.
fn remove(connection: &Connection, run_id: RunId) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM runs WHERE run_id = ?1")?
        .execute([run_id.to_string()])?;
    Ok(())
}

fn run_of(row: &Row<'_>) -> Result<Run> {
    Ok(Run {
        run_id: id(row, 0)?,
        thread_id: id(row, 1)?,
        assistant_id: id(row, 2)?,
        metadata: object(row, 3)?,
        status: columns::run_status(row, 4)?,
        kwargs: parsed(row, 5)?,
        multitask_strategy: columns::strategy(row, 6)?,
        created_at: time(row, 7)?,
        updated_at: time(row, 8)?,
        langsmith_session_name: None,
        origin: RunOrigin {
            assistant_version: row.get(9)?,
            cron_id: id_or_null(row, 10)?,
        },
    })
}
