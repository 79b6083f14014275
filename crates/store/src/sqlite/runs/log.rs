//! The SQL of what runs printed and logged.

use lgx_model::{RunId, Timestamp};
use rusqlite::{Connection, params};

use super::record::{count, list};
use crate::Result;
use crate::runs::{PackedLog, RunLog, stored_count};

/// How many bytes the logs of all runs take at most, as they are stored.
const MOST_BYTES: i64 = 64 << 20;

/// Keeps the log of a run under the number of its record, in the place of what is kept of it.
pub(super) fn put(connection: &Connection, key: i64, log: &PackedLog) -> Result<()> {
    put_within(connection, key, log, MOST_BYTES)
}

/// The same, with another bound.
pub(crate) fn put_within(
    connection: &Connection,
    key: i64,
    log: &PackedLog,
    most_bytes: i64,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO run_logs (run, saved_at, dropped, count, lines) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (run) DO UPDATE SET saved_at = excluded.saved_at, dropped = excluded.dropped, count = excluded.count,
               lines = excluded.lines",
        )?
        .execute(params![
            key,
            Timestamp::now().micros(),
            stored_count(log.dropped),
            stored_count(log.count),
            log.lines,
        ])?;
    while bytes(connection)? > most_bytes {
        let emptied = connection
            .prepare_cached(
                "UPDATE run_logs SET dropped = dropped + count, count = 0, lines = CAST('[]' AS BLOB)
                 WHERE run = (SELECT run FROM run_logs WHERE count > 0 ORDER BY saved_at LIMIT 1)",
            )?
            .execute([])?;
        if emptied == 0 {
            break;
        }
    }
    Ok(())
}

/// What is kept of the log of a run, whoever asks.
pub(crate) fn get(connection: &Connection, run_id: RunId) -> Result<Option<RunLog>> {
    let mut statement = connection.prepare_cached(
        "SELECT dropped, lines FROM run_logs WHERE run = (SELECT sequence FROM known_runs WHERE run_id = ?1)",
    )?;
    let mut rows = statement.query([run_id.to_string()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(RunLog {
        dropped: count(row, 0)?,
        lines: list(row, 1)?,
    }))
}

fn bytes(connection: &Connection) -> Result<i64> {
    Ok(connection
        .prepare_cached("SELECT bytes FROM run_logs_size")?
        .query_row([], |row| row.get(0))?)
}
