//! The SQL of threads: create, read, search, change and delete them.
//!
//! Whatever changes a thread, its runs or its checkpoints locks the thread's row first, with one of the functions that say so.

mod behind;
mod copy;
mod ending;
mod expiry;
mod search;
mod words;

use std::collections::HashSet;

use lgx_model::query::Fields;
use lgx_model::{JsonObject, RawJson, Thread, ThreadId, ThreadStatus, TimeToLive, Timestamp};
use serde::Deserialize;
use tokio_postgres::Row;
use uuid::Uuid;

pub(crate) use self::behind::{VALUES, behind, catch_up, mark};
pub(crate) use self::copy::copy;
pub(crate) use self::ending::{delete, lock_all_of, lock_of_assistant, remove, remove_all};
pub(crate) use self::expiry::{next_expiry, prune, sweep, ttl};
pub(crate) use self::search::{count, search};
pub(crate) use self::words::find_words;
#[cfg(test)]
pub(crate) use self::{
    behind::BEHIND,
    expiry::{EXPIRED, NEXT_EXPIRY},
    search::plan,
    words::IN_ORDER,
};
use super::columns::{self, id, json, object, parsed_or_null, raw, time, time_or_null};
use super::session::{Parameter, Session};
use crate::pages::wanted;
use crate::terms::terms;
use crate::threads::time_to_live::minutes;
use crate::threads::{NewThread, ThreadActivity, ThreadState};
use crate::{Creation, Result, Scope, WriteTime};

/// The columns of [`thread_of`], where the rows are those of `threads`.
const COLUMNS: &str = "threads.thread_id, created_at, updated_at, state_updated_at, metadata, status, config,
    (SELECT state FROM thread_values WHERE thread_values.thread_id = threads.thread_id), error, interrupts";

/// The same with the table, read only as far as these fields want.
fn columns_for(fields: &Fields) -> String {
    let state =
        "(SELECT state FROM thread_values WHERE thread_values.thread_id = threads.thread_id)";
    format!(
        "threads.thread_id, created_at, updated_at, state_updated_at, {}, status, {}, {}, {}, {} FROM threads",
        wanted(fields, "metadata", "'{}'"),
        wanted(fields, "config", "'{}'"),
        if fields.has("values") { state } else { "NULL" },
        wanted(fields, "error", "NULL"),
        wanted(fields, "interrupts", "'{}'"),
    )
}

/// Whether a thread was there, and is locked.
#[must_use = "a thread that was not there is not locked, even if another has its id a moment later"]
pub(crate) struct IsLocked(pub(crate) bool);

/// Locks the row of a thread until the transaction ends, if it is there.
pub(crate) async fn lock(session: &Session, thread_id: ThreadId) -> Result<IsLocked> {
    let is_there = session.exists(LOCK, &[&thread_id.uuid()]).await?;
    Ok(IsLocked(is_there))
}

/// Locks the rows of those of these threads that are there until the transaction ends, in the order in which everybody locks several, and
/// gives those.
pub(crate) async fn lock_all(
    session: &Session,
    thread_ids: impl IntoIterator<Item = ThreadId> + Send,
) -> Result<HashSet<ThreadId>> {
    let thread_ids: Vec<Uuid> = thread_ids.into_iter().map(ThreadId::uuid).collect();
    let sql = "SELECT thread_id FROM threads WHERE thread_id = ANY($1) ORDER BY sequence FOR NO KEY UPDATE";
    let rows = session.rows(sql, &[&thread_ids]).await?;
    rows.iter().map(|row| id(row, 0)).collect()
}

const LOCK: &str = "SELECT 1 FROM threads WHERE thread_id = $1 FOR NO KEY UPDATE";

/// Locks the row of a thread until the transaction ends, and gives its metadata, if it is there and the caller may see it.
pub(crate) async fn lock_metadata(
    session: &Session,
    thread_id: ThreadId,
    scope: &Scope,
) -> Result<Option<JsonObject>> {
    let sql = "SELECT metadata FROM threads WHERE thread_id = $1 FOR NO KEY UPDATE";
    let row = session.row(sql, &[&thread_id.uuid()]).await?;
    let metadata = row.map(|row| object(&row, 0)).transpose()?;
    Ok(metadata.filter(|metadata| scope.allows(metadata)))
}

