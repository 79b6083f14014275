//! The users of runs that have not ended.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lgx_model::{RawJson, Run, RunId};
use serde_json::json;

use crate::caller::Caller;

/// Holds the users of runs that have not ended: handed to the worker, never written to disk.
#[derive(Debug, Default)]
pub(crate) struct RunUsers {
    users: Mutex<HashMap<RunId, RawJson>>,
}

impl RunUsers {
    /// Remembers who asked for a run.
    pub(super) fn remember(&self, run_id: RunId, caller: &Caller) {
        if let Some(user) = &caller.user {
            self.lock().insert(run_id, user.clone());
        }
    }

    /// The user of a run: as remembered, else what the stored run tells after a restart of the server.
    pub(super) fn of(&self, run: &Run) -> Option<RawJson> {
        if let Some(user) = self.lock().get(&run.run_id) {
            return Some(user.clone());
        }
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

    /// Forgets the user of a run that has ended.
    pub(crate) fn forget(&self, run_id: RunId) {
        self.lock().remove(&run_id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, RawJson>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
