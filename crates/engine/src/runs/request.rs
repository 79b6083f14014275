//! From the body of a run request to the run it asks for: defaults, merging and the keys the server adds. Pure.

pub mod checkpoint;

mod command;
mod config;
mod words;

use lgx_model::{
    Assistant, JsonObject, MultitaskStrategy, RawJson, Run, RunId, RunKwargs, RunOrigin, RunStatus,
    ThreadId, Timestamp,
};
use lgx_otlp::TraceParent;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

pub use self::checkpoint::CheckpointConfig;
pub use self::command::CommandBody;
pub use self::config::ConfigBody;
pub use self::words::{
    Durability, IfNotExists, LangSmithTracer, Nodes, OnCompletion, OnDisconnect, StreamMode,
};
use super::trace;
use lgx_model::forms::{OneOrMany, given};
use lgx_model::json_words;
use lgx_model::thread::without_reserved;

/// What types cannot say is wrong with the request for a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// The checkpoint is not named by a UUID.
    #[error("Invalid checkpoint ID")]
    CheckpointId,
    /// The command has another form; why, in the words of JSON.
    #[error("{0}\n\nOn instance: command")]
    Command(String),
    /// Context is given in both ways.
    #[error("A run takes either `context` or `config.configurable`, not both. Prefer `context`.")]
    TwoContexts,
}

/// The body of every request that creates a run.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct RunCreate {
    /// An assistant's id, or a graph's name for its default assistant.
    pub assistant_id: String,
    /// The graph's input; ignored when there is a command.
    #[serde_with(skip_apply)]
    #[serde(default)]
    pub input: Option<RawJson>,
    /// Resume, update or go to a node.
    #[serde_with(skip_apply)]
    #[serde(default)]
    #[schemars(with = "Option<CommandBody>")]
    pub command: Option<RawJson>,
    /// Metadata of the run.
    pub metadata: Option<JsonObject>,
    /// Runnable configuration.
    pub config: Option<ConfigBody>,
    /// Runtime context.
    pub context: Option<JsonObject>,
    /// The checkpoint to start from.
    pub checkpoint: Option<CheckpointConfig>,
    /// The same by its id alone.
    #[serde_with(skip_apply)]
    #[serde(default)]
    #[schemars(extend("format" = "uuid", "nullable" = true))]
    pub checkpoint_id: Option<String>,
    /// What to stream.
    pub stream_mode: Option<OneOrMany<StreamMode>>,
    /// Whether to stream what subgraphs do.
    pub stream_subgraphs: Option<bool>,
    /// Whether events are kept for readers that come late.
    pub stream_resumable: Option<bool>,
    /// Nodes to stop before.
    pub interrupt_before: Option<Nodes>,
    /// Nodes to stop after.
    pub interrupt_after: Option<Nodes>,
    /// Where to report the run's end.
    #[schemars(extend("format" = "uri", "maxLength" = 65536))]
    pub webhook: Option<String>,
    /// Accepted for compatibility.
    pub feedback_keys: Option<Vec<String>>,
    /// What to do when the thread is busy.
    pub multitask_strategy: Option<MultitaskStrategy>,
    /// What to do when the thread does not exist.
    pub if_not_exists: Option<IfNotExists>,
    /// Seconds to wait before the run may start.
    pub after_seconds: Option<f64>,
    /// What happens to a stateless run's thread.
    pub on_completion: Option<OnCompletion>,
    /// What happens when the client goes away.
    #[serde_with(skip_apply)]
    #[serde(default)]
    #[schemars(extend("nullable" = true))]
    pub on_disconnect: Option<OnDisconnect>,
    /// Deprecated spelling of `durability`.
    pub checkpoint_during: Option<bool>,
    /// When checkpoints are written.
    pub durability: Option<Durability>,
    /// Where LangSmith files the run's trace.
    #[serde_with(skip_apply)]
    #[serde(default)]
    pub langsmith_tracer: Option<LangSmithTracer>,
    /// Whether it is started over the event protocol; no body can say so.
    #[serde(skip)]
    pub event_streaming: bool,
}

/// What a run request does not say itself.
pub struct Circumstances<'a> {
    /// The run's id.
    pub run_id: RunId,
    /// Its thread.
    pub thread_id: ThreadId,
    /// The assistant it names.
    pub assistant: &'a Assistant,
    /// Whether it has no thread of its own (`POST /runs…`).
    pub stateless: bool,
    /// The caller's identity, empty without auth.
    pub identity: &'a str,
    /// The caller's permissions.
    pub permissions: &'a [String],
    /// The request's id.
    pub request_id: &'a str,
    /// Request headers that langgraph.json passes on, lower-cased.
    pub headers: JsonObject,
    /// The request's `traceparent`, as it came.
    pub traceparent: Option<&'a str>,
    /// The present.
    pub now: Timestamp,
}

