//! Searching items: by namespace and fields in the order they were first put, or by meaning, the nearest first.

use lgx_model::Timestamp;
use rusqlite::{Connection, params};

use super::{COLUMNS, found_of};
use crate::Result;
use crate::items::{Found, SearchItems, Vectors, end_of, nearest, passes, path, ranked, window};

/// The items below a namespace that have not expired.
const BELOW: &str =
    "namespace >= ?1 AND namespace < ?2 AND (expires_at IS NULL OR expires_at > ?3)";

/// When one in so many vectors or more is wanted, all between the first and the last are walked over instead of looking each up.
const WALKED: u64 = 8;

/// The items that match, one page of them.
pub(crate) fn search(
    connection: &Connection,
    search: &SearchItems,
    now: Timestamp,
) -> Result<Vec<Found>> {
    let near = search.near.as_ref().filter(|vectors| !vectors.is_empty());
    match near {
        None if search.filter.is_empty() => page(connection, search, now),
        None => filtered_page(connection, search, now),
        Some(near) => nearest_page(connection, search, near, now),
    }
}

/// Everything matches, so that the database can count.
fn page(connection: &Connection, search: &SearchItems, now: Timestamp) -> Result<Vec<Found>> {
    let bounded = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let path = path(&search.prefix);
    let (limit, offset) = (bounded(search.limit), bounded(search.offset));
    if path.is_empty() {
        // Without a range of namespaces the table is in order already.
        let sql = format!(
            "SELECT {COLUMNS} WHERE expires_at IS NULL OR expires_at > ?1 ORDER BY sequence LIMIT ?2 OFFSET ?3"
        );
        return connection
            .prepare_cached(&sql)?
            .query_and_then(params![now.micros(), limit, offset], found_of)?
            .collect();
    }
    let sql = format!("SELECT {COLUMNS} WHERE {BELOW} ORDER BY sequence LIMIT ?4 OFFSET ?5");
    connection
        .prepare_cached(&sql)?
        .query_and_then(
            params![path, end_of(&path), now.micros(), limit, offset],
            found_of,
        )?
        .collect()
}

fn filtered_page(
    connection: &Connection,
    search: &SearchItems,
    now: Timestamp,
) -> Result<Vec<Found>> {
    load(
        connection,
        window(&matching(connection, search, now)?, search),
    )
}

/// The items in order of their nearness; of equal ones, and of those that cannot be compared, the oldest first.
fn nearest_page(
    connection: &Connection,
    search: &SearchItems,
    near: &Vectors,
    now: Timestamp,
) -> Result<Vec<Found>> {
    let matching = matching(connection, search, now)?;
    let scored = scores(connection, &matching, near)?;
    let ranked = ranked(matching, scored, search);
    let page = window(&ranked, search);
    let mut found = load(connection, page.iter().map(|(sequence, _)| sequence))?;
    for (found, (_, score)) in found.iter_mut().zip(page) {
        found.score = score.map(f64::from);
    }
    Ok(found)
}

/// How near those of `sequences` are to `near` that can be compared. `sequences` are in order.
fn scores(connection: &Connection, sequences: &[i64], near: &Vectors) -> Result<Vec<(i64, f32)>> {
    let (Some(first), Some(last)) = (sequences.first(), sequences.last()) else {
        return Ok(Vec::new());
    };
    let query = near.first();
    let mut scored = Vec::with_capacity(sequences.len());
    let mut take = |row: &rusqlite::Row<'_>| -> Result<()> {
        let vectors = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        scored.push((row.get(0)?, nearest(&query, vectors)));
        Ok(())
    };
    let among = last.abs_diff(*first) / WALKED;
    if u64::try_from(sequences.len()).is_ok_and(|wanted| wanted < among) {
        let mut statement = connection.prepare_cached(
            "SELECT sequence, vectors FROM item_vectors WHERE sequence = ?1 AND dimensions = ?2",
        )?;
        for sequence in sequences {
            let mut rows = statement.query(params![sequence, near.dimensions()])?;
            if let Some(row) = rows.next()? {
                take(row)?;
            }
        }
        return Ok(scored);
    }
    let mut statement = connection.prepare_cached(
        "SELECT sequence, vectors FROM item_vectors WHERE sequence BETWEEN ?1 AND ?2 AND dimensions = ?3",
    )?;
    let mut rows = statement.query(params![first, last, near.dimensions()])?;
    let mut wanted = sequences.iter().peekable();
    while let Some(row) = rows.next()? {
        let sequence: i64 = row.get(0)?;
        while wanted.next_if(|wanted| **wanted < sequence).is_some() {}
        if wanted.next_if(|wanted| **wanted == sequence).is_some() {
            take(row)?;
        }
    }
    Ok(scored)
}

/// Which items are below the prefix and pass the filter, in the order they were first put.
fn matching(connection: &Connection, search: &SearchItems, now: Timestamp) -> Result<Vec<i64>> {
    let path = path(&search.prefix);
    // Without a filter the index alone tells.
    let value = if search.filter.is_empty() {
        "NULL"
    } else {
        "value"
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT sequence, {value} FROM items WHERE {BELOW}"
    ))?;
    let mut rows = statement.query(params![path, end_of(&path), now.micros()])?;
    let mut matching = Vec::new();
    while let Some(row) = rows.next()? {
        if search.filter.is_empty() || passes(&search.filter, crate::sqlite::columns::text(row, 1)?)
        {
            matching.push(row.get(0)?);
        }
    }
    matching.sort_unstable();
    Ok(matching)
}

fn load<'a>(
    connection: &Connection,
    sequences: impl IntoIterator<Item = &'a i64>,
) -> Result<Vec<Found>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} WHERE sequence = ?1"))?;
    let mut found = Vec::new();
    for sequence in sequences {
        let mut rows = statement.query([sequence])?;
        if let Some(row) = rows.next()? {
            found.push(found_of(row)?);
        }
    }
    Ok(found)
}
