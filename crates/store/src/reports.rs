//! What operations on reports take and give: the ends of runs that their webhooks have still to be told of.

use lgx_model::{RawJson, Run, RunError, Timestamp};

/// The end of a run, as it was when the run ended, whatever became of the run and its thread since.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Its number; none is given twice.
    pub id: ReportId,
    /// The run, with its final status.
    pub run: Run,
    /// When it began to execute; when it ended, if that is not known.
    pub began: Timestamp,
    /// The thread's values; null where the thread went with the run.
    pub values: RawJson,
    /// Why it failed, or was stopped.
    pub error: Option<RunError>,
    /// How many tries to deliver it were begun. The first one counts from the end of the run on.
    pub tries: u32,
    /// When the last of them was begun.
    pub tried_at: Timestamp,
}

/// The number of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportId(pub(crate) i64);
