//! The call `store.embed`: vectors of items and queries that did not come from a graph.

use lgx_model::RawJson;
use serde::{Deserialize, Serialize};

/// What vectors are to be made of.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct EmbedRequest {
    /// Items, as they are put.
    pub items: Vec<EmbedItem>,
    /// What is searched for.
    pub queries: Vec<String>,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmbedItem {
    /// Its value.
    pub value: RawJson,
    /// Paths of its texts, instead of the configured ones.
    pub fields: Option<Vec<String>>,
}

/// Describes the sections of the answer: the vectors of each item, then the vector of each query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct EmbedReply {
    /// How wide the vectors are.
    pub dimensions: u32,
}
