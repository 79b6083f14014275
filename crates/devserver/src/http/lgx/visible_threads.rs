//! Which threads the one at the other end of a connection may see, found out once each.

use std::collections::HashMap;

use lgx_engine::announcements::server_event::{ServerEvent, ThreadChange};
use lgx_model::ThreadId;
use lgx_store::Scope;
use serde_json::json;

use crate::auth::{Grant, access};
use crate::http::{ApiError, Call, studio};

/// Of how many threads it is known at most.
const MOST_KNOWN: usize = 10_000;

/// What is known so far.
#[derive(Default)]
pub(super) struct VisibleThreads {
    known: HashMap<ThreadId, bool>,
}

impl VisibleThreads {
    /// Whether the caller is to hear of an event. Where there is no auth, of every one.
    pub(super) async fn hears_of(&mut self, call: &Call, event: &ServerEvent) -> bool {
        let Some(thread_id) = event.thread_id() else {
            return true;
        };
        let hears = self.sees(call, thread_id).await;
        if let ServerEvent::Thread {
            change: ThreadChange::Deleted,
            ..
        } = event
        {
            // Whoever makes a thread of the same id may be somebody else.
            self.known.remove(&thread_id);
        }
        hears
    }

    /// Whether the caller may see a thread.
    pub(super) async fn sees(&mut self, call: &Call, thread_id: ThreadId) -> bool {
        if call.app.engine.workers.config().auth.is_none() {
            return true;
        }
        if let Some(known) = self.known.get(&thread_id) {
            return *known;
        }
        let Some(sees) = may_see(call, thread_id).await else {
            return false;
        };
        if self.known.len() >= MOST_KNOWN {
            self.known.clear();
        }
        self.known.insert(thread_id, sees);
        sees
    }
}

/// Asks the handlers; none where that cannot be told now.
async fn may_see(call: &Call, thread_id: ThreadId) -> Option<bool> {
    match scope(call, thread_id).await {
        Ok(scope) if !scope.may_hide() => Some(true),
        Ok(scope) => call.store().thread_exists(thread_id, &scope).await.ok(),
        Err(refusal) => refusal.status.is_client_error().then_some(false),
    }
}

/// What the caller may see of the threads, asked about this one.
pub(super) async fn scope(call: &Call, thread_id: ThreadId) -> Result<Scope, ApiError> {
    Ok(grant(call, thread_id).await?.scope)
}

/// What the handler for `threads.read` says of this one.
pub(super) async fn grant(call: &Call, thread_id: ThreadId) -> Result<Grant, ApiError> {
    let value = |id: &ThreadId| json!({"thread_id": id});
    let asked = call.authorize(Ok(thread_id), access("threads", "read"), value);
    Ok(asked.await?.1)
}

/// Whether the caller may see what belongs to no thread in particular, such as what code prints while it is loaded: the developer, who is
/// at this machine. Users of the project may not.
pub(super) fn sees_project(call: &Call) -> bool {
    let config = call.app.engine.workers.config();
    let Some(auth) = &config.auth else {
        return true;
    };
    !auth.disable_studio_auth && studio::is_studio(call)
}
