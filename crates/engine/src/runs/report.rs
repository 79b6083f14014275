//! Telling of a run's end, once it is stored: on the terminal, and to its webhook.

use std::sync::Arc;

use lgx_model::{RawJson, Run, Thread, Timestamp};

use super::Runs;
use super::outcome::Outcome;
use crate::notice::Notice;
use crate::webhook::{self, Report};

/// A line for the terminal.
pub(super) fn announce_end(runs: &Runs, run: &Run, outcome: &Outcome, began: Timestamp) {
    let pauses = outcome.error.is_none() && !outcome.interrupts.is_empty();
    runs.observer.notice(Notice::RunEnded {
        run_id: run.run_id.to_string(),
        graph_id: run.kwargs.graph_id().unwrap_or_default().to_owned(),
        status: if pauses {
            "paused"
        } else {
            outcome.status.as_str()
        },
        took: Timestamp::now().until(began),
    });
}

/// Has the report delivered in the background, if the run asked for one and the rules allow it still.
pub(super) fn deliver(runs: &Runs, run: Run, began: Timestamp, thread: Option<Thread>) {
    let Some(url) = run.kwargs.webhook.clone() else {
        return;
    };
    let rules = runs.workers.config().webhooks.clone();
    match webhook::check(&rules, &url, runs.workers.api_url()) {
        Ok(url) => {
            let error = thread.as_ref().and_then(|thread| thread.error.clone());
            // The values of a thread that goes with its run are nobody's business any more.
            let kept = thread.filter(|_| !run.kwargs.temporary);
            let values = kept.map_or_else(RawJson::null, |thread| thread.values);
            let report = Report::new(run, began, values, error);
            let (stopping, observer) = (runs.stopping.clone(), Arc::clone(&runs.observer));
            let run_id = report.run.run_id.to_string();
            runs.tasks.spawn(async move {
                if let Err(reason) = webhook::deliver(report, url, rules, stopping).await {
                    observer.notice(Notice::WebhookFailed { run_id, reason });
                }
            });
        }
        Err(reason) => runs.observer.notice(Notice::WebhookFailed {
            run_id: run.run_id.to_string(),
            reason,
        }),
    }
}
