//! Vectors for items and queries that come over HTTP, made by the embeddings of the project.

use lgx_engine::workers::Part;
use lgx_model::{JsonObject, RawJson};
use lgx_store::items::Vectors;
use lgx_worker::{EmbedItem, EmbedReply, EmbedRequest, Method};

use crate::http::{ApiError, Call};

/// What an item is found by: the texts in `fields`, else in those that langgraph.json names. None without `store.index`.
pub(super) async fn item(
    call: &Call,
    value: &JsonObject,
    fields: Option<Vec<String>>,
) -> Result<Option<Vectors>, ApiError> {
    let request = EmbedRequest {
        items: vec![EmbedItem {
            value: RawJson::of(value),
            fields,
        }],
        queries: Vec::new(),
    };
    embed(call, &request).await
}

/// What items should be near to. None without `store.index`.
pub(super) async fn query(call: &Call, query: &str) -> Result<Option<Vectors>, ApiError> {
    let request = EmbedRequest {
        items: Vec::new(),
        queries: vec![query.to_owned()],
    };
    embed(call, &request).await
}

/// The vectors of the one thing that `request` names.
async fn embed(call: &Call, request: &EmbedRequest) -> Result<Option<Vectors>, ApiError> {
    if call.app.engine.workers.config().store.index.is_none() {
        return Ok(None);
    }
    let lease = call.app.engine.workers.serving().await?;
    // The generation that answers decides, also when it came up after the line above was read.
    if lease.config().store.index.is_none() {
        return Ok(None);
    }
    let answer = lease
        .call(Part::Embeddings, Method::StoreEmbed, request)
        .await?;
    let broken = |what: &str| ApiError::internal(format!("the worker's vectors: {what}"));
    let reply: EmbedReply =
        serde_json::from_slice(&answer.meta).map_err(|error| broken(&error.to_string()))?;
    let bytes = crate::http::section(answer)?;
    Vectors::of_bytes(reply.dimensions, &bytes)
        .map(Some)
        .ok_or_else(|| broken("they are not of the width they say"))
}
