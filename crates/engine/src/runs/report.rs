//! Telling of a run's end, once it is stored: on the terminal, and to its webhook.

use lgx_model::{Run, Timestamp};
use lgx_store::StoreError;
use lgx_store::reports::Report;

use super::Runs;
use super::outcome::Outcome;
use crate::notice::Notice;

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

/// Has a report that is stored delivered in the background.
pub(super) fn deliver(runs: &Runs, report: Report) {
    runs.tasks.spawn(runs.outbox.clone().deliver(report));
}

/// Has the reports delivered of servers that are not there any more, and of runs that have ended with them.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn take_up(runs: &Runs) -> Result<(), StoreError> {
    for report in runs.store.take_reports().await? {
        runs.tasks.spawn(runs.outbox.clone().take_up(report));
    }
    Ok(())
}
