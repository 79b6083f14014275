//! Batches of operations on items that graphs ask for: reads beside other reads, and batches that write in one transaction.

use std::sync::Arc;

use lgx_store::items::{ItemFilter, ItemOperation as Operation, NewItem, SearchItems, Vectors};
use lgx_store::{Store, WriteTime};
use lgx_worker::{Answer, CallbackError, CallbackReply, ItemOperation, PackedVectors};

use super::callbacks::MOST_LISTED;
use super::store_failed::store_failed;
use crate::expiry::Expiry;

/// Answers from the store's items.
pub(super) struct Items {
    store: Store,
    expiry: Arc<Expiry>,
}

impl Items {
    pub(super) const fn new(store: Store, expiry: Arc<Expiry>) -> Self {
        Self { store, expiry }
    }

    /// Takes a batch. One that writes has its place among all writes when this returns.
    pub(super) async fn accept(&self, operations: Vec<ItemOperation>) -> Answer {
        let operations: Result<Vec<Operation>, _> = operations.into_iter().map(in_store).collect();
        let operations = match operations {
            Ok(operations) => operations,
            Err(refusal) => return Box::pin(std::future::ready(Err(refusal))),
        };
        let ends = operations
            .iter()
            .any(|operation| matches!(operation, Operation::Put(new) if new.ttl_minutes.is_some()));
        let expiry = Arc::clone(&self.expiry);
        let performed = self
            .store
            .perform_items(operations, MOST_LISTED, WriteTime::OnItsTurn)
            .await;
        Box::pin(async move {
            let performed = performed.await.map_err(|error| store_failed(&error))?;
            if ends {
                expiry.changed();
            }
            Ok(CallbackReply::Items {
                results: performed.outcomes,
                more: performed.more,
            })
        })
    }
}

/// The operation in the store's own terms.
fn in_store(operation: ItemOperation) -> Result<Operation, CallbackError> {
    Ok(match operation {
        ItemOperation::Get {
            namespace,
            key,
            refresh_ttl,
        } => Operation::Get {
            namespace,
            key,
            refresh: refresh_ttl,
        },
        ItemOperation::Put { key, value, .. } if !value.get().starts_with('{') => {
            return Err(CallbackError::value(format!(
                "the value of the item {key:?} is no JSON object"
            )));
        }
        ItemOperation::Put {
            namespace,
            key,
            value,
            vectors,
            ttl,
        } => Operation::Put(NewItem {
            namespace,
            key,
            value,
            vectors: vectors.as_ref().map(unpack).transpose()?,
            ttl_minutes: ttl,
        }),
        ItemOperation::Delete { namespace, key } => Operation::Delete { namespace, key },
        ItemOperation::Search {
            namespace_prefix,
            filter,
            near,
            limit,
            offset,
            refresh_ttl,
        } => Operation::Search {
            search: SearchItems {
                prefix: namespace_prefix,
                filter: ItemFilter::parse(&filter)
                    .map_err(|error| CallbackError::value(error.to_string()))?,
                near: near.as_ref().map(unpack).transpose()?,
                limit,
                offset,
            },
            refresh: refresh_ttl,
        },
        ItemOperation::ListNamespaces(query) => Operation::ListNamespaces(query),
    })
}

fn unpack(packed: &PackedVectors) -> Result<Vectors, CallbackError> {
    Vectors::of_bytes(packed.dimensions, &packed.bytes).ok_or_else(|| {
        CallbackError::value(format!(
            "{} bytes are not vectors of {} numbers",
            packed.bytes.len(),
            packed.dimensions
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_an_item_is_an_object() -> Result<(), serde_json::Error> {
        let put = |value: &str| -> Result<_, serde_json::Error> {
            let json = format!(
                r#"{{"put":{{"namespace":[],"key":"k","value": {value},"vectors":null,"ttl":null}}}}"#
            );
            Ok(in_store(serde_json::from_str(&json)?))
        };
        assert!(put(r#"{"a":1}"#)?.is_ok());
        for other in ["null", "[{}]", r#""{}""#] {
            let refusal = put(other)?.err();
            assert_eq!(
                refusal.map(|error| error.kind).as_deref(),
                Some("ValueError")
            );
        }
        Ok(())
    }
}
