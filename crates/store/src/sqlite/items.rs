//! The SQL of items of long-term memory: put, get, delete; searching, namespaces and expiry have modules of their own.

mod batch;
mod expiry;
mod namespaces;
mod search;

use lgx_model::Timestamp;
use lgx_model::item::Item;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::Result;
use crate::items::{Found, NewItem, end_of, labels, path};
use crate::sqlite::columns::{raw, text, time};

pub(crate) use batch::{look, perform};
pub(crate) use expiry::{life, next_expiry, refresh, sweep};
pub(crate) use namespaces::list_namespaces;
pub(crate) use search::search;

/// The columns of [`found_of`], with their table.
const COLUMNS: &str =
    "sequence, namespace, key, value, created_at, updated_at, ttl_minutes IS NOT NULL FROM items";

/// Puts an item. One that is there keeps its place and the time it was first put.
pub(crate) fn put(connection: &Connection, new: &NewItem, now: Timestamp) -> Result<()> {
    let namespace = path(&new.namespace);
    connection
        .prepare_cached("DELETE FROM item_vectors WHERE sequence = (SELECT sequence FROM items WHERE namespace = ?1 AND key = ?2)")?
        .execute([&namespace, &new.key])?;
    // What has expired is not there any more, although nobody has swept it yet.
    connection
        .prepare_cached("DELETE FROM items WHERE namespace = ?1 AND key = ?2 AND expires_at <= ?3")?
        .execute(params![namespace, new.key, now.micros()])?;
    let expires_at = new.ends_at(now).map(Timestamp::micros);
    let sequence: i64 = connection
        .prepare_cached(
            "INSERT INTO items (namespace, key, value, created_at, updated_at, ttl_minutes, expires_at) VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)
             ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at,
               ttl_minutes = excluded.ttl_minutes, expires_at = excluded.expires_at
             RETURNING sequence",
        )?
        .query_row(
            params![namespace, new.key, new.value.get(), now.micros(), new.ttl_minutes, expires_at],
            |row| row.get(0),
        )?;
    if let Some(vectors) = new.vectors.as_ref().filter(|vectors| !vectors.is_empty()) {
        connection
            .prepare_cached(
                "INSERT INTO item_vectors (sequence, dimensions, vectors) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![sequence, vectors.dimensions(), vectors.bytes()])?;
    }
    Ok(())
}

/// The item, if it is there.
pub(crate) fn get(
    connection: &Connection,
    namespace: &[String],
    key: &str,
    now: Timestamp,
) -> Result<Option<Found>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} WHERE namespace = ?1 AND key = ?2 AND (expires_at IS NULL OR expires_at > ?3)"
    ))?;
    let mut rows = statement.query(params![path(namespace), key, now.micros()])?;
    rows.next()?.map(found_of).transpose()
}

/// Deletes the item; nothing happens when it is not there.
pub(crate) fn delete(connection: &Connection, namespace: &[String], key: &str) -> Result<()> {
    let sequence: Option<i64> = connection
        .prepare_cached("DELETE FROM items WHERE namespace = ?1 AND key = ?2 RETURNING sequence")?
        .query_row(params![path(namespace), key], |row| row.get(0))
        .optional()?;
    if let Some(sequence) = sequence {
        connection
            .prepare_cached("DELETE FROM item_vectors WHERE sequence = ?1")?
            .execute([sequence])?;
    }
    Ok(())
}

/// Deletes the items of a namespace and of those below it; of the empty one, all.
pub(crate) fn clear(connection: &Connection, prefix: &[String]) -> Result<()> {
    let path = path(prefix);
    if path.is_empty() {
        connection.execute_batch("DELETE FROM item_vectors; DELETE FROM items;")?;
        return Ok(());
    }
    let end = end_of(&path);
    connection
        .prepare_cached(
            "DELETE FROM item_vectors WHERE sequence IN (SELECT sequence FROM items WHERE namespace >= ?1 AND namespace < ?2)",
        )?
        .execute([&path, &end])?;
    connection
        .prepare_cached("DELETE FROM items WHERE namespace >= ?1 AND namespace < ?2")?
        .execute([&path, &end])?;
    Ok(())
}

fn found_of(row: &Row<'_>) -> Result<Found> {
    let sequence = row.get(0)?;
    let expires: bool = row.get(6)?;
    Ok(Found {
        item: Item {
            namespace: labels(text(row, 1)?),
            key: row.get(2)?,
            value: raw(row, 3)?,
            created_at: time(row, 4)?,
            updated_at: time(row, 5)?,
        },
        score: None,
        expiring: expires.then_some(sequence),
    })
}
