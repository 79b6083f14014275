//! What tasks wrote for the step after a checkpoint.

use lgx_model::checkpoint::TypedBlob;
use lgx_model::{CheckpointRow, PendingWrite, ThreadId};
use rusqlite::{Connection, params};

use super::blob;
use crate::Result;
use crate::checkpoints::prepared::{NewWrite, unpacked};

/// Stores writes of tasks for a checkpoint's next step. One with a negative index replaces what is there; any other keeps it.
pub(crate) fn put_writes(
    connection: &Connection,
    thread_id: ThreadId,
    checkpoint_ns: &str,
    checkpoint_id: &str,
    run_id: Option<&str>,
    writes: &[NewWrite],
) -> Result<()> {
    let thread = thread_id.to_string();
    let mut statement = connection.prepare_cached(
        "INSERT INTO writes (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, task_path, run_id, encoding, value, packed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT DO UPDATE SET channel = excluded.channel, task_path = excluded.task_path, run_id = excluded.run_id,
           encoding = excluded.encoding, value = excluded.value, packed = excluded.packed
         WHERE excluded.idx < 0",
    )?;
    for NewWrite { write, packed } in writes {
        statement.execute(params![
            thread,
            checkpoint_ns,
            checkpoint_id,
            write.task_id,
            write.idx,
            write.channel,
            write.task_path,
            run_id,
            write.value.encoding,
            &write.value.bytes[..],
            packed.then_some(1),
        ])?;
    }
    Ok(())
}

/// The writes for the step after a checkpoint.
pub(super) fn of(connection: &Connection, row: &CheckpointRow) -> Result<Vec<PendingWrite>> {
    let mut statement = connection.prepare_cached(
        "SELECT task_id, idx, channel, task_path, encoding, value, packed FROM writes
         WHERE thread_id = ?1 AND checkpoint_ns = ?2 AND checkpoint_id = ?3
         ORDER BY task_path, task_id, idx",
    )?;
    let thread = row.thread_id.to_string();
    let mut found = statement.query(params![thread, row.checkpoint_ns, row.checkpoint_id])?;
    let mut writes = Vec::new();
    while let Some(found) = found.next()? {
        let mut value: TypedBlob = blob(found, 4)?;
        let packed = found.get::<_, Option<i64>>(6)?.is_some();
        value.bytes = unpacked(value.bytes, packed)?;
        writes.push(PendingWrite {
            task_id: found.get(0)?,
            idx: found.get(1)?,
            channel: found.get(2)?,
            value,
            task_path: found.get(3)?,
        });
    }
    Ok(writes)
}
