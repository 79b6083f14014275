//! Searches: what filters, sorts and pages a list of assistants, threads, runs or crons.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AssistantId, CronId, JsonObject, RunStatus, ThreadId, ThreadStatus, Timestamp};

/// Ascending or descending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum SortOrder {
    /// Smallest first.
    Asc,
    /// Largest first.
    #[default]
    Desc,
}

/// A page of a list: at most `limit` rows after the first `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many rows at most.
    pub limit: u32,
    /// How many rows to pass over.
    pub offset: u64,
}

impl Page {
    /// All rows there are.
    pub const ALL: Self = Self {
        limit: u32::MAX,
        offset: 0,
    };
}

/// A page of rows, and whether more follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many rows match in all.
    pub total: u64,
}

/// Which fields of the rows are wanted; all of them when none is named. What is not wanted is not read: it may be large.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<String>);

impl Fields {
    /// Whether this field is wanted.
    pub fn has(&self, field: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|wanted| wanted == field)
    }
}

impl<T: Into<String>> FromIterator<T> for Fields {
    fn from_iter<I: IntoIterator<Item = T>>(fields: I) -> Self {
        Self(fields.into_iter().map(Into::into).collect())
    }
}

/// What threads can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ThreadSort {
    /// The id.
    ThreadId,
    /// The status word.
    Status,
    /// When it was made.
    CreatedAt,
    /// When it last changed.
    #[default]
    UpdatedAt,
    /// When its values last changed.
    StateUpdatedAt,
}

/// Which threads to find.
#[derive(Debug, Clone, Default)]
pub struct ThreadQuery {
    /// Only these, when not empty.
    pub ids: Vec<ThreadId>,
    /// Contained in the thread's metadata.
    pub metadata: JsonObject,
    /// Contained in the thread's values; a thread without values never matches a filter.
    pub values: JsonObject,
    /// Only in this status.
    pub status: Option<ThreadStatus>,
    /// Sorted by this.
    pub sort_by: ThreadSort,
    /// In this order.
    pub sort_order: SortOrder,
    /// With these fields.
    pub fields: Fields,
}

/// What assistants can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AssistantSort {
    /// The id.
    AssistantId,
    /// When it was made.
    #[default]
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// The name, whatever its case.
    Name,
    /// The graph.
    GraphId,
}

/// Which assistants to find.
#[derive(Debug, Clone, Default)]
pub struct AssistantQuery {
    /// Contained in the assistant's metadata.
    pub metadata: JsonObject,
    /// Only of this graph.
    pub graph_id: Option<String>,
    /// A part of the name, whatever its case.
    pub name: Option<String>,
    /// Sorted by this.
    pub sort_by: AssistantSort,
    /// In this order.
    pub sort_order: SortOrder,
    /// With these fields.
    pub fields: Fields,
}

/// Which runs of a thread to list; newest first.
#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    /// Only in this status.
    pub status: Option<RunStatus>,
    /// With these fields.
    pub fields: Fields,
}

/// Which runs of all threads to find; the newest come first.
#[derive(Debug, Clone, Default)]
pub struct RunSearch {
    /// Only in this status.
    pub status: Option<RunStatus>,
    /// Only of this graph.
    pub graph_id: Option<String>,
    /// Only of this assistant.
    pub assistant_id: Option<AssistantId>,
    /// Only on this thread.
    pub thread_id: Option<ThreadId>,
    /// Only those that this cron asked for.
    pub cron_id: Option<CronId>,
    /// Only those that were made at this time or later.
    pub created_after: Option<Timestamp>,
    /// Only those that were made before this time.
    pub created_before: Option<Timestamp>,
}

/// What crons can be sorted by. What is missing counts as larger than anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum CronSort {
    /// The id.
    CronId,
    /// The assistant's id.
    AssistantId,
    /// The thread's id.
    ThreadId,
    /// When it is due next.
    NextRunDate,
    /// When it ends, as an instant.
    EndTime,
    /// When it was made.
    #[default]
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
}

/// Which crons to find.
#[derive(Debug, Clone, Default)]
pub struct CronQuery {
    /// Only of this assistant.
    pub assistant_id: Option<AssistantId>,
    /// Only on this thread.
    pub thread_id: Option<ThreadId>,
    /// Only those that are enabled, or only those that are not.
    pub enabled: Option<bool>,
    /// Contained in the cron's metadata.
    pub metadata: JsonObject,
    /// Sorted by this.
    pub sort_by: CronSort,
    /// In this order.
    pub sort_order: SortOrder,
    /// With these fields.
    pub fields: Fields,
}
