//! The users of runs that have not ended.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lgx_model::{RawJson, Run, RunId};
use lgx_store::Store;
use serde_json::json;

use super::sealed::Seal;
use crate::caller::Caller;
use crate::sharing::SharedSecret;

/// Holds the users of runs that have not ended: handed to the worker, and written down for other instances only, sealed.
pub(crate) struct RunUsers {
    users: Mutex<HashMap<RunId, RawJson>>,
    store: Store,
    /// None where nobody else could take a run up.
    seal: Option<Seal>,
}

impl RunUsers {
    pub(super) fn new(store: Store, secret: Option<SharedSecret>) -> Self {
        Self {
            users: Mutex::default(),
            store,
            seal: secret.map(Seal::of),
        }
    }

    /// Remembers who asked for a run. Gives what is to be stored with it for whoever takes it up.
    pub(super) fn remember(&self, run_id: RunId, caller: &Caller) -> Option<Vec<u8>> {
        let user = caller.user.as_ref()?;
        self.lock().insert(run_id, user.clone());
        self.seal.as_ref()?.seal(run_id, user)
    }

    /// The user of a run: as remembered here, or as another instance or an earlier start has stored it; else what the stored run tells.
    pub(super) async fn of(&self, run: &Run) -> Option<RawJson> {
        if let Some(user) = self.remembered(run.run_id) {
            return Some(user);
        }
        match self.unsealed(run.run_id).await {
            Some(user) => {
                self.lock().insert(run.run_id, user.clone());
                Some(user)
            }
            None => told_by(run),
        }
    }

    fn remembered(&self, run_id: RunId) -> Option<RawJson> {
        self.lock().get(&run_id).cloned()
    }

    async fn unsealed(&self, run_id: RunId) -> Option<RawJson> {
        let seal = self.seal.as_ref()?;
        let sealed = self.store.get_sealed_user(run_id).await;
        let sealed = sealed.inspect_err(|error| {
            tracing::warn!(%run_id, "the user of a run cannot be read; it goes on with what is known of the user: {error}");
        });
        let user = seal.open(run_id, &sealed.ok()??);
        if user.is_none() {
            tracing::warn!(%run_id, "the user of a run was sealed with another LGX_SECRET; it goes on with what is known of the user");
        }
        user
    }

    /// Forgets the user of a run that has ended, or that another instance executes.
    pub(crate) fn forget(&self, run_id: RunId) {
        self.lock().remove(&run_id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, RawJson>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The user that the stored run tells of: identity and permissions alone.
fn told_by(run: &Run) -> Option<RawJson> {
    let configurable = run.kwargs.config.get("configurable")?;
    let identity = configurable
        .get("langgraph_auth_user_id")?
        .as_str()
        .filter(|identity| !identity.is_empty())?;
    Some(RawJson::of(&json!({
        "identity": identity,
        "display_name": identity,
        "is_authenticated": true,
        "permissions": configurable.get("langgraph_auth_permissions"),
    })))
}
