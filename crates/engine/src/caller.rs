//! On whose behalf something is done: the caller of a request, and the run whose graph makes one.

use lgx_model::{RawJson, RunId};

/// Who is calling.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The user object the authenticate handler returned; none without auth. Never stored, never answered.
    pub user: Option<RawJson>,
    /// The user's identity, empty without auth.
    pub identity: String,
    /// The user's permissions.
    pub permissions: Vec<String>,
}

/// What a request says about the run on whose behalf it is made; nothing of it has been believed yet. Not to be shown: it holds a secret.
#[derive(Clone)]
pub struct RunPass {
    /// The run.
    pub run_id: RunId,
    /// What the worker of the run is to know.
    pub secret: String,
}
