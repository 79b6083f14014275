//! `GET /lgx/store/life`: how long an item lives, which the API does not tell.

use axum::response::Response;
use lgx_model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::http::{ApiError, Call, items, reply};

/// How long an item lives.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ItemLifeView {
    /// Minutes from its last writing, or reading where that counts; null for ever.
    ttl_minutes: Option<f64>,
    /// When it ends; null for never.
    expires_at: Option<Timestamp>,
}

/// `GET /lgx/store/life`: who may get the item may know; it does not live longer for that. As `GET /store/items`, null where there is none.
pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let (namespace, key) = items::readable(&call, false).await?;
    let life = call
        .store()
        .item_life(namespace, key, Timestamp::now())
        .await?;
    Ok(reply::json(&life.map(|life| ItemLifeView {
        ttl_minutes: life.ttl_minutes,
        expires_at: life.expires_at,
    })))
}
