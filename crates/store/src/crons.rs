//! Crons as they are stored, and what they run.

use lgx_model::{Assistant, Cron, JsonObject, Timestamp};

/// A cron with what is known of it beyond what clients see.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCron {
    /// The cron.
    pub cron: Cron,
    /// The instant of its `end_time`.
    pub ends_at: Option<Timestamp>,
    /// The permissions of the user who made it.
    pub permissions: Vec<String>,
}

/// What a cron runs, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct CronTarget {
    /// Its assistant, if that is there.
    pub assistant: Option<Assistant>,
    /// The metadata of its thread, if it has one that is there.
    pub thread_metadata: Option<JsonObject>,
}
