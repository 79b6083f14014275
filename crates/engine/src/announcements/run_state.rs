//! A run as announcements tell of it: what never changes, shared, and where it stands.

use std::sync::Arc;

use lgx_model::{
    AssistantId, JsonObject, MultitaskStrategy, Run, RunId, RunOrigin, RunStatus, RunSummary,
    ThreadId, Timestamp,
};
use serde_json::Value;

/// What of a run never changes.
#[derive(Debug)]
pub struct RunFacts {
    pub(super) run_id: RunId,
    pub(super) thread_id: ThreadId,
    assistant_id: AssistantId,
    origin: RunOrigin,
    graph_id: String,
    multitask_strategy: MultitaskStrategy,
    pub(super) created_at: Timestamp,
    metadata: JsonObject,
    /// How much memory it takes, more or less.
    bytes: usize,
}

impl RunFacts {
    /// Those of this run.
    pub(super) fn of(run: &Run) -> Arc<Self> {
        Arc::new(Self {
            run_id: run.run_id,
            thread_id: run.thread_id,
            assistant_id: run.assistant_id,
            origin: run.origin,
            graph_id: run.kwargs.graph_id().unwrap_or_default().to_owned(),
            multitask_strategy: run.multitask_strategy,
            created_at: run.created_at,
            bytes: run.metadata.values().map(bytes).sum(),
            metadata: run.metadata.clone(),
        })
    }
}

/// Where a run stands.
#[derive(Debug, Clone)]
pub struct RunState {
    pub(super) facts: Arc<RunFacts>,
    pub(super) status: RunStatus,
    pub(super) started_at: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) attempt: u32,
    pub(super) generation: Option<u64>,
    pub(super) queue_position: Option<u64>,
}

impl RunState {
    /// It has not begun.
    pub(super) const fn of(facts: Arc<RunFacts>) -> Self {
        Self {
            facts,
            status: RunStatus::Pending,
            started_at: None,
            ended_at: None,
            attempt: 0,
            generation: None,
            queue_position: None,
        }
    }

    /// It waits, in this place on its thread.
    pub(super) fn waiting(facts: Arc<RunFacts>, place: u64) -> Self {
        Self {
            queue_position: Some(place),
            ..Self::of(facts)
        }
    }

    /// Which run it is.
    pub(super) fn run_id(&self) -> RunId {
        self.facts.run_id
    }

    /// Its thread.
    pub fn thread_id(&self) -> ThreadId {
        self.facts.thread_id
    }

    /// The generation of the code that executes it, or did last.
    pub(crate) const fn generation(&self) -> Option<u64> {
        self.generation
    }

    /// How much memory it takes, more or less: the last event of a run keeps what all of them share.
    pub(super) fn bytes(&self) -> usize {
        self.facts.bytes
    }

    /// As it is shown.
    pub fn summary(&self) -> RunSummary {
        let facts = &self.facts;
        RunSummary {
            run_id: facts.run_id,
            thread_id: facts.thread_id,
            assistant_id: facts.assistant_id,
            assistant_version: facts.origin.assistant_version,
            cron_id: facts.origin.cron_id,
            graph_id: facts.graph_id.clone(),
            status: self.status,
            multitask_strategy: facts.multitask_strategy,
            created_at: facts.created_at,
            started_at: self.started_at,
            ended_at: self.ended_at,
            attempt: self.attempt,
            generation: self.generation,
            before_restart: false,
            queue_position: self.queue_position,
            metadata: facts.metadata.clone(),
        }
    }
}

/// About how many bytes a value takes.
fn bytes(value: &Value) -> usize {
    const EACH: usize = 32;
    EACH + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(bytes).sum(),
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| key.len() + bytes(value))
            .sum(),
        _ => 0,
    }
}
