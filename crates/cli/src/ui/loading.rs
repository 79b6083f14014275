//! The line that says what is being loaded, once that takes longer than a moment; only on a screen that a person looks at.

use std::time::{Duration, Instant};

use super::progress::Progress;

/// What takes less than this needs no line.
const MOMENT: Duration = Duration::from_secs(1);

/// The line, shown or not.
#[derive(Debug, Default)]
pub(super) struct LoadingLine {
    /// Whether a person looks at a screen.
    watched: bool,
    /// What is being loaded, if anything is, and since when something has been.
    current: Option<(String, Instant)>,
    /// When something else was last printed.
    printed: Option<Instant>,
    shown: Option<Progress>,
}

impl LoadingLine {
    /// A line that is only ever shown if a person looks at a screen.
    pub(super) fn new(watched: bool) -> Self {
        Self {
            watched,
            ..Self::default()
        }
    }

    /// This is being loaded now.
    pub(super) fn begin(&mut self, what: &str, now: Instant) {
        let label = format!("Loading {what}");
        if let Some(shown) = &self.shown {
            shown.relabel(label.clone());
        }
        let since = self.current.take().map_or(now, |(_, since)| since);
        self.current = Some((label, since));
    }

    /// Nothing is, any more.
    pub(super) fn end(&mut self) {
        self.current = None;
        if let Some(shown) = self.shown.take() {
            shown.failed();
        }
    }

    /// When the line is to be shown, if nothing else happens.
    pub(super) fn due(&self) -> Option<Instant> {
        let (_, since) = self.current.as_ref().filter(|_| self.watched)?;
        let quiet_since = self.printed.map_or(*since, |printed| printed.max(*since));
        self.shown.is_none().then(|| quiet_since + MOMENT)
    }

    /// Shows it.
    pub(super) fn show(&mut self) {
        if let Some((label, since)) = &self.current {
            self.shown = Some(Progress::since(label.clone(), since.elapsed()));
        }
    }

    /// Something else is printed: the line goes, and comes again when it has been quiet for a moment.
    pub(super) fn step_aside(&mut self, now: Instant) {
        self.printed = Some(now);
        if let Some(shown) = self.shown.take() {
            shown.failed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_longer_than_a_moment_is_due_once_counted_from_its_beginning() {
        let start = Instant::now();
        let mut line = LoadingLine::new(true);
        assert_eq!(line.due(), None);
        line.begin("auth", start);
        line.begin("the graph agent", start + Duration::from_millis(900));
        assert_eq!(line.due(), Some(start + MOMENT));
        let printed = start + Duration::from_secs(3);
        line.step_aside(printed);
        assert_eq!(line.due(), Some(printed + MOMENT));
        line.end();
        assert_eq!(line.due(), None);
    }

    #[test]
    fn where_nobody_looks_nothing_is_shown() {
        let mut line = LoadingLine::new(false);
        line.begin("auth", Instant::now());
        assert_eq!(line.due(), None);
    }
}
