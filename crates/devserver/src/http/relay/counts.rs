//! What became of the requests that were passed on, and how many came from other instances.

use std::sync::atomic::{AtomicU64, Ordering};

/// What became of a request that was passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum RelayOutcome {
    /// The home has answered.
    Answered,
    /// The other instance was not the home any more.
    Moved,
    /// The home could not be reached.
    Unreached,
    /// It went away before its answer began.
    BrokenOff,
}

impl RelayOutcome {
    /// All of them, in the order of their numbers.
    pub(in crate::http) const ALL: [Self; 4] = [
        Self::Answered,
        Self::Moved,
        Self::Unreached,
        Self::BrokenOff,
    ];

    /// Its label.
    pub(in crate::http) const fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Moved => "moved",
            Self::Unreached => "unreached",
            Self::BrokenOff => "broken_off",
        }
    }
}

/// The counters.
#[derive(Debug, Default)]
pub(in crate::http) struct RelayCounts {
    passed_on: [AtomicU64; RelayOutcome::ALL.len()],
    received: AtomicU64,
}

impl RelayCounts {
    /// A request was passed on.
    pub(super) fn count(&self, outcome: RelayOutcome) {
        self.passed_on[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// One came from another instance.
    pub(super) fn received_one(&self) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }

    /// How many were passed on and ended so.
    pub(in crate::http) fn passed_on(&self, outcome: RelayOutcome) -> u64 {
        self.passed_on[outcome as usize].load(Ordering::Relaxed)
    }

    /// How many came from other instances.
    pub(in crate::http) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}
