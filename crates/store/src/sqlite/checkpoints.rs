//! The SQL of checkpoints: the blobs a graph continues from, under the keys that find them.

pub(crate) mod deltas;
mod prepared;
mod storage;
mod summaries;
mod upkeep;
pub(crate) mod values;
mod writes;

use lgx_model::checkpoint::{ChannelBlob, TypedBlob};
use lgx_model::{CheckpointRow, CheckpointTuple, RunId, Runtime, ThreadId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::Result;
use crate::checkpoints::prepared::NewValue;
use crate::checkpoints::stored::{EMPTY, run_of, size, version_text};
use crate::checkpoints::{ListQuery, Listed};
use crate::sqlite::columns::{id, json, object};

pub(crate) use self::prepared::LARGE;
pub(crate) use self::storage::storage;
pub(crate) use self::summaries::summaries;
use self::upkeep::link;
pub(crate) use self::upkeep::{copy_thread, delete_for_runs, delete_thread, prune};
use self::values::{Channel, Values};
pub(crate) use self::writes::put_writes;

/// The columns of [`row_of`].
const COLUMNS: &str = "thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, run_id, encoding, checkpoint, metadata, channel_versions";

/// Stores a checkpoint and the values of the channels that are new in it.
pub(crate) fn put(connection: &Connection, row: &CheckpointRow, values: &[NewValue]) -> Result<()> {
    let thread = row.thread_id.to_string();
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO checkpoints ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
        ))?
        .execute(params![
            thread,
            row.checkpoint_ns,
            row.checkpoint_id,
            row.parent_checkpoint_id,
            run_of(row),
            row.checkpoint.encoding,
            &row.checkpoint.bytes[..],
            json(&row.metadata)?,
            json(&row.channel_versions)?,
        ])?;
    for value in values {
        values::put(connection, &thread, &row.checkpoint_ns, value)?;
    }
    Ok(())
}

/// A checkpoint with its values and writes; the newest of the namespace without an id.
pub(crate) fn get(
    connection: &Connection,
    thread_id: ThreadId,
    checkpoint_ns: &str,
    checkpoint_id: Option<&str>,
) -> Result<Option<CheckpointTuple>> {
    let thread = thread_id.to_string();
    let row = if let Some(checkpoint_id) = checkpoint_id {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM checkpoints WHERE thread_id = ?1 AND checkpoint_ns = ?2 AND checkpoint_id = ?3"
        ))?;
        let mut rows = statement.query(params![thread, checkpoint_ns, checkpoint_id])?;
        rows.next()?.map(row_of).transpose()?
    } else {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM checkpoints WHERE thread_id = ?1 AND checkpoint_ns = ?2
             ORDER BY checkpoint_id DESC LIMIT 1"
        ))?;
        let mut rows = statement.query(params![thread, checkpoint_ns])?;
        rows.next()?.map(row_of).transpose()?
    };
    row.map(|row| complete(&mut Values::of(connection), row))
        .transpose()
}

/// Whether the newest root checkpoint of a thread was written by this run.
pub(crate) fn newest_is_of(
    connection: &Connection,
    thread_id: ThreadId,
    run_id: RunId,
) -> Result<bool> {
    let newest: Option<Option<String>> = connection
        .prepare_cached(
            "SELECT run_id FROM checkpoints WHERE thread_id = ?1 AND checkpoint_ns = '' ORDER BY checkpoint_id DESC LIMIT 1",
        )?
        .query_row([thread_id.to_string()], |row| row.get(0))
        .optional()?;
    Ok(newest.flatten() == Some(run_id.to_string()))
}

