//! Looking at what runs did: those that are going on, those that are stored, and the last ones that went with their threads.

use std::collections::HashSet;

use lgx_model::query::{Page, Rows, RunSearch};
use lgx_model::{RunId, RunStatus, RunSummary, ThreadId};
use lgx_store::runs::{FoundRun, RecordedRun, RunLog, RunRecord};
use lgx_store::{Scope, StoreError};

use super::Runs;
use super::record::cut_off;
use crate::announcements::log_ring::entry;

impl Runs {
    /// The thread of a run, also of a stateless one that has ended. Takes no scope, as the same of the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn thread_of(&self, run_id: RunId) -> Result<Option<ThreadId>, StoreError> {
        let known = self.store.get_thread_of_known_run(run_id).await?;
        if known.is_some() {
            return Ok(known);
        }
        self.keep_gone().await;
        self.store.get_thread_of_known_run(run_id).await
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
        let told = live
            .as_ref()
            .and_then(|live| Some(live.told().as_ref()?.summary()));
        let so_far = live.map(|live| live.recording().so_far());
        let so_far = so_far.filter(|record| *record != RunRecord::default());
        let stored = self.store.get_recorded_run(run_id, with_calls, scope);
        let Some(mut recorded) = stored.await? else {
            return Ok(None);
        };
        match so_far.filter(|_| !recorded.run.status.is_final()) {
            Some(so_far) => recorded.record = so_far,
            None => cut_off(&mut recorded.record),
        }
        let told = told.filter(|_| !recorded.run.status.is_final());
        let summary = told.unwrap_or_else(|| self.at_a_glance(&recorded));
        Ok(Some((recorded, summary)))
    }

    /// What a run printed and logged, as far as that is kept. Whoever asks has been given the run.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn said(&self, run_id: RunId) -> Result<RunLog, StoreError> {
        let live = self.registry.get(run_id);
        let said = live.map(|live| live.recording().said());
        if let Some(said) = said.filter(|said| !said.lines.is_empty()) {
            return Ok(said);
        }
        if self.workers.options().traces {
            return self.store.get_log_of_run(run_id).await;
        }
        // Nothing is stored of it: it is seen as long as all lines are.
        let kept = self.announcements.logs().ring().kept();
        let of_run = kept
            .iter()
            .filter(|told| told.what.run.is_some_and(|(of, _)| of == run_id));
        Ok(RunLog {
            lines: of_run.map(|told| entry(told)).collect(),
            dropped: 0,
        })
    }

    /// Waits until stateless runs that have ended are found.
    pub async fn keep_gone(&self) {
        self.keeper.flush().await;
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
        self.keep_gone().await;
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
