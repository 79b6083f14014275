//! Batches of operations on items: what reads sees what was there before, then what writes is done.

use lgx_model::{FoundItem, Timestamp};
use rusqlite::Connection;

use super::{Found, delete, get, list_namespaces, put, refresh, search};
use crate::Result;
use crate::items::{ItemOperation, ItemOutcome};

/// Performs all of it.
pub(crate) fn perform(
    connection: &Connection,
    operations: &[ItemOperation],
    now: Timestamp,
) -> Result<Vec<ItemOutcome>> {
    let (outcomes, expiring) = look(connection, operations, now)?;
    refresh(connection, &expiring, now)?;
    for operation in operations {
        match operation {
            ItemOperation::Put(new) => put(connection, new, now)?,
            ItemOperation::Delete { namespace, key } => delete(connection, namespace, key)?,
            ItemOperation::Get { .. }
            | ItemOperation::Search { .. }
            | ItemOperation::ListNamespaces(_) => {}
        }
    }
    Ok(outcomes)
}

/// The outcomes of what reads, and which of the items found are to live for their whole time again, as [`refresh`] takes them.
pub(crate) fn look(
    connection: &Connection,
    operations: &[ItemOperation],
    now: Timestamp,
) -> Result<(Vec<ItemOutcome>, Vec<i64>)> {
    let mut put_off = Vec::new();
    let mut note = |found: &[Found], refresh: bool| {
        if refresh {
            put_off.extend(found.iter().filter_map(|found| found.expiring));
        }
    };
    let mut outcomes = Vec::with_capacity(operations.len());
    for operation in operations {
        outcomes.push(match operation {
            ItemOperation::Get {
                namespace,
                key,
                refresh,
            } => {
                let found = get(connection, namespace, key, now)?;
                note(found.as_slice(), *refresh);
                ItemOutcome::Item(found.map(|found| found.item))
            }
            ItemOperation::Search {
                search: wanted,
                refresh,
            } => {
                let found = search(connection, wanted, now)?;
                note(&found, *refresh);
                let found = found.into_iter().map(|found| FoundItem {
                    item: found.item,
                    score: found.score,
                });
                ItemOutcome::Items(found.collect())
            }
            ItemOperation::ListNamespaces(query) => {
                ItemOutcome::Namespaces(list_namespaces(connection, query, now)?)
            }
            ItemOperation::Put(_) | ItemOperation::Delete { .. } => ItemOutcome::Done,
        });
    }
    Ok((outcomes, put_off))
}
