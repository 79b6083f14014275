//! Crons: runs that start by themselves, again and again, at the times a schedule names.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AssistantId, CronId, JsonObject, ThreadId, Timestamp};

/// What happens to the thread of a stateless cron's run once the run has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum OnRunCompleted {
    /// It goes.
    #[default]
    Delete,
    /// It stays.
    Keep,
}

impl OnRunCompleted {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Keep => "keep",
        }
    }

    /// What `word` says, if it is one of the two.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Delete, Self::Keep]
            .into_iter()
            .find(|behaviour| behaviour.as_str() == word)
    }
}

/// A cron as the API shows it. All keys are always present.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cron {
    /// Its id.
    pub cron_id: CronId,
    /// The assistant it runs.
    pub assistant_id: AssistantId,
    /// The thread it runs on; each run gets a new one when there is none.
    pub thread_id: Option<ThreadId>,
    /// The identity of who made it, empty without auth.
    pub user_id: String,
    /// From when on it does not fire, as given.
    pub end_time: Option<String>,
    /// When it fires.
    pub schedule: String,
    /// The IANA time zone of the schedule; UTC when there is none.
    pub timezone: Option<String>,
    /// The request it was made with: what its runs are asked to do.
    pub payload: JsonObject,
    /// When it fires next; none when it does not fire any more before its end.
    pub next_run_date: Option<Timestamp>,
    /// Metadata, searchable, that its runs get too.
    pub metadata: JsonObject,
    /// What happens to the threads of its runs; none for crons on a thread.
    pub on_run_completed: Option<OnRunCompleted>,
    /// Whether it fires at all.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