/// Words of a request as the run has them.
pub struct ShownKwargs {
    /// What is streamed.
    pub stream_mode: Vec<String>,
    /// Whether its thread goes with it.
    pub temporary: bool,
    /// When checkpoints are written.
    pub durability: &'static str,
}

impl RunCreate {
    /// The configuration left on the thread: the assistant's under the run's, without the run's own `configurable`.
    pub fn thread_config(&self, assistant: &Assistant) -> JsonObject {
        let mut config = assistant.config.clone();
        let mut asked = self.config.clone().unwrap_or_default().into_object();
        asked.shift_remove("configurable");
        if let Some(Value::Object(metadata)) = asked.get_mut("metadata") {
            *metadata = without_reserved(std::mem::take(metadata));
        }
        config.extend(asked);
        config.entry("configurable").or_insert_with(|| json!({}));
        config
    }

    /// The run's own metadata: what names its graph and assistant, and what the request gives. It cannot name others.
    pub fn own_metadata(&self, assistant: &Assistant) -> JsonObject {
        let mut metadata = JsonObject::new();
        metadata.insert("graph_id".into(), json!(assistant.graph_id));
        metadata.insert("assistant_id".into(), json!(assistant.assistant_id));
        let configured = self
            .config
            .as_ref()
            .and_then(|config| config.rest.get("metadata"));
        if let Some(Value::Object(more)) = configured {
            metadata.extend(without_reserved(more.clone()));
        }
        metadata.extend(without_reserved(self.metadata.clone().unwrap_or_default()));
        metadata
    }

    /// Checks what types cannot say.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), InvalidRequest> {
        if let Some(id) = &self.checkpoint_id {
            Uuid::try_parse(id).map_err(|_| InvalidRequest::CheckpointId)?;
        }
        if let Some(command) = self.command.as_ref().filter(|command| !command.is_null()) {
            command
                .parse::<CommandBody>()
                .map_err(|error| InvalidRequest::Command(json_words::of(&error)))?;
        }
        let configurable = self
            .config
            .as_ref()
            .and_then(|config| config.configurable.as_ref());
        if self
            .context
            .as_ref()
            .is_some_and(|context| !context.is_empty())
            && configurable.is_some_and(|configurable| !configurable.is_empty())
        {
            return Err(InvalidRequest::TwoContexts);
        }
        Ok(())
    }

    /// What the defaults make of those words of the request that are other words in the run.
    pub fn shown_kwargs(&self, stateless: bool) -> ShownKwargs {
        let on_completion = self.on_completion.unwrap_or_default();
        ShownKwargs {
            stream_mode: if self.event_streaming {
                let modes = RunKwargs::EVENT_STREAMING.iter();
                modes.map(ToString::to_string).collect()
            } else {
                stream_modes(self.stream_mode.clone())
            },
            temporary: stateless && on_completion == OnCompletion::Delete,
            durability: durability(self.durability, self.checkpoint_during),
        }
    }

    /// The run this asks for, still pending.
    pub fn into_run(self, at: Circumstances<'_>) -> Run {
        let assistant = at.assistant;
        let shown = self.shown_kwargs(at.stateless);
        let mut metadata = assistant.metadata.clone();
        metadata.extend(self.own_metadata(assistant));
        let request_config = self.config.unwrap_or_default().into_object();

        let after_seconds = self.after_seconds.unwrap_or(0.0);
        let (mut config, context) = merge(assistant, request_config, self.context);
        let user_keys = take_object(&mut config, "configurable");
        let mut configurable = at.headers;
        // The checkpoint to start from comes first; the path's thread wins over the one it names.
        if let Ok(Value::Object(keys)) = serde_json::to_value(self.checkpoint) {
            configurable.extend(keys);
        }
        if let Some(checkpoint_id) = self.checkpoint_id {
            configurable.insert("checkpoint_id".into(), json!(checkpoint_id));
        }
        configurable.extend(user_keys);
        let goes_to_langsmith = self.langsmith_tracer.is_some();
        let langsmith = self.langsmith_tracer.unwrap_or_default();
        for (key, value) in [
            ("langgraph_auth_user", Value::Null),
            ("langgraph_auth_user_id", json!(at.identity)),
            ("langgraph_auth_permissions", json!(at.permissions)),
            ("langgraph_request_id", json!(at.request_id)),
            ("__langsmith_project__", json!(langsmith.project_name)),
            ("__langsmith_example_id__", json!(langsmith.example_id)),
            ("__request_start_time_ms__", json!(at.now.micros() / 1000)),
            ("__after_seconds__", number(after_seconds)),
            ("run_id", json!(at.run_id)),
            ("thread_id", json!(at.thread_id)),
            ("graph_id", json!(assistant.graph_id)),
            ("assistant_id", json!(assistant.assistant_id)),
            ("user_id", json!(at.identity)),
        ] {
            // The server's keys come last and cannot be spoofed.
            configurable.shift_remove(key);
            if goes_to_langsmith || !key.starts_with("__langsmith_") {
                configurable.insert(key.into(), value);
            }
        }
        configurable.shift_remove(trace::PARENT_KEY);
        let parent = at.traceparent.and_then(|text| text.parse().ok());
        if let Some(parent) = parent.map(|parent: TraceParent| parent.to_string()) {
            configurable.insert(trace::PARENT_KEY.into(), json!(parent));
        }
        config.insert("configurable".into(), Value::Object(configurable));
        config.insert("metadata".into(), Value::Object(metadata.clone()));

        let kwargs = RunKwargs {
            input: self.input.unwrap_or_else(RawJson::null),
            command: self.command.unwrap_or_else(RawJson::null),
            config,
            context,
            stream_mode: shown.stream_mode,
            interrupt_before: self
                .interrupt_before
                .as_ref()
                .map_or_else(RawJson::null, RawJson::of),
            interrupt_after: self
                .interrupt_after
                .as_ref()
                .map_or_else(RawJson::null, RawJson::of),
            webhook: self.webhook,
            feedback_keys: self.feedback_keys,
            temporary: shown.temporary,
            subgraphs: self.stream_subgraphs.unwrap_or(false),
            resumable: self.stream_resumable.unwrap_or(false),
            checkpoint_during: self.checkpoint_during.unwrap_or(true),
            durability: shown.durability.into(),
        };
        Run {
            run_id: at.run_id,
            thread_id: at.thread_id,
            assistant_id: assistant.assistant_id,
            metadata,
            status: RunStatus::Pending,
            kwargs,
            multitask_strategy: self.multitask_strategy.unwrap_or_default(),
            created_at: at.now.plus_seconds(after_seconds),
            updated_at: at.now,
            langsmith_session_name: None,
            origin: RunOrigin {
                assistant_version: Some(assistant.version),
                cron_id: None,
            },
        }
    }
}

