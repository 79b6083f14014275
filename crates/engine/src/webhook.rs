//! Webhooks: the report of a run's end, delivered with retries, to no address that the project does not allow.

mod address;
mod client;
mod policy;

use std::time::Duration;

use http::Uri;
use lgx_config::Webhooks;
use lgx_model::{RawJson, Run, RunError, Timestamp};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use self::client::{Client, Failure};

pub use self::policy::check;

/// Waits before the second and each further try.
const RETRIES: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(8),
    Duration::from_secs(30),
];

/// Why a report is not delivered that was still being tried.
const STOPS: &str = "the server stops";

/// What is reported: the run as the API shows it, and how it went.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The run.
    #[serde(flatten)]
    pub run: Run,
    /// When it began to execute.
    pub run_started_at: Timestamp,
    /// When it ended.
    pub run_ended_at: Timestamp,
    /// When this try was made.
    webhook_sent_at: Option<Timestamp>,
    /// The thread's values; null where the thread went with the run.
    pub values: RawJson,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
}

impl Report {
    /// The report of a run that has ended.
    pub fn new(run: Run, began: Timestamp, values: RawJson, error: Option<RunError>) -> Self {
        let ended = run.updated_at;
        Self {
            run,
            run_started_at: began,
            run_ended_at: ended,
            webhook_sent_at: None,
            values,
            error,
        }
    }
}

/// Delivers a report; gives up after some tries, or when the server stops.
///
/// # Errors
/// Why it was not delivered, in words for the developer; the headers are never among them.
pub async fn deliver(
    mut report: Report,
    url: Uri,
    rules: Webhooks,
    stopping: CancellationToken,
) -> Result<(), String> {
    let run_id = report.run.run_id;
    let client = Client::new(&rules)?;
    let mut waits = RETRIES.iter();
    loop {
        report.webhook_sent_at = Some(Timestamp::now());
        let sent = tokio::select! {
            () = stopping.cancelled() => return Err(STOPS.to_owned()),
            sent = client.post(&url, &report) => sent,
        };
        let failure = match sent {
            Ok(()) => return Ok(()),
            Err(failure) => failure,
        };
        match (waits.next(), failure) {
            (Some(wait), Failure::Passing(reason)) => {
                tracing::debug!(%run_id, "the webhook failed, once more in {} s: {reason}", wait.as_secs_f32());
                tokio::select! {
                    () = stopping.cancelled() => return Err(format!("{STOPS}; {reason}")),
                    () = tokio::time::sleep(*wait) => {}
                }
            }
            (_, Failure::Passing(reason) | Failure::Lasting(reason)) => {
                return Err(reason);
            }
        }
    }
}

#[cfg(test)]
mod tests;
