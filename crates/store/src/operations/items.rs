//! Operations on items of long-term memory. Items belong to nobody, so none takes a scope: who may use which namespace is decided before.
//!
//! Reading may put the end of an item off. What is read comes from a snapshot beside the writes; only putting off is a write.

use lgx_model::item::{Item, Namespace};
use lgx_model::{FoundItem, Timestamp};

use crate::items::{
    ItemLife, ItemOperation, ItemOutcome, ItemOutcomes, ListNamespaces, NewItem, PerformedItems,
    SearchItems,
};
use crate::sqlite::items as sql;
use crate::{Result, Store, WriteTime};

impl Store {
    /// Puts an item. One that is there keeps its place and the time it was first put.
    pub async fn put_item(&self, new: NewItem, now: impl Into<WriteTime>) -> Result<()> {
        let now = now.into();
        self.sqlite()
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
        match self.read_all(get, now).await? {
            Some(ItemOutcome::Item(item)) => Ok(item),
            _ => Ok(None),
        }
    }

    /// How long the item lives, if it is there. Looking does not put its end off.
    pub async fn item_life(
        &self,
        namespace: Namespace,
        key: String,
        now: Timestamp,
    ) -> Result<Option<ItemLife>> {
        self.sqlite()
            .read(move |connection| sql::life(connection, &namespace, &key, now))
            .await
    }

    /// Deletes the item; nothing happens when it is not there.
    pub async fn delete_item(&self, namespace: Namespace, key: String) -> Result<()> {
        self.sqlite()
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
        match self.read_all(search, now).await? {
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
        self.sqlite()
            .read(move |connection| sql::list_namespaces(connection, &query, now))
            .await
    }

    /// Performs a batch: first what reads, which sees what was there before, then what writes, in one transaction. A batch that
    /// writes has its place among all writes when this returns; what comes of it is known from awaiting what this gives.
    ///
    /// What stands before the first write is read until there are `most_bytes` of it, though at least one item. If that is not all, nothing
    /// is written: whoever asks for the rest sends the writes along once more.
    pub async fn perform_items(
        &self,
        operations: Vec<ItemOperation>,
        most_bytes: usize,
        now: impl Into<WriteTime>,
    ) -> ItemOutcomes {
        let now = now.into();
        if operations.iter().any(ItemOperation::writes) {
            let perform = move |connection: &_| {
                sql::perform(connection, &operations, most_bytes, now.instant())
            };
            return Box::pin(self.sqlite().enqueue(perform).await);
        }
        let store = self.clone();
        // What was written before was answered before: it is there for every read that begins now.
        Box::pin(async move {
            store
                .read_items(operations, most_bytes, now.instant())
                .await
        })
    }

    /// What comes of one operation that reads.
    async fn read_all(
        &self,
        operation: ItemOperation,
        now: Timestamp,
    ) -> Result<Option<ItemOutcome>> {
        let mut read = self.read_items(vec![operation], usize::MAX, now).await?;
        Ok(read.outcomes.pop())
    }

    async fn read_items(
        &self,
        operations: Vec<ItemOperation>,
        most_bytes: usize,
        now: Timestamp,
    ) -> Result<PerformedItems> {
        let look = move |connection: &_| sql::look(connection, &operations, most_bytes, now);
        let (outcomes, expiring) = self.sqlite().read(look).await?;
        if !expiring.is_empty() {
            self.sqlite()
                .write(move |connection| sql::refresh(connection, &expiring, now))
                .await?;
        }
        Ok(outcomes)
    }

    /// When the next item expires, if any does.
    pub async fn next_item_expiry(&self) -> Result<Option<Timestamp>> {
        self.sqlite().read(sql::next_expiry).await
    }

    /// Deletes items that have expired. Says how many; more may be left.
    pub async fn expire_items(&self, now: Timestamp) -> Result<usize> {
        self.sqlite()
            .write(move |connection| sql::sweep(connection, now))
            .await
    }
}
