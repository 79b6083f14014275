//! How much the server says, while somebody may change it with a key.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use clap::ValueEnum as _;

use crate::args::code::LogLevel;

/// The level from which on things are shown; copies are the same.
#[derive(Debug, Clone)]
pub(super) struct ShownLevel(Arc<AtomicU8>);

impl ShownLevel {
    /// This one at first.
    pub(super) fn new(level: LogLevel) -> Self {
        Self(Arc::new(AtomicU8::new(level as u8)))
    }

    /// The level now.
    pub(super) fn get(&self) -> LogLevel {
        let number = self.0.load(Ordering::Relaxed);
        let mut levels = LogLevel::value_variants().iter().copied();
        levels
            .find(|level| *level as u8 == number)
            .unwrap_or(LogLevel::Info)
    }

    /// Goes on to the next one, and from the last to the first.
    pub(super) fn next(&self) -> LogLevel {
        let levels = LogLevel::value_variants();
        let now = self.get();
        let at = levels.iter().position(|level| *level == now);
        let next = levels[at.map_or(0, |at| (at + 1) % levels.len())];
        self.0.store(next as u8, Ordering::Relaxed);
        next
    }
}

/// What is shown at a level.
pub(super) const fn told(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "error: only what failed, and what the code prints",
        LogLevel::Warning => "warning: also what may be a mistake",
        LogLevel::Info => "info: also runs, reloads and what the code logs",
        LogLevel::Debug => "debug: also every request",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_levels_go_round_and_all_who_have_it_see_the_same() {
        let level = ShownLevel::new(LogLevel::Info);
        let same = level.clone();
        assert_eq!(level.next(), LogLevel::Debug);
        assert_eq!(same.get(), LogLevel::Debug);
        assert_eq!(same.next(), LogLevel::Error);
        assert_eq!(level.next(), LogLevel::Warning);
        assert_eq!(level.next(), LogLevel::Info);
    }
}
