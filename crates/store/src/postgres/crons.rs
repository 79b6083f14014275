//! The SQL of crons: make, read, search, change and delete them, and find those that are due.

use lgx_model::query::{CronQuery, Page, Rows};
use lgx_model::{AssistantId, Cron, CronId, OnRunCompleted, ThreadId, Timestamp};
use tokio_postgres::Row;

use crate::crons::{CronTarget, StoredCron};
use crate::pages::{cron_columns, cron_order};
use crate::postgres::any_text::AnyText;
use crate::postgres::columns::{
    any_text, any_text_or_null, id, id_or_null, json, object, parsed, text_or_null, time,
    time_or_null, value,
};
use crate::postgres::search::RowSearch;
use crate::postgres::{Parameter, Session, assistants, threads};
use crate::terms::terms;
use crate::{Result, Scope, StoreError};

/// The columns of [`stored_of`], with their table.
const COLUMNS: &str = "cron_id, assistant_id, thread_id, user_id, end_time, schedule, timezone, payload, next_run_date, metadata,
    on_run_completed, enabled, created_at, updated_at, ends_at, permissions
    FROM crons";

/// Makes a cron. On a thread, says whether that is there and `of_threads` lets the caller see it; nothing is made if not.
pub(crate) async fn create(
    session: &Session,
    stored: &StoredCron,
    of_threads: &Scope,
) -> Result<bool> {
    if let Some(thread_id) = stored.cron.thread_id {
        // It does not go meanwhile: its crons would not go with it.
        let sql = "SELECT metadata FROM threads WHERE thread_id = $1 FOR KEY SHARE";
        let row = session.row(sql, &[&thread_id.uuid()]).await?;
        let metadata = row.as_ref().map(|row| object(row, 0)).transpose()?;
        if metadata.is_none_or(|metadata| !of_threads.allows(&metadata)) {
            return Ok(false);
        }
    }
    insert(session, stored).await?;
    Ok(true)
}

/// Inserts a cron.
async fn insert(session: &Session, stored: &StoredCron) -> Result<()> {
    write(
        session,
        "INSERT INTO crons (cron_id, assistant_id, thread_id, user_id, permissions, end_time, ends_at, schedule, timezone, payload,
           next_run_date, metadata, terms, on_run_completed, enabled, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        stored,
    )
    .await
}

/// Changes a cron as `change` says, and gives what it gives; nothing is changed if that is an error, nor when the cron is not there
/// or the caller may not see it.
pub(crate) async fn change<E: Send>(
    session: &Session,
    cron_id: CronId,
    scope: &Scope,
    change: impl FnOnce(&mut StoredCron) -> Result<(), E> + Send,
) -> Result<Option<Result<Cron, E>>> {
    let Some(mut stored) = lock(session, cron_id, scope).await? else {
        return Ok(None);
    };
    if let Err(refused) = change(&mut stored) {
        return Ok(Some(Err(refused)));
    }
    update(session, &stored).await?;
    Ok(Some(Ok(stored.cron)))
}

/// Replaces a cron by what it is to be.
async fn update(session: &Session, stored: &StoredCron) -> Result<()> {
    write(
        session,
        "UPDATE crons SET assistant_id = $2, thread_id = $3, user_id = $4, permissions = $5, end_time = $6, ends_at = $7, schedule = $8,
           timezone = $9, payload = $10, next_run_date = $11, metadata = $12, terms = $13, on_run_completed = $14, enabled = $15,
           created_at = $16, updated_at = $17
         WHERE cron_id = $1",
        stored,
    )
    .await
}

async fn write(session: &Session, sql: &str, stored: &StoredCron) -> Result<()> {
    let cron = &stored.cron;
    let parameters: &[Parameter<'_>] = &[
        &cron.cron_id.uuid(),
        &cron.assistant_id.uuid(),
        &cron.thread_id.map(ThreadId::uuid),
        &AnyText::of(&cron.user_id),
        &json(&stored.permissions)?,
        &cron.end_time.as_deref().map(AnyText::of),
        &stored.ends_at.map(Timestamp::micros),
        &AnyText::of(&cron.schedule),
        &cron.timezone.as_deref().map(AnyText::of),
        &json(&cron.payload)?,
        &cron.next_run_date.map(Timestamp::micros),
        &json(&cron.metadata)?,
        &terms(&cron.metadata),
        &cron.on_run_completed.map(OnRunCompleted::as_str),
        &cron.enabled,
        &cron.created_at.micros(),
        &cron.updated_at.micros(),
    ];
    session.execute(sql, parameters).await?;
    Ok(())
}

