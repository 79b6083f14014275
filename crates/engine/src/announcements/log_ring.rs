//! The last lines that user code printed or logged.

use std::sync::Arc;

use lgx_model::{LogEntry, RunId, SaidLine, ThreadId};

use super::ring::{Announced, Ring};
use crate::life::Life;

/// How many lines are kept.
pub const MOST_LINES: usize = 10_000;
/// How many bytes of them.
const MOST_LINE_BYTES: usize = 8 * 1024 * 1024;
/// What a line takes beside its text.
const LINE_BYTES: usize = 128;

/// A line, and where it comes from.
#[derive(Debug)]
pub struct LoggedLine {
    /// What was said.
    pub said: SaidLine,
    /// The run that wrote it, with its thread, where that executes.
    pub run: Option<(RunId, ThreadId)>,
}

/// A line as it is kept with its run.
pub fn entry(told: &Announced<LoggedLine>) -> LogEntry {
    LogEntry {
        id: told.id,
        at: told.at,
        said: told.what.said.clone(),
    }
}

/// The last lines.
pub struct LogRing {
    ring: Arc<Ring<LoggedLine>>,
}

impl LogRing {
    /// Those of one life of the server. Lines are kept beyond it, so their ids are larger than those of all lives before.
    pub(super) fn of(life: Life) -> Self {
        let before = life.number().unsigned_abs();
        Self {
            ring: Ring::numbered(MOST_LINES, MOST_LINE_BYTES, before),
        }
    }

    /// The lines.
    pub const fn ring(&self) -> &Arc<Ring<LoggedLine>> {
        &self.ring
    }

    /// One more.
    pub(crate) fn push(&self, line: LoggedLine) -> Arc<Announced<LoggedLine>> {
        let bytes = LINE_BYTES + line.said.message.len();
        self.ring.push(line, bytes)
    }
}
