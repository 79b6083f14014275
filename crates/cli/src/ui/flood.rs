//! Lines that come many a second: the first are shown, the rest are counted, in one line a second.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Lines shown in a second.
const MOST_LINES: usize = 10;

/// What is counted together.
const WINDOW: Duration = Duration::from_secs(1);

/// Lines of one kind.
#[derive(Debug, Default)]
pub(crate) struct Flood {
    since: Option<Instant>,
    lines: usize,
    held_back: BTreeMap<String, u64>,
}

impl Flood {
    /// Whether a line may be shown that comes now; else it is counted under this word.
    pub(crate) fn admits(&mut self, word: &str, now: Instant) -> bool {
        let is_over = self
            .since
            .is_none_or(|since| now.duration_since(since) >= WINDOW);
        // As long as lines are held back, those that follow are too: they would be shown out of order.
        if is_over && self.held_back.is_empty() {
            self.since = Some(now);
            self.lines = 0;
        }
        if self.lines < MOST_LINES && self.held_back.is_empty() {
            self.lines += 1;
            return true;
        }
        *self.held_back.entry(word.to_owned()).or_default() += 1;
        false
    }

    /// When to show what was held back; none if nothing was.
    pub(crate) fn due(&self) -> Option<Instant> {
        let since = self.since.filter(|_| !self.held_back.is_empty())?;
        Some(since + WINDOW)
    }

    /// What was held back, by its word, if it is time to show it. In a flood that goes on only this is shown.
    pub(crate) fn held_back(&mut self, now: Instant) -> Option<BTreeMap<String, u64>> {
        if self.due().is_none_or(|due| now < due) {
            return None;
        }
        let held_back = std::mem::take(&mut self.held_back);
        self.since = Some(now);
        let calms_down = held_back.values().sum::<u64>() <= MOST_LINES as u64;
        self.lines = if calms_down { 0 } else { MOST_LINES };
        Some(held_back)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, milliseconds: u64) -> Instant {
        start + Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_few_lines_a_second_are_all_shown() {
        let (mut flood, start) = (Flood::default(), Instant::now());

        for number in 0..50 {
            assert!(flood.admits("success", at(start, 150 * number)), "{number}");
        }
        assert_eq!(flood.due(), None);
    }

    #[test]
    fn of_many_the_first_are_shown_and_the_rest_is_counted() {
        let (mut flood, start) = (Flood::default(), Instant::now());
        let shown = (0..100)
            .filter(|number| {
                let word = if number % 10 == 9 { "error" } else { "success" };
                flood.admits(word, at(start, 5 * number))
            })
            .count();

        assert_eq!(shown, MOST_LINES);
        assert_eq!(flood.held_back(at(start, 900)), None);
        assert_eq!(flood.due(), Some(at(start, 1000)));
        let counted = flood.held_back(at(start, 1000)).unwrap();
        assert_eq!(
            counted,
            [("error".to_owned(), 9), ("success".to_owned(), 81)].into()
        );
    }

    #[test]
    fn while_a_flood_goes_on_it_is_only_counted_and_afterwards_lines_are_shown_again() {
        let (mut flood, start) = (Flood::default(), Instant::now());
        for _ in 0..100 {
            flood.admits("success", start);
        }
        flood.held_back(at(start, 1000)).unwrap();

        assert!(!flood.admits("success", at(start, 1001)));
        assert_eq!(
            flood.held_back(at(start, 2000)).unwrap(),
            [("success".to_owned(), 1)].into()
        );
        assert!(flood.admits("success", at(start, 2001)));
    }
}
