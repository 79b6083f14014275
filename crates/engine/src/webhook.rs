//! Webhooks: the report of a run's end, delivered with retries, to no address that the project does not allow.
//!
//! A report is stored in the transaction that ends the run (`lgx_store::reports`), so no end is lost on its way to its webhook, whatever ends
//! in between. It may be told twice: a server that ends before it has noted that a report was delivered leaves it to the next one.

mod address;
mod client;
mod outbox;
mod policy;

use lgx_model::{RawJson, Run, RunError, Timestamp};
use lgx_store::reports::Report;
use serde::Serialize;

pub(crate) use self::outbox::Outbox;
pub use self::policy::check;

/// What is sent: the run as the API shows it, and how it went.
#[derive(Debug, Serialize)]
struct ReportBody<'a> {
    /// The run.
    #[serde(flatten)]
    run: &'a Run,
    /// When it began to execute.
    run_started_at: Timestamp,
    /// When it ended.
    run_ended_at: Timestamp,
    /// When this try was made.
    webhook_sent_at: Timestamp,
    /// The thread's values; null where the thread went with the run.
    values: &'a RawJson,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a RunError>,
}

impl<'a> ReportBody<'a> {
    fn of(report: &'a Report, sent_at: Timestamp) -> Self {
        Self {
            run: &report.run,
            run_started_at: report.began,
            run_ended_at: report.run.updated_at,
            webhook_sent_at: sent_at,
            values: &report.values,
            error: report.error.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests;
