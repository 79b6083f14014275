//! The SQL of crons: make, read, search, change and delete them, and find those that are due.

use lgx_model::query::{CronQuery, Page, Rows};
use lgx_model::{AssistantId, Cron, CronId, OnRunCompleted, ThreadId, Timestamp};
use rusqlite::{Connection, Row, named_params, params};

use crate::crons::{CronTarget, StoredCron};
use crate::pages::{cron_columns, cron_order};
use crate::sqlite::columns::{id, json, object, parsed, time};
use crate::sqlite::search::Search;
use crate::sqlite::{assistants, threads};
use crate::{Result, Scope, StoreError};

/// The columns of [`stored_of`], with their table.
const COLUMNS: &str = "cron_id, assistant_id, thread_id, user_id, end_time, schedule, timezone, payload, next_run_date, metadata,
    on_run_completed, enabled, created_at, updated_at, ends_at, permissions
    FROM crons";

/// Makes a cron. On a thread, says whether that is there and `of_threads` lets the caller see it; nothing is made if not.
pub(crate) fn create(
    connection: &Connection,
    stored: &StoredCron,
    of_threads: &Scope,
) -> Result<bool> {
    if let Some(thread_id) = stored.cron.thread_id
        && !threads::exists(connection, thread_id, of_threads)?
    {
        return Ok(false);
    }
    insert(connection, stored)?;
    Ok(true)
}

/// Inserts a cron.
fn insert(connection: &Connection, stored: &StoredCron) -> Result<()> {
    write(
        connection,
        "INSERT INTO crons (cron_id, assistant_id, thread_id, user_id, permissions, end_time, ends_at, schedule, timezone, payload,
           next_run_date, metadata, on_run_completed, enabled, created_at, updated_at)
         VALUES (:cron, :assistant, :thread, :user, :permissions, :end_time, :ends_at, :schedule, :timezone, :payload,
           :next, :metadata, :on_run_completed, :enabled, :created_at, :updated_at)",
        stored,
    )
}

/// Changes a cron as `change` says, and gives what it gives; nothing is changed if that is an error, nor when the cron is not there
/// or the caller may not see it.
pub(crate) fn change<E>(
    connection: &Connection,
    cron_id: CronId,
    scope: &Scope,
    change: impl FnOnce(&mut StoredCron) -> Result<(), E>,
) -> Result<Option<Result<Cron, E>>> {
    let Some(mut stored) = get(connection, cron_id, scope)? else {
        return Ok(None);
    };
    if let Err(refused) = change(&mut stored) {
        return Ok(Some(Err(refused)));
    }
    update(connection, &stored)?;
    Ok(Some(Ok(stored.cron)))
}

/// Replaces a cron by what it is to be.
fn update(connection: &Connection, stored: &StoredCron) -> Result<()> {
    write(
        connection,
        "UPDATE crons SET assistant_id = :assistant, thread_id = :thread, user_id = :user, permissions = :permissions,
           end_time = :end_time, ends_at = :ends_at, schedule = :schedule, timezone = :timezone, payload = :payload,
           next_run_date = :next, metadata = :metadata, on_run_completed = :on_run_completed, enabled = :enabled,
           created_at = :created_at, updated_at = :updated_at
         WHERE cron_id = :cron",
        stored,
    )
}

fn write(connection: &Connection, sql: &str, stored: &StoredCron) -> Result<()> {
    let cron = &stored.cron;
    connection.prepare_cached(sql)?.execute(named_params! {
        ":cron": cron.cron_id.to_string(),
        ":assistant": cron.assistant_id.to_string(),
        ":thread": cron.thread_id.map(|thread_id| thread_id.to_string()),
        ":user": cron.user_id,
        ":permissions": json(&stored.permissions)?,
        ":end_time": cron.end_time,
        ":ends_at": stored.ends_at.map(Timestamp::micros),
        ":schedule": cron.schedule,
        ":timezone": cron.timezone,
        ":payload": json(&cron.payload)?,
        ":next": cron.next_run_date.map(Timestamp::micros),
        ":metadata": json(&cron.metadata)?,
        ":on_run_completed": cron.on_run_completed.map(OnRunCompleted::as_str),
        ":enabled": cron.enabled,
        ":created_at": cron.created_at.micros(),
        ":updated_at": cron.updated_at.micros(),
    })?;
    Ok(())
}

/// The cron, if it is there and the caller may see it.
pub(crate) fn get(
    connection: &Connection,
    cron_id: CronId,
    scope: &Scope,
) -> Result<Option<StoredCron>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} WHERE cron_id = ?1"))?;
    let mut rows = statement.query([cron_id.to_string()])?;
    let found = rows.next()?.map(stored_of).transpose()?;
    Ok(found.filter(|stored| scope.allows(&stored.cron.metadata)))
}

/// Deletes the cron, if it is there and the caller may see it. Runs that it started stay.
pub(crate) fn delete(connection: &Connection, cron_id: CronId, scope: &Scope) -> Result<bool> {
    if get(connection, cron_id, scope)?.is_none() {
        return Ok(false);
    }
    connection
        .prepare_cached("DELETE FROM crons WHERE cron_id = ?1")?
        .execute([cron_id.to_string()])?;
    Ok(true)
}

/// Deletes the crons on a thread, which go with it.
pub(crate) fn delete_of_thread(connection: &Connection, thread_id: ThreadId) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM crons WHERE thread_id = ?1")?
        .execute([thread_id.to_string()])?;
    Ok(())
}