/// The config and the context a run gets: the assistant's under the request's, whose `configurable` and context are one. The
/// assistant's own two are not mirrored again: a context that was cleared would come back.
fn merge(
    assistant: &Assistant,
    mut request: JsonObject,
    context: Option<JsonObject>,
) -> (JsonObject, JsonObject) {
    let mut config = assistant.config.clone();
    let mut configurable = take_object(&mut config, "configurable");
    let requested = take_object(&mut request, "configurable");
    let mut whole = assistant.context.clone();
    let mirrored = requested
        .iter()
        .filter(|(key, _)| !checkpoint::KEYS.contains(&key.as_str()))
        .filter(|(key, _)| !key.starts_with("langgraph_auth_"));
    whole.extend(mirrored.map(|(key, value)| (key.clone(), value.clone())));
    configurable.extend(requested);
    // At most one of the two has anything.
    let context = context.unwrap_or_default();
    whole.extend(context.clone());
    // What a context says is for the graph: it does not choose where a run goes on.
    let mirrored = context.into_iter();
    configurable.extend(mirrored.filter(|(key, _)| !checkpoint::KEYS.contains(&key.as_str())));
    config.extend(request);
    config.insert("configurable".into(), Value::Object(configurable));
    (config, whole)
}

fn take_object(from: &mut JsonObject, key: &str) -> JsonObject {
    match from.shift_remove(key) {
        Some(Value::Object(object)) => object,
        _ => JsonObject::new(),
    }
}

/// A number without a fraction where there is none, as clients wrote it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "only whole numbers of moderate size are converted"
)]
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        json!(value as i64)
    } else {
        json!(value)
    }
}

fn stream_modes(asked: Option<OneOrMany<StreamMode>>) -> Vec<String> {
    let modes: Vec<StreamMode> = asked.map(OneOrMany::into_vec).unwrap_or_default();
    let mut words: Vec<String> = modes
        .iter()
        .filter_map(|mode| serde_json::to_value(mode).ok()?.as_str().map(str::to_owned))
        .collect();
    if words.is_empty() {
        words.push("values".into());
    }
    words
}

const fn durability(asked: Option<Durability>, checkpoint_during: Option<bool>) -> &'static str {
    match (asked, checkpoint_during) {
        (Some(Durability::Sync), _) => "sync",
        (Some(Durability::Exit), _) | (None, Some(false)) => "exit",
        (Some(Durability::Async) | None, _) => "async",
    }
}

#[cfg(test)]
mod tests;