/// The cron, if it is there and the caller may see it.
pub(crate) async fn get(
    session: &Session,
    cron_id: CronId,
    scope: &Scope,
) -> Result<Option<StoredCron>> {
    let sql = format!("SELECT {COLUMNS} WHERE cron_id = $1");
    let row = session.row(&sql, &[&cron_id.uuid()]).await?;
    let found = row.as_ref().map(stored_of).transpose()?;
    Ok(found.filter(|stored| scope.allows(&stored.cron.metadata)))
}

/// The same, and nobody else changes it until the end of the transaction.
async fn lock(session: &Session, cron_id: CronId, scope: &Scope) -> Result<Option<StoredCron>> {
    let sql = format!("SELECT {COLUMNS} WHERE cron_id = $1 FOR UPDATE");
    let row = session.row(&sql, &[&cron_id.uuid()]).await?;
    let found = row.as_ref().map(stored_of).transpose()?;
    Ok(found.filter(|stored| scope.allows(&stored.cron.metadata)))
}

/// Deletes the cron, if it is there and the caller may see it. Runs that it started stay.
pub(crate) async fn delete(session: &Session, cron_id: CronId, scope: &Scope) -> Result<bool> {
    if lock(session, cron_id, scope).await?.is_none() {
        return Ok(false);
    }
    let sql = "DELETE FROM crons WHERE cron_id = $1";
    session.execute(sql, &[&cron_id.uuid()]).await?;
    Ok(true)
}

/// Locks the crons of an assistant, and those on threads that end with it.
pub(crate) async fn lock_of(
    session: &Session,
    assistant_id: AssistantId,
    thread_ids: &[ThreadId],
) -> Result<()> {
    let thread_ids: Vec<_> = thread_ids.iter().map(|id| id.uuid()).collect();
    let sql = "SELECT 1 FROM crons WHERE assistant_id = $1 OR thread_id = ANY($2) ORDER BY sequence FOR UPDATE";
    session
        .rows(sql, &[&assistant_id.uuid(), &thread_ids])
        .await?;
    Ok(())
}

/// Deletes the crons of an assistant, which go with it. (Those on a thread go with that by a trigger.)
pub(crate) async fn delete_of_assistant(
    session: &Session,
    assistant_id: AssistantId,
) -> Result<()> {
    let sql = "DELETE FROM crons WHERE cron_id IN (SELECT cron_id FROM crons WHERE assistant_id = $1 ORDER BY sequence FOR UPDATE)";
    session.execute(sql, &[&assistant_id.uuid()]).await?;
    Ok(())
}

/// The crons that match, one page of them: those that `scope` lets the caller see, on threads that `of_threads` lets them see.
pub(crate) async fn search(
    session: &Session,
    query: &CronQuery,
    page: Page,
    scope: &Scope,
    of_threads: &Scope,
) -> Result<Rows<Cron>> {
    let (columns, order) = (cron_columns(query), cron_order(query));
    let cron_of = |row: &Row| stored_of(row).map(|stored| stored.cron);
    matching(query, scope, of_threads)
        .page(session, &columns, &order, page, cron_of)
        .await
}

/// How many crons match; see [`search`].
pub(crate) async fn count(
    session: &Session,
    query: &CronQuery,
    scope: &Scope,
    of_threads: &Scope,
) -> Result<u64> {
    matching(query, scope, of_threads).count(session).await
}