/// Deletes the crons of an assistant, which go with it.
pub(crate) fn delete_of_assistant(
    connection: &Connection,
    assistant_id: AssistantId,
) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM crons WHERE assistant_id = ?1")?
        .execute([assistant_id.to_string()])?;
    Ok(())
}

/// The crons that match, one page of them: those that `scope` lets the caller see, on threads that `threads` lets them see.
pub(crate) fn search(
    connection: &Connection,
    query: &CronQuery,
    page: Page,
    scope: &Scope,
    threads: &Scope,
) -> Result<Rows<Cron>> {
    let (columns, order) = (cron_columns(query), cron_order(query));
    matching(query, scope, threads)?.page(connection, &columns, &order, page, |row| {
        stored_of(row).map(|stored| stored.cron)
    })
}

/// How many crons match; see [`search`].
pub(crate) fn count(
    connection: &Connection,
    query: &CronQuery,
    scope: &Scope,
    threads: &Scope,
) -> Result<u64> {
    matching(query, scope, threads)?.count(connection)
}

fn matching<'a>(query: &CronQuery, scope: &'a Scope, threads: &'a Scope) -> Result<Search<'a>> {
    let mut search = Search::of("crons");
    if let Some(assistant_id) = query.assistant_id {
        search.and("assistant_id = ?", assistant_id.to_string());
    }
    if let Some(thread_id) = query.thread_id {
        search.and("thread_id = ?", thread_id.to_string());
    }
    if let Some(enabled) = query.enabled {
        search.and("enabled = ?", enabled);
    }
    if !query.metadata.is_empty() {
        search.and("lgx_contains(metadata, ?)", json(&query.metadata)?);
    }
    if let Some(filter) = scope.text() {
        search.and("lgx_allowed(metadata, ?)", filter);
    }
    if let Some(filter) = threads.text() {
        search.and(
            "(thread_id IS NULL OR EXISTS (SELECT 1 FROM threads
               WHERE threads.thread_id = crons.thread_id AND lgx_allowed(threads.metadata, ?)))",
            filter,
        );
    }
    Ok(search)
}

/// The crons that are due, the longest due first.
pub(crate) fn due(connection: &Connection, now: Timestamp) -> Result<Vec<StoredCron>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} WHERE enabled = 1 AND next_run_date <= ?1 ORDER BY next_run_date, sequence"
        ))?
        .query_and_then([now.micros()], stored_of)?
        .collect()
}

/// The enabled crons that are due later.
pub(crate) fn ahead(connection: &Connection, now: Timestamp) -> Result<Vec<StoredCron>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} WHERE enabled = 1 AND next_run_date > ?1 ORDER BY sequence"
        ))?
        .query_and_then([now.micros()], stored_of)?
        .collect()
}

/// When the next cron is due.
pub(crate) fn next_due(connection: &Connection) -> Result<Option<Timestamp>> {
    let next: Option<i64> = connection
        .prepare_cached("SELECT min(next_run_date) FROM crons WHERE enabled = 1")?
        .query_row([], |row| row.get(0))?;
    Ok(next.map(Timestamp::from_micros))
}

/// Notes that a cron that was due at `due` is now due at `next`. Says whether it still was as it was seen: it may have been
/// changed, disabled or deleted meanwhile, and then nothing happens.
pub(crate) fn advance(
    connection: &Connection,
    cron_id: CronId,
    due: Timestamp,
    next: Option<Timestamp>,
) -> Result<bool> {
    let advanced = connection
        .prepare_cached(
            "UPDATE crons SET next_run_date = ?3 WHERE cron_id = ?1 AND next_run_date = ?2 AND enabled = 1",
        )?
        .execute(params![
            cron_id.to_string(),
            due.micros(),
            next.map(Timestamp::micros)
        ])?;
    Ok(advanced == 1)
}

/// What a cron runs, and where.
pub(crate) fn target(
    connection: &Connection,
    assistant_id: AssistantId,
    thread_id: Option<ThreadId>,
) -> Result<CronTarget> {
    let thread = thread_id
        .map(|thread_id| threads::find_metadata(connection, thread_id))
        .transpose()?;
    Ok(CronTarget {
        assistant: assistants::find(connection, assistant_id)?,
        thread_metadata: thread.flatten(),
    })
}

fn stored_of(row: &Row<'_>) -> Result<StoredCron> {
    let on_run_completed: Option<String> = row.get(10)?;
    Ok(StoredCron {
        cron: Cron {
            cron_id: id(row, 0)?,
            assistant_id: id(row, 1)?,
            thread_id: match row.get_ref(2)? {
                rusqlite::types::ValueRef::Null => None,
                _ => Some(id(row, 2)?),
            },
            user_id: row.get(3)?,
            end_time: row.get(4)?,
            schedule: row.get(5)?,
            timezone: row.get(6)?,
            payload: object(row, 7)?,
            next_run_date: row.get::<_, Option<i64>>(8)?.map(Timestamp::from_micros),
            metadata: object(row, 9)?,
            on_run_completed: on_run_completed
                .map(|word| {
                    OnRunCompleted::from_word(&word).ok_or(StoreError::Value {
                        what: "end of a cron's run",
                        text: word,
                    })
                })
                .transpose()?,
            enabled: row.get(11)?,
            created_at: time(row, 12)?,
            updated_at: time(row, 13)?,
        },
        ends_at: row.get::<_, Option<i64>>(14)?.map(Timestamp::from_micros),
        permissions: parsed(row, 15)?,
    })
}
