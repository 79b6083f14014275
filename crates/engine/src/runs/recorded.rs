//! Looking at what runs did: those that are going on, those that are stored, and the last ones that are neither.

use std::collections::HashSet;

use lgx_model::query::{Page, Rows, RunSearch};
use lgx_model::{RunId, RunStatus, RunSummary, ThreadId};
use lgx_store::runs::{FoundRun, RecordedRun};
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

    /// A run with what it did so far, if the caller may see its thread; with the calls that it made only if they are wanted. Beside it,
    /// the same at a glance.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn recorded(
        &self,
        run_id: RunId,
        with_calls: bool,
        scope: &Scope,
    ) -> Result<Option<(RecordedRun, RunSummary)>, StoreError> {
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
        let recorded = match stored {
            Some(stored) if !stored.run.status.is_final() => {
                let record = so_far.unwrap_or(stored.record);
                let recorded = RecordedRun { record, ..stored };
                let summary = summary.unwrap_or_else(|| self.at_a_glance(&recorded));
                return Ok(Some((recorded, summary)));
            }
            Some(stored) => Some(stored),
            None => self.gone.find(run_id, scope),
        };
        Ok(recorded.map(|recorded| {
            let summary = self.at_a_glance(&recorded);
            (recorded, summary)
        }))
    }

    /// The runs of all threads that the caller may see, one page of them, the newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn search(
        &self,
        query: RunSearch,
        page: Page,
        scope: &Scope,
    ) -> Result<Rows<RunSummary>, StoreError> {
        let Rows { rows, total } = self.store.search_runs(query, page, scope).await?;
        let ids: HashSet<RunId> = rows.iter().map(|found| found.run.run_id).collect();
        let mut told = self.announcements.last_told(&ids);
        let rows = rows.into_iter().map(|found| {
            let run_id = found.run.run_id;
            // Those that go on are told of by whoever drives them: the ring may have lost them since.
            let live = self.registry.get(run_id);
            let live = live.and_then(|live| Some(live.told().as_ref()?.summary()));
            self.summary(found, live.or_else(|| told.remove(&run_id)).as_ref())
        });
        Ok(Rows {
            rows: rows.collect(),
            total,
        })
    }

    fn at_a_glance(&self, recorded: &RecordedRun) -> RunSummary {
        let RecordedRun {
            run,
            attempts,
            record,
        } = recorded;
        let mut told = self.announcements.last_told(&HashSet::from([run.run_id]));
        let found = FoundRun {
            run: run.clone(),
            started_at: record.started_at(),
            attempts: *attempts,
            generation: record.generation,
        };
        self.summary(found, told.remove(&run.run_id).as_ref())
    }

    /// Nothing is known any more of stateless runs that have ended.
    pub fn forget_gone(&self) {
        self.gone.clear();
    }

    /// What is stored of a run at a glance, with what was told of it last, which may be more: what it did is stored later.
    fn summary(&self, found: FoundRun, told: Option<&RunSummary>) -> RunSummary {
        let FoundRun {
            run,
            started_at,
            attempts,
            generation,
        } = found;
        // It may be older than what is stored, too: a place is of one that waits.
        let waits = told.filter(|_| run.status == RunStatus::Pending);
        let now = told.and_then(|told| told.generation);
        let of_life = self.announcements.life().number();
        let before = generation.filter(|code| now.is_none() && code.life != of_life);
        RunSummary {
            run_id: run.run_id,
            thread_id: run.thread_id,
            assistant_id: run.assistant_id,
            assistant_version: run.origin.assistant_version,
            graph_id: run.kwargs.graph_id().unwrap_or_default().to_owned(),
            cron_id: run.origin.cron_id,
            status: run.status,
            multitask_strategy: run.multitask_strategy,
            created_at: run.created_at,
            started_at: started_at.or_else(|| told?.started_at),
            ended_at: run.status.is_final().then_some(run.updated_at),
            attempt: told.map_or(attempts, |told| told.attempt.max(attempts)),
            generation: now.or_else(|| generation.map(|code| code.number)),
            before_restart: before.is_some(),
            queue_position: waits.and_then(|told| told.queue_position),
            metadata: run.metadata,
        }
    }
}
