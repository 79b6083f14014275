//! Which namespaces have items.

use std::collections::BTreeSet;

use lgx_model::Timestamp;
use lgx_model::item::Namespace;
use rusqlite::Connection;

use super::labels;
use crate::StoreError;

/// Stands for any one label.
const ANY: &str = "*";

/// Which namespaces to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListNamespaces {
    /// Those that begin with each of these; `*` is any label.
    pub prefixes: Vec<Namespace>,
    /// Those that end with each of these; `*` is any label.
    pub suffixes: Vec<Namespace>,
    /// So many labels of each.
    pub max_depth: Option<usize>,
    /// At most so many.
    pub limit: u64,
    /// After so many.
    pub offset: u64,
}

impl ListNamespaces {
    fn matches(&self, namespace: &[String]) -> bool {
        let fits = |(label, wanted): (&String, &String)| wanted == ANY || wanted == label;
        self.prefixes
            .iter()
            .all(|prefix| namespace.len() >= prefix.len() && namespace.iter().zip(prefix).all(fits))
            && self.suffixes.iter().all(|suffix| {
                namespace.len() >= suffix.len()
                    && namespace.iter().rev().zip(suffix.iter().rev()).all(fits)
            })
    }
}

/// The namespaces that have items and match, in the order of their labels.
pub fn list_namespaces(
    connection: &Connection,
    query: &ListNamespaces,
    now: Timestamp,
) -> Result<Vec<Namespace>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT namespace FROM items WHERE expires_at IS NULL OR expires_at > ?1",
    )?;
    let mut rows = statement.query([now.micros()])?;
    let mut found = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let mut namespace = labels(crate::columns::text(row, 0)?);
        if query.matches(&namespace) {
            namespace.truncate(query.max_depth.unwrap_or(usize::MAX));
            found.insert(namespace);
        }
    }
    let skip = usize::try_from(query.offset).unwrap_or(usize::MAX);
    let take = usize::try_from(query.limit).unwrap_or(usize::MAX);
    Ok(found.into_iter().skip(skip).take(take).collect())
}
