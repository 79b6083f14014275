//! The SQL of the runs of one thread.

use lgx_model::query::{Fields, Page, RunQuery};
use lgx_model::{AssistantId, Run, RunStatus, ThreadId};

use super::{COLUMNS, run_of};
use crate::postgres::columns::{id, parsed};
use crate::postgres::{Session, threads};
use crate::runs::NO_KWARGS;
use crate::threads::ThreadWithCommands;
use crate::{Result, Scope};

/// The columns of a run, read only as far as these fields want.
pub(super) fn columns_for(fields: &Fields) -> String {
    let columns = COLUMNS.split(", ").map(|column| match column {
        "metadata" if !fields.has(column) => "'{}'".to_owned(),
        "kwargs" if !fields.has(column) => format!("'{NO_KWARGS}'"),
        _ => column.to_owned(),
    });
    columns.collect::<Vec<_>>().join(", ")
}

/// The runs of a thread, newest first; nothing when the thread is not there or the caller may not see it.
pub(crate) async fn list(
    session: &Session,
    thread_id: ThreadId,
    query: &RunQuery,
    page: Page,
    scope: &Scope,
) -> Result<Option<Vec<Run>>> {
    if !threads::exists(session, thread_id, scope).await? {
        return Ok(None);
    }
    of_thread(session, thread_id, query, page).await.map(Some)
}

/// The runs of a thread, newest first, whoever asks.
pub(crate) async fn of_thread(
    session: &Session,
    thread_id: ThreadId,
    query: &RunQuery,
    page: Page,
) -> Result<Vec<Run>> {
    let columns = columns_for(&query.fields);
    let rows = session
        .rows(
            &format!(
                "SELECT {columns} FROM runs WHERE thread_id = $1 AND ($2::text IS NULL OR status = $2)
                 ORDER BY created_at DESC, sequence DESC LIMIT $3 OFFSET $4"
            ),
            &[
                &thread_id.uuid(),
                &query.status.map(RunStatus::as_str),
                &i64::from(page.limit),
                &i64::try_from(page.offset).unwrap_or(i64::MAX),
            ],
        )
        .await?;
    rows.iter().map(run_of).collect()
}

/// The thread with the commands of the run that executes on it, then of those that wait.
pub(crate) async fn thread_with_commands(
    session: &Session,
    thread_id: ThreadId,
    scope: &Scope,
) -> Result<Option<ThreadWithCommands>> {
    let Some(thread) = threads::get(session, thread_id, scope).await? else {
        return Ok(None);
    };
    let rows = session
        .rows(
            "SELECT kwargs FROM runs WHERE thread_id = $1 AND status IN ('pending', 'running')
             ORDER BY status = 'pending', created_at DESC, sequence DESC",
            &[&thread_id.uuid()],
        )
        .await?;
    let commands = rows.iter().map(|row| {
        let kwargs: lgx_model::RunKwargs = parsed(row, 0)?;
        Ok(kwargs.command)
    });
    let commands = commands.collect::<Result<_>>()?;
    Ok(Some(ThreadWithCommands { thread, commands }))
}

/// The assistant of a thread's newest run.
pub(crate) async fn newest_assistant(
    session: &Session,
    thread_id: ThreadId,
) -> Result<Option<AssistantId>> {
    let row = session
        .row(
            "SELECT assistant_id FROM runs WHERE thread_id = $1 ORDER BY created_at DESC, sequence DESC LIMIT 1",
            &[&thread_id.uuid()],
        )
        .await?;
    row.map(|row| id(&row, 0)).transpose()
}
