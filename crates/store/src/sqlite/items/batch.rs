//! Batches of operations on items: what reads sees what was there before, then what writes is done.

use lgx_model::Timestamp;
use rusqlite::Connection;

use super::{delete, get, list_namespaces, put, refresh, search};
use crate::Result;
use crate::items::{ItemOperation, PerformedItems, Reading};

/// Performs all of it, or only reads if there is more to read than `most_bytes`.
pub(crate) fn perform(
    connection: &Connection,
    operations: &[ItemOperation],
    most_bytes: usize,
    now: Timestamp,
) -> Result<PerformedItems> {
    let (performed, expiring) = look(connection, operations, most_bytes, now)?;
    refresh(connection, &expiring, now)?;
    if performed.more {
        return Ok(performed);
    }
    for operation in operations {
        match operation {
            ItemOperation::Put(new) => put(connection, new, now)?,
            ItemOperation::Delete { namespace, key } => delete(connection, namespace, key)?,
            ItemOperation::Get { .. }
            | ItemOperation::Search { .. }
            | ItemOperation::ListNamespaces(_) => {}
        }
    }
    Ok(performed)
}

/// The outcomes of what reads, up to `most_bytes` of them as long as nothing writes, and which of the items found are to live for their
/// whole time again, as [`refresh`] takes them.
pub(crate) fn look(
    connection: &Connection,
    operations: &[ItemOperation],
    most_bytes: usize,
    now: Timestamp,
) -> Result<(PerformedItems, Vec<i64>)> {
    let mut reading = Reading::begun(most_bytes);
    for operation in operations {
        match operation {
            ItemOperation::Get {
                namespace,
                key,
                refresh,
            } => reading.take_item(get(connection, namespace, key, now)?, *refresh),
            ItemOperation::Search {
                search: wanted,
                refresh,
            } => reading.take_items(search(connection, wanted, now)?, *refresh),
            ItemOperation::ListNamespaces(query) => {
                reading.take_namespaces(list_namespaces(connection, query, now)?);
            }
            ItemOperation::Put(_) | ItemOperation::Delete { .. } => reading.pass_write(),
        }
        if reading.is_over() {
            break;
        }
    }
    Ok(reading.end())
}
