//! The SQL of threads: create, read, search, change and delete them.

mod behind;
mod copy;
mod expiry;
mod search;
mod words;

use lgx_model::query::{Fields, Page};
use lgx_model::{
    AssistantId, JsonObject, RawJson, Thread, ThreadId, ThreadStatus, TimeToLive, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use crate::pages::wanted;
use crate::sqlite::columns::{self, id, json, object, parsed_or_null, raw, time};
use crate::sqlite::search::Search;
use crate::sqlite::{checkpoints, runs};
use crate::threads::{NewThread, ThreadActivity, ThreadState};
use crate::{Creation, Result, Scope};

pub(crate) use self::behind::{VALUES, behind, catch_up, mark};
pub(crate) use self::copy::copy;
pub(crate) use self::expiry::{next_expiry, prune, sweep, ttl};
pub(crate) use self::search::{count, search};
pub(crate) use self::words::find_words;

/// The columns of [`thread_of`], of the thread with an id.
pub(crate) const FIND: &str = "SELECT threads.thread_id, created_at, updated_at, state_updated_at, metadata, status, config, state, error, interrupts
    FROM threads LEFT JOIN thread_values ON thread_values.thread_id = threads.thread_id WHERE threads.thread_id = ?1";

/// The same, read only as far as these fields want.
fn columns_for(fields: &Fields) -> String {
    let (state, values) = if fields.has("values") {
        (
            "state",
            " LEFT JOIN thread_values ON thread_values.thread_id = threads.thread_id",
        )
    } else {
        ("NULL", "")
    };
    format!(
        "threads.thread_id, created_at, updated_at, state_updated_at, {}, status, {}, {state}, {}, {} FROM threads{values}",
        wanted(fields, "metadata", "'{}'"),
        wanted(fields, "config", "'{}'"),
        wanted(fields, "error", "NULL"),
        wanted(fields, "interrupts", "'{}'"),
    )
}

/// Makes a thread unless there is one of its id.
pub(crate) fn create(
    connection: &Connection,
    new: NewThread,
    scope: &Scope,
) -> Result<Creation<Thread>> {
    match find(connection, new.thread_id)? {
        Some(thread) if scope.allows(&thread.metadata) => Ok(Creation::Existing(Box::new(thread))),
        Some(_) => Ok(Creation::Hidden),
        None => insert(connection, new, ThreadStatus::Idle, JsonObject::new())
            .map(|thread| Creation::Created(Box::new(thread))),
    }
}

/// Inserts a thread that is known not to be there.
pub(crate) fn insert(
    connection: &Connection,
    new: NewThread,
    status: ThreadStatus,
    config: JsonObject,
) -> Result<Thread> {
    let (now, ttl) = (new.now, new.ttl);
    let thread = new.into_thread(status, config);
    connection
        .prepare_cached(
            "INSERT INTO threads (thread_id, created_at, updated_at, state_updated_at, metadata, status, resting_status, config, interrupts)
             VALUES (?1, ?2, ?2, ?2, ?3, ?4, 'idle', ?5, '{}')",
        )?
        .execute(params![
            thread.thread_id.to_string(),
            now.micros(),
            json(&thread.metadata)?,
            thread.status.as_str(),
            json(&thread.config)?,
        ])?;
    if let Some(ttl) = ttl {
        expiry::set_ttl(connection, thread.thread_id, ttl)?;
    }
    Ok(thread)
}

/// The thread, if it is there and the caller may see it.
pub(crate) fn get(
    connection: &Connection,
    thread_id: ThreadId,
    scope: &Scope,
) -> Result<Option<Thread>> {
    Ok(find(connection, thread_id)?.filter(|thread| scope.allows(&thread.metadata)))
}

/// The thread's metadata, if it is there and the caller may see it; cheaper than the thread with its values.
pub(crate) fn metadata(
    connection: &Connection,
    thread_id: ThreadId,
    scope: &Scope,
) -> Result<Option<JsonObject>> {
    Ok(find_metadata(connection, thread_id)?.filter(|metadata| scope.allows(metadata)))
}

/// The thread's metadata, whoever asks.
pub(crate) fn find_metadata(
    connection: &Connection,
    thread_id: ThreadId,
) -> Result<Option<JsonObject>> {
    let mut statement =
        connection.prepare_cached("SELECT metadata FROM threads WHERE thread_id = ?1")?;
    let mut rows = statement.query([thread_id.to_string()])?;
    rows.next()?.map(|row| object(row, 0)).transpose()
}

/// The thread, whoever asks.
pub(crate) fn find(connection: &Connection, thread_id: ThreadId) -> Result<Option<Thread>> {
    let mut statement = connection.prepare_cached(FIND)?;
    let mut rows = statement.query([thread_id.to_string()])?;
    rows.next()?.map(thread_of).transpose()
}

/// Merges `metadata` into the thread's, key by key, and gives it this time to live, if any.
pub(crate) fn patch(
    connection: &Connection,
    thread_id: ThreadId,
    metadata: &JsonObject,
    ttl: Option<TimeToLive>,
    now: Timestamp,
    scope: &Scope,
) -> Result<Option<Thread>> {
    let Some(mut thread) = get(connection, thread_id, scope)? else {
        return Ok(None);
    };
    thread.metadata.extend(metadata.clone());
    thread.updated_at = now;
    connection
        .prepare_cached("UPDATE threads SET metadata = ?2, updated_at = ?3 WHERE thread_id = ?1")?
        .execute(params![
            thread_id.to_string(),
            json(&thread.metadata)?,
            now.micros()
        ])?;
    if let Some(ttl) = ttl {
        expiry::set_ttl(connection, thread_id, ttl)?;
    }
    Ok(Some(thread))
}

/// Deletes the thread with its runs and checkpoints; nothing when it is not there or the caller may not see it.
pub(crate) fn delete(
    connection: &Connection,
    thread_id: ThreadId,
    scope: &Scope,
) -> Result<Option<()>> {
    if metadata(connection, thread_id, scope)?.is_none() {
        return Ok(None);
    }
    remove(connection, thread_id).map(Some)
}

/// Deletes the threads that the server labelled with this assistant, as far as the caller may see them.
pub(crate) fn delete_of_assistant(
    connection: &Connection,
    assistant_id: AssistantId,
    scope: &Scope,
) -> Result<Vec<ThreadId>> {
    let label =
        JsonObject::from_iter([("assistant_id".to_owned(), assistant_id.to_string().into())]);
    let mut search = Search::of("threads");
    search.and("lgx_contains(metadata, ?)", json(&label)?);
    if let Some(filter) = scope.text() {
        search.and("lgx_allowed(metadata, ?)", filter);
    }
    let all = Page {
        limit: u32::MAX,
        offset: 0,
    };
    let found = search.page(
        connection,
        "thread_id FROM threads",
        "sequence",
        all,
        |row| id(row, 0),
    )?;
    for &thread_id in &found.rows {
        remove(connection, thread_id)?;
    }
    runs::forget_assistant(connection, assistant_id, scope)?;
    Ok(found.rows)
}

/// Removes every row of a thread.
pub(crate) fn remove(connection: &Connection, thread_id: ThreadId) -> Result<()> {
    let thread = thread_id.to_string();
    connection
        .prepare_cached("DELETE FROM runs WHERE thread_id = ?1")?
        .execute([&thread])?;
    connection
        .prepare_cached("DELETE FROM thread_values WHERE thread_id = ?1")?
        .execute([&thread])?;
    connection
        .prepare_cached("DELETE FROM threads WHERE thread_id = ?1")?
        .execute([&thread])?;
    crate::sqlite::crons::delete_of_thread(connection, thread_id)?;
    runs::forget_thread(connection, thread_id)?;
    checkpoints::delete_thread(connection, thread_id)
}

/// Records the state that an update left. A thread with a run stays busy. Nothing happens when it is not there.
pub(crate) fn set_state(
    connection: &Connection,
    thread_id: ThreadId,
    state: &ThreadState,
    now: Timestamp,
) -> Result<Option<Thread>> {
    if let Some(values) = &state.values {
        write_values(connection, thread_id, values)?;
    }
    connection
        .prepare_cached(
            "UPDATE threads SET resting_status = :status, error = :error, interrupts = :interrupts,
               updated_at = :now, state_updated_at = :now, behind = 0 WHERE thread_id = :thread",
        )?
        .execute(named_params! {
            ":thread": thread_id.to_string(),
            ":status": state.status.as_str(),
            ":error": state.error.as_ref().map(json).transpose()?,
            ":interrupts": state.interrupts.get(),
            ":now": now.micros(),
        })?;
    settle(connection, thread_id)?;
    find(connection, thread_id)
}

/// Replaces the thread's values, if it is there; `null` takes them away.
pub(crate) fn write_values(
    connection: &Connection,
    thread_id: ThreadId,
    values: &RawJson,
) -> Result<()> {
    let sql = if values.is_null() {
        "DELETE FROM thread_values WHERE thread_id = ?1 AND ?2 IS NOT NULL"
    } else {
        "INSERT INTO thread_values (thread_id, state) SELECT thread_id, ?2 FROM threads WHERE thread_id = ?1
         ON CONFLICT (thread_id) DO UPDATE SET state = excluded.state"
    };
    connection
        .prepare_cached(sql)?
        .execute(params![thread_id.to_string(), values.get()])?;
    Ok(())
}

/// Makes the status what it should be: busy with runs pending or running, else as its last state left it. Gives it, if the thread is there.
pub(crate) fn settle(connection: &Connection, thread_id: ThreadId) -> Result<Option<ThreadStatus>> {
    let mut statement = connection.prepare_cached(
        "UPDATE threads SET status = CASE
           WHEN EXISTS (SELECT 1 FROM runs WHERE runs.thread_id = threads.thread_id AND runs.status IN ('pending', 'running'))
           THEN 'busy' ELSE resting_status END
         WHERE thread_id = ?1 RETURNING status",
    )?;
    let mut rows = statement.query([thread_id.to_string()])?;
    rows.next()?
        .map(|row| columns::thread_status(row, 0))
        .transpose()
}

/// What has happened on a thread since then, to the millisecond. Runs whose rows are gone have taken along what they streamed.
pub(crate) fn activity_since(
    connection: &Connection,
    thread_id: ThreadId,
    since: Timestamp,
) -> Result<ThreadActivity> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*), coalesce(max(NOT json_extract(kwargs, '$.resumable')), 0),
           (SELECT state_updated_at FROM threads WHERE thread_id = ?1)
         FROM runs WHERE thread_id = ?1 AND status != 'pending' AND (status = 'running' OR updated_at / 1000 > ?2 / 1000)",
    )?;
    let activity = statement.query_row(params![thread_id.to_string(), since.micros()], |row| {
        Ok(ThreadActivity {
            runs: row.get::<_, i64>(0)?.unsigned_abs(),
            unkept_runs: row.get(1)?,
            state_updated_at: row.get::<_, Option<i64>>(2)?.map(Timestamp::from_micros),
        })
    })?;
    Ok(activity)
}

/// Whether there is such a thread, whoever may see it.
pub(crate) fn is_there(connection: &Connection, thread_id: ThreadId) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM threads WHERE thread_id = ?1)";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([thread_id.to_string()], |row| row.get(0))?)
}

/// Whether there is such a thread that the caller may see.
pub(crate) fn exists(connection: &Connection, thread_id: ThreadId, scope: &Scope) -> Result<bool> {
    if scope.text().is_none() {
        let mut statement =
            connection.prepare_cached("SELECT 1 FROM threads WHERE thread_id = ?1")?;
        return Ok(statement
            .query_row([thread_id.to_string()], |_| Ok(()))
            .optional()?
            .is_some());
    }
    Ok(metadata(connection, thread_id, scope)?.is_some())
}

fn thread_of(row: &Row<'_>) -> Result<Thread> {
    Ok(Thread {
        thread_id: id(row, 0)?,
        created_at: time(row, 1)?,
        updated_at: time(row, 2)?,
        state_updated_at: time(row, 3)?,
        metadata: object(row, 4)?,
        status: columns::thread_status(row, 5)?,
        config: object(row, 6)?,
        values: raw(row, 7)?,
        error: parsed_or_null(row, 8)?,
        interrupts: raw(row, 9)?,
    })
}
