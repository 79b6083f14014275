//! What a person hears of saves: one save is told once, however many writes an editor and a formatter make of it; pure.
//!
//! The first write brings up new code at once, because waiting for a second one would slow down every save. If a second write of
//! the same files follows shortly, its code replaces that of the first, and only the second's outcome is told: that of the first
//! is held back until it is known that no other write follows.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use crate::notice::Notice;

/// Writes of the same files within this time are one save: a formatter that runs on save, an editor that truncates and then writes.
const ONE_SAVE: Duration = Duration::from_millis(75);

/// The last save, and what there is still to be told of it.
#[derive(Debug, Default)]
pub(super) struct SaveNews {
    files: BTreeSet<PathBuf>,
    /// When it was noticed.
    at: Option<Instant>,
    held: Option<Notice>,
}

impl SaveNews {
    /// Files were written. True if that is a save of its own, which is to be told; else it belongs to the last one.
    pub(super) fn wrote(&mut self, files: &[PathBuf], now: Instant) -> bool {
        // What came of the code before is of no interest any more.
        self.held = None;
        let follows = self.at.is_some_and(|at| now < at + ONE_SAVE)
            && !files.is_empty()
            && files.iter().all(|file| self.files.contains(file));
        if !follows {
            self.files = files.iter().cloned().collect();
            self.at = Some(now);
        }
        !follows
    }

    /// What came of the save. Given back if it is to be told now.
    pub(super) fn came_of_it(&mut self, outcome: Notice, now: Instant) -> Option<Notice> {
        if self.until().is_none_or(|until| now >= until) {
            return Some(outcome);
        }
        self.held = Some(outcome);
        None
    }

    /// When to tell what is held back.
    pub(super) fn due(&self) -> Option<Instant> {
        self.held.as_ref().and_then(|_| self.until())
    }

    /// What is held back, if anything.
    pub(super) fn take(&mut self) -> Option<Notice> {
        self.held.take()
    }

    fn until(&self) -> Option<Instant> {
        self.at.map(|at| at + ONE_SAVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(PathBuf::from).collect()
    }

    fn reloaded() -> Notice {
        Notice::Reloaded {
            timeline: crate::workers::Timeline::default(),
            generation: 2,
            old_runs: Vec::new(),
        }
    }

    #[test]
    fn a_second_write_shortly_after_the_first_belongs_to_the_same_save() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut news = SaveNews::default();
        assert!(news.wrote(&files(&["a.py", "b.py"]), at(0)));
        assert!(!news.wrote(&files(&["b.py"]), at(50)));
        assert!(
            news.wrote(&files(&["b.py"]), at(80)),
            "measured from the first write, or it might never end"
        );
        assert!(news.wrote(&files(&["c.py"]), at(90)), "another file");
        assert!(news.wrote(&[], at(91)), "a person asked");
        assert!(news.wrote(&[], at(92)));
    }

    #[test]
    fn what_came_of_the_first_write_is_not_told_if_a_second_one_follows() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut news = SaveNews::default();
        news.wrote(&files(&["a.py"]), at(0));
        assert!(news.came_of_it(reloaded(), at(20)).is_none());
        assert_eq!(news.due(), Some(at(75)));
        news.wrote(&files(&["a.py"]), at(50));
        assert_eq!(news.due(), None);
        assert!(news.came_of_it(reloaded(), at(70)).is_none());
        assert!(news.take().is_some());
        assert!(news.take().is_none());
        assert!(
            news.came_of_it(reloaded(), at(75)).is_some(),
            "an import that takes longer is told at once"
        );
    }
}
