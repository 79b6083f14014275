//! Decides what of each notice is printed: nothing twice, and of many runs only how many there were.

use std::time::Instant;

use lgx_devserver::Notice;

use super::flood::Flood;
use super::notices::View;
use super::repeats::{Repeats, Telling};
use crate::args::code::LogLevel;

/// Where notices come in.
pub(super) struct Desk {
    view: View,
    repeats: Repeats,
    runs: Flood,
}

impl Desk {
    /// Nothing has been shown yet.
    pub(super) fn new(view: View) -> Self {
        Self {
            view,
            repeats: Repeats::default(),
            runs: Flood::default(),
        }
    }

    /// From now on this level is shown.
    pub(super) const fn show_from(&mut self, level: LogLevel) {
        self.view.level = level;
    }

    /// The whole text of a notice that is a failure with a place in code, however it is told.
    pub(super) fn failure(&self, notice: &Notice) -> Option<String> {
        let is_failure = matches!(
            notice,
            Notice::GraphFailed { .. }
                | Notice::RunFailed { .. }
                | Notice::RequestFailed { .. }
                | Notice::ReloadFailed(_)
                | Notice::RestartFailed(_)
                | Notice::ReliefFailed(_)
                | Notice::ReinforcementFailed(_)
                | Notice::WorkerDied { .. }
        );
        is_failure.then(|| self.view.render(notice)).flatten()
    }

    /// The text for a notice that has come now, if there is something to tell.
    pub(super) fn text(&mut self, notice: &Notice, now: Instant) -> Option<String> {
        let telling = self.repeats.telling(notice, now);
        let text = match telling {
            Telling::Whole => self.view.render(notice),
            Telling::Briefly(times) => self.view.render_briefly(notice, times),
            // Who wants to see every request sees every one.
            Telling::Not if matches!(notice, Notice::Request { .. }) => {
                (self.view.level >= LogLevel::Debug).then(|| self.view.render(notice))?
            }
            Telling::Not => None,
        }?;
        let word = match notice {
            Notice::RunEnded { status, .. } => *status,
            // What fails for the first time is told at any rate.
            Notice::RunFailed { .. } if telling != Telling::Whole => "error",
            _ => return Some(text),
        };
        self.runs.admits(word, now).then_some(text)
    }

    /// When [`Self::counted`] has something to tell.
    pub(super) fn due(&self) -> Option<Instant> {
        self.runs.due()
    }

    /// The line for the runs that were too many to be shown one by one, if it is time for it.
    pub(super) fn counted(&mut self, now: Instant) -> Option<String> {
        let held_back = self.runs.held_back(now)?;
        let all: u64 = held_back.values().sum();
        let each: Vec<_> = held_back
            .iter()
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        let runs = if all == 1 { "run" } else { "runs" };
        Some(format!("{all} more {runs}: {}", each.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ended(status: &'static str) -> Notice {
        Notice::RunEnded {
            run_id: "01a218e2-943e-728f-b5e0-a04dc4fe46a1".to_owned(),
            graph_id: "agent".to_owned(),
            status,
            took: Duration::from_millis(12),
        }
    }

    #[test]
    fn refusals_are_told_now_and_then_and_each_to_those_who_look_closely() {
        let refused = Notice::Request {
            method: "GET".to_owned(),
            path: "/threads".to_owned(),
            status: 401,
            took: Duration::ZERO,
            detail: Some("No token".to_owned()),
            told: false,
            headers: Vec::new(),
        };
        let lines = |level| {
            let mut desk = Desk::new(View {
                level,
                ..view(true)
            });
            let told = (0..20).filter_map(|_| desk.text(&refused, Instant::now()));
            told.count()
        };

        assert_eq!(lines(LogLevel::Info), 2);
        assert_eq!(lines(LogLevel::Debug), 20);
        assert_eq!(lines(LogLevel::Warning), 0);
    }

    fn view(shows_runs: bool) -> View {
        View {
            level: LogLevel::Info,
            root: "/p".into(),
            shows_runs,
        }
    }

    #[test]
    fn each_run_is_a_line_and_many_at_once_are_counted() {
        let (mut desk, now) = (Desk::new(view(true)), Instant::now());
        let lines: Vec<_> = (0..50)
            .filter_map(|number| {
                let status = if number == 40 { "error" } else { "success" };
                desk.text(&ended(status), now)
            })
            .collect();

        let first = anstream::adapter::strip_str(&lines[0]).to_string();
        assert_eq!(first, "run fe46a1 agent success 12 ms");
        assert_eq!(lines.len(), 10);
        assert_eq!(
            desk.counted(now + Duration::from_secs(1)).as_deref(),
            Some("40 more runs: 1 error, 39 success")
        );
    }

    #[test]
    fn where_nobody_looks_runs_are_no_lines() {
        let mut desk = Desk::new(view(false));

        assert_eq!(desk.text(&ended("success"), Instant::now()), None);
    }
}
