//! The SQL of what runs did.

use lgx_model::{RawJson, Run, RunId, ThreadId, Timestamp};
use tokio_postgres::Row;

use super::{COLUMNS, attempts, log, run_of};
use crate::postgres::Session;
use crate::postgres::columns::{id, object, raw, text_or_null, value};
use crate::runs::{
    CodeGeneration, PackedRecord, RecordSoFar, RecordedRun, RunRecord, stored_count, unpacked,
};
use crate::{Result, Scope};

/// Keeps what a run did so far, in the place of what is kept of it. Nothing happens when it is not there any more.
pub(crate) async fn put(session: &Session, run_id: RunId, record: &PackedRecord) -> Result<()> {
    let sql = "SELECT sequence FROM runs WHERE run_id = $1";
    match session.row(sql, &[&run_id.uuid()]).await? {
        Some(row) => put_as(session, value(&row, 0)?, record).await,
        None => Ok(()),
    }
}

/// Keeps what runs have done so far, of those that execute: a later record is kept with an end. Those that are just being changed, which
/// may be their end, are passed over: whoever waited for one and had others would have them wait for each other.
pub(crate) async fn put_so_far(session: &Session, records: &[RecordSoFar]) -> Result<()> {
    let run_ids: Vec<RunId> = records.iter().map(|record| record.claim.run_id).collect();
    let rows = session
        .rows(
            "SELECT run_id, sequence, claims FROM runs WHERE run_id = ANY($1) AND status = 'running' FOR SHARE SKIP LOCKED",
            &[&super::uuids(&run_ids)],
        )
        .await?;
    for row in rows {
        let (run_id, number): (RunId, i64) = (id(&row, 0)?, value(&row, 2)?);
        let holds =
            |so_far: &&RecordSoFar| so_far.claim.run_id == run_id && so_far.claim.number == number;
        for so_far in records.iter().filter(holds) {
            put_as(session, value(&row, 1)?, &so_far.record).await?;
        }
    }
    Ok(())
}

/// Keeps a record under a number.
pub(super) async fn put_as(session: &Session, key: i64, record: &PackedRecord) -> Result<()> {
    session
        .execute(
            "INSERT INTO run_records (run, error, steps_dropped, calls_dropped, steps, calls, started_at, generation, life)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (run) DO UPDATE SET error = excluded.error, steps_dropped = excluded.steps_dropped,
               calls_dropped = excluded.calls_dropped, steps = excluded.steps, calls = excluded.calls,
               started_at = excluded.started_at, generation = excluded.generation, life = excluded.life",
            &[
                &key,
                &record.error.as_ref().map(RawJson::get),
                &stored_count(record.steps_dropped),
                &stored_count(record.calls_dropped),
                &record.steps,
                &record.calls,
                &record.started_at.map(Timestamp::micros),
                &record.generation.map(|code| stored_count(code.number)),
                &record.generation.map(|code| code.life),
            ],
        )
        .await?;
    match &record.log {
        Some(log) => log::put(session, key, log).await,
        None => Ok(()),
    }
}

/// What is kept of what a run did, whoever asks; with the calls that it made only if they are wanted.
pub(crate) async fn get(
    session: &Session,
    run_id: RunId,
    with_calls: bool,
) -> Result<Option<RunRecord>> {
    let row = session
        .row(
            "SELECT error, steps_dropped, calls_dropped, steps, CASE WHEN $2 THEN calls END, generation, life FROM run_records
             WHERE run = (SELECT sequence FROM known_runs WHERE run_id = $1)",
            &[&run_id.uuid(), &with_calls],
        )
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(RunRecord {
        error: Some(raw(&row, 0)?).filter(|error| !error.is_null()),
        steps_dropped: count(&row, 1)?,
        calls_dropped: count(&row, 2)?,
        steps: unpacked(value(&row, 3)?)?,
        calls: unpacked(value(&row, 4)?)?,
        generation: generation_of(&row, 5)?,
    }))
}

/// A run with what it did, if the caller may see its thread, or might have.
pub(crate) async fn recorded(
    session: &Session,
    run_id: RunId,
    with_calls: bool,
    scope: &Scope,
) -> Result<Option<RecordedRun>> {
    let Some((run, attempts)) = known(session, run_id, scope).await? else {
        return Ok(None);
    };
    let record = get(session, run_id, with_calls).await?.unwrap_or_default();
    Ok(Some(RecordedRun {
        run,
        attempts,
        record,
    }))
}

/// The thread of a run, also of one that is gone.
pub(crate) async fn thread_of(session: &Session, run_id: RunId) -> Result<Option<ThreadId>> {
    let sql = "SELECT thread_id FROM known_runs WHERE run_id = $1";
    let row = session.row(sql, &[&run_id.uuid()]).await?;
    row.map(|row| id(&row, 0)).transpose()
}

/// A run of which something is known, and how often its execution has begun, if the caller may see its thread, or might have.
async fn known(session: &Session, run_id: RunId, scope: &Scope) -> Result<Option<(Run, u32)>> {
    let sql = format!(
        "SELECT {COLUMNS}, attempts,
           coalesce(thread_metadata, (SELECT threads.metadata FROM threads WHERE threads.thread_id = known_runs.thread_id))
         FROM known_runs WHERE run_id = $1"
    );
    let Some(row) = session.row(&sql, &[&run_id.uuid()]).await? else {
        return Ok(None);
    };
    if text_or_null(&row, 12)?.is_none() || !scope.allows(&object(&row, 12)?) {
        return Ok(None);
    }
    Ok(Some((run_of(&row)?, attempts(&row, 11)?)))
}

/// The columns `generation` and `life`, the first of which is this one.
pub(super) fn generation_of(row: &Row, column: usize) -> Result<Option<CodeGeneration>> {
    let number: Option<i64> = value(row, column)?;
    let life: Option<i64> = value(row, column + 1)?;
    Ok(number.zip(life).map(|(number, life)| CodeGeneration {
        number: number.unsigned_abs(),
        life,
    }))
}

/// A count as it was stored.
pub(super) fn count(row: &Row, column: usize) -> Result<u64> {
    let count: i64 = value(row, column)?;
    Ok(u64::try_from(count).unwrap_or(0))
}
