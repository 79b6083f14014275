//! Items that live for a limited time: when the next one is due, putting it off, and deleting what is due.

use lgx_model::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::Result;
use crate::items::{ItemLife, path};

/// How many items are deleted in one go, so that other writes do not wait for long.
const SWEPT: u32 = 500;

/// Lets items live for their whole time again, from `now`; [`Found::expiring`](crate::items::Found::expiring) says which can be.
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

/// How long the item lives, if it is there.
pub(crate) fn life(
    connection: &Connection,
    namespace: &[String],
    key: &str,
    now: Timestamp,
) -> Result<Option<ItemLife>> {
    let mut statement = connection.prepare_cached(
        "SELECT ttl_minutes, expires_at FROM items WHERE namespace = ?1 AND key = ?2 AND (expires_at IS NULL OR expires_at > ?3)",
    )?;
    let life = statement.query_row(params![path(namespace), key, now.micros()], |row| {
        let expires_at: Option<i64> = row.get(1)?;
        Ok(ItemLife {
            ttl_minutes: row.get(0)?,
            expires_at: expires_at.map(Timestamp::from_micros),
        })
    });
    Ok(life.optional()?)
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
