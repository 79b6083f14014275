//! Operations on items of long-term memory. Items belong to nobody, so none takes a scope: who may use which namespace is decided before.
//!
//! Reading may put the end of an item off. What is read comes from a snapshot beside the writes; only putting off is a write.

use lgx_model::item::{Item, Namespace};
use lgx_model::{FoundItem, Timestamp};

use crate::items::{
    ItemLife, ItemOperation, ItemOutcome, ItemOutcomes, ListNamespaces, NewItem, PerformedItems,
    SearchItems,
};
#[cfg(feature = "postgres")]
use crate::postgres::{Session, items as in_postgres};
use crate::sqlite::items as in_sqlite;
use crate::store::Backend;
use crate::{Pending, Result, Store, WriteTime};

impl Store {
    /// Puts an item. One that is there keeps its place and the time it was first put.
    pub async fn put_item(&self, new: NewItem, now: impl Into<WriteTime>) -> Result<()> {
        let now = now.into();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| in_sqlite::put(connection, &new, now.instant()))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let lane = in_postgres::lane(&new.namespace, &new.key);
                let write = move |session: Session| async move {
                    in_postgres::put(&session, &[&new], now.instant()).await?;
                    session.commit(()).await
                };
                postgres.write([lane], write).await
            }
        }
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
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| in_sqlite::life(connection, &namespace, &key, now))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::life(&postgres.look().await?, &namespace, &key, now).await
            }
        }
    }

    /// Deletes the item; nothing happens when it is not there.
    pub async fn delete_item(&self, namespace: Namespace, key: String) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| in_sqlite::delete(connection, &namespace, &key))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let lane = in_postgres::lane(&namespace, &key);
                let write = move |session: Session| async move {
                    in_postgres::delete(&session, &[(&namespace, &key)]).await?;
                    session.commit(()).await
                };
                postgres.write([lane], write).await
            }
        }
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
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| in_sqlite::list_namespaces(connection, &query, now))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::list_namespaces(&postgres.look().await?, &query, now).await
            }
        }
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
            return Box::pin(self.enqueue_items(operations, most_bytes, now).await);
        }
        let store = self.clone();
        // What was written before was answered before: it is there for every read that begins now.
        Box::pin(async move {
            store
                .read_items(operations, most_bytes, now.instant())
                .await
        })
    }

    /// A batch that writes, with its place among all writes.
    async fn enqueue_items(
        &self,
        operations: Vec<ItemOperation>,
        most_bytes: usize,
        now: WriteTime,
    ) -> Pending<PerformedItems> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let perform = move |connection: &_| {
                    in_sqlite::perform(connection, &operations, most_bytes, now.instant())
                };
                sqlite.enqueue(perform).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let lanes = in_postgres::lanes(&operations);
                let perform = move |session: Session| async move {
                    let now = now.instant();
                    let performed =
                        in_postgres::perform(&session, &operations, most_bytes, now).await?;
                    session.commit(performed).await
                };
                postgres.enqueue(lanes, perform)
            }
        }
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
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let look =
                    move |connection: &_| in_sqlite::look(connection, &operations, most_bytes, now);
                let (outcomes, expiring) = sqlite.read(look).await?;
                if !expiring.is_empty() {
                    sqlite
                        .write(move |connection| in_sqlite::refresh(connection, &expiring, now))
                        .await?;
                }
                Ok(outcomes)
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let session = postgres.read().await?;
                let (outcomes, expiring) =
                    in_postgres::look(&session, &operations, most_bytes, now).await?;
                drop(session);
                if !expiring.is_empty() {
                    let write = move |session: Session| async move {
                        in_postgres::refresh(&session, &expiring, now).await?;
                        session.commit(()).await
                    };
                    postgres.write([], write).await?;
                }
                Ok(outcomes)
            }
        }
    }

    /// When the next item expires, if any does.
    pub async fn next_item_expiry(&self) -> Result<Option<Timestamp>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.read(in_sqlite::next_expiry).await,
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => in_postgres::next_expiry(&postgres.look().await?).await,
        }
    }

    /// Deletes items that have expired. Says how many; more may be left.
    pub async fn expire_items(&self, now: Timestamp) -> Result<usize> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| in_sqlite::sweep(connection, now))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let write = move |session: Session| async move {
                    let swept = in_postgres::sweep(&session, now).await?;
                    session.commit(swept).await
                };
                postgres.write([], write).await
            }
        }
    }
}
