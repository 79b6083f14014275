//! Reads checkpoints with their values and writes, in one statement and so of one moment. Each value is read once, however many of the
//! checkpoints have it.

use std::collections::HashMap;

use bytes::Bytes;
use lgx_model::checkpoint::{ChannelBlob, TypedBlob};
use lgx_model::{CheckpointRow, CheckpointTuple, PendingWrite, ThreadId};
use tokio_postgres::Row;

use super::channel_versions;
use crate::Result;
use crate::checkpoints::prepared::unpacked;
use crate::checkpoints::stored::{EMPTY, version_text};
use crate::postgres::columns::{any_text, any_text_or_null, id, object, value};

/// What a row of the statement is.
const CHECKPOINT: i16 = 0;
const VALUE: i16 = 1;

/// The statement that reads the rows of `checkpoints` that the statement `found` gives, and what belongs to them.
pub(super) fn statement(found: &str) -> String {
    format!(
        "WITH found AS MATERIALIZED ({found})
         SELECT 0::smallint, thread_id, checkpoint_ns, encoding, false, checkpoint, checkpoint_id, parent_checkpoint_id, run_id, metadata,
           channel_versions, 0::bigint FROM found
         UNION ALL
         SELECT 1::smallint, thread_id, checkpoint_ns, encoding, packed, value, channel, version, NULL, NULL, NULL, 0
           FROM (SELECT DISTINCT thread_id, checkpoint_ns, of_channel.key AS channel, of_channel.value AS version
                 FROM found, json_each_text(channel_versions::json) AS of_channel) AS wanted
           JOIN blobs USING (thread_id, checkpoint_ns, channel, version)
         UNION ALL
         SELECT 2::smallint, thread_id, checkpoint_ns, writes.encoding, packed, value, checkpoint_id, task_id, task_path, channel, NULL, idx
           FROM found JOIN writes USING (thread_id, checkpoint_ns, checkpoint_id)"
    )
}

/// A namespace of a thread, and what there is in it: a checkpoint by its id.
type Key = (ThreadId, String, String);

/// The checkpoints in the rows of [`statement`], newest first.
pub(super) fn of(rows: Vec<Row>) -> Result<Vec<CheckpointTuple>> {
    let (mut checkpoints, mut values, mut writes) = (Vec::new(), Values::new(), Writes::new());
    for row in rows {
        match value(&row, 0)? {
            CHECKPOINT => checkpoints.push(checkpoint_of(&row)?),
            VALUE => {
                let key = (
                    id(&row, 1)?,
                    any_text(&row, 2)?,
                    any_text(&row, 6)?,
                    any_text(&row, 7)?,
                );
                values.insert(key, blob_of(&row)?);
            }
            _ => {
                let key = (id(&row, 1)?, any_text(&row, 2)?, any_text(&row, 6)?);
                writes.entry(key).or_default().push(write_of(&row)?);
            }
        }
    }
    let order = |row: &CheckpointRow| {
        let id = row.checkpoint_id.clone();
        (id, row.checkpoint_ns.clone(), row.thread_id.uuid())
    };
    checkpoints.sort_by_cached_key(|row| std::cmp::Reverse(order(row)));
    let complete = |row| complete(row, &values, &mut writes);
    Ok(checkpoints.into_iter().map(complete).collect())
}

/// Values of channels, by thread, namespace, channel and version.
type Values = HashMap<(ThreadId, String, String, String), TypedBlob>;
type Writes = HashMap<Key, Vec<PendingWrite>>;

/// Adds a checkpoint's channel values and writes.
fn complete(row: CheckpointRow, values: &Values, writes: &mut Writes) -> CheckpointTuple {
    let mut channels = Vec::new();
    for (channel, version) in &row.channel_versions {
        let (thread_id, ns) = (row.thread_id, row.checkpoint_ns.clone());
        let (channel, version) = (channel.clone(), version_text(version));
        let value = values.get(&(thread_id, ns, channel.clone(), version.clone()));
        if let Some(value) = value.filter(|value| value.encoding != EMPTY).cloned() {
            channels.push(ChannelBlob {
                channel,
                version,
                value,
            });
        }
    }
    let key = (
        row.thread_id,
        row.checkpoint_ns.clone(),
        row.checkpoint_id.clone(),
    );
    let mut writes = writes.remove(&key).unwrap_or_default();
    writes.sort_by(|one, other| order_of(one).cmp(&order_of(other)));
    CheckpointTuple {
        row,
        channels,
        writes,
    }
}

fn order_of(write: &PendingWrite) -> (&str, &str, i64) {
    (&write.task_path, &write.task_id, write.idx)
}

fn checkpoint_of(row: &Row) -> Result<CheckpointRow> {
    Ok(CheckpointRow {
        thread_id: id(row, 1)?,
        checkpoint_ns: any_text(row, 2)?,
        checkpoint_id: any_text(row, 6)?,
        parent_checkpoint_id: any_text_or_null(row, 7)?,
        run_id: any_text_or_null(row, 8)?,
        checkpoint: blob_of(row)?,
        metadata: object(row, 9)?,
        channel_versions: channel_versions::read(row, 10)?,
    })
}

fn write_of(row: &Row) -> Result<PendingWrite> {
    Ok(PendingWrite {
        task_id: any_text(row, 7)?,
        idx: value(row, 11)?,
        channel: any_text(row, 9)?,
        value: blob_of(row)?,
        task_path: any_text(row, 8)?,
    })
}

fn blob_of(row: &Row) -> Result<TypedBlob> {
    let bytes = Bytes::copy_from_slice(value(row, 5)?);
    Ok(TypedBlob {
        encoding: any_text(row, 3)?,
        bytes: unpacked(bytes, value(row, 4)?)?,
    })
}
