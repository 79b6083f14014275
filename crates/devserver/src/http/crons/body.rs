//! The bodies of requests about crons. What is of the runs is read only to check its form: it is kept as it was sent.

use lgx_engine::runs::request::{ConfigBody, Durability, Nodes, StreamMode};
use lgx_model::forms::{OneOrMany, given};
use lgx_model::query::{CronQuery, CronSort, SortOrder};
use lgx_model::{JsonObject, MultitaskStrategy, OnRunCompleted};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::http::ApiError;
use crate::http::body::{Limit, Offset};
use crate::http::call::uuid;

/// What becomes of the end of a cron that is changed.
#[derive(Debug, Clone, Default)]
pub(super) enum EndTime {
    /// It stays: nothing was said.
    #[default]
    Same,
    /// There is none any more: null.
    Never,
    /// It is this.
    At(String),
}

impl EndTime {
    /// The new end, if there is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Same | Self::Never => None,
            Self::At(text) => Some(text),
        }
    }
}

impl<'de> Deserialize<'de> for EndTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given: Option<String> = Option::deserialize(deserializer)?;
        Ok(given.map_or(Self::Never, Self::At))
    }
}

/// The input of a graph: an object, or a list of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "Value")]
#[schemars(inline, untagged)]
#[expect(dead_code, reason = "describes what is read only to check its form")]
enum Input {
    One(JsonObject),
    Many(Vec<JsonObject>),
}

impl TryFrom<Value> for Input {
    type Error = &'static str;

    fn try_from(given: Value) -> Result<Self, Self::Error> {
        let no_input = "this is neither an object nor a list of objects";
        match given {
            Value::Object(one) => Ok(Self::One(one)),
            Value::Array(many) => many
                .into_iter()
                .map(|one| match one {
                    Value::Object(one) => Ok(one),
                    _ => Err(no_input),
                })
                .collect::<Result<_, _>>()
                .map(Self::Many),
            _ => Err(no_input),
        }
    }
}

/// The body of `POST /runs/crons` and `POST /threads/{thread_id}/runs/crons`.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "much is read only to check its form")]
pub(in crate::http) struct CronCreate {
    /// An assistant's id, or a graph's name for its default assistant.
    pub(super) assistant_id: String,
    /// When it fires: five fields of a cron expression, and if need be seconds and years.
    #[schemars(extend("examples" = ["0 9 * * *", "*/5 * * * *", "0 0 1 1 *", "0 12 * * MON-FRI", "@daily", "0 0 29 2 * 30"]))]
    pub(super) schedule: String,
    /// The IANA time zone of the schedule; UTC when absent.
    #[schemars(extend("examples" = ["Europe/Berlin", "America/New_York", "UTC"]))]
    pub(super) timezone: Option<String>,
    /// From when on it does not fire, in ISO 8601.
    #[schemars(extend("format" = "date-time", "examples" = ["2999-01-01T00:00:00Z"]))]
    pub(super) end_time: Option<String>,
    /// Whether it fires at all; yes when absent.
    pub(super) enabled: Option<bool>,
    /// Metadata of the cron and its runs.
    pub(super) metadata: Option<JsonObject>,
    /// What happens to the threads of its runs; only without a thread.
    pub(super) on_run_completed: Option<OnRunCompleted>,
    /// What to do when the thread is busy; only on a thread.
    #[serde_with(skip_apply)]
    #[serde(default)]
    #[schemars(with = "Option<MultitaskStrategy>")]
    pub(super) multitask_strategy: Option<Value>,
    /// Where to report the end of each run.
    #[schemars(extend("format" = "uri", "maxLength" = 65536))]
    pub(super) webhook: Option<String>,
    /// The graph's input.
    input: Option<Input>,
    /// Runnable configuration.
    config: Option<ConfigBody>,
    /// Runtime context.
    context: Option<JsonObject>,
    /// Nodes to stop before.
    interrupt_before: Option<Nodes>,
    /// Nodes to stop after.
    interrupt_after: Option<Nodes>,
    /// What to stream.
    stream_mode: Option<OneOrMany<StreamMode>>,
    /// Whether to stream what subgraphs do.
    stream_subgraphs: Option<bool>,
    /// Whether events are kept for readers that come late.
    stream_resumable: Option<bool>,
    /// Deprecated spelling of `durability`.
    checkpoint_during: Option<bool>,
    /// When checkpoints are written.
    durability: Option<Durability>,
}

