//! Which namespaces have items.

use std::collections::BTreeSet;
use std::pin::pin;

use futures_util::TryStreamExt as _;
use lgx_model::Timestamp;
use lgx_model::item::{ANY_LABEL, Namespace};

use super::{Below, labels};
use crate::Result;
use crate::items::ListNamespaces;
use crate::postgres::Session;
use crate::postgres::columns::text;

/// The namespaces that have items and match, in the order of their labels.
pub(crate) async fn list_namespaces(
    session: &Session,
    query: &ListNamespaces,
    now: Timestamp,
) -> Result<Vec<Namespace>> {
    let below = Below::of(known_prefix(query), now);
    let mut parameters = Vec::new();
    let condition = below.condition(&mut parameters);
    let sql = format!("SELECT DISTINCT namespace FROM items WHERE {condition}");
    let mut found = BTreeSet::new();
    let mut rows = pin!(session.stream_once(&sql, &parameters).await?);
    while let Some(row) = rows.try_next().await? {
        let mut namespace = labels(text(&row, 0)?);
        if query.matches(&namespace) {
            namespace.truncate(query.max_depth.unwrap_or(usize::MAX));
            found.insert(namespace);
        }
    }
    let skip = usize::try_from(query.offset).unwrap_or(usize::MAX);
    let take = usize::try_from(query.limit).unwrap_or(usize::MAX);
    Ok(found.into_iter().skip(skip).take(take).collect())
}

/// What all namespaces that match begin with, as far as it is known.
fn known_prefix(query: &ListNamespaces) -> &[String] {
    let known = query.prefixes.iter().map(|prefix| {
        let known = prefix
            .iter()
            .take_while(|label| *label != ANY_LABEL)
            .count();
        &prefix[..known]
    });
    known.max_by_key(|known| known.len()).unwrap_or_default()
}
