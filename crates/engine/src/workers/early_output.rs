//! What a worker prints before anybody uses it: every worker of a generation prints it, when it loads the same code, and one is enough.
//!
//! It ends with the first use and not with the load, because what was written to the descriptors comes by another way than the end of the
//! load, and may come later.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lgx_worker::LogLine;

/// How many of the last lines are held.
const MOST_HELD: usize = 100;

/// Whether it is told, and what there is of it if not.
pub(super) struct EarlyOutput(Mutex<Option<VecDeque<LogLine>>>);

impl EarlyOutput {
    /// It is told as it comes.
    pub(super) const fn told() -> Self {
        Self(Mutex::new(None))
    }

    /// It is held, because another worker tells the same.
    pub(super) const fn held() -> Self {
        Self(Mutex::new(Some(VecDeque::new())))
    }

    /// Gives a line back that is to be told now.
    pub(super) fn pass(&self, line: LogLine) -> Option<LogLine> {
        let mut held = self.lock();
        let Some(lines) = &mut *held else {
            return Some(line);
        };
        if lines.len() == MOST_HELD {
            lines.pop_front();
        }
        lines.push_back(line);
        None
    }

    /// From now on everything is told. What is held has been told by another worker.
    pub(super) fn is_over(&self) {
        *self.lock() = None;
    }

    /// What is held, to be told after all.
    pub(super) fn take(&self) -> VecDeque<LogLine> {
        self.lock().take().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Option<VecDeque<LogLine>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use lgx_worker::LogStream;

    use super::*;

    fn line(text: &str) -> LogLine {
        LogLine {
            run_id: None,
            stream: LogStream::Stdout,
            level: "info".to_owned(),
            logger: None,
            text: text.to_owned(),
            open: false,
            node: None,
            task_id: None,
        }
    }

    fn texts(lines: impl IntoIterator<Item = LogLine>) -> Vec<String> {
        lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn what_is_held_is_dropped_with_the_first_use() {
        let output = EarlyOutput::held();
        assert!(output.pass(line("imported")).is_none());
        output.is_over();
        assert_eq!(texts(output.pass(line("used"))), ["used"]);
        assert!(output.take().is_empty());
    }

    #[test]
    fn the_last_lines_that_are_held_can_be_told_after_all() {
        let output = EarlyOutput::held();
        for number in 0..=MOST_HELD {
            output.pass(line(&number.to_string()));
        }
        let held = texts(output.take());
        assert_eq!((held.len(), &*held[0]), (MOST_HELD, "1"));
        assert!(output.pass(line("then")).is_some());
    }

    #[test]
    fn one_of_them_tells_everything_at_once() {
        assert!(EarlyOutput::told().pass(line("imported")).is_some());
    }
}
