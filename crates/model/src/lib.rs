//! The nouns of the Agent Server: ids, assistants, threads, runs and what they did, queries. The wire type is the domain type.

pub mod assistant;
pub mod checkpoint;
pub mod checkpoint_summary;
pub mod cron;
pub mod diagnostic;
pub mod forms;
pub mod ids;
pub mod interrupts;
pub mod item;
pub mod json;
pub mod json_words;
pub mod query;
pub mod run;
pub mod run_summary;
pub mod runtime;
pub mod schedule;
pub mod step;
pub mod thread;
pub mod time;
pub mod traced_call;

pub use assistant::{Assistant, AssistantVersion};
pub use checkpoint::{CheckpointRow, CheckpointTuple, PendingWrite};
pub use cron::{Cron, OnRunCompleted};
pub use diagnostic::Diagnostic;
pub use ids::{AssistantId, CronId, RunId, ThreadId};
pub use interrupts::Interrupts;
pub use item::{FoundItem, Item};
pub use json::{JsonObject, RawJson};
pub use run::{MultitaskStrategy, Run, RunKwargs, RunOrigin, RunStatus};
pub use run_summary::RunSummary;
pub use runtime::{Runtime, Version};
pub use schedule::{Schedule, ScheduleError};
pub use step::{RunStep, StepStatus};
pub use thread::{PruneStrategy, RunError, Thread, ThreadStatus, ThreadTtl, TimeToLive};
pub use time::Timestamp;
pub use traced_call::{CallKind, CallStatus, TokenUsage, TracedCall};
