//! The versions of an assistant: which there are, and going back to one.

use axum::response::Response;
use lgx_model::JsonObject;
use lgx_model::forms::{IntegralFloat, given};
use lgx_store::WriteTime;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::changes::missing;
use crate::auth::access;
use crate::http::body::{Limit, Offset, page};
use crate::http::{ApiError, Call, reply};

/// The body of `POST /assistants/{assistant_id}/versions`.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Deserialize, JsonSchema)]
pub(in crate::http) struct VersionSearch {
    /// Contained in the version's metadata.
    metadata: Option<JsonObject>,
    /// How many at most; 10 when absent.
    limit: Option<Limit>,
    /// How many to pass over.
    offset: Option<Offset>,
}

/// `POST /assistants/{assistant_id}/versions`
pub(in crate::http) async fn versions(call: Call) -> Result<Response, ApiError> {
    let read = call
        .assistant_id()
        .and_then(|id| Ok((id, call.json::<VersionSearch>()?)));
    let ((id, body), grant) = call
        .authorize(
            read,
            access("assistants", "read"),
            |(id, _)| json!({"assistant_id": id}),
        )
        .await?;
    let page = page(body.limit, body.offset);
    let metadata = body.metadata.unwrap_or_default();
    let versions = call
        .store()
        .list_assistant_versions(id, metadata, page, &grant.scope)
        .await?;
    Ok(reply::json(&versions.ok_or_else(|| missing(id))?))
}

/// The body of `POST /assistants/{assistant_id}/latest`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in crate::http) struct LatestVersion {
    /// The number of the version.
    #[serde(default, deserialize_with = "given")]
    version: Option<IntegralFloat>,
}

/// `POST /assistants/{assistant_id}/latest`
pub(in crate::http) async fn latest(call: Call) -> Result<Response, ApiError> {
    let read = call.assistant_id().and_then(|id| {
        Ok((
            id,
            call.json::<LatestVersion>()?
                .version
                .map(|version| version.0),
        ))
    });
    let ((id, version), grant) = call
        .authorize(
            read,
            access("assistants", "update"),
            |(id, version)| json!({"assistant_id": id, "version": version}),
        )
        .await?;
    let Some(version) = version else {
        return Err(ApiError::not_found(
            "Version not found: `version` says which one",
        ));
    };
    let restored = call
        .store()
        .restore_assistant_version(id, version, &grant.scope, WriteTime::OnItsTurn)
        .await?;
    let restored = restored.ok_or_else(|| {
        ApiError::not_found(format!("Version {version} not found for assistant {id}"))
    })?;
    Ok(reply::json(&restored))
}
