//! Operations on items of long-term memory, and their results, as frame bodies: a description, and values and vectors beside it.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use lgx_model::item::Namespace;
use lgx_model::{FoundItem, Item, JsonObject, RawJson, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};

use crate::callback::CallbackError;
use crate::tuple::{SectionMismatch, Sections};
use crate::wire::json;

/// One operation on items.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemOperation {
    /// Answered by [`ItemResult::Item`].
    Get {
        /// Where it is.
        namespace: Namespace,
        /// Its name there.
        key: String,
        /// Whether it lives for its whole time again.
        refresh_ttl: bool,
    },
    /// Answered by [`ItemResult::Done`].
    Put {
        /// Where it goes.
        namespace: Namespace,
        /// Its name there.
        key: String,
        /// An object.
        value: RawJson,
        /// What it is found by.
        vectors: Option<PackedVectors>,
        /// How long it lives; none = for ever.
        ttl_minutes: Option<f64>,
    },
    /// Answered by [`ItemResult::Done`].
    Delete {
        /// Where it is.
        namespace: Namespace,
        /// Its name there.
        key: String,
    },
    /// Answered by [`ItemResult::Items`].
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
    /// Answered by [`ItemResult::Namespaces`].
    ListNamespaces {
        /// What they have to begin with; `*` is any label.
        prefixes: Vec<Namespace>,
        /// What they have to end with; `*` is any label.
        suffixes: Vec<Namespace>,
        /// So many labels of each.
        max_depth: Option<usize>,
        /// At most so many.
        limit: u64,
        /// After so many.
        offset: u64,
    },
}

/// Vectors of one width, one after the other, as little-endian 32-bit floats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedVectors {
    /// How wide each is.
    pub dimensions: u32,
    /// All of them.
    pub bytes: Bytes,
}

/// What came of an operation on items.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemResult {
    /// It is done.
    Done,
    /// The item, if it is there.
    Item(Option<Item>),
    /// What was found.
    Items(Vec<FoundItem>),
    /// The namespaces.
    Namespaces(Vec<Namespace>),
}

/// An operation's JSON. Values and vectors stand in sections, in the order of the operations.
#[derive(Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum OperationMeta {
    Get {
        namespace: Namespace,
        key: String,
        refresh_ttl: bool,
    },
    Put {
        namespace: Namespace,
        key: String,
        /// How many; none = it is not indexed.
        vectors: Option<usize>,
        #[serde(default, deserialize_with = "number")]
        ttl: Option<f64>,
    },
    Delete {
        namespace: Namespace,
        key: String,
    },
    Search {
        namespace_prefix: Namespace,
        filter: JsonObject,
        near: bool,
        limit: u64,
        offset: u64,
        refresh_ttl: bool,
    },
    ListNamespaces {
        prefixes: Vec<Namespace>,
        suffixes: Vec<Namespace>,
        max_depth: Option<usize>,
        limit: u64,
        offset: u64,
    },
}

/// A result's JSON.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResultMeta {
    Done,
    Item(Option<ItemMeta>),
    Items(Vec<ItemMeta>),
    Namespaces(Vec<Namespace>),
}

/// An item's JSON; its value stands in the section of values.
#[derive(Serialize, Deserialize)]
pub(crate) struct ItemMeta {
    namespace: Namespace,
    key: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(
        default,
        deserialize_with = "number",
        skip_serializing_if = "Option::is_none"
    )]
    score: Option<f64>,
}

/// A number with a fraction below an enum that is told by its fields or a tag: serde sets the fields aside first, and JSON's
/// numbers, which keep their text, come back from there only as themselves.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let number: Option<serde_json::Number> = Option::deserialize(deserializer)?;
    Ok(number.and_then(|number| number.as_f64()))
}

/// The values and vectors of a batch or of its results, put together or taken one after the other.
///
/// A frame cannot have a section for each of them: there may be more than it can count.
#[derive(Default)]
pub(crate) struct Contents {
    values: VecDeque<RawJson>,
    dimensions: u32,
    vectors: BytesMut,
}

impl Contents {
    /// Reads the sections: the values if there are any, then the vectors if they have a width.
    pub(crate) fn read(
        has_values: bool,
        dimensions: Option<u32>,
        sections: &mut Sections,
    ) -> Result<Self, CallbackError> {
        let mut contents = Self::default();
        if has_values {
            contents.values =
                serde_json::from_slice(&sections.bytes()?).map_err(CallbackError::protocol)?;
        }
        if let Some(dimensions) = dimensions {
            contents.dimensions = dimensions;
            contents.vectors = sections.bytes()?.into();
        }
        Ok(contents)
    }

    /// Checks that nothing is left.
    pub(crate) fn finish(self) -> Result<(), SectionMismatch> {
        if self.values.is_empty() && self.vectors.is_empty() {
            Ok(())
        } else {
            Err(SectionMismatch)
        }
    }

    /// The sections, and how wide the vectors are if there are any.
    pub(crate) fn write(self) -> (Option<u32>, Vec<Bytes>) {
        let mut sections = Vec::new();
        if !self.values.is_empty() {
            sections.push(json(&self.values));
        }
        let dimensions = (self.dimensions > 0).then_some(self.dimensions);
        if dimensions.is_some() {
            sections.push(self.vectors.freeze());
        }
        (dimensions, sections)
    }

    fn width(&self) -> usize {
        usize::try_from(self.dimensions)
            .unwrap_or(usize::MAX)
            .saturating_mul(4)
    }

    fn add_vectors(&mut self, vectors: &PackedVectors) -> usize {
        self.dimensions = vectors.dimensions;
        self.vectors.extend_from_slice(&vectors.bytes);
        vectors.bytes.len() / self.width().max(1)
    }

