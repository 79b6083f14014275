//! The SQL of runs: admit, claim, finish, list, cancel and delete them.

mod admission;
mod again;
mod cancel;
mod finish;
mod gone;
mod list;
mod log;
mod of_assistant;
mod queue;
mod record;
mod recover;
mod search;

use lgx_model::{Run, RunId, RunOrigin, RunStatus, ThreadId, ThreadStatus};
use tokio_postgres::Row;

use crate::instances::Hint;
use crate::postgres::any_text::AnyText;
use crate::postgres::columns::{self, id, id_or_null, json, object, parsed, time, value};
use crate::postgres::{Parameter, Session, checkpoints, threads};
use crate::{Result, Scope};

pub(crate) use self::admission::{admit, admit_for_cron};
pub(crate) use self::again::execute_again;
pub(crate) use self::cancel::{cancel, runs_to_cancel};
pub(crate) use self::finish::finish;
#[cfg(test)]
pub(crate) use self::gone::keep_within as keep_gone_within;
pub(crate) use self::gone::{
    clear as clear_gone, forget_assistant, keep as keep_gone, lock as lock_gone,
};
pub(crate) use self::list::{list, newest_assistant, thread_with_commands};
pub(crate) use self::log::{LogBytes, get as log};
#[cfg(test)]
pub(crate) use self::log::{keep_within as keep_logs_within, put as put_log};
pub(crate) use self::of_assistant::{thread_with_runs, threads_of_assistant};
pub(crate) use self::queue::{claim, executing, hand_back, look_at_pending, next_due, queue};
pub(crate) use self::record::{
    get as record, put as put_record, put_so_far, recorded, thread_of as thread_of_known,
};
pub(crate) use self::recover::{reclaim, recover};
pub(crate) use self::search::search;

/// The columns of [`run_of`].
const COLUMNS: &str = "run_id, thread_id, assistant_id, metadata, status, kwargs, multitask_strategy, created_at, updated_at, assistant_version, cron_id";

/// The run of this thread, if it is there and the caller may see the thread.
pub(crate) async fn get(
    session: &Session,
    thread_id: ThreadId,
    run_id: RunId,
    scope: &Scope,
) -> Result<Option<Run>> {
    let (columns, metadata) = (qualified(COLUMNS), shown_metadata(scope));
    let row = session
        .row(
            &format!(
                "SELECT {columns}, {metadata} FROM runs JOIN threads ON threads.thread_id = runs.thread_id
                 WHERE runs.run_id = $1 AND runs.thread_id = $2"
            ),
            &[&run_id.uuid(), &thread_id.uuid()],
        )
        .await?;
    match row {
        Some(row) if scope.allows(&object(&row, 11)?) => run_of(&row).map(Some),
        _ => Ok(None),
    }
}

/// The run, whoever asks.
pub(crate) async fn find(session: &Session, run_id: RunId) -> Result<Option<Run>> {
    let sql = format!("SELECT {COLUMNS} FROM runs WHERE run_id = $1");
    let row = session.row(&sql, &[&run_id.uuid()]).await?;
    row.as_ref().map(run_of).transpose()
}

/// The thread of a run, whoever asks.
pub(crate) async fn thread_of(session: &Session, run_id: RunId) -> Result<Option<ThreadId>> {
    let sql = "SELECT thread_id FROM runs WHERE run_id = $1";
    let row = session.row(sql, &[&run_id.uuid()]).await?;
    row.map(|row| id(&row, 0)).transpose()
}

/// What is kept of the user of a run.
pub(crate) async fn sealed_user(session: &Session, run_id: RunId) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT user_sealed FROM runs WHERE run_id = $1";
    let row = session.row(sql, &[&run_id.uuid()]).await?;
    Ok(row.map(|row| value(&row, 0)).transpose()?.flatten())
}

/// The runs of a thread that are pending or running, oldest first; none when the caller may not see it.
pub(crate) async fn visible_active(
    session: &Session,
    thread_id: ThreadId,
    scope: &Scope,
) -> Result<Vec<(RunId, RunStatus)>> {
    let metadata = shown_metadata(scope);
    let rows = session
        .rows(
            &format!(
                "SELECT runs.run_id, runs.status, {metadata} FROM runs JOIN threads ON threads.thread_id = runs.thread_id
                 WHERE runs.thread_id = $1 AND runs.status IN ('pending', 'running') ORDER BY runs.sequence"
            ),
            &[&thread_id.uuid()],
        )
        .await?;
    match rows.first() {
        Some(row) if scope.allows(&object(row, 2)?) => rows.iter().map(active_of).collect(),
        _ => Ok(Vec::new()),
    }
}

