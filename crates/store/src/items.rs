//! What operations on items of long-term memory take and give.

mod batch;
mod filter;
mod paths;
mod ranking;
mod vectors;

use std::pin::Pin;

use lgx_model::item::Namespace;
use lgx_model::{RawJson, Timestamp};

use crate::Result;

pub use lgx_model::item::{ItemOutcome, ListNamespaces};

pub(crate) use self::batch::{Found, Reading};
pub use self::filter::{ItemFilter, ItemFilterError};
pub(crate) use self::paths::{end_of, labels, path};
pub(crate) use self::ranking::{passes, ranked, window};
pub use self::vectors::Vectors;
pub(crate) use self::vectors::nearest;

/// An item as it is put.
#[derive(Debug, Clone, PartialEq)]
pub struct NewItem {
    /// Where it goes.
    pub namespace: Namespace,
    /// Its name there.
    pub key: String,
    /// An object; replaces the present one.
    pub value: RawJson,
    /// What it is found by; replaces the present ones.
    pub vectors: Option<Vectors>,
    /// How long it lives from now on; none = for ever.
    pub ttl_minutes: Option<f64>,
}

impl NewItem {
    /// When it ends if it is put at `now`. No time is so far that adding to it could overflow.
    pub(crate) fn ends_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.ttl_minutes
            .map(|minutes| now.plus_seconds((minutes * 60.0).min(4e12)))
    }
}

/// How long an item lives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ItemLife {
    /// From its last writing or reading that counts; none = for ever.
    pub ttl_minutes: Option<f64>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// What to look for.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchItems {
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

/// One operation of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemOperation {
    /// See [`Store::get_item`](crate::Store::get_item).
    Get {
        /// Where it is.
        namespace: Namespace,
        /// Its name there.
        key: String,
        /// Whether it lives for its whole time again.
        refresh: bool,
    },
    /// See [`Store::search_items`](crate::Store::search_items).
    Search {
        /// What to look for.
        search: SearchItems,
        /// Whether what is found lives for its whole time again.
        refresh: bool,
    },
    /// See [`Store::list_namespaces`](crate::Store::list_namespaces).
    ListNamespaces(ListNamespaces),
    /// See [`Store::put_item`](crate::Store::put_item).
    Put(NewItem),
    /// See [`Store::delete_item`](crate::Store::delete_item).
    Delete {
        /// Where it is.
        namespace: Namespace,
        /// Its name there.
        key: String,
    },
}

impl ItemOperation {
    pub(crate) const fn writes(&self) -> bool {
        matches!(self, Self::Put(_) | Self::Delete { .. })
    }
}

/// What came of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct PerformedItems {
    /// One for each operation, or for each of the first ones.
    pub outcomes: Vec<ItemOutcome>,
    /// Whether more could be read than was asked for at once: then nothing was written. The last outcome may lack some of what a search finds.
    pub more: bool,
}

/// What comes of a batch; see [`Store::perform_items`](crate::Store::perform_items).
pub type ItemOutcomes = Pin<Box<dyn Future<Output = Result<PerformedItems>> + Send>>;
