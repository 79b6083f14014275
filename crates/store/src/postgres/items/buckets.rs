//! Writes of several items wait for each other in an order that is the same for all, so that no two can wait for each other.
//!
//! Each item is in one of a few buckets, by its name. Whoever writes several items takes the locks of their buckets first, the lowest
//! bucket before the others. Whoever writes one has no need of that: while it waits it has nothing that others wait for. Within one server
//! the buckets have lanes, too, so that what was asked for first is done first.

use std::collections::BTreeSet;

use lgx_model::ThreadId;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{path, written};
use crate::Result;
use crate::items::ItemOperation;
use crate::postgres::Session;

/// How many there are. A transaction has no more locks of this kind than these: the database has room for so many.
const BUCKETS: u8 = 64;

/// The first half of the locks' keys: "item", as a number.
const LOCKS: i32 = 1_769_235_821;

/// The lanes of what a batch writes. No thread has such an id.
pub(crate) fn lanes(operations: &[ItemOperation]) -> Vec<ThreadId> {
    of(operations).into_iter().map(lane_of).collect()
}

/// The lane of one item.
pub(crate) fn lane(namespace: &[String], key: &str) -> ThreadId {
    lane_of(bucket(namespace, key))
}

/// Locks the buckets of what a batch writes until the end of the transaction, if it writes several items.
pub(super) async fn lock(session: &Session, operations: &[ItemOperation]) -> Result<()> {
    let writes = operations.iter().filter(|operation| operation.writes());
    if writes.count() < 2 {
        return Ok(());
    }
    let buckets: Vec<i32> = of(operations).into_iter().map(i32::from).collect();
    let sql = "SELECT pg_advisory_xact_lock($1, bucket) FROM unnest($2::integer[]) AS bucket";
    session.rows(sql, &[&LOCKS, &buckets]).await?;
    Ok(())
}

/// The buckets of what a batch writes, in order.
fn of(operations: &[ItemOperation]) -> BTreeSet<u8> {
    let written = operations.iter().filter_map(|operation| match operation {
        ItemOperation::Put(new) => Some((&new.namespace, &new.key)),
        ItemOperation::Delete { namespace, key } => Some((namespace, key)),
        ItemOperation::Get { .. }
        | ItemOperation::Search { .. }
        | ItemOperation::ListNamespaces(_) => None,
    });
    written
        .map(|(namespace, key)| bucket(namespace, key))
        .collect()
}

fn bucket(namespace: &[String], key: &str) -> u8 {
    let hash = Sha256::new()
        .chain_update(path(namespace))
        .chain_update(written(key))
        .finalize();
    hash.first().copied().unwrap_or_default() % BUCKETS
}

fn lane_of(bucket: u8) -> ThreadId {
    ThreadId::from(Uuid::from_u128(u128::from(bucket)))
}
