//! When a worker that ended is replaced: at once the first time, later with growing pauses; pure.
//!
//! Workers that end of themselves as soon as they start would do so again, so after a few of these nothing is tried before something
//! changes. One that somebody killed, a person or the system when memory runs out, says nothing of the code: however many are killed,
//! another one is tried.

use std::time::Duration;

/// A worker that lives shorter than this, without a run that could be the reason, died of its start.
const SHORT_LIFE: Duration = Duration::from_secs(5);
/// After so many of those in a row, the next start waits for a change.
const MOST_SHORT_LIVES: u32 = 3;
/// The longest pause before a start. A worker that lived longer than this owes nothing to those before it.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause after a worker that may have died of a run: others wait for the next one, and a run dies only so often.
pub(super) const LONGEST_AFTER_RUNS: Duration = Duration::from_secs(2);

/// What to do about a worker that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Restart {
    /// Start another one after this pause.
    After(Duration),
    /// Start none before something changes: it does not depend on runs.
    GiveUp,
}

/// How often workers have ended lately.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    /// Ends in a row.
    ends: u32,
    /// Of these, the last ones that no run can have caused.
    short_lives: u32,
}

impl Restarts {
    /// A worker ended that had lived for so long, with so many runs on it. One that may have died of a run is always replaced.
    pub(super) fn ended(&mut self, lived: Duration, runs: usize, was_killed: bool) -> Restart {
        if lived > LONGEST_PAUSE {
            *self = Self::default();
        }
        if runs == 0 && lived < SHORT_LIFE {
            return self.did_not_start(was_killed);
        }
        self.short_lives = 0;
        self.pause(if runs == 0 {
            LONGEST_PAUSE
        } else {
            LONGEST_AFTER_RUNS
        })
    }

    /// A worker ended before it was ready.
    pub(super) fn did_not_start(&mut self, was_killed: bool) -> Restart {
        self.short_lives += u32::from(!was_killed);
        if self.short_lives >= MOST_SHORT_LIVES {
            return Restart::GiveUp;
        }
        self.pause(LONGEST_PAUSE)
    }

    fn pause(&mut self, longest: Duration) -> Restart {
        let before = self.ends;
        self.ends += 1;
        Restart::After(match before.checked_sub(1) {
            None => Duration::ZERO,
            Some(doublings) => {
                Duration::from_secs(1_u64.checked_shl(doublings).unwrap_or(u64::MAX)).min(longest)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_millis(300);

    fn after(seconds: u64) -> Restart {
        Restart::After(Duration::from_secs(seconds))
    }

    #[test]
    fn runs_that_end_their_worker_keep_others_waiting_for_a_moment_only_and_never_end_the_server() {
        let mut restarts = Restarts::default();
        for seconds in [0, 1, 2, 2] {
            assert_eq!(restarts.ended(MOMENT, 1, false), after(seconds));
        }
        for _ in 0..100 {
            assert_eq!(restarts.ended(MOMENT, 2, false), after(2));
        }
    }

    #[test]
    fn workers_that_end_by_themselves_after_a_while_make_pauses_grow() {
        let mut restarts = Restarts::default();
        for seconds in [0, 1, 2, 4, 8, 16, 30, 30] {
            assert_eq!(restarts.ended(SHORT_LIFE, 0, false), after(seconds));
        }
    }

    #[test]
    fn a_long_life_is_a_new_beginning() {
        let mut restarts = Restarts::default();
        restarts.ended(MOMENT, 1, false);
        restarts.ended(MOMENT, 1, false);
        assert_eq!(restarts.ended(Duration::from_secs(31), 1, false), after(0));
        assert_eq!(restarts.ended(MOMENT, 1, false), after(1));
    }

    #[test]
    fn workers_that_end_without_a_run_are_given_up_after_a_few() {
        let mut restarts = Restarts::default();
        assert_eq!(restarts.ended(MOMENT, 0, false), after(0));
        assert_eq!(restarts.did_not_start(false), after(1));
        assert_eq!(restarts.ended(MOMENT, 0, false), Restart::GiveUp);
    }

    #[test]
    fn workers_that_are_killed_are_never_given_up() {
        let mut restarts = Restarts::default();
        for seconds in [0, 1, 2, 4, 8, 16, 30, 30] {
            assert_eq!(restarts.did_not_start(true), after(seconds));
        }
        assert_eq!(restarts.ended(MOMENT, 0, true), after(30));
        assert_eq!(restarts.did_not_start(false), after(30));
    }

    #[test]
    fn a_run_among_them_or_a_longer_life_shows_that_workers_can_start() {
        let mut restarts = Restarts::default();
        for _ in 0..10 {
            assert_ne!(restarts.did_not_start(false), Restart::GiveUp);
            assert_ne!(restarts.ended(MOMENT, 0, false), Restart::GiveUp);
            assert_ne!(restarts.ended(MOMENT, 1, false), Restart::GiveUp);
            assert_ne!(
                restarts.ended(Duration::from_secs(6), 0, false),
                Restart::GiveUp
            );
        }
    }
}
