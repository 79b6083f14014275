//! A thread's state over HTTP: the newest and older checkpoints, updates, history, and state given at creation.

pub(super) mod history;
mod refresh;

use axum::response::Response;
use lgx_config::Config;
use lgx_engine::caller::Caller;
use lgx_engine::runs::request::CheckpointConfig;
use lgx_engine::workers::{Lease, Part};
use lgx_model::forms::given;
use lgx_model::{Interrupts, JsonObject, RawJson, Thread, ThreadId, ThreadStatus};
use lgx_store::WriteTime;
use lgx_store::threads::ThreadState;
use lgx_worker::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ApiError, Call, reply};
use crate::auth::{Grant, access};
use crate::http::call::object;
use crate::http::found_thread::{find_thread, no_thread};

pub(super) use refresh::refresh;

/// The state of a thread that has no checkpoints.
const EMPTY: &str = r#"{"values":{},"next":[],"tasks":[],"metadata":null,"created_at":null,"checkpoint":null,"parent_checkpoint":null,"interrupts":[],"checkpoint_id":null,"parent_checkpoint_id":null}"#;

/// What every state call tells the worker.
#[derive(Serialize)]
struct StateCall<'a> {
    graph_id: &'a str,
    thread_id: ThreadId,
    config: JsonObject,
    user: Option<&'a RawJson>,
    #[serde(flatten)]
    more: Value,
}

/// What the worker answers to updates, beside the values.
#[derive(Debug, Deserialize)]
struct Updated {
    configurable: JsonObject,
    next: Vec<String>,
    interrupts: RawJson,
}

/// A graph that can answer for a thread.
struct Bound {
    lease: Lease,
    graph_id: String,
    config: JsonObject,
}

impl Bound {
    async fn ask(
        &self,
        thread_id: ThreadId,
        caller: &Caller,
        method: Method,
        more: Value,
    ) -> Result<lgx_worker::Message, ApiError> {
        let question = StateCall {
            graph_id: &self.graph_id,
            thread_id,
            config: self.config.clone(),
            user: caller.user.as_ref(),
            more,
        };
        Ok(self
            .lease
            .call(Part::Graph(&self.graph_id), method, &question)
            .await?)
    }
}

/// The graph of this name, which has to be registered.
pub(super) async fn graph_for(call: &Call, graph_id: Option<&Value>) -> Result<String, ApiError> {
    let Some(graph_id) = graph_id.and_then(Value::as_str) else {
        return Err(ApiError::bad_request(
            "The thread has no graph: create a run on it first, or set `graph_id` in its metadata.",
        ));
    };
    let lease = call.app.engine.workers.serving().await?;
    registered(lease.config(), graph_id)?;
    Ok(graph_id.to_owned())
}

fn registered(config: &Config, graph_id: &str) -> Result<(), ApiError> {
    if config.graph(graph_id).is_some() {
        return Ok(());
    }
    Err(ApiError::not_found(format!(
        "Graph '{graph_id}' is not registered in langgraph.json"
    )))
}

/// The graph that the thread's runs use; none when it has had no run and names none.
async fn bound(call: &Call, thread: &Thread) -> Result<Option<Bound>, ApiError> {
    let Some(graph_id) = thread
        .metadata
        .get("graph_id")
        .and_then(Value::as_str)
        .map(str::to_owned)
    else {
        return Ok(None);
    };
    let lease = call.app.engine.workers.serving().await?;
    registered(lease.config(), &graph_id)?;
    Ok(Some(Bound {
        lease,
        graph_id,
        config: call.store().get_config_of_thread(&thread.metadata).await?,
    }))
}

/// `GET /threads/{thread_id}/state` and `/state/{checkpoint_id}`
pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let (thread, grant) = find_thread(&call, "read", json!({})).await?;
    let checkpoint = match call.path_text("checkpoint_id") {
        "" => Value::Null,
        id => json!({"checkpoint_id": id}),
    };
    answer_state(
        &call,
        &thread,
        &grant,
        checkpoint,
        call.query_flag("subgraphs"),
    )
    .await
}

