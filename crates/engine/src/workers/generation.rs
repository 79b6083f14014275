//! One generation: the workers that loaded one state of the user's code, and who is still using them.

use std::sync::Arc;

use lgx_config::Config;
use lgx_worker::{
    CallError, Loaded, LoadedGraph, Message, Method, Secret, Uses, Worker, WorkerSource,
};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::crew::{Crew, Part};
use super::{Timeline, Unavailable, Workers};

/// Workers that have loaded the project.
pub struct Generation {
    number: u64,
    workers: Crew,
    loaded: Loaded,
    config: Arc<Config>,
    secret: Secret,
    /// Where its workers come from, with what each uses of what is installed.
    sources: Vec<(Arc<dyn WorkerSource>, Uses)>,
    timeline: Timeline,
    ready: Instant,
    leases: TaskTracker,
}

impl Generation {
    /// A generation that nobody uses yet.
    pub(super) fn new(
        number: u64,
        workers: Crew,
        loaded: Loaded,
        config: Arc<Config>,
        secret: Secret,
        sources: Vec<(Arc<dyn WorkerSource>, Uses)>,
        timeline: Timeline,
    ) -> Arc<Self> {
        Arc::new(Self {
            number,
            workers,
            loaded,
            config,
            secret,
            sources,
            timeline,
            ready: Instant::now(),
            leases: TaskTracker::new(),
        })
    }

    /// Counts generations, from 1.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Lets what it uses of what is installed be imported ahead by the workers that come after it.
    pub(super) fn prepare_next(&self) {
        for (source, uses) in &self.sources {
            source.prepare_next(uses);
        }
    }

    /// Its workers.
    pub(super) const fn workers(&self) -> &Crew {
        &self.workers
    }

    /// The worker that answers for a part of the project.
    pub fn worker_of(&self, part: Part<'_>) -> &Worker {
        self.workers.of_runtime(match part {
            Part::Graph(id) => self.config.runtime_of_graph(id),
            Part::Auth => self.config.runtime_of_auth(),
            Part::Embeddings => self.config.runtime_of_embeddings(),
        })
    }

    /// What shows that a request was made by one of its graphs.
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// What it loaded.
    pub const fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// The configuration it was loaded with.
    pub const fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// How it came up.
    pub(super) const fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Since when it has been loaded.
    pub(super) const fn ready(&self) -> Instant {
        self.ready
    }

    /// How many graphs it can run.
    pub fn ready_graphs(&self) -> usize {
        self.loaded
            .graphs
            .values()
            .filter(|graph| matches!(graph, LoadedGraph::Ready { .. }))
            .count()
    }

    /// Whether it can run all of them.
    pub(super) fn is_whole(&self) -> bool {
        self.ready_graphs() == self.loaded.graphs.len()
    }

    /// The ids of the graphs that do not load, as langgraph.json orders them.
    pub fn failed_graphs(&self) -> Vec<String> {
        let failed = |id: &&String| {
            matches!(
                self.loaded.graphs.get(*id),
                Some(LoadedGraph::Failed { .. })
            )
        };
        let ids = self.config.graphs.iter().map(|graph| &graph.id);
        ids.filter(failed).cloned().collect()
    }

    /// Whether a run of this graph cannot fail before the graph is there, as it was compiled when the code was loaded.
    pub(crate) fn has_compiled(&self, graph_id: &str) -> bool {
        let graph = self.loaded.graphs.get(graph_id);
        matches!(graph, Some(LoadedGraph::Ready { factory: false, .. }))
    }

    /// A hold on it: it is not retired before the hold is dropped.
    pub(super) fn lease(self: &Arc<Self>, workers: &Arc<Workers>) -> Lease {
        Lease {
            workers: Arc::clone(workers),
            generation: Arc::clone(self),
            place: None,
            _token: self.leases.token(),
        }
    }

    /// Whether this is the only hold on it.
    pub(crate) fn has_other_leases(&self) -> bool {
        self.leases.len() > 1
    }

    /// Waits until nobody holds it any more. No new holds may be taken by then.
    pub(super) async fn drained(&self) {
        self.leases.close();
        self.leases.wait().await;
    }
}

/// Why a worker gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// There is none to ask.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// A hold on a generation.
pub struct Lease {
    workers: Arc<Workers>,
    generation: Arc<Generation>,
    /// The place that its generation takes, if that is there for one run only.
    place: Option<OwnedSemaphorePermit>,
    _token: TaskTrackerToken,
}

impl std::ops::Deref for Lease {
    type Target = Generation;

    fn deref(&self) -> &Generation {
        &self.generation
    }
}

impl Lease {
    /// Asks the worker of a part of the project; and the one that serves then, if this one is blocked or ends before it gets to it.
    ///
    /// # Errors
    /// What the worker answers, or that there is none.
    pub async fn call<P: Serialize + Sync>(
        &self,
        part: Part<'_>,
        method: Method,
        params: &P,
    ) -> Result<Message, Unanswered> {
        let mut answer = self.worker_of(part).call(method, params).await;
        let mut asked = self.number();
        // What only reads may be asked again when a run has ended the worker; but it may be what ends one after the other.
        let mut may_outlive = !method.is_begun();
        loop {
            match answer {
                Err(CallError::Withdrawn) => {}
                Err(CallError::Died(_)) if may_outlive => may_outlive = false,
                answer => return Ok(answer?),
            }
            let next = self.workers.serving_after(asked).await?;
            answer = next.worker_of(part).call(method, params).await;
            asked = next.number();
        }
    }

    /// The same hold, which keeps a place among the generations that are there for one run only.
    pub(super) fn with_place(self, place: Option<OwnedSemaphorePermit>) -> Self {
        Self { place, ..self }
    }

    /// Whether its generation is there for one run only.
    pub(super) const fn is_alone(&self) -> bool {
        self.place.is_some()
    }

    /// All workers of the server.
    pub(super) const fn all_workers(&self) -> &Arc<Workers> {
        &self.workers
    }

    /// Whether clients are not told what its last words were.
    pub(crate) fn redacts_errors(&self) -> bool {
        self.workers.options.redact_errors
    }

    /// A hold on the generation that takes over from this one; on the one that serves, if this one never did.
    ///
    /// # Errors
    /// When there is none and none is coming.
    pub async fn successor(&self) -> Result<Self, Unavailable> {
        let after = if self.is_alone() { 0 } else { self.number() };
        self.workers.serving_after(after).await
    }
}
