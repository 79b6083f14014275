//! What is cleared when whole nouns are.

use lgx_model::item::Namespace;

use crate::Scope;

/// What to clear of the threads that the caller may delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfThreads {
    /// All of them, with everything that belongs to them.
    All,
    /// Some of what belongs to them. Runs that have not ended go in any case.
    Only {
        /// Their runs.
        runs: bool,
        /// Their checkpoints, and so their values.
        checkpoints: bool,
    },
}

impl OfThreads {
    /// Whether no run is left, and so nothing to report of one.
    pub(crate) const fn takes_runs(self) -> bool {
        matches!(self, Self::All | Self::Only { runs: true, .. })
    }
}

/// What to clear, and which of it the caller may delete.
#[derive(Debug, Clone, Default)]
pub struct Truncation {
    /// Threads, or what belongs to them.
    pub threads: Option<(OfThreads, Scope)>,
    /// Assistants with their versions and crons. Default ones are back at once as their graphs have them.
    pub assistants: Option<Scope>,
    /// The items of a namespace and of those below it.
    pub items: Option<Namespace>,
}