/// The runs of a thread that are pending or running, oldest first.
pub(crate) async fn active(
    session: &Session,
    thread_id: ThreadId,
) -> Result<Vec<(RunId, RunStatus)>> {
    let rows = session
        .rows(
            "SELECT run_id, status FROM runs WHERE thread_id = $1 AND status IN ('pending', 'running') ORDER BY sequence",
            &[&thread_id.uuid()],
        )
        .await?;
    rows.iter().map(active_of).collect()
}

/// Deletes a run with its checkpoints. Gives the status of its thread, which follows.
pub(crate) async fn delete(
    session: &Session,
    thread_id: ThreadId,
    run_id: RunId,
    scope: &Scope,
) -> Result<Option<ThreadStatus>> {
    let is_locked = threads::lock(session, thread_id).await?.0;
    if !is_locked || get(session, thread_id, run_id, scope).await?.is_none() {
        return Ok(None);
    }
    checkpoints::delete_for_runs(session, &[run_id.to_string()]).await?;
    remove(session, &[run_id]).await?;
    session.hint([Hint::Ended(run_id)]);
    threads::settle(session, thread_id).await
}

/// Removes the rows of runs.
async fn remove(session: &Session, run_ids: &[RunId]) -> Result<()> {
    if run_ids.is_empty() {
        return Ok(());
    }
    let sql = "DELETE FROM runs WHERE run_id = ANY($1)";
    session.execute(sql, &[&uuids(run_ids)]).await?;
    Ok(())
}

/// What stands in the columns of a run, but for its status.
struct Values {
    run_id: uuid::Uuid,
    thread_id: uuid::Uuid,
    assistant_id: uuid::Uuid,
    metadata: String,
    kwargs: String,
    strategy: &'static str,
    created_at: i64,
    updated_at: i64,
    assistant_version: Option<i64>,
    cron_id: Option<uuid::Uuid>,
    graph_id: Option<AnyText<'static>>,
}

impl Values {
    /// The columns, in the order of [`Values::parameters`].
    const COLUMNS: &str = "run_id, thread_id, assistant_id, metadata, kwargs, multitask_strategy, created_at, updated_at, assistant_version, cron_id, graph_id";

    fn of(run: &Run) -> Result<Self> {
        Ok(Self {
            run_id: run.run_id.uuid(),
            thread_id: run.thread_id.uuid(),
            assistant_id: run.assistant_id.uuid(),
            metadata: json(&run.metadata)?,
            kwargs: json(&run.kwargs)?,
            strategy: run.multitask_strategy.as_str(),
            created_at: run.created_at.micros(),
            updated_at: run.updated_at.micros(),
            assistant_version: run.origin.assistant_version,
            cron_id: run.origin.cron_id.map(lgx_model::CronId::uuid),
            graph_id: graph_of(run).map(|graph_id| AnyText::of(graph_id).into_owned()),
        })
    }

    fn parameters(&self) -> [Parameter<'_>; 11] {
        [
            &self.run_id,
            &self.thread_id,
            &self.assistant_id,
            &self.metadata,
            &self.kwargs,
            &self.strategy,
            &self.created_at,
            &self.updated_at,
            &self.assistant_version,
            &self.cron_id,
            &self.graph_id,
        ]
    }
}

/// The graph that a run is of, as its config says it.
fn graph_of(run: &Run) -> Option<&str> {
    let configurable = run.kwargs.config.get("configurable")?;
    configurable.get("graph_id")?.as_str()
}

/// Columns of `runs`, where those of another table beside it have the same names.
fn qualified(columns: &str) -> String {
    let columns = columns.split(", ").map(|column| format!("runs.{column}"));
    columns.collect::<Vec<_>>().join(", ")
}

/// The metadata of `threads`, if it matters to whoever has this scope.
const fn shown_metadata(scope: &Scope) -> &'static str {
    if scope.may_hide() {
        "threads.metadata"
    } else {
        "'{}'"
    }
}

fn uuids(run_ids: &[RunId]) -> Vec<uuid::Uuid> {
    run_ids.iter().map(|run_id| run_id.uuid()).collect()
}

fn active_of(row: &Row) -> Result<(RunId, RunStatus)> {
    Ok((id(row, 0)?, columns::run_status(row, 1)?))
}

fn run_of(row: &Row) -> Result<Run> {
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
            assistant_version: value(row, 9)?,
            cron_id: id_or_null(row, 10)?,
        },
    })
}

/// A count of attempts as it is stored.
fn attempts(row: &Row, column: usize) -> Result<u32> {
    Ok(value::<i32>(row, column)?.unsigned_abs())
}