    fn take_value(&mut self) -> Result<RawJson, SectionMismatch> {
        self.values.pop_front().ok_or(SectionMismatch)
    }

    fn take_vectors(&mut self, count: usize) -> Result<PackedVectors, SectionMismatch> {
        let length = count.saturating_mul(self.width());
        if self.dimensions == 0 || length > self.vectors.len() {
            return Err(SectionMismatch);
        }
        Ok(PackedVectors {
            dimensions: self.dimensions,
            bytes: self.vectors.split_to(length).freeze(),
        })
    }
}

impl OperationMeta {
    /// Whether a value stands in the section of values.
    pub(crate) const fn has_value(&self) -> bool {
        matches!(self, Self::Put { .. })
    }

    /// Describes an operation.
    pub(crate) fn describe(operation: ItemOperation, contents: &mut Contents) -> Self {
        match operation {
            ItemOperation::Get {
                namespace,
                key,
                refresh_ttl,
            } => Self::Get {
                namespace,
                key,
                refresh_ttl,
            },
            ItemOperation::Put {
                namespace,
                key,
                value,
                vectors,
                ttl_minutes,
            } => {
                contents.values.push_back(value);
                Self::Put {
                    namespace,
                    key,
                    vectors: vectors.map(|vectors| contents.add_vectors(&vectors)),
                    ttl: ttl_minutes,
                }
            }
            ItemOperation::Delete { namespace, key } => Self::Delete { namespace, key },
            ItemOperation::Search {
                namespace_prefix,
                filter,
                near,
                limit,
                offset,
                refresh_ttl,
            } => Self::Search {
                namespace_prefix,
                filter,
                near: near.is_some_and(|near| contents.add_vectors(&near) == 1),
                limit,
                offset,
                refresh_ttl,
            },
            ItemOperation::ListNamespaces {
                prefixes,
                suffixes,
                max_depth,
                limit,
                offset,
            } => Self::ListNamespaces {
                prefixes,
                suffixes,
                max_depth,
                limit,
                offset,
            },
        }
    }

    /// The operation, with what the contents hold of it.
    pub(crate) fn restore(self, contents: &mut Contents) -> Result<ItemOperation, SectionMismatch> {
        Ok(match self {
            Self::Get {
                namespace,
                key,
                refresh_ttl,
            } => ItemOperation::Get {
                namespace,
                key,
                refresh_ttl,
            },
            Self::Put {
                namespace,
                key,
                vectors,
                ttl,
            } => ItemOperation::Put {
                namespace,
                key,
                value: contents.take_value()?,
                vectors: vectors
                    .map(|count| contents.take_vectors(count))
                    .transpose()?,
                ttl_minutes: ttl,
            },
            Self::Delete { namespace, key } => ItemOperation::Delete { namespace, key },
            Self::Search {
                namespace_prefix,
                filter,
                near,
                limit,
                offset,
                refresh_ttl,
            } => ItemOperation::Search {
                namespace_prefix,
                filter,
                near: near.then(|| contents.take_vectors(1)).transpose()?,
                limit,
                offset,
                refresh_ttl,
            },
            Self::ListNamespaces {
                prefixes,
                suffixes,
                max_depth,
                limit,
                offset,
            } => ItemOperation::ListNamespaces {
                prefixes,
                suffixes,
                max_depth,
                limit,
                offset,
            },
        })
    }
}

impl ItemMeta {
    fn describe(item: &Item, score: Option<f64>, contents: &mut Contents) -> Self {
        contents.values.push_back(item.value.clone());
        Self {
            namespace: item.namespace.clone(),
            key: item.key.clone(),
            created_at: item.created_at,
            updated_at: item.updated_at,
            score,
        }
    }

    fn restore(self, contents: &mut Contents) -> Result<FoundItem, SectionMismatch> {
        let item = Item {
            namespace: self.namespace,
            key: self.key,
            value: contents.take_value()?,
            created_at: self.created_at,
            updated_at: self.updated_at,
        };
        let score = self.score;
        Ok(FoundItem { item, score })
    }
}

impl ResultMeta {
    /// Whether a value stands in the section of values.
    pub(crate) fn has_value(&self) -> bool {
        match self {
            Self::Item(item) => item.is_some(),
            Self::Items(items) => !items.is_empty(),
            Self::Done | Self::Namespaces(_) => false,
        }
    }

    /// Describes a result.
    pub(crate) fn describe(result: &ItemResult, contents: &mut Contents) -> Self {
        match result {
            ItemResult::Done => Self::Done,
            ItemResult::Item(item) => Self::Item(
                item.as_ref()
                    .map(|item| ItemMeta::describe(item, None, contents)),
            ),
            ItemResult::Items(items) => Self::Items(
                items
                    .iter()
                    .map(|found| ItemMeta::describe(&found.item, found.score, contents))
                    .collect(),
            ),
            ItemResult::Namespaces(namespaces) => Self::Namespaces(namespaces.clone()),
        }
    }

    /// The result, with what the contents hold of it.
    pub(crate) fn restore(self, contents: &mut Contents) -> Result<ItemResult, SectionMismatch> {
        Ok(match self {
            Self::Done => ItemResult::Done,
            Self::Item(item) => {
                let item = item.map(|item| item.restore(contents)).transpose()?;
                ItemResult::Item(item.map(|found| found.item))
            }
            Self::Items(items) => ItemResult::Items(
                items
                    .into_iter()
                    .map(|item| item.restore(contents))
                    .collect::<Result<_, _>>()?,
            ),
            Self::Namespaces(namespaces) => ItemResult::Namespaces(namespaces),
        })
    }
}
