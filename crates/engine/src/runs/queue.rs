//! The queue of runs: starts those that wait as slots, threads and times allow.

use std::sync::Arc;
use std::time::Duration;

use lgx_model::Timestamp;
use lgx_store::runs::Claimed;
use tokio::sync::OwnedSemaphorePermit;

use super::registry::Live;
use super::{Runs, drive};
use crate::due::due_in;

/// How long to wait before looking at the queue again when it could not be read: nothing else may come that wakes the pump.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Has a run that the store has as running executed, in a task of its own. `live` is the entry that was there when it became that: until
/// the task begins, the run may be deleted, and that entry knows of it.
pub(super) fn execute(
    runs: &Arc<Runs>,
    live: Arc<Live>,
    claimed: Claimed,
    slot: OwnedSemaphorePermit,
) {
    // Before it can write.
    live.execute_under(claimed.claim);
    live.is_driven_now();
    let driven = Arc::clone(runs);
    runs.driving.spawn(async move {
        drive::drive(&driven, live, claimed, slot).await;
    });
}

/// Starts queued runs as slots, threads and times allow. Sleeps until woken or until the next run is due.
///
/// A claim is an attempt at a run, of which there are not many. So none is claimed while there is no worker to execute it: a server
/// that ends before its code is loaded has not tried.
pub(super) async fn pump(runs: Arc<Runs>) {
    loop {
        tokio::select! {
            () = runs.draining.cancelled() => return,
            // If there will be none, the runs end with that reason.
            _ = runs.workers.first() => {}
        }
        // The last look at the queue and the next due time share this instant: no run becomes due between them.
        let mut now = Timestamp::now();
        let mut failed = false;
        while let Ok(slot) = Arc::clone(&runs.slots).try_acquire_owned() {
            if runs.draining.is_cancelled() {
                return;
            }
            // It is looked again once the others hear of this instance.
            if !runs.store.is_in_force() {
                break;
            }
            now = Timestamp::now();
            let registry = Arc::clone(&runs.registry);
            // Entered in commit order, so that whoever reads the run as running finds it in the registry.
            let claimed = runs
                .store
                .claim(now, move |claimed| registry.enter(&claimed.run));
            match claimed.await {
                Ok(Some((claimed, live))) => {
                    let attempt = claimed.attempt;
                    runs.announcements
                        .started(&live, &claimed.run, now, attempt);
                    execute(&runs, live, claimed, slot);
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::error!("the queue of runs cannot be read: {error}");
                    failed = true;
                    break;
                }
            }
        }
        let due = runs.store.next_due_run(now).await.ok().flatten();
        let wait = due.map(|time| time.until(Timestamp::now()));
        tokio::select! {
            () = runs.draining.cancelled() => return,
            () = runs.pump.heard() => {}
            () = due_in(wait) => {}
            () = tokio::time::sleep(AFTER_FAILURE), if failed => {}
        }
    }
}
