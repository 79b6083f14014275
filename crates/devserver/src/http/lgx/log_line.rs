//! A line that user code printed or logged, as the page and scripts are told.

use lgx_engine::announcements::log_ring::{LoggedLine, entry};
use lgx_engine::announcements::ring::Announced;
use lgx_model::{LogEntry, RunId, ThreadId};
use schemars::JsonSchema;
use serde::Serialize;

/// One line.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LogLineView {
    #[serde(flatten)]
    pub(super) line: LogEntry,
    /// The run that wrote it, where one did.
    run_id: Option<RunId>,
    pub(super) thread_id: Option<ThreadId>,
}

impl LogLineView {
    /// How it is shown.
    pub(super) fn of(told: &Announced<LoggedLine>) -> Self {
        Self {
            line: entry(told),
            run_id: told.what.run.map(|(run_id, _)| run_id),
            thread_id: told.what.run.map(|(_, thread_id)| thread_id),
        }
    }

    /// One that a run wrote.
    pub(super) const fn of_run(line: LogEntry, run_id: RunId, thread_id: ThreadId) -> Self {
        Self {
            line,
            run_id: Some(run_id),
            thread_id: Some(thread_id),
        }
    }
}
