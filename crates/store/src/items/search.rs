//! Searching items: by namespace and fields in the order they were first put, or by meaning, the nearest first.

use lgx_model::item::Namespace;
use lgx_model::{JsonObject, Timestamp};
use rusqlite::{Connection, params};

use super::vectors::{Vectors, nearest};
use super::{COLUMNS, Found, ItemFilter, end_of, found_of, path};
use crate::StoreError;

/// The items below a namespace that have not expired.
const BELOW: &str =
    "namespace >= ?1 AND namespace < ?2 AND (expires_at IS NULL OR expires_at > ?3)";

/// What to look for.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// In this namespace and those below it.
    pub prefix: Namespace,
    /// Only items whose value passes.
    pub filter: ItemFilter,
    /// What the items should be near to; those without vectors of its width come last.
    pub near: Option<Vectors>,
    /// At most so many.
    pub limit: u64,
    /// After so many.
    pub offset: u64,
}

/// The items that match, one page of them.
pub fn search(
    connection: &Connection,
    search: &Search,
    now: Timestamp,
) -> Result<Vec<Found>, StoreError> {
    let near = search.near.as_ref().filter(|vectors| !vectors.is_empty());
    match near {
        None if search.filter.is_empty() => page(connection, search, now),
        None => filtered_page(connection, search, now),
        Some(near) => nearest_page(connection, search, near, now),
    }
}

/// Everything matches, so that the database can count.
fn page(
    connection: &Connection,
    search: &Search,
    now: Timestamp,
) -> Result<Vec<Found>, StoreError> {
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
    search: &Search,
    now: Timestamp,
) -> Result<Vec<Found>, StoreError> {
    load(
        connection,
        window(&matching(connection, search, now)?, search),
    )
}

/// The items in order of their nearness; of equal ones, and of those that cannot be compared, the oldest first.
fn nearest_page(
    connection: &Connection,
    search: &Search,
    near: &Vectors,
    now: Timestamp,
) -> Result<Vec<Found>, StoreError> {
    let query = near.first();
    let mut vectors = connection.prepare_cached(
        "SELECT vectors FROM item_vectors WHERE sequence = ?1 AND dimensions = ?2",
    )?;
    let (mut scored, mut scoreless) = (Vec::new(), Vec::new());
    for sequence in matching(connection, search, now)? {
        let mut rows = vectors.query(params![sequence, near.dimensions()])?;
        match rows.next()? {
            Some(row) => {
                let vectors = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
                scored.push((sequence, nearest(&query, vectors)));
            }
            None => scoreless.push(sequence),
        }
    }
    scored.sort_by(|(_, left), (_, right)| right.total_cmp(left));
    let ranked: Vec<(i64, Option<f32>)> = scored
        .into_iter()
        .map(|(sequence, score)| (sequence, Some(score)))
        .chain(scoreless.into_iter().map(|sequence| (sequence, None)))
        .collect();
    let page = window(&ranked, search);
    let mut found = load(connection, page.iter().map(|(sequence, _)| sequence))?;
    for (found, (_, score)) in found.iter_mut().zip(page) {
        found.score = score.map(f64::from);
    }
    Ok(found)
}

/// Which items are below the prefix and pass the filter, in the order they were first put.
fn matching(
    connection: &Connection,
    search: &Search,
    now: Timestamp,
) -> Result<Vec<i64>, StoreError> {
    let path = path(&search.prefix);
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
        if search.filter.is_empty() || passes(&search.filter, crate::columns::text(row, 1)?) {
            matching.push(row.get(0)?);
        }
    }
    matching.sort_unstable();
    Ok(matching)
}

/// A value nested too deep to be read passes no filter, and must not fail the search for all others.
fn passes(filter: &ItemFilter, value: &str) -> bool {
    serde_json::from_str::<JsonObject>(value).is_ok_and(|value| filter.matches(&value))
}

/// The page of a search.
fn window<'a, T>(all: &'a [T], search: &Search) -> &'a [T] {
    let bounded = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let rest = all.get(bounded(search.offset)..).unwrap_or_default();
    &rest[..rest.len().min(bounded(search.limit))]
}

fn load<'a>(
    connection: &Connection,
    sequences: impl IntoIterator<Item = &'a i64>,
) -> Result<Vec<Found>, StoreError> {
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
