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

pub(crate) use self::policy::check;

/// Waits before the second and each further try.
const RETRIES: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(8),
    Duration::from_secs(30),
];

/// What is reported: the run as the API shows it, and how it went.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The run.
    #[serde(flatten)]
    pub(crate) run: Run,
    /// When it began to execute.
    pub(crate) run_started_at: Timestamp,
    /// When it ended.
    pub(crate) run_ended_at: Timestamp,
    /// When this try was made.
    webhook_sent_at: Option<Timestamp>,
    /// The thread's values; null where the thread went with the run.
    pub(crate) values: RawJson,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<RunError>,
}

impl Report {
    /// The report of a run that has ended.
    pub(crate) fn new(
        run: Run,
        began: Timestamp,
        values: RawJson,
        error: Option<RunError>,
    ) -> Self {
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

/// Delivers a report; gives up after some tries, or when the server stops. What became of it is logged, never the headers.
pub(crate) async fn deliver(
    mut report: Report,
    url: Uri,
    rules: Webhooks,
    stopping: CancellationToken,
) {
    let run_id = report.run.run_id;
    let client = match Client::new(&rules) {
        Ok(client) => client,
        Err(error) => return tracing::warn!(%run_id, "the webhook cannot be called: {error}"),
    };
    let mut waits = RETRIES.iter();
    loop {
        report.webhook_sent_at = Some(Timestamp::now());
        let sent = tokio::select! {
            () = stopping.cancelled() => return tracing::warn!(%run_id, "the server stops before the webhook was delivered"),
            sent = client.post(&url, &report) => sent,
        };
        let failure = match sent {
            Ok(()) => return,
            Err(failure) => failure,
        };
        match (waits.next(), failure) {
            (Some(wait), Failure::Passing(reason)) => {
                tracing::debug!(%run_id, "the webhook failed, once more in {} s: {reason}", wait.as_secs_f32());
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(*wait) => {}
                }
            }
            (_, Failure::Passing(reason) | Failure::Lasting(reason)) => {
                return tracing::warn!(%run_id, "the webhook was not delivered: {reason}");
            }
        }
    }
}

#[cfg(test)]
mod tests;
