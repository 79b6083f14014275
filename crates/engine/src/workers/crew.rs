//! The workers of one generation: one for each runtime that the project is written in.

use std::time::Duration;

use futures_util::future::{join_all, select_all};
use lgx_model::Runtime;
use lgx_worker::{Death, ExecutingRun, Worker};
use tokio::time::Instant;

/// A part of the project, for which one of the workers answers.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// The graph of this id.
    Graph(&'a str),
    /// The auth handlers.
    Auth,
    /// What makes vectors of texts.
    Embeddings,
}

/// Workers that came up together, and serve and leave together.
pub(super) struct Crew {
    first: Worker,
    others: Vec<Worker>,
}

impl Crew {
    /// The worker of a project in one language.
    pub(super) const fn of(first: Worker) -> Self {
        Self {
            first,
            others: Vec::new(),
        }
    }

    /// One more, of another runtime.
    pub(super) fn add(&mut self, worker: Worker) {
        self.others.push(worker);
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Worker> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The worker of this runtime. What nobody has loaded, the first one is asked for, which says so.
    pub(super) fn of_runtime(&self, runtime: Option<Runtime>) -> &Worker {
        self.all()
            .find(|worker| Some(worker.hello().runtime.name) == runtime)
            .unwrap_or(&self.first)
    }

    /// The runs that they execute, the oldest first.
    pub(super) fn executing(&self) -> Vec<ExecutingRun> {
        let mut runs: Vec<_> = self.all().flat_map(Worker::executing).collect();
        runs.sort_by_key(|run| run.run_id);
        runs
    }

    /// Resolves when one of them has ended.
    pub(super) async fn died(&self) -> Death {
        select_all(self.all().map(|worker| Box::pin(worker.died())))
            .await
            .0
    }

    /// Resolves when all of them have ended.
    pub(super) async fn gone(&self) {
        join_all(self.all().map(Worker::died)).await;
    }

    /// Waits until the event loop of one of them has not turned for `patience` while another could serve; see [`Worker::blocked`].
    pub(super) async fn blocked(&self, patience: Duration) -> Instant {
        select_all(self.all().map(|worker| Box::pin(worker.blocked(patience))))
            .await
            .0
    }

    /// Ends all of them, kindly first; see [`Worker::shutdown`].
    pub(super) async fn shutdown(&self, grace: Duration) {
        join_all(self.all().map(|worker| worker.shutdown(grace))).await;
    }
}
