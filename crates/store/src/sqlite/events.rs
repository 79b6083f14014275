//! The SQL of the events of resumable runs: kept for clients that come back, in the order they happened on their thread.

use lgx_model::{Run, RunId, ThreadId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::Result;
use crate::events::{Change, StoredEvent, ThreadEvents};
use crate::sqlite::columns::{id, text};

/// Applies a change; events of threads that are not there any more are passed over.
pub(crate) fn apply<D: AsRef<[u8]>>(
    connection: &Connection,
    thread_id: ThreadId,
    change: &Change<D>,
) -> Result<()> {
    let thread = thread_id.to_string();
    match change {
        Change::Append(event) => connection
            .prepare_cached(
                "INSERT INTO events (thread_id, run_id, millis, serial, seq, frames, name, data)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
                 WHERE EXISTS (SELECT 1 FROM runs WHERE run_id = ?2 AND thread_id = ?1)",
            )?
            .execute(params![
                thread,
                event.run_id.to_string(),
                event.millis,
                event.serial,
                number(event.seq),
                event.frames,
                event.name,
                event.data.as_ref(),
            ])?,
        Change::Trim { millis, serial } => connection
            .prepare_cached(
                "DELETE FROM events WHERE thread_id = ?1 AND (millis, serial) <= (?2, ?3)",
            )?
            .execute(params![thread, millis, serial])?,
        Change::Mark(seq) => connection
            .prepare_cached(
                "INSERT INTO event_marks (thread_id, seq)
                 SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM threads WHERE thread_id = ?1)
                 ON CONFLICT (thread_id) DO UPDATE SET seq = excluded.seq",
            )?
            .execute(params![thread, number(*seq)])?,
    };
    Ok(())
}

/// All that is kept of a thread's events.
pub(crate) fn of_thread(connection: &Connection, thread_id: ThreadId) -> Result<ThreadEvents> {
    let thread = thread_id.to_string();
    let events: Vec<StoredEvent> = connection
        .prepare_cached(
            "SELECT run_id, millis, serial, seq, frames, name, data FROM events
             WHERE thread_id = ?1 ORDER BY millis, serial",
        )?
        .query_and_then([&thread], event_of)?
        .collect::<Result<_, _>>()?;
    let mark: Option<i64> = connection
        .prepare_cached("SELECT seq FROM event_marks WHERE thread_id = ?1")?
        .query_row([&thread], |row| row.get(0))
        .optional()?;
    let mut runs: Vec<Run> = Vec::new();
    for event in &events {
        if runs.iter().all(|run| run.run_id != event.run_id) {
            runs.extend(crate::sqlite::runs::find(connection, event.run_id)?);
        }
    }
    Ok(ThreadEvents {
        events,
        mark: mark.map_or(0, i64::unsigned_abs),
        runs,
    })
}

/// What is kept of a run's events behind this one.
pub(crate) fn of_run(
    connection: &Connection,
    run_id: RunId,
    (millis, serial): (i64, u32),
    at_most: u32,
) -> Result<Vec<StoredEvent>> {
    connection
        .prepare_cached(
            "SELECT run_id, millis, serial, seq, frames, name, data FROM events
             WHERE thread_id = (SELECT thread_id FROM runs WHERE run_id = ?1) AND run_id = ?1 AND (millis, serial) > (?2, ?3)
             ORDER BY millis, serial LIMIT ?4",
        )?
        .query_and_then(params![run_id.to_string(), millis, serial, at_most], event_of)?
        .collect()
}

/// Lets go of the events of before this instant; the instant of the oldest that is left.
pub(crate) fn sweep(connection: &Connection, oldest_kept: i64) -> Result<Option<i64>> {
    connection
        .prepare_cached("DELETE FROM events WHERE millis < ?1")?
        .execute([oldest_kept])?;
    Ok(connection
        .prepare_cached("SELECT min(millis) FROM events")?
        .query_row([], |row| row.get(0))?)
}

fn event_of(row: &Row<'_>) -> Result<StoredEvent> {
    let seq: i64 = row.get(3)?;
    Ok(StoredEvent {
        run_id: id(row, 0)?,
        millis: row.get(1)?,
        serial: row.get(2)?,
        seq: seq.unsigned_abs(),
        frames: row.get(4)?,
        name: text(row, 5)?.to_owned(),
        data: row.get(6)?,
    })
}

fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
