//! Items that live for a limited time: when the next one is due, putting it off, and deleting what is due.

use lgx_model::Timestamp;
use rusqlite::{Connection, params};

use crate::Result;

/// How many items are deleted in one go, so that other writes do not wait for long.
const SWEPT: u32 = 500;

/// `minutes` after `now`; no time is so far that adding to it could overflow.
pub(super) fn after(now: Timestamp, minutes: f64) -> Timestamp {
    now.plus_seconds((minutes * 60.0).min(4e12))
}

/// Lets items live for their whole time again, from `now`; [`super::Found::expiring`] says which can be.
pub(crate) fn refresh(connection: &Connection, expiring: &[i64], now: Timestamp) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "UPDATE items SET expires_at = ?2 + CAST(min(ttl_minutes * 6e7, 4e18) AS INTEGER)
         WHERE sequence = ?1 AND expires_at > ?2",
    )?;
    for sequence in expiring {
        statement.execute(params![sequence, now.micros()])?;
    }
    Ok(())
}

/// When the next item expires, if any does.
pub(crate) fn next_expiry(connection: &Connection) -> Result<Option<Timestamp>> {
    let next: Option<i64> = connection
        .prepare_cached("SELECT min(expires_at) FROM items WHERE expires_at IS NOT NULL")?
        .query_row([], |row| row.get(0))?;
    Ok(next.map(Timestamp::from_micros))
}

/// Deletes items that have expired. Says how many; more may be left.
pub(crate) fn sweep(connection: &Connection, now: Timestamp) -> Result<usize> {
    let mut due =
        connection.prepare_cached("SELECT sequence FROM items WHERE expires_at <= ?1 LIMIT ?2")?;
    let due = due
        .query_map(params![now.micros(), SWEPT], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    let mut vectors = connection.prepare_cached("DELETE FROM item_vectors WHERE sequence = ?1")?;
    let mut item = connection.prepare_cached("DELETE FROM items WHERE sequence = ?1")?;
    for sequence in &due {
        vectors.execute([sequence])?;
        item.execute([sequence])?;
    }
    Ok(due.len())
}
