//! Telling a run's webhook how it ended, once that is stored.

use lgx_model::{RawJson, Run, Thread, Timestamp};

use super::Engine;
use crate::webhook::{self, Report};

impl Engine {
    /// Has the report delivered in the background, if the run asked for one and the rules allow it still.
    pub(super) fn report(&self, run: Run, began: Timestamp, thread: Option<Thread>) {
        let Some(url) = run.kwargs.webhook.clone() else {
            return;
        };
        let Some(workers) = self.workers.get().and_then(std::sync::Weak::upgrade) else {
            return;
        };
        let rules = workers.config().webhooks.clone();
        match webhook::check(&rules, &url, workers.api_url()) {
            Ok(url) => {
                let error = thread.as_ref().and_then(|thread| thread.error.clone());
                // The values of a thread that goes with its run are nobody's business any more.
                let kept = thread.filter(|_| !run.kwargs.temporary);
                let values = kept.map_or_else(RawJson::null, |thread| thread.values);
                let report = Report::new(run, began, values, error);
                self.tasks
                    .spawn(webhook::deliver(report, url, rules, self.stopping.clone()));
            }
            Err(reason) => {
                tracing::warn!(run_id = %run.run_id, "the webhook is not called: {reason}");
            }
        }
    }
}
