//! `GET /lgx/threads/{thread_id}/auth`: what the project's auth says of who asks, and what it lets them see of a thread.

use axum::response::Response;
use lgx_model::{JsonObject, RawJson};
use lgx_store::Scope;
use schemars::JsonSchema;
use serde::Serialize;

use super::visible_threads::grant;
use crate::http::{ApiError, Call, reply, studio};

/// What the handlers answered. The user object is not in it: it may hold what nobody is to see, such as tokens.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AuthLens {
    /// Whether the project has auth; without it everybody may do everything.
    configured: bool,
    /// Whether it is the developer, who is let in without the authenticate handler.
    is_studio: bool,
    /// The user's identity.
    identity: Option<String>,
    /// The user's permissions.
    permissions: Vec<String>,
    /// What else the user object has, by name.
    fields: Vec<String>,
    /// The filter of the handler for `threads.read`; null where it lets the user see every thread.
    filter: Option<RawJson>,
    /// Whether there is such a thread that passes the filter.
    visible: bool,
}

/// `GET /lgx/threads/{thread_id}/auth`; where the handler refuses, this is refused with its words.
pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let id = call.checked(call.thread_id()).await?;
    let grant = grant(&call, id).await?;
    let auth = call.app.engine.workers.config().auth.clone();
    let open_to_studio = auth.as_ref().is_some_and(|auth| !auth.disable_studio_auth);
    let user: JsonObject = grant
        .caller
        .user
        .as_ref()
        .and_then(|user| user.parse().ok())
        .unwrap_or_default();
    let told = ["identity", "permissions"];
    let visible = call.store().thread_exists(id, &grant.scope).await?;
    Ok(reply::json(&AuthLens {
        configured: auth.is_some(),
        is_studio: open_to_studio && studio::is_studio(&call),
        identity: Some(grant.caller.identity).filter(|identity| !identity.is_empty()),
        permissions: grant.caller.permissions,
        fields: user
            .keys()
            .filter(|name| !told.contains(&name.as_str()))
            .cloned()
            .collect(),
        filter: filter(&grant.scope)?,
        visible,
    }))
}

fn filter(scope: &Scope) -> Result<Option<RawJson>, ApiError> {
    let text = scope.text().map(|text| RawJson::from_text(text.to_owned()));
    text.transpose()
        .map_err(|error| ApiError::internal(format!("the filter is no JSON: {error}")))
}
