//! The last lines that user code printed or logged.

use std::sync::Arc;

use lgx_model::{RunId, ThreadId};
use lgx_worker::LogLine;

use super::ring::Ring;

/// How many lines are kept.
pub const MOST_LINES: usize = 10_000;
/// How many bytes of them.
const MOST_LINE_BYTES: usize = 8 * 1024 * 1024;
/// What a line takes beside its text.
const LINE_BYTES: usize = 128;

/// A line, and where it comes from.
#[derive(Debug)]
pub struct LoggedLine {
    /// As the worker sent it.
    pub line: LogLine,
    /// The run that wrote it, with its thread, where that executes.
    pub run: Option<(RunId, ThreadId)>,
    /// The generation of the code that executes the run.
    pub generation: Option<u64>,
}

/// The last lines.
pub struct LogRing {
    ring: Arc<Ring<LoggedLine>>,
}

impl Default for LogRing {
    fn default() -> Self {
        Self {
            ring: Ring::new(MOST_LINES, MOST_LINE_BYTES),
        }
    }
}

impl LogRing {
    /// The lines.
    pub const fn ring(&self) -> &Arc<Ring<LoggedLine>> {
        &self.ring
    }

    /// One more.
    pub(crate) fn push(&self, line: LoggedLine) {
        let bytes = LINE_BYTES + line.line.text.len();
        self.ring.push(line, bytes);
    }
}