/// Locks the row of a thread until the transaction ends, and gives the thread as it is from then on, whoever asks, behind these statements,
/// which are done once the row is locked. Gives their rows, too.
pub(crate) async fn find_locked_after(
    session: &Session,
    thread_id: ThreadId,
    statements: &[(&str, &[Parameter<'_>])],
) -> Result<(Vec<Vec<Row>>, Option<Thread>)> {
    let find = format!("SELECT {COLUMNS} FROM threads WHERE thread_id = $1");
    let thread_id = thread_id.uuid();
    let of_thread: [Parameter<'_>; 1] = [&thread_id];
    // Statements of their own: what one reads beside the row that it waits for is older than that.
    let mut all: Vec<(&str, &[Parameter<'_>])> = vec![(LOCK, &of_thread)];
    all.extend(statements);
    all.push((&find, &of_thread));
    let mut rows = session.together(&all).await?;
    let found = rows.pop().unwrap_or_default();
    // One that was made after another of its id had gone is not locked.
    let is_locked = !rows.remove(0).is_empty();
    let found = found.first().filter(|_| is_locked);
    let thread = found.map(thread_of).transpose()?;
    Ok((rows, thread))
}

/// Makes a thread unless there is one of its id.
pub(crate) async fn create(
    session: &Session,
    new: NewThread,
    scope: &Scope,
) -> Result<Creation<Thread>> {
    loop {
        let made = insert(
            session,
            new.clone(),
            ThreadStatus::Idle,
            JsonObject::new(),
            None,
        );
        if let Some(thread) = made.await? {
            return Ok(Creation::Created(Box::new(thread)));
        }
        // One that has gone in between is made after all.
        if let Some(thread) = find(session, new.thread_id).await? {
            return Ok(if scope.allows(&thread.metadata) {
                Creation::Existing(Box::new(thread))
            } else {
                Creation::Hidden
            });
        }
    }
}

/// Inserts a thread, unless there is one of its id: another server may have made it since it was looked for.
pub(crate) async fn insert(
    session: &Session,
    new: NewThread,
    status: ThreadStatus,
    config: JsonObject,
    home: Option<Uuid>,
) -> Result<Option<Thread>> {
    let (now, ttl) = (new.now, new.ttl);
    let thread = new.into_thread(status, config);
    let inserted = session
        .execute(
            "INSERT INTO threads (thread_id, created_at, updated_at, state_updated_at, metadata, terms, status, resting_status, config,
               interrupts, ttl_minutes, ttl_strategy, home)
             VALUES ($1, $2, $2, $2, $3, $4, $5, 'idle', $6, '{}', $7, $8, $9) ON CONFLICT (thread_id) DO NOTHING",
            &[
                &thread.thread_id.uuid(),
                &now.micros(),
                &json(&thread.metadata)?,
                &terms(&thread.metadata),
                &thread.status.as_str(),
                &json(&thread.config)?,
                &ttl.map(minutes),
                &ttl.map(|ttl| ttl.strategy.as_str()),
                &home,
            ],
        )
        .await?;
    Ok((inserted > 0).then_some(thread))
}

/// The thread, if it is there and the caller may see it.
pub(crate) async fn get(
    session: &Session,
    thread_id: ThreadId,
    scope: &Scope,
) -> Result<Option<Thread>> {
    let found = find(session, thread_id).await?;
    Ok(found.filter(|thread| scope.allows(&thread.metadata)))
}

/// The thread's metadata, if it is there and the caller may see it; cheaper than the thread with its values.
pub(crate) async fn metadata(
    session: &Session,
    thread_id: ThreadId,
    scope: &Scope,
) -> Result<Option<JsonObject>> {
    let found = find_metadata(session, thread_id).await?;
    Ok(found.filter(|metadata| scope.allows(metadata)))
}

/// The thread's metadata, whoever asks.
pub(crate) async fn find_metadata(
    session: &Session,
    thread_id: ThreadId,
) -> Result<Option<JsonObject>> {
    let sql = "SELECT metadata FROM threads WHERE thread_id = $1";
    let row = session.row(sql, &[&thread_id.uuid()]).await?;
    row.map(|row| object(&row, 0)).transpose()
}

/// The thread, whoever asks.
pub(crate) async fn find(session: &Session, thread_id: ThreadId) -> Result<Option<Thread>> {
    let sql = format!("SELECT {COLUMNS} FROM threads WHERE thread_id = $1");
    let row = session.row(&sql, &[&thread_id.uuid()]).await?;
    row.as_ref().map(thread_of).transpose()
}

/// Whether there is such a thread that the caller may see.
pub(crate) async fn exists(session: &Session, thread_id: ThreadId, scope: &Scope) -> Result<bool> {
    if scope.may_hide() {
        return Ok(metadata(session, thread_id, scope).await?.is_some());
    }
    let sql = "SELECT 1 FROM threads WHERE thread_id = $1";
    session.exists(sql, &[&thread_id.uuid()]).await
}

/// Merges `metadata` into the thread's, key by key, and gives it this time to live, if any.
pub(crate) async fn patch(
    session: &Session,
    thread_id: ThreadId,
    metadata: JsonObject,
    ttl: Option<TimeToLive>,
    now: WriteTime,
    scope: &Scope,
) -> Result<Option<Thread>> {
    let Some(mut merged) = lock_metadata(session, thread_id, scope).await? else {
        return Ok(None);
    };
    merged.extend(metadata);
    let sql = format!(
        "UPDATE threads SET metadata = $2, terms = $3, updated_at = $4, ttl_minutes = coalesce($5, ttl_minutes),
           ttl_strategy = coalesce($6, ttl_strategy), pruned_at = CASE WHEN $5 IS NULL THEN pruned_at END
         WHERE thread_id = $1 RETURNING {COLUMNS}"
    );
    let row = session
        .row(
            &sql,
            &[
                &thread_id.uuid(),
                &json(&merged)?,
                &terms(&merged),
                &now.instant().micros(),
                &ttl.map(minutes),
                &ttl.map(|ttl| ttl.strategy.as_str()),
            ],
        )
        .await?;
    row.as_ref().map(thread_of).transpose()
}

/// Records the state that an update left, of a thread whose row is locked. One with a run stays busy. Nothing when it is not there.
pub(crate) async fn set_state(
    session: &Session,
    thread_id: ThreadId,
    state: &ThreadState,
    now: Timestamp,
) -> Result<Option<Thread>> {
    if let Some(values) = &state.values {
        write_values(session, thread_id, values).await?;
    }
    let sql = format!(
        "UPDATE threads SET resting_status = $2, status = CASE WHEN {HAS_RUN} THEN 'busy' ELSE $2 END, error = $3, interrupts = $4,
           updated_at = $5, state_updated_at = $5, behind = 0
         WHERE thread_id = $1 RETURNING {COLUMNS}"
    );
    let row = session
        .row(
            &sql,
            &[
                &thread_id.uuid(),
                &state.status.as_str(),
                &state.error.as_ref().map(json).transpose()?,
                &state.interrupts.get(),
                &now.micros(),
            ],
        )
        .await?;
    row.as_ref().map(thread_of).transpose()
}

/// Replaces the thread's values, if it is there; `null` takes them away. Its row is locked.
pub(crate) async fn write_values(
    session: &Session,
    thread_id: ThreadId,
    values: &RawJson,
) -> Result<()> {
    if values.is_null() {
        let sql = "DELETE FROM thread_values WHERE thread_id = $1";
        session.execute(sql, &[&thread_id.uuid()]).await?;
    } else {
        let sql = "INSERT INTO thread_values (thread_id, state) SELECT thread_id, $2 FROM threads WHERE thread_id = $1
             ON CONFLICT (thread_id) DO UPDATE SET state = excluded.state";
        let values = values.get();
        session.execute(sql, &[&thread_id.uuid(), &values]).await?;
    }
    Ok(())
}

/// Whether a row of `threads` has a run that is pending or running.
pub(crate) const HAS_RUN: &str = "EXISTS (SELECT 1 FROM runs WHERE runs.thread_id = threads.thread_id AND runs.status IN ('pending', 'running'))";

/// Makes the status what it should be: busy with runs pending or running, else as its last state left it. Gives it, if the thread is
/// there. Its row is locked: an update that had to wait for it would see the runs as they were before.
pub(crate) async fn settle(session: &Session, thread_id: ThreadId) -> Result<Option<ThreadStatus>> {
    let sql = format!(
        "UPDATE threads SET status = CASE WHEN {HAS_RUN} THEN 'busy' ELSE resting_status END WHERE thread_id = $1 RETURNING status"
    );
    let row = session.row(&sql, &[&thread_id.uuid()]).await?;
    row.map(|row| columns::thread_status(&row, 0)).transpose()
}

/// What has happened on a thread since then, to the millisecond. Runs whose rows are gone have taken along what they streamed.
pub(crate) async fn activity_since(
    session: &Session,
    thread_id: ThreadId,
    since: Timestamp,
) -> Result<ThreadActivity> {
    /// What the database cannot read: it refuses some JSON.
    #[derive(Deserialize)]
    struct Kwargs {
        resumable: bool,
    }

    let rows = session
        .rows(
            "SELECT state_updated_at, kwargs FROM (SELECT 1) AS once LEFT JOIN threads ON threads.thread_id = $1
             LEFT JOIN runs ON runs.thread_id = $1 AND runs.status != 'pending'
               AND (runs.status = 'running' OR runs.updated_at / 1000 > $2::bigint / 1000)",
            &[&thread_id.uuid(), &since.micros()],
        )
        .await?;
    let mut activity = ThreadActivity {
        runs: 0,
        unkept_runs: false,
        state_updated_at: None,
    };
    for row in &rows {
        activity.state_updated_at = time_or_null(row, 0)?;
        if let Some(kwargs) = columns::parsed_or_null::<Kwargs>(row, 1)? {
            activity.runs += 1;
            activity.unkept_runs |= !kwargs.resumable;
        }
    }
    Ok(activity)
}

fn thread_of(row: &Row) -> Result<Thread> {
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