/// What wrote the newest root checkpoint of a thread, if there is one and that can be told.
pub(crate) fn writer(connection: &Connection, thread_id: ThreadId) -> Result<Option<Runtime>> {
    let encoding: Option<String> = connection
        .prepare_cached(
            "SELECT encoding FROM checkpoints WHERE thread_id = ?1 AND checkpoint_ns = '' ORDER BY checkpoint_id DESC LIMIT 1",
        )?
        .query_row([thread_id.to_string()], |row| row.get(0))
        .optional()?;
    Ok(encoding.as_deref().and_then(Runtime::of_encoding))
}

/// The checkpoints that match, newest first.
pub(crate) fn list(connection: &Connection, query: &ListQuery) -> Result<Listed> {
    let mut statement = connection.prepare_cached(&listing(query))?;
    let limit = query
        .limit
        .map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    let mut rows = statement.query(params![
        query.thread_id.map(|thread| thread.to_string()),
        query.checkpoint_ns,
        query.checkpoint_id,
        query.before,
        json(&query.filter)?,
        limit,
    ])?;
    let (mut tuples, mut bytes) = (Vec::new(), 0);
    let mut values = Values::of(connection);
    while let Some(row) = rows.next()? {
        let tuple = complete(&mut values, row_of(row)?)?;
        bytes += size(&tuple);
        if !tuples.is_empty() && query.most_bytes.is_some_and(|most| bytes > most) {
            return Ok(Listed { tuples, more: true });
        }
        tuples.push(tuple);
    }
    Ok(Listed {
        tuples,
        more: false,
    })
}

/// The statement that lists what `query` asks for. Only the conditions asked for are in it, so that keys find the rows.
fn listing(query: &ListQuery) -> String {
    let mut conditions = Vec::from(["?6 IS NOT NULL"]);
    let asked = [
        (query.thread_id.is_some(), "thread_id = ?1"),
        (query.checkpoint_ns.is_some(), "checkpoint_ns = ?2"),
        (query.checkpoint_id.is_some(), "checkpoint_id = ?3"),
        (query.before.is_some(), "checkpoint_id < ?4"),
        (!query.filter.is_empty(), "lgx_contains(metadata, ?5)"),
    ];
    conditions.extend(
        asked
            .into_iter()
            .filter_map(|(asked, condition)| asked.then_some(condition)),
    );
    let conditions = conditions.join(" AND ");
    format!(
        "SELECT {COLUMNS} FROM checkpoints WHERE {conditions} ORDER BY checkpoint_id DESC, checkpoint_ns DESC, thread_id DESC LIMIT ?6"
    )
}

/// Adds a checkpoint's channel values and writes.
fn complete(values: &mut Values<'_>, row: CheckpointRow) -> Result<CheckpointTuple> {
    let thread = row.thread_id.to_string();
    let mut channels = Vec::new();
    for (name, version) in &row.channel_versions {
        let channel = Channel {
            thread: &thread,
            namespace: &row.checkpoint_ns,
            name,
        };
        let version = version_text(version);
        let value = values.read(channel, &version)?;
        if let Some(value) = value.filter(|value| value.encoding != EMPTY) {
            channels.push(ChannelBlob {
                channel: name.clone(),
                version,
                value,
            });
        }
    }
    let writes = writes::of(values.connection(), &row)?;
    Ok(CheckpointTuple {
        row,
        channels,
        writes,
    })
}

/// The blob whose encoding is at `column` and whose bytes follow.
fn blob(row: &Row<'_>, column: usize) -> Result<TypedBlob> {
    Ok(TypedBlob {
        encoding: row.get(column)?,
        bytes: row.get::<_, Vec<u8>>(column + 1)?.into(),
    })
}

fn row_of(row: &Row<'_>) -> Result<CheckpointRow> {
    Ok(CheckpointRow {
        thread_id: id(row, 0)?,
        checkpoint_ns: row.get(1)?,
        checkpoint_id: row.get(2)?,
        parent_checkpoint_id: row.get(3)?,
        run_id: row.get(4)?,
        checkpoint: blob(row, 5)?,
        metadata: object(row, 7)?,
        channel_versions: object(row, 8)?,
    })
}
