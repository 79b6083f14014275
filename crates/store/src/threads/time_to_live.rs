//! How a thread's time to live is kept.

use lgx_model::{PruneStrategy, TimeToLive};

use crate::{Result, StoreError};

/// The shortest and the longest time to live, in minutes: a moment, so that looking at it again and again takes time, and
/// about two thousand years, so that no sum overflows.
const SHORTEST: f64 = 0.001;
const LONGEST: f64 = 1e9;

/// The minutes that are kept of a time to live.
pub(crate) fn minutes(ttl: TimeToLive) -> f64 {
    ttl.minutes.clamp(SHORTEST, LONGEST)
}

/// What becomes of a thread then, as it is kept.
pub(crate) fn strategy(word: &str) -> Result<PruneStrategy> {
    PruneStrategy::from_word(word).ok_or_else(|| StoreError::Value {
        what: "prune strategy",
        text: word.to_owned(),
    })
}