/// The body of `POST /threads/{thread_id}/state/checkpoint`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct StateAtCheckpoint {
    /// Which checkpoint.
    checkpoint: CheckpointConfig,
    /// Whether to expand subgraphs.
    #[serde(default, deserialize_with = "given")]
    subgraphs: Option<bool>,
}

/// `POST /threads/{thread_id}/state/checkpoint`
pub(super) async fn get_at_checkpoint(call: Call) -> Result<Response, ApiError> {
    let read = call
        .thread_id()
        .and_then(|id| Ok((id, call.json::<StateAtCheckpoint>()?)));
    let ((id, body), grant) = call
        .authorize(
            read,
            access("threads", "read"),
            |(id, _)| json!({"thread_id": id}),
        )
        .await?;
    let thread = thread(&call, id, &grant).await?;
    answer_state(
        &call,
        &thread,
        &grant,
        json!(body.checkpoint),
        body.subgraphs.unwrap_or(false),
    )
    .await
}

async fn thread(call: &Call, id: ThreadId, grant: &Grant) -> Result<Thread, ApiError> {
    let thread = call.store().get_thread(id, &grant.scope).await?;
    thread.ok_or_else(|| no_thread(id))
}

async fn answer_state(
    call: &Call,
    thread: &Thread,
    grant: &Grant,
    checkpoint: Value,
    subgraphs: bool,
) -> Result<Response, ApiError> {
    let Some(bound) = bound(call, thread).await? else {
        return Ok(reply::json_bytes(EMPTY));
    };
    let more = json!({"checkpoint": checkpoint, "subgraphs": subgraphs});
    let answer = bound
        .ask(thread.thread_id, &grant.caller, Method::StateGet, more)
        .await?;
    super::section(answer).map(reply::json_bytes)
}

/// The body of `POST /threads/{thread_id}/state`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct StateUpdate {
    /// What to write: an object, a list, or null for nothing.
    #[serde(default)]
    values: Option<Value>,
    /// On behalf of this node.
    #[serde(default, deserialize_with = "given")]
    as_node: Option<String>,
    /// Branch off this checkpoint, or address a subgraph.
    #[serde(default, deserialize_with = "given")]
    checkpoint: Option<CheckpointConfig>,
    /// Branch off this checkpoint.
    #[serde(default)]
    checkpoint_id: Option<Value>,
}

/// The checkpoint that an update made, in the three spellings that clients read.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StateUpdated {
    checkpoint: JsonObject,
    configurable: JsonObject,
    checkpoint_id: Value,
}

/// `POST /threads/{thread_id}/state`
pub(super) async fn update(call: Call) -> Result<Response, ApiError> {
    let read =
        call.thread_id().and_then(|id| {
            let body: StateUpdate = call.json()?;
            if body.values.as_ref().is_some_and(|values| {
                !(values.is_object() || values.is_array() || values.is_null())
            }) {
                return Err(ApiError::invalid(
                    "`values` must be an object, an array or null\n\nOn instance: values",
                ));
            }
            Ok((id, body))
        });
    let (id, body) = call.checked(read).await?;
    let asked = ["update", "read"].map(|action| {
        let value = object(json!({"thread_id": id}));
        (access("threads", action), value)
    });
    let [mut grant, read] = call.grants(asked).await?;
    grant.scope = grant.scope.and(&read.scope);
    let thread = thread(&call, id, &grant).await?;
    // Those who watch the thread are told there.
    call.take_home(id).await?;
    graph_for(&call, thread.metadata.get("graph_id")).await?;
    let active = call.store().list_active_runs(id, &grant.scope).await?;
    if !active.is_empty() {
        let ids: Vec<String> = active
            .iter()
            .map(|(id, status)| format!("{id} ({})", status.as_str()))
            .collect();
        return Err(ApiError::conflict(format!(
            "The thread is busy: its state cannot be updated while runs are in flight: {}",
            ids.join(", ")
        )));
    }
    let mut checkpoint = match serde_json::to_value(body.checkpoint) {
        Ok(Value::Object(keys)) => Some(keys),
        _ => None,
    };
    if let Some(id) = body.checkpoint_id.filter(|id| !id.is_null()) {
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        checkpoint
            .get_or_insert_default()
            .insert("checkpoint_id".into(), json!(id));
    }
    let more = json!({"values": body.values, "as_node": body.as_node, "checkpoint": checkpoint, "metadata": of_updates(&thread)});
    let (_, configurable) = apply(&call, &thread, &grant, Method::StateUpdate, more).await?;
    announce_state(&call, &thread, &grant).await;
    let checkpoint_id = configurable
        .get("checkpoint_id")
        .cloned()
        .unwrap_or_default();
    Ok(reply::json(&StateUpdated {
        checkpoint: configurable.clone(),
        configurable,
        checkpoint_id,
    }))
}

