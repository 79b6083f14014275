//! Batches of operations on items: what reads sees what was there before, then what writes is done.

use lgx_model::item::Item;
use lgx_model::{FoundItem, Timestamp};
use rusqlite::Connection;

use super::{Found, delete, get, list_namespaces, put, refresh, search};
use crate::Result;
use crate::items::{ItemOperation, ItemOutcome, PerformedItems};

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
    let mut put_off = Vec::new();
    let mut note = |found: &[Found], refresh: bool| {
        if refresh {
            put_off.extend(found.iter().filter_map(|found| found.expiring));
        }
    };
    let mut room = Room::of(most_bytes);
    let mut performed = PerformedItems {
        outcomes: Vec::with_capacity(operations.len()),
        more: false,
    };
    for operation in operations {
        let outcome = match operation {
            ItemOperation::Get {
                namespace,
                key,
                refresh,
            } => {
                let found = get(connection, namespace, key, now)?;
                if !found.iter().all(|found| room.takes(&found.item)) {
                    performed.more = true;
                    break;
                }
                note(found.as_slice(), *refresh);
                ItemOutcome::Item(found.map(|found| found.item))
            }
            ItemOperation::Search {
                search: wanted,
                refresh,
            } => {
                let mut found = search(connection, wanted, now)?;
                let fitting = found
                    .iter()
                    .take_while(|found| room.takes(&found.item))
                    .count();
                performed.more = fitting < found.len();
                found.truncate(fitting);
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
            ItemOperation::Put(_) | ItemOperation::Delete { .. } => {
                room = Room::of(usize::MAX);
                ItemOutcome::Done
            }
        };
        performed.outcomes.push(outcome);
        if performed.more {
            break;
        }
    }
    Ok((performed, put_off))
}

/// How much may still be read. The first item always may.
struct Room {
    bytes: usize,
    untouched: bool,
}

impl Room {
    fn of(bytes: usize) -> Self {
        Self {
            bytes,
            untouched: true,
        }
    }

    /// Whether there is room for the item, which it takes.
    fn takes(&mut self, item: &Item) -> bool {
        /// The times, and what is around them.
        const TOLD: usize = 256;
        let names = item.namespace.iter().map(String::len).sum::<usize>() + item.key.len();
        let size = item.value.get().len() + names + TOLD;
        let left = self.bytes.checked_sub(size);
        let takes = left.is_some() || self.untouched;
        self.untouched = false;
        self.bytes = left.unwrap_or_default();
        takes
    }
}
