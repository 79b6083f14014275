//! The SQL that clears whole nouns at once, as far as a caller may delete them, for tests that begin with an empty server.

use lgx_model::query::Page;
use lgx_model::{AssistantId, RawJson, ThreadId, ThreadStatus, Timestamp};
use rusqlite::Connection;

use crate::sqlite::columns::id;
use crate::sqlite::search::Search;
use crate::sqlite::{assistants, checkpoints, items, reports, runs, threads};
use crate::threads::ThreadState;
use crate::truncate::{OfThreads, Truncation};
use crate::{Result, Scope};

/// Clears all of it, and says which threads lost their runs.
pub(crate) fn clear(
    connection: &Connection,
    what: &Truncation,
    now: Timestamp,
) -> Result<Vec<ThreadId>> {
    let emptied = match &what.threads {
        Some((of_threads, scope)) => threads(connection, *of_threads, scope, now)?,
        None => Vec::new(),
    };
    if let Some(scope) = &what.assistants {
        assistants(connection, scope, now)?;
    }
    if let Some(namespace) = &what.items {
        items::clear(connection, namespace)?;
    }
    Ok(emptied)
}

/// Clears threads, or what belongs to them, and says which threads lost their runs.
fn threads(
    connection: &Connection,
    what: OfThreads,
    scope: &Scope,
    now: Timestamp,
) -> Result<Vec<ThreadId>> {
    let found: Vec<ThreadId> = owned(connection, "threads", "thread_id FROM threads", scope)?;
    for &thread_id in &found {
        match what {
            OfThreads::All => threads::remove(connection, thread_id)?,
            OfThreads::Only { runs, checkpoints } => {
                let ended = "DELETE FROM runs WHERE thread_id = ?1";
                let active =
                    "DELETE FROM runs WHERE thread_id = ?1 AND status IN ('pending', 'running')";
                connection
                    .prepare_cached(if runs { ended } else { active })?
                    .execute([thread_id.to_string()])?;
                if checkpoints {
                    forget(connection, thread_id, now)?;
                } else {
                    threads::settle(connection, thread_id)?;
                }
            }
        }
    }
    if what.takes_runs() {
        reports::clear(connection, scope)?;
        runs::clear_gone(connection, scope)?;
    }
    Ok(found)
}

/// Leaves a thread as if nothing had run on it.
fn forget(connection: &Connection, thread_id: ThreadId, now: Timestamp) -> Result<()> {
    checkpoints::delete_thread(connection, thread_id)?;
    let nothing = ThreadState {
        status: ThreadStatus::Idle,
        values: Some(RawJson::null()),
        interrupts: RawJson::empty_object(),
        error: None,
    };
    threads::set_state(connection, thread_id, &nothing, now)?;
    Ok(())
}

/// Clears assistants with their versions and crons. Default ones are back at once as their graphs have them.
fn assistants(connection: &Connection, scope: &Scope, now: Timestamp) -> Result<()> {
    let found: Vec<AssistantId> = owned(
        connection,
        "assistants",
        "assistant_id FROM assistants",
        scope,
    )?;
    for assistant_id in found {
        assistants::delete(connection, assistant_id, scope, None, now)?;
    }
    Ok(())
}

/// The ids of all rows that the caller may delete.
fn owned<T>(
    connection: &Connection,
    table: &'static str,
    columns: &str,
    scope: &Scope,
) -> Result<Vec<T>>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let mut search = Search::of(table);
    if let Some(filter) = scope.text() {
        search.and("lgx_allowed(metadata, ?)", filter);
    }
    let all = Page {
        limit: u32::MAX,
        offset: 0,
    };
    Ok(search
        .page(connection, columns, "sequence", all, |row| id(row, 0))?
        .rows)
}
