//! Operations on items of long-term memory, as a worker asks for them.

use bytes::Bytes;
use lgx_model::item::{ListNamespaces, Namespace};
use lgx_model::{JsonObject, RawJson};
use serde::{Deserialize, Serialize};

use crate::sections::Sectioned;

/// One operation on items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemOperation {
    /// Answered by [`lgx_model::item::ItemOutcome::Item`].
    Get {
        /// Where it is.
        namespace: Namespace,
        /// Its name there.
        key: String,
        /// Whether it lives for its whole time again.
        refresh_ttl: bool,
    },
    /// Answered by [`lgx_model::item::ItemOutcome::Done`].
    Put {
        /// Where it goes.
        namespace: Namespace,
        /// Its name there.
        key: String,
        /// An object.
        value: RawJson,
        /// What it is found by.
        vectors: Option<PackedVectors>,
        /// How many minutes it lives; none = for ever.
        ttl: Option<f64>,
    },
    /// Answered by [`lgx_model::item::ItemOutcome::Done`].
    Delete {
        /// Where it is.
        namespace: Namespace,
        /// Its name there.
        key: String,
    },
    /// Answered by [`lgx_model::item::ItemOutcome::Items`].
    Search {
        /// In this namespace and below.
        namespace_prefix: Namespace,
        /// What the values have to pass.
        filter: JsonObject,
        /// What the items should be near to.
        near: Option<PackedVectors>,
        /// At most so many.
        limit: u64,
        /// After so many.
        offset: u64,
        /// Whether what is found lives for its whole time again.
        refresh_ttl: bool,
    },
    /// Answered by [`lgx_model::item::ItemOutcome::Namespaces`].
    ListNamespaces(ListNamespaces),
}

/// Vectors of one width, one after the other, as little-endian 32-bit floats. In JSON they are their width.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PackedVectors {
    /// How wide each is.
    pub dimensions: u32,
    /// All of them.
    #[serde(skip)]
    pub bytes: Bytes,
}

impl Sectioned for PackedVectors {
    fn each_section(&mut self, visit: &mut dyn FnMut(&mut Bytes)) {
        visit(&mut self.bytes);
    }
}

impl Sectioned for ItemOperation {
    fn each_section(&mut self, visit: &mut dyn FnMut(&mut Bytes)) {
        match self {
            Self::Put { vectors, .. } => vectors.each_section(visit),
            Self::Search { near, .. } => near.each_section(visit),
            Self::Get { .. } | Self::Delete { .. } | Self::ListNamespaces(_) => {}
        }
    }
}
