//! The thread that a request is about, found for its caller.

use lgx_model::{Thread, ThreadId};
use serde_json::{Value, json};

use super::{ApiError, Call};
use crate::auth::{Grant, access};

/// The thread the path names, if the caller may do `action` to it.
pub(super) async fn find_thread(
    call: &Call,
    action: &'static str,
    mut value: Value,
) -> Result<(Thread, Grant), ApiError> {
    let (id, grant) = call
        .authorize(call.thread_id(), access("threads", action), |id| {
            value["thread_id"] = json!(id);
            value
        })
        .await?;
    let thread = call.store().get_thread(id, &grant.scope).await?;
    Ok((thread.ok_or_else(|| no_thread(id))?, grant))
}

/// 404 for a thread that is not there or that the caller may not see.
pub(super) fn no_thread(id: ThreadId) -> ApiError {
    ApiError::not_found(format!("Thread with ID {id} not found"))
}
