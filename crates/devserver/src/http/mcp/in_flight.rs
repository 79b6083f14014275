//! Calls of tools that are under way, for the clients that change their minds.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lgx_model::RawJson;
use tokio::sync::watch;

/// All calls that are under way and can be cancelled.
#[derive(Default)]
pub(crate) struct ToolCalls(Mutex<Vec<Arc<ToolCall>>>);

/// One call.
struct ToolCall {
    session: String,
    /// The client's id for the request.
    request_id: RawJson,
    /// The identities of those who cancel it. Who made it is known only later, and the others do not count.
    cancelled_by: watch::Sender<Vec<String>>,
}

impl ToolCalls {
    /// Takes note of a call, until what is returned is dropped. A call without a session can only be left.
    pub(super) fn enter(self: &Arc<Self>, session: Option<&str>, request_id: &RawJson) -> UnderWay {
        let call = session.map(|session| {
            let call = Arc::new(ToolCall {
                session: session.to_owned(),
                request_id: request_id.clone(),
                cancelled_by: watch::Sender::default(),
            });
            self.lock().push(Arc::clone(&call));
            call
        });
        UnderWay {
            calls: Arc::clone(self),
            call,
        }
    }

    /// Cancels the call of this id in this session, if there is one.
    pub(super) fn cancel(&self, session: &str, request_id: &RawJson, identity: &str) {
        let calls = self.lock();
        let meant = calls
            .iter()
            .filter(|call| call.session == session && call.request_id == *request_id);
        for call in meant {
            call.cancelled_by.send_if_modified(|by| {
                let first = !by.iter().any(|known| known == identity);
                if first {
                    by.push(identity.to_owned());
                }
                first
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<ToolCall>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that is under way.
pub(super) struct UnderWay {
    calls: Arc<ToolCalls>,
    call: Option<Arc<ToolCall>>,
}

impl UnderWay {
    /// Waits until this user cancels it.
    pub(super) async fn cancelled_by(&self, identity: &str) {
        let Some(call) = &self.call else {
            return std::future::pending().await;
        };
        let mut cancelled = call.cancelled_by.subscribe();
        let by = cancelled.wait_for(|by| by.iter().any(|one| one == identity));
        // The sender is in `call`, so this cannot fail.
        let _ = by.await;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(call) = &self.call {
            self.calls.lock().retain(|other| !Arc::ptr_eq(other, call));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn id(text: &str) -> RawJson {
        RawJson::from_text(text.into()).unwrap()
    }

    fn is_cancelled(call: &UnderWay, by: &str) -> bool {
        call.cancelled_by(by).now_or_never().is_some()
    }

    #[test]
    fn a_call_is_cancelled_in_its_session_under_its_id_by_who_made_it() {
        let calls = Arc::new(ToolCalls::default());
        let call = calls.enter(Some("s"), &id("1"));
        for (session, request_id, by) in [
            ("other", "1", "ann"),
            ("s", "2", "ann"),
            ("s", "\"1\"", "ann"),
            ("s", "1", "bob"),
        ] {
            calls.cancel(session, &id(request_id), by);
            assert!(!is_cancelled(&call, "ann"), "{session} {request_id} {by}");
        }
        calls.cancel("s", &id("1"), "ann");
        assert!(is_cancelled(&call, "ann"));
    }

    #[test]
    fn what_is_over_is_forgotten_and_what_has_no_session_cannot_be_named() {
        let calls = Arc::new(ToolCalls::default());
        let (first, second) = (
            calls.enter(Some("s"), &id("1")),
            calls.enter(Some("s"), &id("1")),
        );
        let nameless = calls.enter(None, &id("1"));
        drop(first);
        calls.cancel("s", &id("1"), "");
        assert!(is_cancelled(&second, "") && !is_cancelled(&nameless, ""));
        drop(second);
        assert!(calls.lock().is_empty());
    }
}
