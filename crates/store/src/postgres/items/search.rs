//! Searching items: by namespace and fields in the order they were first put, or by meaning, the nearest first.

use std::collections::HashMap;
use std::pin::pin;

use futures_util::TryStreamExt as _;
use lgx_model::Timestamp;
use tokio_postgres::types::Type;

use super::{Below, COLUMNS, found_of};
use crate::Result;
use crate::items::{Found, SearchItems, Vectors, nearest, passes, ranked, window};
use crate::postgres::columns::{text, value};
use crate::postgres::{Parameter, Session};

/// How many items are looked at first by a search with a filter; each further time [`GROWTH`] times as many.
const FIRST: i64 = 500;
const GROWTH: i64 = 8;

/// The items that match, one page of them.
pub(crate) async fn search(
    session: &Session,
    search: &SearchItems,
    now: Timestamp,
) -> Result<Vec<Found>> {
    let below = Below::of(&search.prefix, now);
    let near = search.near.as_ref().filter(|vectors| !vectors.is_empty());
    match near {
        None if search.filter.is_empty() => page(session, search, &below).await,
        None => filtered_page(session, search, &below).await,
        Some(near) => nearest_page(session, search, near, &below).await,
    }
}

/// Everything matches, so that the database can count.
async fn page(session: &Session, search: &SearchItems, below: &Below) -> Result<Vec<Found>> {
    let bounded = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let (limit, offset) = (bounded(search.limit), bounded(search.offset));
    let mut parameters: Vec<(Parameter<'_>, Type)> =
        vec![(&limit, Type::INT8), (&offset, Type::INT8)];
    let condition = below.condition(&mut parameters);
    let sql = format!("SELECT {COLUMNS} WHERE {condition} ORDER BY sequence LIMIT $1 OFFSET $2");
    let rows = session.rows_once(&sql, &parameters).await?;
    rows.iter().map(found_of).collect()
}

/// Looks at items in their order, more of them each time, until the page is full.
async fn filtered_page(
    session: &Session,
    search: &SearchItems,
    below: &Below,
) -> Result<Vec<Found>> {
    let wanted = search.offset..search.offset.saturating_add(search.limit);
    let (mut found, mut passed) = (Vec::new(), 0);
    let (mut after, mut most) = (i64::MIN, FIRST);
    while passed < wanted.end {
        let mut parameters: Vec<(Parameter<'_>, Type)> =
            vec![(&after, Type::INT8), (&most, Type::INT8)];
        let condition = below.condition(&mut parameters);
        let sql = format!(
            "SELECT {COLUMNS} WHERE sequence > $1 AND {condition} ORDER BY sequence LIMIT $2"
        );
        let (mut seen, mut last) = (0, after);
        let mut rows = pin!(session.stream_once(&sql, &parameters).await?);
        while let Some(row) = rows.try_next().await? {
            seen += 1;
            last = value(&row, 0)?;
            if passes(&search.filter, text(&row, 3)?) {
                if wanted.contains(&passed) {
                    found.push(found_of(&row)?);
                }
                passed += 1;
            }
            if passed == wanted.end {
                break;
            }
        }
        if seen < most {
            break;
        }
        (after, most) = (last, most.saturating_mul(GROWTH));
    }
    Ok(found)
}

/// The items in order of their nearness.
async fn nearest_page(
    session: &Session,
    search: &SearchItems,
    near: &Vectors,
    below: &Below,
) -> Result<Vec<Found>> {
    let (matching, scored) = scores(session, search, near, below).await?;
    let ranked = ranked(matching, scored, search);
    let page = window(&ranked, search);
    let sequences: Vec<i64> = page.iter().map(|(sequence, _)| *sequence).collect();
    let sql = format!("SELECT {COLUMNS} WHERE sequence = ANY($1)");
    let rows = session.rows(&sql, &[&sequences]).await?;
    let mut found = rows
        .iter()
        .map(|row| Ok((value(row, 0)?, found_of(row)?)))
        .collect::<Result<HashMap<i64, Found>>>()?;
    let in_order = page.iter().filter_map(|(sequence, score)| {
        let found = found.remove(sequence)?;
        let score = score.map(f64::from);
        Some(Found { score, ..found })
    });
    Ok(in_order.collect())
}

/// The sequences of all items that match, in their order, and how near those are to `near` that can be compared.
async fn scores(
    session: &Session,
    search: &SearchItems,
    near: &Vectors,
    below: &Below,
) -> Result<(Vec<i64>, Vec<(i64, f32)>)> {
    let dimensions = i64::from(near.dimensions());
    let mut parameters: Vec<(Parameter<'_>, Type)> = vec![(&dimensions, Type::INT8)];
    let condition = below.condition(&mut parameters);
    let any = search.filter.is_empty();
    let value_if_needed = if any { "NULL" } else { "value" };
    let sql = format!(
        "SELECT sequence, {value_if_needed}, CASE WHEN dimensions = $1 THEN vectors END FROM items WHERE {condition}"
    );
    let query = near.first();
    let (mut matching, mut scored) = (Vec::new(), Vec::new());
    let mut rows = pin!(session.stream_once(&sql, &parameters).await?);
    while let Some(row) = rows.try_next().await? {
        if any || passes(&search.filter, text(&row, 1)?) {
            let sequence = value(&row, 0)?;
            matching.push(sequence);
            if let Some(vectors) = value::<Option<&[u8]>>(&row, 2)? {
                scored.push((sequence, nearest(&query, vectors)));
            }
        }
    }
    matching.sort_unstable();
    Ok((matching, scored))
}
