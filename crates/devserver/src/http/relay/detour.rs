//! The detour of a request that turns out to be about a thread which is at home elsewhere.

use std::sync::{Arc, OnceLock};

use lgx_model::ThreadId;
use lgx_store::instances::Home;

use super::{OtherHome, home_is_away};
use crate::http::{ApiError, Call};

/// In the extensions of a request that may be passed on yet: where to, once its handler has found out. What the handler answers then is
/// dropped.
#[derive(Clone, Default)]
pub(in crate::http) struct Detour(Arc<OnceLock<OtherHome>>);

impl Detour {
    /// Where the request has to go, if it has to.
    pub(super) fn taken(&self) -> Option<OtherHome> {
        self.0.get().cloned()
    }
}

impl Call {
    /// Has this instance be the home of a thread that has none, for something that is live there.
    ///
    /// # Errors
    /// When another one is: the request is passed on.
    pub(in crate::http) async fn take_home(&self, thread_id: ThreadId) -> Result<(), ApiError> {
        if self.app.relay.is_none() {
            return Ok(());
        }
        match self.store().take_home(thread_id).await? {
            Home::Here | Home::Nobody => Ok(()),
            elsewhere @ Home::At { .. } => Err(self.elsewhere(elsewhere)),
        }
    }

    /// The refusal of what another instance has to do, which passes the request on.
    pub(in crate::http) fn elsewhere(&self, home: Home) -> ApiError {
        let Home::At { instance, url } = home else {
            return home_is_away("the thread is at home nowhere");
        };
        if let Some(Detour(place)) = &self.detour {
            // The first answer counts; there is no second one.
            let _ = place.set(OtherHome { instance, url });
        }
        home_is_away(&format!("the thread is at home at {instance}"))
    }
}
