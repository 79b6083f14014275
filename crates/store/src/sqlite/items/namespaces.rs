//! Which namespaces have items.

use std::collections::BTreeSet;

use lgx_model::Timestamp;
use lgx_model::item::Namespace;
use rusqlite::Connection;

use crate::Result;
use crate::items::{ListNamespaces, labels};

/// The namespaces that have items and match, in the order of their labels.
pub(crate) fn list_namespaces(
    connection: &Connection,
    query: &ListNamespaces,
    now: Timestamp,
) -> Result<Vec<Namespace>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT namespace FROM items WHERE expires_at IS NULL OR expires_at > ?1",
    )?;
    let mut rows = statement.query([now.micros()])?;
    let mut found = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let mut namespace = labels(crate::sqlite::columns::text(row, 0)?);
        if query.matches(&namespace) {
            namespace.truncate(query.max_depth.unwrap_or(usize::MAX));
            found.insert(namespace);
        }
    }
    let skip = usize::try_from(query.offset).unwrap_or(usize::MAX);
    let take = usize::try_from(query.limit).unwrap_or(usize::MAX);
    Ok(found.into_iter().skip(skip).take(take).collect())
}
