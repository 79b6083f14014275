//! The SQL of what runs printed and logged.
//!
//! That all logs together are within bounds is not seen to with each: it takes a look at all of them, and those that many servers write at
//! once would wait for each other. A server looks after so many bytes of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lgx_model::{RunId, Timestamp};

use super::record::count;
use crate::Result;
use crate::postgres::columns::value;
use crate::postgres::{Postgres, Session};
use crate::runs::{PackedLog, PackedRecord, RunLog, stored_count, unpacked};

/// How many bytes the logs of all runs take at most, as they are stored.
const MOST_BYTES: i64 = 64 << 20;
/// After how many bytes a server looks whether there are too many.
const LOOKS_AFTER: usize = 4 << 20;

/// How many bytes of logs a server has written since it looked.
#[derive(Debug)]
pub(crate) struct LogBytes(AtomicUsize);

impl Default for LogBytes {
    /// A server looks when it writes the first: those before it may have left too many.
    fn default() -> Self {
        Self(AtomicUsize::new(LOOKS_AFTER))
    }
}

impl LogBytes {
    /// So many were written. Says whether to look.
    fn add(&self, bytes: usize) -> bool {
        let before = self.0.fetch_add(bytes, Ordering::Relaxed);
        if bytes == 0 || before.saturating_add(bytes) < LOOKS_AFTER {
            return false;
        }
        self.0.swap(0, Ordering::Relaxed) >= LOOKS_AFTER
    }
}

impl Postgres {
    /// Has logs give way to this one, which was just written, if that has come to be necessary. Nobody waits for it.
    pub(crate) fn has_logged(self: &Arc<Self>, record: Option<&PackedRecord>) {
        let log = record.and_then(|record| record.log.as_ref());
        let bytes = log.map_or(0, |log| log.lines.len());
        if self.log_bytes.add(bytes) {
            drop(self.enqueue([], |session| async move {
                keep_within(&session, MOST_BYTES).await?;
                session.commit(()).await
            }));
        }
    }
}

/// Keeps the log of a run under the number of its record, in the place of what is kept of it.
pub(crate) async fn put(session: &Session, key: i64, log: &PackedLog) -> Result<()> {
    session
        .execute(
            "INSERT INTO run_logs (run, saved_at, dropped, count, lines) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (run) DO UPDATE SET saved_at = excluded.saved_at, dropped = excluded.dropped, count = excluded.count,
               lines = excluded.lines",
            &[
                &key,
                &Timestamp::now().micros(),
                &stored_count(log.dropped),
                &stored_count(log.count),
                &log.lines,
            ],
        )
        .await?;
    Ok(())
}

/// Empties the logs that were saved longest ago, so that all take so many bytes at most. One that is just being written is passed over.
pub(crate) async fn keep_within(session: &Session, most_bytes: i64) -> Result<()> {
    session
        .execute(
            "WITH aged AS (
               SELECT run, sum(octet_length(lines)) OVER (ORDER BY saved_at DESC, run DESC) AS so_far FROM run_logs WHERE count > 0),
             surplus AS (
               SELECT run FROM run_logs WHERE count > 0 AND run IN (SELECT run FROM aged WHERE so_far > $1::bigint) FOR UPDATE SKIP LOCKED)
             UPDATE run_logs SET dropped = dropped + count, count = 0, lines = '[]'
             WHERE run IN (SELECT run FROM surplus)",
            &[&most_bytes],
        )
        .await?;
    Ok(())
}

/// What is kept of the log of a run, whoever asks.
pub(crate) async fn get(session: &Session, run_id: RunId) -> Result<Option<RunLog>> {
    let row = session
        .row(
            "SELECT dropped, lines FROM run_logs WHERE run = (SELECT sequence FROM known_runs WHERE run_id = $1)",
            &[&run_id.uuid()],
        )
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(RunLog {
        dropped: count(&row, 0)?,
        lines: unpacked(value(&row, 1)?)?,
    }))
}
