//! How much a thread's checkpoints take.

use std::collections::BTreeMap;

use lgx_model::ThreadId;
use lgx_model::thread::{ChannelStorage, CountAndBytes, ThreadStorage, ValueStorage};
use rusqlite::Connection;

use crate::Result;

/// How many checkpoints, channel values and writes a thread has, and how many bytes are in them.
pub(crate) fn storage(connection: &Connection, thread_id: ThreadId) -> Result<ThreadStorage> {
    let checkpoints = sum(
        connection,
        "SELECT count(*), coalesce(sum(length(checkpoint) + octet_length(metadata)), 0) FROM checkpoints WHERE thread_id = ?1",
        thread_id,
    )?;
    let pending_writes = sum(
        connection,
        "SELECT count(*), coalesce(sum(length(value)), 0) FROM writes WHERE thread_id = ?1",
        thread_id,
    )?;
    let mut statement = connection.prepare_cached(
        "SELECT channel, count(*), sum(length(value)) FROM blobs WHERE thread_id = ?1 GROUP BY channel ORDER BY channel",
    )?;
    let by_channel = statement
        .query_map([thread_id.to_string()], |row| {
            Ok((
                row.get(0)?,
                ChannelStorage {
                    versions: row.get(1)?,
                    bytes: row.get(2)?,
                },
            ))
        })?
        .collect::<Result<BTreeMap<String, ChannelStorage>, _>>()?;
    let channel_values = ValueStorage {
        count: by_channel.values().map(|channel| channel.versions).sum(),
        bytes: by_channel.values().map(|channel| channel.bytes).sum(),
        by_channel,
    };
    Ok(ThreadStorage {
        thread_id,
        total_bytes: checkpoints.bytes + channel_values.bytes + pending_writes.bytes,
        checkpoints,
        channel_values,
        pending_writes,
    })
}

fn sum(connection: &Connection, sql: &str, thread_id: ThreadId) -> Result<CountAndBytes> {
    Ok(connection
        .prepare_cached(sql)?
        .query_row([thread_id.to_string()], |row| {
            Ok(CountAndBytes {
                count: row.get(0)?,
                bytes: row.get(1)?,
            })
        })?)
}
