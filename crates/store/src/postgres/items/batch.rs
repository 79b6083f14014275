//! Batches of operations on items: what reads sees what was there before, then what writes is done.

use std::collections::HashSet;

use lgx_model::Timestamp;
use lgx_model::item::Namespace;

use super::search::search;
use super::{buckets, delete, get, list_namespaces, put, refresh};
use crate::Result;
use crate::items::{ItemOperation, NewItem, PerformedItems, Reading};
use crate::postgres::Session;

/// Performs all of it, or only reads if there is more to read than `most_bytes`.
pub(crate) async fn perform(
    session: &Session,
    operations: &[ItemOperation],
    most_bytes: usize,
    now: Timestamp,
) -> Result<PerformedItems> {
    let (performed, expiring) = look(session, operations, most_bytes, now).await?;
    if !performed.more {
        buckets::lock(session, operations).await?;
        write(session, operations, now).await?;
    }
    // At last: it locks items of any bucket, and waits for none.
    refresh(session, &expiring, now).await?;
    Ok(performed)
}

/// The outcomes of what reads, up to `most_bytes` of them as long as nothing writes, and which of the items found are to live for their
/// whole time again, as [`refresh`] takes them.
pub(crate) async fn look(
    session: &Session,
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
            } => reading.take_item(get(session, namespace, key, now).await?, *refresh),
            ItemOperation::Search {
                search: wanted,
                refresh,
            } => reading.take_items(search(session, wanted, now).await?, *refresh),
            ItemOperation::ListNamespaces(query) => {
                reading.take_namespaces(list_namespaces(session, query, now).await?);
            }
            ItemOperation::Put(_) | ItemOperation::Delete { .. } => reading.pass_write(),
        }
        if reading.is_over() {
            break;
        }
    }
    Ok(reading.end())
}

/// Does what writes, in its order, as much as possible at once.
async fn write(session: &Session, operations: &[ItemOperation], now: Timestamp) -> Result<()> {
    let mut at_once = AtOnce::default();
    for operation in operations {
        if !at_once.takes(operation) {
            std::mem::take(&mut at_once).write(session, now).await?;
            at_once.takes(operation);
        }
    }
    at_once.write(session, now).await
}

/// Writes of which the order does not matter but among those that put.
#[derive(Default)]
struct AtOnce<'a> {
    names: HashSet<(&'a Namespace, &'a str)>,
    put: Vec<&'a NewItem>,
    deleted: Vec<(&'a Namespace, &'a str)>,
}

impl<'a> AtOnce<'a> {
    /// Takes the operation, unless it writes what one before it writes.
    fn takes(&mut self, operation: &'a ItemOperation) -> bool {
        match operation {
            ItemOperation::Put(new) => {
                let is_new = self.names.insert((&new.namespace, &new.key));
                self.put.extend(is_new.then_some(new));
                is_new
            }
            ItemOperation::Delete { namespace, key } => {
                let is_new = self.names.insert((namespace, key));
                self.deleted
                    .extend(is_new.then_some((namespace, key.as_str())));
                is_new
            }
            ItemOperation::Get { .. }
            | ItemOperation::Search { .. }
            | ItemOperation::ListNamespaces(_) => true,
        }
    }

    async fn write(self, session: &Session, now: Timestamp) -> Result<()> {
        if !self.put.is_empty() {
            put(session, &self.put, now).await?;
        }
        if !self.deleted.is_empty() {
            delete(session, &self.deleted).await?;
        }
        Ok(())
    }
}
