//! Runs at a glance, over all threads: what the server's own endpoints and announcements tell of each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    AssistantId, CronId, JsonObject, MultitaskStrategy, RunId, RunStatus, ThreadId, Timestamp,
};

/// One run, without what it was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunSummary {
    /// The run.
    pub run_id: RunId,
    /// Its thread.
    pub thread_id: ThreadId,
    /// What it runs.
    pub assistant_id: AssistantId,
    /// The version of that which it was made of; none where that was not kept.
    pub assistant_version: Option<i64>,
    /// The graph of that, by its name in langgraph.json.
    pub graph_id: String,
    /// The cron that asked for it, if one did.
    pub cron_id: Option<CronId>,
    /// Where it is in its life.
    pub status: RunStatus,
    /// What it does where its thread is busy.
    pub multitask_strategy: MultitaskStrategy,
    /// When it was asked for, or when it is due.
    pub created_at: Timestamp,
    /// When it first began to execute.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How often its execution has begun; 0 for one that has not.
    pub attempt: u32,
    /// The generation of the code that executes it, or did last.
    pub generation: Option<u64>,
    /// Whether that was before the server was started: it counts generations anew with each start.
    pub before_restart: bool,
    /// Its place among those that wait on its thread, from 1; none when it does not wait.
    pub queue_position: Option<u64>,
    /// What its client, its assistant and its thread say of it.
    pub metadata: JsonObject,
}