/// Shows the new state to those who watch the thread.
async fn announce_state(call: &Call, thread: &Thread, grant: &Grant) {
    let id = thread.thread_id;
    if call.app.engine.events.read_one(id).is_none() {
        return;
    }
    let told = async {
        let Some(bound) = bound(call, thread).await? else {
            return Ok(());
        };
        let more = json!({"checkpoint": null, "subgraphs": false});
        let answer = bound.ask(id, &grant.caller, Method::StateGet, more).await?;
        let state = super::raw(&super::section(answer)?)?;
        let data = format!(r#"{{"state":{},"thread_id":"{id}"}}"#, state.get());
        call.app.engine.events.state_updated(id, data.into());
        Ok::<_, ApiError>(())
    };
    if let Err(error) = told.await {
        // The update is made all the same.
        tracing::error!(thread_id = %id, "a new state could not be shown to those who watch: {}", error.detail);
    }
}

/// Has the worker write state, then refreshes the thread's row from the newest root checkpoint.
async fn apply(
    call: &Call,
    thread: &Thread,
    grant: &Grant,
    method: Method,
    more: Value,
) -> Result<(Thread, JsonObject), ApiError> {
    let id = thread.thread_id;
    let Some(bound) = bound(call, thread).await? else {
        return Err(ApiError::bad_request("The thread has no graph."));
    };
    let answer = bound
        .ask(id, &grant.caller, method, more)
        .await
        // It may have been carried out all the same.
        .inspect_err(|_| call.app.engine.rows_behind.name(id))?;
    let updated: Updated = serde_json::from_slice(&answer.meta)
        .map_err(|error| ApiError::internal(format!("the worker's answer to {method}: {error}")))?;
    let values = match answer.sections.first() {
        Some(bytes) => Some(super::raw(bytes)?),
        None => None,
    };
    let interrupts = Interrupts::of(&updated.interrupts);
    let state = ThreadState {
        status: ThreadStatus::at_rest(&updated.next, !interrupts.is_empty()),
        values,
        interrupts: interrupts.on_thread(),
        error: None,
    };
    let refreshed = call
        .store()
        .set_thread_state(id, state, WriteTime::OnItsTurn)
        .await?
        .filter(|thread| grant.scope.allows(&thread.metadata));
    let refreshed = refreshed.ok_or_else(|| no_thread(id))?;
    call.app.engine.announcements.thread(id, refreshed.status);
    Ok((refreshed, updated.configurable))
}

/// The metadata of a checkpoint that an update makes.
fn of_updates(thread: &Thread) -> Value {
    json!({"graph_id": thread.metadata.get("graph_id")})
}

/// One superstep of a thread's initial state: updates that make one checkpoint.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Superstep {
    /// The updates.
    updates: Vec<SuperstepUpdate>,
}

/// One update of a superstep.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct SuperstepUpdate {
    /// What to write.
    #[serde(default)]
    values: Option<Value>,
    /// A command, which wins over the values.
    #[serde(default)]
    command: Option<JsonObject>,
    /// On behalf of this node.
    as_node: String,
}

/// Gives a fresh thread its initial state; if that fails, the thread goes again.
pub(super) async fn seed(
    call: &Call,
    grant: &Grant,
    thread: Thread,
    supersteps: Vec<Superstep>,
) -> Result<Response, ApiError> {
    let id = thread.thread_id;
    match apply(
        call,
        &thread,
        grant,
        Method::StateBulkUpdate,
        json!({"supersteps": supersteps, "metadata": of_updates(&thread)}),
    )
    .await
    {
        Ok((thread, _)) => Ok(reply::json(&thread)),
        Err(error) => {
            call.app.engine.threads.withdraw(id).await?;
            Err(error)
        }
    }
}
