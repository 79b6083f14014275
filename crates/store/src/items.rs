//! Operations on items of long-term memory. Items belong to nobody, so none takes a scope: who may use which namespace is decided before.
//!
//! Reading may put the end of an item off. What is read comes from a snapshot beside the writes; only putting off is a write.

mod filter;
mod vectors;

use std::pin::Pin;

use lgx_model::item::{Item, Namespace};
use lgx_model::{FoundItem, RawJson, Timestamp};

use crate::sqlite::items as sql;
use crate::{Result, Store, WriteTime};

pub use lgx_model::item::{ItemOutcome, ListNamespaces};

pub use self::filter::{ItemFilter, ItemFilterError};
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
    /// See [`Store::get_item`].
    Get {
        /// Where it is.
        namespace: Namespace,
        /// Its name there.
        key: String,
        /// Whether it lives for its whole time again.
        refresh: bool,
    },
    /// See [`Store::search_items`].
    Search {
        /// What to look for.
        search: SearchItems,
        /// Whether what is found lives for its whole time again.
        refresh: bool,
    },
    /// See [`Store::list_namespaces`].
    ListNamespaces(ListNamespaces),
    /// See [`Store::put_item`].
    Put(NewItem),
    /// See [`Store::delete_item`].
    Delete {
        /// Where it is.
        namespace: Namespace,
        /// Its name there.
        key: String,
    },
}

impl ItemOperation {
    const fn writes(&self) -> bool {
        matches!(self, Self::Put(_) | Self::Delete { .. })
    }
}

/// What comes of a batch; see [`Store::perform_items`].
pub type ItemOutcomes = Pin<Box<dyn Future<Output = Result<Vec<ItemOutcome>>> + Send>>;

impl Store {
    /// Puts an item. One that is there keeps its place and the time it was first put.
    pub async fn put_item(&self, new: NewItem, now: impl Into<WriteTime>) -> Result<()> {
        let now = now.into();
        self.sqlite
            .write(move |connection| sql::put(connection, &new, now.instant()))
            .await
    }

    /// The item, if it is there; with `refresh` it lives for its whole time again.
    pub async fn get_item(
        &self,
        namespace: Namespace,
        key: String,
        refresh: bool,
        now: Timestamp,
    ) -> Result<Option<Item>> {
        let get = ItemOperation::Get {
            namespace,
            key,
            refresh,
        };
        match self.read_items(vec![get], now).await?.pop() {
            Some(ItemOutcome::Item(item)) => Ok(item),
            _ => Ok(None),
        }
    }

    /// Deletes the item; nothing happens when it is not there.
    pub async fn delete_item(&self, namespace: Namespace, key: String) -> Result<()> {
        self.sqlite
            .write(move |connection| sql::delete(connection, &namespace, &key))
            .await
    }

    /// The items that match, one page of them; with `refresh` they live for their whole time again.
    pub async fn search_items(
        &self,
        search: SearchItems,
        refresh: bool,
        now: Timestamp,
    ) -> Result<Vec<FoundItem>> {
        let search = ItemOperation::Search { search, refresh };
        match self.read_items(vec![search], now).await?.pop() {
            Some(ItemOutcome::Items(items)) => Ok(items),
            _ => Ok(Vec::new()),
        }
    }

    /// The namespaces that have items and match, in the order of their labels.
    pub async fn list_namespaces(
        &self,
        query: ListNamespaces,
        now: Timestamp,
    ) -> Result<Vec<Namespace>> {
        self.sqlite
            .read(move |connection| sql::list_namespaces(connection, &query, now))
            .await
    }

    /// Performs a batch: first what reads, which sees what was there before, then what writes, in one transaction. A batch that
    /// writes has its place among all writes when this returns; what comes of it is known from awaiting what this gives.
    pub async fn perform_items(
        &self,
        operations: Vec<ItemOperation>,
        now: impl Into<WriteTime>,
    ) -> ItemOutcomes {
        let now = now.into();
        if operations.iter().any(ItemOperation::writes) {
            let perform =
                move |connection: &_| sql::perform(connection, &operations, now.instant());
            return Box::pin(self.sqlite.enqueue(perform).await);
        }
        let store = self.clone();
        // What was written before was answered before: it is there for every read that begins now.
        Box::pin(async move { store.read_items(operations, now.instant()).await })
    }

    async fn read_items(
        &self,
        operations: Vec<ItemOperation>,
        now: Timestamp,
    ) -> Result<Vec<ItemOutcome>> {
        let look = move |connection: &_| sql::look(connection, &operations, now);
        let (outcomes, expiring) = self.sqlite.read(look).await?;
        if !expiring.is_empty() {
            self.sqlite
                .write(move |connection| sql::refresh(connection, &expiring, now))
                .await?;
        }
        Ok(outcomes)
    }

    /// When the next item expires, if any does.
    pub async fn next_item_expiry(&self) -> Result<Option<Timestamp>> {
        self.sqlite.read(sql::next_expiry).await
    }

    /// Deletes items that have expired. Says how many; more may be left.
    pub async fn expire_items(&self, now: Timestamp) -> Result<usize> {
        self.sqlite
            .write(move |connection| sql::sweep(connection, now))
            .await
    }
}
