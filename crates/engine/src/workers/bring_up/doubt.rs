//! Whether what one worker has loaded, or failed to, is to be believed: it may be because of modules that it had imported ahead.

use lgx_worker::{CallError, LoadError, Loaded};

use super::error::NotLoaded;

/// Why a project may have been loaded otherwise than it would be in a worker that had imported nothing ahead.
#[derive(Debug)]
pub(super) enum Doubt {
    /// Something failed outside of the project's own lines.
    Failure,
    /// The worker was killed, which the reason for is elsewhere.
    Kill,
    /// The worker ended.
    Death(String),
    /// Variables that the project sets after they have been read.
    Variables(Vec<String>),
}

impl Doubt {
    /// What there is to doubt, if anything.
    pub(super) fn about(loaded: &Result<Loaded, NotLoaded>) -> Option<Self> {
        let error = match loaded {
            Ok(loaded) if !loaded.set_too_late.is_empty() => {
                return Some(Self::Variables(loaded.set_too_late.clone()));
            }
            Ok(loaded) => return loaded.failed_elsewhere.then_some(Self::Failure),
            // It would hang as long again.
            Err(NotLoaded::Hangs(_)) => return None,
            Err(NotLoaded::Failed(error)) => error,
        };
        match error {
            // No import changes how a file is read.
            LoadError::Auth(diagnostic)
            | LoadError::StoreIndex(diagnostic)
            | LoadError::App(diagnostic) => {
                (diagnostic.kind != "SyntaxError").then_some(Self::Failure)
            }
            LoadError::Call(CallError::Died(death)) if death.is_kill() => Some(Self::Kill),
            LoadError::Call(CallError::Died(death)) => Some(Self::Death(death.how.clone())),
            LoadError::Call(_) => Some(Self::Failure),
        }
    }
}
