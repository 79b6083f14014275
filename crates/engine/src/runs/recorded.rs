//! Looking at what runs did: those that are going on, those that are stored, and the last ones that are neither.

use lgx_model::{RunId, RunSummary, ThreadId};
use lgx_store::runs::RecordedRun;
use lgx_store::{Scope, StoreError};

use super::Runs;

impl Runs {
    /// The thread of a run, also of a stateless one that has ended lately. Takes no scope, as the same of the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn thread_of(&self, run_id: RunId) -> Result<Option<ThreadId>, StoreError> {
        let stored = self.store.get_thread_of_run(run_id).await?;
        Ok(stored.or_else(|| self.gone.thread_of(run_id)))
    }

    /// A run with what it did so far, if the caller may see its thread; with the calls that it made only if they are wanted. Beside it, what was announced of it last if it has not ended.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn recorded(
        &self,
        run_id: RunId,
        with_calls: bool,
        scope: &Scope,
    ) -> Result<Option<(RecordedRun, Option<RunSummary>)>, StoreError> {
        // Asked first: a run that ends meanwhile is stored by the time that the store is asked.
        let live = self.registry.get(run_id);
        let summary = live
            .as_ref()
            .and_then(|live| Some(live.told().as_ref()?.summary()));
        let so_far = live.map(|live| live.recording().so_far());
        let stored = self
            .store
            .get_recorded_run(run_id, with_calls, scope)
            .await?;
        Ok(match stored {
            Some(stored) if stored.run.status.is_final() => Some((stored, None)),
            Some(stored) => {
                let record = so_far.unwrap_or(stored.record);
                Some((RecordedRun { record, ..stored }, summary))
            }
            None => self.gone.find(run_id, scope).map(|gone| (gone, None)),
        })
    }

    /// Nothing is known any more of stateless runs that have ended.
    pub fn forget_gone(&self) {
        self.gone.clear();
    }
}
