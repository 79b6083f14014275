//! Whether what is kept of a thread's events is all that there was since one of them.

use std::collections::HashSet;
use std::sync::Arc;

use lgx_model::{RunId, ThreadId, Timestamp};
use lgx_store::{Store, StoreError};

use super::ThreadLogs;
use super::event::EventId;
use super::record::{Kind, Record};

impl ThreadLogs {
    /// Whether all that happened on a thread after this event is kept. Of runs that are not resumable nothing is, nor of changes of the
    /// state by clients, and of all others the oldest goes where there is too much.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn have_all_since(
        &self,
        store: &Store,
        thread_id: ThreadId,
        after: EventId,
    ) -> Result<bool, StoreError> {
        let log = self.of(thread_id);
        log.load().await;
        let (is_kept, whole_runs, last) = log.with_kept(|kept| {
            let is_kept = kept.iter().any(|record| record.id() == after);
            let last = kept.last().map(|record| record.id());
            (is_kept, whole_runs_since(&kept, after), last)
        });
        let since = Timestamp::from_micros(after.millis.saturating_mul(1000));
        let activity = store.thread_activity_since(thread_id, since).await?;
        let through = last.map_or(after.millis, |last| last.millis.max(after.millis));
        let has_new_state = activity
            .state_updated_at
            .is_some_and(|at| at.micros() / 1000 > through);
        // Where the event itself is not kept, nor may be what came right behind it; but the oldest goes first, so nothing that came
        // behind the beginning of a run is missing while that is kept.
        let may_be_trimmed = !is_kept && activity.runs > whole_runs;
        Ok(!activity.unkept_runs && !may_be_trimmed && !has_new_state)
    }
}

/// How many of the runs that did something after this event are kept from their beginnings on.
fn whole_runs_since(kept: &[Arc<Record>], after: EventId) -> u64 {
    let since: HashSet<RunId> = kept
        .iter()
        .filter(|record| record.id() > after)
        .filter_map(|record| record.run_id)
        .collect();
    let begun: HashSet<RunId> = kept
        .iter()
        .filter(|record| record.kind == Kind::Began)
        .filter_map(|record| record.run_id)
        .collect();
    since.intersection(&begun).count() as u64
}