/// The body of `PATCH /runs/crons/{cron_id}`: what is to change.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("minProperties" = 1))]
#[expect(dead_code, reason = "much is read only to check its form")]
pub(in crate::http) struct CronPatch {
    /// When it fires.
    #[schemars(extend("examples" = ["0 9 * * *", "*/5 * * * *", "0 0 1 1 *", "0 12 * * MON-FRI", "@daily", "0 0 29 2 * 30"]))]
    pub(super) schedule: Option<String>,
    /// The IANA time zone of the schedule.
    #[schemars(extend("examples" = ["Europe/Berlin", "America/New_York", "UTC"]))]
    pub(super) timezone: Option<String>,
    /// From when on it does not fire, in ISO 8601; null for no end.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("nullable" = true, "format" = "date-time"))]
    pub(super) end_time: EndTime,
    /// Whether it fires at all.
    pub(super) enabled: Option<bool>,
    /// Keys of the metadata to set; others stay.
    pub(super) metadata: Option<JsonObject>,
    /// What happens to the threads of its runs; only without a thread.
    pub(super) on_run_completed: Option<OnRunCompleted>,
    /// Where to report the end of each run.
    #[schemars(extend("format" = "uri", "maxLength" = 65536))]
    pub(super) webhook: Option<String>,
    /// The graph's input.
    input: Option<Input>,
    /// Runnable configuration, in place of the present one.
    config: Option<ConfigBody>,
    /// Runtime context, in place of the present one.
    context: Option<JsonObject>,
    /// Nodes to stop before.
    interrupt_before: Option<Nodes>,
    /// Nodes to stop after.
    interrupt_after: Option<Nodes>,
    /// What to stream.
    stream_mode: Option<OneOrMany<StreamMode>>,
    /// Whether to stream what subgraphs do.
    stream_subgraphs: Option<bool>,
    /// Whether events are kept for readers that come late.
    stream_resumable: Option<bool>,
    /// Deprecated spelling of `durability`.
    checkpoint_during: Option<bool>,
    /// When checkpoints are written.
    durability: Option<Durability>,
}

/// The fields of a cron that a search can be narrowed to.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum CronField {
    CronId,
    AssistantId,
    ThreadId,
    OnRunCompleted,
    EndTime,
    Schedule,
    Timezone,
    CreatedAt,
    UpdatedAt,
    UserId,
    Payload,
    NextRunDate,
    Metadata,
    Enabled,
}

/// The body of `POST /runs/crons/search`.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Deserialize, JsonSchema)]
pub(in crate::http) struct CronSearch {
    /// Only of this assistant.
    #[schemars(extend("format" = "uuid"))]
    assistant_id: Option<String>,
    /// Only on this thread.
    #[schemars(extend("format" = "uuid"))]
    thread_id: Option<String>,
    /// Only those that are enabled, or only those that are not.
    enabled: Option<bool>,
    /// Contained in the cron's metadata.
    metadata: Option<JsonObject>,
    /// How many at most; 10 when absent.
    pub(super) limit: Option<Limit>,
    /// How many to pass over.
    pub(super) offset: Option<Offset>,
    /// Sorted by this; `created_at` when absent.
    sort_by: Option<CronSort>,
    /// In this order; only with `sort_by`.
    sort_order: Option<SortOrder>,
    /// Only these fields.
    pub(super) select: Option<Vec<CronField>>,
}

/// The body of `POST /runs/crons/count`.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Deserialize, JsonSchema)]
pub(in crate::http) struct CronCount {
    /// Only of this assistant.
    #[schemars(extend("format" = "uuid"))]
    assistant_id: Option<String>,
    /// Only on this thread.
    #[schemars(extend("format" = "uuid"))]
    thread_id: Option<String>,
    /// Only those that are enabled, or only those that are not.
    enabled: Option<bool>,
    /// Contained in the cron's metadata.
    metadata: Option<JsonObject>,
}

impl CronSearch {
    /// What is searched for; 422 for an id that is no UUID.
    pub(super) fn query(&self) -> Result<CronQuery, ApiError> {
        let filter = CronCount {
            assistant_id: self.assistant_id.clone(),
            thread_id: self.thread_id.clone(),
            enabled: self.enabled,
            metadata: self.metadata.clone(),
        };
        Ok(CronQuery {
            sort_by: self.sort_by.unwrap_or_default(),
            sort_order: self.sort_by.and(self.sort_order).unwrap_or_default(),
            ..filter.query()?
        })
    }
}

impl CronCount {
    /// What is counted; 422 for an id that is no UUID.
    pub(super) fn query(&self) -> Result<CronQuery, ApiError> {
        let assistant_id = self.assistant_id.as_deref();
        let thread_id = self.thread_id.as_deref();
        Ok(CronQuery {
            assistant_id: assistant_id
                .map(|text| uuid(text, "assistant"))
                .transpose()?,
            thread_id: thread_id.map(|text| uuid(text, "thread")).transpose()?,
            enabled: self.enabled,
            metadata: self.metadata.clone().unwrap_or_default(),
            ..CronQuery::default()
        })
    }
}
