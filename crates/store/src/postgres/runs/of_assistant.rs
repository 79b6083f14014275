//! Threads with all of their runs: one, or all on which an assistant has run.

use std::collections::HashMap;

use lgx_model::query::{Fields, Page, ThreadQuery};
use lgx_model::{Run, ThreadId};

use super::list::columns_for;
use super::run_of;
use crate::postgres::columns::id;
use crate::postgres::{Session, threads};
use crate::runs::AssistantRuns;
use crate::threads::ThreadWithRuns;
use crate::{Result, Scope};

/// The thread with its runs, if it is there and the caller may see it.
pub(crate) async fn thread_with_runs(
    session: &Session,
    thread_id: ThreadId,
    scope: &Scope,
) -> Result<Option<ThreadWithRuns>> {
    let Some(thread) = threads::get(session, thread_id, scope).await? else {
        return Ok(None);
    };
    let mut runs = oldest_first(session, &[thread_id]).await?;
    let runs = runs.remove(&thread_id).unwrap_or_default();
    Ok(Some(ThreadWithRuns { thread, runs }))
}

/// The threads that match and have a run of the assistant, without their values and with all their runs.
pub(crate) async fn threads_of_assistant(
    session: &Session,
    asked: AssistantRuns,
    scope: &Scope,
) -> Result<Vec<ThreadWithRuns>> {
    let rows = session
        .rows(
            "SELECT DISTINCT thread_id FROM runs WHERE assistant_id = $1 AND ($2::uuid IS NULL OR thread_id = $2)",
            &[
                &asked.assistant_id.uuid(),
                &asked.thread_id.map(ThreadId::uuid),
            ],
        )
        .await?;
    let ids = rows.iter().map(|row| id(row, 0));
    let ids = ids.collect::<Result<Vec<ThreadId>>>()?;
    if ids.is_empty() {
        // No ids at all would ask for all threads.
        return Ok(Vec::new());
    }
    let query = ThreadQuery {
        ids,
        metadata: asked.thread_metadata,
        fields: Fields::from_iter(["metadata", "interrupts"]),
        ..ThreadQuery::default()
    };
    let found = threads::search(session, &query, Page::ALL, scope).await?;
    let ids: Vec<ThreadId> = found.rows.iter().map(|thread| thread.thread_id).collect();
    let mut runs = oldest_first(session, &ids).await?;
    let with_runs = found.rows.into_iter().map(|thread| ThreadWithRuns {
        runs: runs.remove(&thread.thread_id).unwrap_or_default(),
        thread,
    });
    Ok(with_runs.collect())
}

/// The runs of these threads, without their kwargs.
async fn oldest_first(
    session: &Session,
    thread_ids: &[ThreadId],
) -> Result<HashMap<ThreadId, Vec<Run>>> {
    let columns = columns_for(&Fields::from_iter(["metadata"]));
    let thread_ids: Vec<_> = thread_ids.iter().map(|id| id.uuid()).collect();
    let sql = format!(
        "SELECT {columns} FROM runs WHERE thread_id = ANY($1) ORDER BY created_at, sequence"
    );
    let mut runs: HashMap<ThreadId, Vec<Run>> = HashMap::new();
    for row in session.rows(&sql, &[&thread_ids]).await? {
        let run = run_of(&row)?;
        runs.entry(run.thread_id).or_default().push(run);
    }
    Ok(runs)
}
