//! The last lines that a run printed and logged, so many and so many bytes of them.

use std::collections::VecDeque;

use lgx_model::LogEntry;
use lgx_store::runs::RunLog;

/// How many lines of a run are kept.
const MOST_LINES: usize = 1_000;
/// How many bytes of them.
const MOST_BYTES: usize = 1 << 20;
/// What a line takes beside its text.
const LINE_BYTES: usize = 128;

/// The last lines of a run.
#[derive(Debug, Default)]
pub(super) struct RunLines {
    kept: VecDeque<LogEntry>,
    bytes: usize,
    dropped: u64,
}

impl RunLines {
    /// What it said in an earlier life of the server.
    pub(super) fn take_up(&mut self, log: RunLog) {
        let since = std::mem::take(self);
        self.dropped = log.dropped + since.dropped;
        for line in log.lines.into_iter().chain(since.kept) {
            self.push(line);
        }
    }

    /// One more.
    pub(super) fn push(&mut self, line: LogEntry) {
        self.bytes += size(&line);
        self.kept.push_back(line);
        while self.kept.len() > MOST_LINES || (self.bytes > MOST_BYTES && self.kept.len() > 1) {
            if let Some(oldest) = self.kept.pop_front() {
                self.bytes -= size(&oldest);
                self.dropped += 1;
            }
        }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How much memory they take, more or less.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// All of them.
    pub(super) fn so_far(&self) -> RunLog {
        RunLog {
            lines: self.kept.iter().cloned().collect(),
            dropped: self.dropped,
        }
    }
}

fn size(line: &LogEntry) -> usize {
    LINE_BYTES + line.said.message.len()
}

#[cfg(test)]
mod tests {
    use lgx_model::{LineLevel, LineStream, SaidLine, Timestamp};

    use super::*;

    fn line(id: u64, message: &str) -> LogEntry {
        LogEntry {
            id,
            at: Timestamp::from_micros(0),
            said: SaidLine {
                level: LineLevel::Info,
                logger: None,
                message: message.to_owned(),
                stream: LineStream::Stdout,
                node: None,
                task_id: None,
                generation: None,
            },
        }
    }

    fn ids(lines: &RunLines) -> (u64, Vec<u64>) {
        let RunLog { lines, dropped } = lines.so_far();
        (dropped, lines.iter().map(|line| line.id).collect())
    }

    #[test]
    fn so_many_lines_are_kept_and_those_before_are_counted() {
        let mut lines = RunLines::default();
        let most = u64::try_from(MOST_LINES).unwrap();
        (0..most + 3).for_each(|id| lines.push(line(id, "")));
        assert_eq!(ids(&lines), (3, (3..most + 3).collect()));
    }

    #[test]
    fn so_many_bytes_are_kept_and_the_last_line_however_long_it_is() {
        let mut lines = RunLines::default();
        let half = "x".repeat(MOST_BYTES / 2);
        (0..3).for_each(|id| lines.push(line(id, &half)));
        assert_eq!(ids(&lines), (2, vec![2]));
        lines.push(line(3, &"x".repeat(2 * MOST_BYTES)));
        assert_eq!(ids(&lines), (3, vec![3]));
    }

    #[test]
    fn what_was_said_before_a_restart_comes_first() {
        let mut lines = RunLines::default();
        lines.push(line(7, "now"));
        let before = RunLog {
            lines: vec![line(2, "then")],
            dropped: 1,
        };
        lines.take_up(before);
        assert_eq!(ids(&lines), (1, vec![2, 7]));
    }
}
