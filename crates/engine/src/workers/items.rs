//! Batches of operations on items that graphs ask for: reads beside other reads, and batches that write in one transaction.

use std::sync::Arc;

use lgx_model::item::{ItemOutcome, Namespace};
use lgx_model::{FoundItem, Timestamp};
use lgx_store::{Connection, Store, StoreError, items};
use lgx_worker::{Answer, CallbackError, CallbackReply, ItemOperation, PackedVectors};

use super::callbacks::store_failed;
use crate::expiry::Expiry;
use crate::items::{expiring, read};

/// Answers from the store's items.
pub(super) struct Items {
    store: Store,
    expiry: Arc<Expiry>,
}

impl Items {
    pub(super) const fn new(store: Store, expiry: Arc<Expiry>) -> Self {
        Self { store, expiry }
    }

    /// Takes a batch. A batch that writes has its place among all writes when this returns.
    pub(super) async fn accept(&self, operations: Vec<ItemOperation>) -> Answer {
        let batch = match Batch::of(operations) {
            Ok(batch) => batch,
            Err(refusal) => return Box::pin(std::future::ready(Err(refusal))),
        };
        let failed = |error: StoreError| store_failed(&error);
        if batch.writes() {
            let ends = batch.ends();
            let expiry = Arc::clone(&self.expiry);
            let written = self
                .store
                .enqueue(move |connection| batch.perform(connection))
                .await;
            return Box::pin(async move {
                let results = written.await.map_err(failed)?;
                if ends {
                    expiry.changed();
                }
                Ok(CallbackReply::Items { results })
            });
        }
        let store = self.store.clone();
        Box::pin(async move {
            // What was written before was answered before: it is there for every read that begins now.
            read(&store, move |connection, now| batch.look(connection, now))
                .await
                .map(|results| CallbackReply::Items { results })
                .map_err(failed)
        })
    }
}

/// Operations in the store's own terms.
struct Batch(Vec<Operation>);

enum Operation {
    Get {
        namespace: Namespace,
        key: String,
        refresh: bool,
    },
    Search {
        search: items::Search,
        refresh: bool,
    },
    ListNamespaces(items::ListNamespaces),
    Put(items::NewItem),
    Delete {
        namespace: Namespace,
        key: String,
    },
}

impl Batch {
    fn of(operations: Vec<ItemOperation>) -> Result<Self, CallbackError> {
        operations
            .into_iter()
            .map(Operation::of)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether anything is put or deleted.
    fn writes(&self) -> bool {
        self.0
            .iter()
            .any(|operation| matches!(operation, Operation::Put(_) | Operation::Delete { .. }))
    }

    /// Whether anything is put that will expire.
    fn ends(&self) -> bool {
        self.0
            .iter()
            .any(|operation| matches!(operation, Operation::Put(new) if new.ttl_minutes.is_some()))
    }

    /// Reads, then writes: what is read is what was there before.
    fn perform(&self, connection: &Connection) -> Result<Vec<ItemOutcome>, StoreError> {
        let now = Timestamp::now();
        let (results, expiring) = self.look(connection, now)?;
        items::refresh(connection, &expiring, now)?;
        for operation in &self.0 {
            match operation {
                Operation::Put(new) => items::put(connection, new, now)?,
                Operation::Delete { namespace, key } => items::delete(connection, namespace, key)?,
                Operation::Get { .. } | Operation::Search { .. } | Operation::ListNamespaces(_) => {
                }
            }
        }
        Ok(results)
    }

    /// The results of what reads, and which of the items found are to be put off.
    fn look(
        &self,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<(Vec<ItemOutcome>, Vec<i64>), StoreError> {
        let mut put_off = Vec::new();
        let mut results = Vec::with_capacity(self.0.len());
        for operation in &self.0 {
            results.push(match operation {
                Operation::Get {
                    namespace,
                    key,
                    refresh,
                } => {
                    let found = items::get(connection, namespace, key, now)?;
                    put_off.extend(expiring(&found, *refresh));
                    ItemOutcome::Item(found.map(|found| found.item))
                }
                Operation::Search { search, refresh } => {
                    let found = items::search(connection, search, now)?;
                    put_off.extend(expiring(&found, *refresh));
                    let found = found.into_iter().map(|found| FoundItem {
                        item: found.item,
                        score: found.score,
                    });
                    ItemOutcome::Items(found.collect())
                }
                Operation::ListNamespaces(query) => {
                    ItemOutcome::Namespaces(items::list_namespaces(connection, query, now)?)
                }
                Operation::Put(_) | Operation::Delete { .. } => ItemOutcome::Done,
            });
        }
        Ok((results, put_off))
    }
}

impl Operation {
    fn of(operation: ItemOperation) -> Result<Self, CallbackError> {
        Ok(match operation {
            ItemOperation::Get {
                namespace,
                key,
                refresh_ttl,
            } => Self::Get {
                namespace,
                key,
                refresh: refresh_ttl,
            },
            ItemOperation::Put {
                namespace,
                key,
                value,
                vectors,
                ttl,
            } => Self::Put(items::NewItem {
                namespace,
                key,
                value,
                vectors: vectors.as_ref().map(unpack).transpose()?,
                ttl_minutes: ttl,
            }),
            ItemOperation::Delete { namespace, key } => Self::Delete { namespace, key },
            ItemOperation::Search {
                namespace_prefix,
                filter,
                near,
                limit,
                offset,
                refresh_ttl,
            } => Self::Search {
                search: items::Search {
                    prefix: namespace_prefix,
                    filter: items::ItemFilter::parse(&filter)
                        .map_err(|error| CallbackError::value(error.to_string()))?,
                    near: near.as_ref().map(unpack).transpose()?,
                    limit,
                    offset,
                },
                refresh: refresh_ttl,
            },
            ItemOperation::ListNamespaces(query) => Self::ListNamespaces(query),
        })
    }
}

fn unpack(packed: &PackedVectors) -> Result<items::Vectors, CallbackError> {
    items::Vectors::of_bytes(packed.dimensions, &packed.bytes).ok_or_else(|| {
        CallbackError::value(format!(
            "{} bytes are not vectors of {} numbers",
            packed.bytes.len(),
            packed.dimensions
        ))
    })
}