fn matching<'a>(query: &CronQuery, scope: &Scope, of_threads: &Scope) -> RowSearch<'a> {
    let mut search = RowSearch::of("crons");
    if let Some(assistant_id) = query.assistant_id {
        search.and("assistant_id = ?", assistant_id.uuid());
    }
    if let Some(thread_id) = query.thread_id {
        search.and("thread_id = ?", thread_id.uuid());
    }
    if let Some(enabled) = query.enabled {
        search.and("enabled = ?", enabled);
    }
    search.metadata(&query.metadata, scope);
    // No metadata at all if the thread is not there.
    let of_thread = "CASE WHEN thread_id IS NOT NULL THEN
       coalesce((SELECT threads.metadata FROM threads WHERE threads.thread_id = crons.thread_id), 'null') END";
    search.null_or_allowed(of_thread, of_threads);
    search
}

/// The crons that are due, the longest due first.
pub(crate) async fn due(session: &Session, now: Timestamp) -> Result<Vec<StoredCron>> {
    let sql = format!(
        "SELECT {COLUMNS} WHERE enabled AND next_run_date <= $1 ORDER BY next_run_date, sequence"
    );
    let rows = session.rows(&sql, &[&now.micros()]).await?;
    rows.iter().map(stored_of).collect()
}

/// The enabled crons that are due later.
pub(crate) async fn ahead(session: &Session, now: Timestamp) -> Result<Vec<StoredCron>> {
    let sql = format!("SELECT {COLUMNS} WHERE enabled AND next_run_date > $1 ORDER BY sequence");
    let rows = session.rows(&sql, &[&now.micros()]).await?;
    rows.iter().map(stored_of).collect()
}

/// When the next cron is due.
pub(crate) async fn next_due(session: &Session) -> Result<Option<Timestamp>> {
    let sql = "SELECT min(next_run_date) FROM crons WHERE enabled";
    let row = session.row(sql, &[]).await?;
    Ok(row.map(|row| time_or_null(&row, 0)).transpose()?.flatten())
}

/// Notes that a cron that was due at `due` is now due at `next`. Says whether it still was as it was seen: it may have been
/// changed, disabled or deleted meanwhile, and then nothing happens.
///
/// Whoever locks a thread, too, does it before: a thread that goes takes its crons with it.
pub(crate) async fn advance(
    session: &Session,
    cron_id: CronId,
    due: Timestamp,
    next: Option<Timestamp>,
) -> Result<bool> {
    let sql =
        "UPDATE crons SET next_run_date = $3 WHERE cron_id = $1 AND next_run_date = $2 AND enabled";
    let next = next.map(Timestamp::micros);
    let advanced = session
        .execute(sql, &[&cron_id.uuid(), &due.micros(), &next])
        .await?;
    Ok(advanced == 1)
}

/// What a cron runs, and where.
pub(crate) async fn target(
    session: &Session,
    assistant_id: AssistantId,
    thread_id: Option<ThreadId>,
) -> Result<CronTarget> {
    let thread_metadata = match thread_id {
        Some(thread_id) => threads::find_metadata(session, thread_id).await?,
        None => None,
    };
    Ok(CronTarget {
        assistant: assistants::find(session, assistant_id).await?,
        thread_metadata,
    })
}

fn stored_of(row: &Row) -> Result<StoredCron> {
    let on_run_completed = text_or_null(row, 10)?.map(|word| {
        OnRunCompleted::from_word(word).ok_or_else(|| StoreError::Value {
            what: "end of a cron's run",
            text: word.to_owned(),
        })
    });
    Ok(StoredCron {
        cron: Cron {
            cron_id: id(row, 0)?,
            assistant_id: id(row, 1)?,
            thread_id: id_or_null(row, 2)?,
            user_id: any_text(row, 3)?,
            end_time: any_text_or_null(row, 4)?,
            schedule: any_text(row, 5)?,
            timezone: any_text_or_null(row, 6)?,
            payload: object(row, 7)?,
            next_run_date: time_or_null(row, 8)?,
            metadata: object(row, 9)?,
            on_run_completed: on_run_completed.transpose()?,
            enabled: value(row, 11)?,
            created_at: time(row, 12)?,
            updated_at: time(row, 13)?,
        },
        ends_at: time_or_null(row, 14)?,
        permissions: parsed(row, 15)?,
    })
}
