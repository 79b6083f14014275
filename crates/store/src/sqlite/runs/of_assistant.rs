//! Threads with all of their runs: one, or all on which an assistant has run.

use lgx_model::query::{Fields, Page, RunQuery, ThreadQuery};
use lgx_model::{Run, ThreadId};
use rusqlite::{Connection, params};

use super::of_thread;
use crate::runs::AssistantRuns;
use crate::sqlite::columns::id;
use crate::sqlite::threads;
use crate::threads::ThreadWithRuns;
use crate::{Result, Scope};

/// The thread with its runs, if it is there and the caller may see it.
pub(crate) fn thread_with_runs(
    connection: &Connection,
    thread_id: ThreadId,
    scope: &Scope,
) -> Result<Option<ThreadWithRuns>> {
    let Some(thread) = threads::get(connection, thread_id, scope)? else {
        return Ok(None);
    };
    let runs = oldest_first(connection, thread_id)?;
    Ok(Some(ThreadWithRuns { thread, runs }))
}

/// The threads that match and have a run of the assistant, without their values and with all their runs.
pub(crate) fn threads_of_assistant(
    connection: &Connection,
    asked: AssistantRuns,
    scope: &Scope,
) -> Result<Vec<ThreadWithRuns>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT thread_id FROM runs WHERE assistant_id = ?1 AND (?2 IS NULL OR thread_id = ?2)",
    )?;
    let parameters = params![
        asked.assistant_id.to_string(),
        asked.thread_id.map(|thread_id| thread_id.to_string()),
    ];
    let ids = statement
        .query_and_then(parameters, |row| id(row, 0))?
        .collect::<Result<Vec<ThreadId>>>()?;
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
    let found = threads::search(connection, &query, Page::ALL, scope)?;
    let with_runs = found.rows.into_iter().map(|thread| {
        let runs = oldest_first(connection, thread.thread_id)?;
        Ok(ThreadWithRuns { thread, runs })
    });
    with_runs.collect()
}

fn oldest_first(connection: &Connection, thread_id: ThreadId) -> Result<Vec<Run>> {
    let query = RunQuery {
        fields: Fields::from_iter(["metadata"]),
        ..RunQuery::default()
    };
    let mut runs = of_thread(connection, thread_id, &query, Page::ALL)?;
    runs.reverse();
    Ok(runs)
}
