//! Whether what is kept of a thread's events is all that there was since one of them.

use lgx_model::{ThreadId, Timestamp};
use lgx_store::{Store, StoreError};

use super::ThreadLogs;
use super::event::EventId;

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
        let (is_kept, last) = log.with_kept(|kept| {
            let is_kept = kept.iter().any(|record| record.id() == after);
            (is_kept, kept.last().map(|record| record.id()))
        });
        let since = Timestamp::from_micros(after.millis.saturating_mul(1000));
        let activity = store.thread_activity_since(thread_id, since).await?;
        let through = last.map_or(after.millis, |last| last.millis.max(after.millis));
        let has_new_state = activity
            .state_updated_at
            .is_some_and(|at| at.micros() / 1000 > through);
        // Where the event itself is not kept, nor may be what came right behind it.
        let may_be_trimmed = activity.runs && !is_kept;
        Ok(!activity.unkept_runs && !may_be_trimmed && !has_new_state)
    }
}
