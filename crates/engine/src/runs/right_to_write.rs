//! The right of a run to write, which goes with what it wrote, and comes back if that could not be deleted.
//!
//! A deletion takes the right within its transaction, so that no late write brings back what is gone. Whether the transaction can be
//! committed is known only afterwards. If it cannot, the run goes on as if nothing had happened, unless something that it wrote was turned
//! away meanwhile: what it would write from then on would stand on that. Should the commit have succeeded and only the answer be lost, a
//! right that was given back does no harm, as each write names a claim that went with the run's row.

use std::sync::atomic::{AtomicU8, Ordering};

/// It may write.
const HELD: u8 = 0;
/// A deletion that is not committed yet has taken the right.
const SUSPENDED: u8 = 1;
/// The same, and something was turned away since.
const TURNED_AWAY: u8 = 2;
/// It may not write any more.
const GONE: u8 = 3;

/// Whether a run may write.
#[derive(Default)]
pub(super) struct RightToWrite(AtomicU8);

/// What became of a right when a deletion had failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum GivenBack {
    /// Nothing was missed: the run goes on.
    Whole,
    /// Something that the run wrote is missing.
    TooLate,
    /// Others have taken it for good.
    Gone,
}

impl RightToWrite {
    /// Whether something may be written now. Remembers what it turned away while that was undecided.
    pub(super) fn admits(&self) -> bool {
        let turn_away = |present| (present == SUSPENDED).then_some(TURNED_AWAY);
        let before = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, turn_away);
        before.unwrap_or_else(|present| present) == HELD
    }

    /// A deletion takes it, until it is known whether that could be committed.
    pub(super) fn suspend(&self) {
        let suspend = |present| (present == HELD).then_some(SUSPENDED);
        // Where it is taken already there is nothing to take.
        let _ = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, suspend);
    }

    /// Takes it for good.
    pub(super) fn take(&self) {
        self.0.store(GONE, Ordering::Release);
    }

    /// The deletion failed.
    pub(super) fn give_back(&self) -> GivenBack {
        let give_back = |present| match present {
            SUSPENDED => Some(HELD),
            TURNED_AWAY => Some(GONE),
            _ => None,
        };
        let before = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, give_back);
        match before {
            Ok(SUSPENDED) | Err(HELD) => GivenBack::Whole,
            Ok(_) => GivenBack::TooLate,
            Err(_) => GivenBack::Gone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_that_fails_gives_the_right_back() {
        let right = RightToWrite::default();
        assert!(right.admits());
        right.suspend();
        assert_eq!(right.give_back(), GivenBack::Whole);
        assert!(right.admits());
    }

    #[test]
    fn what_was_turned_away_meanwhile_cannot_be_made_good() {
        let right = RightToWrite::default();
        right.suspend();
        assert!(!right.admits());
        assert_eq!(right.give_back(), GivenBack::TooLate);
        assert!(!right.admits());
    }

    #[test]
    fn what_is_taken_for_good_does_not_come_back() {
        let right = RightToWrite::default();
        right.suspend();
        right.take();
        assert_eq!(right.give_back(), GivenBack::Gone);
        assert!(!right.admits());
    }
}
