//! From the request for a run to a submission: checked, authorized, its assistant found. Nothing is created yet.

use lgx_engine::caller::Caller;
use lgx_engine::runs::Submission;
use lgx_engine::runs::request::{Circumstances, IfNotExists, OnDisconnect, RunCreate};
use lgx_model::thread::without_reserved;
use lgx_model::{AssistantId, JsonObject, RawJson, RunId, ThreadId, Timestamp};
use lgx_store::Scope;
use serde_json::{Value, json};

use crate::auth::{Grant, access};
use crate::http::call::object;
use crate::http::keep_alive::Abandon;
use crate::http::{ApiError, Call, assistants};

/// What happens to a run's thread, and how its answer is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunPlace {
    /// `POST /threads/{thread_id}/runs…`
    Thread(ThreadId),
    /// `POST /runs…`: a thread of its own.
    Stateless(ThreadId),
}

impl RunPlace {
    const fn thread_id(self) -> ThreadId {
        match self {
            Self::Thread(id) | Self::Stateless(id) => id,
        }
    }

    const fn is_stateless(self) -> bool {
        matches!(self, Self::Stateless(_))
    }
}

/// Checks what types cannot say, before anything is created.
fn check(call: &Call, body: &RunCreate) -> Result<(), ApiError> {
    body.check()?;
    call.allow_webhook(body.webhook.as_deref())
}

/// A run that its caller may create.
pub(super) struct Prepared {
    /// The run.
    pub(super) submission: Submission,
    /// Who asks for it.
    pub(super) caller: Caller,
    /// What the caller may see of threads.
    pub(super) scope: Scope,
    /// What becomes of it when the client goes.
    pub(super) abandon: Abandon,
}

/// Authorizes one run and finds its assistant; nothing is created yet.
pub(super) async fn prepare(
    call: &Call,
    place: RunPlace,
    body: RunCreate,
) -> Result<Prepared, ApiError> {
    let named = assistant_id(call, &body.assistant_id);
    let checked = named.and_then(|id| check(call, &body).map(|()| id));
    let assistant_id = call.checked(checked).await?;
    let run_id = RunId::fresh();
    let abandon = match body.on_disconnect.unwrap_or_default() {
        OnDisconnect::Cancel => Abandon::Cancel,
        OnDisconnect::Continue => Abandon::Nothing,
    };
    let create_thread = place.is_stateless() || body.if_not_exists == Some(IfNotExists::Create);
    let thread_metadata = if create_thread {
        body.metadata.clone().unwrap_or_default()
    } else {
        JsonObject::new()
    };
    let grant = call
        .grant_of(access("threads", "create_run"), || {
            handler_value(place, run_id, assistant_id, &body, create_thread)
        })
        .await?;
    let body = with_handler_changes(body, &grant)?;
    // Default assistants are in place once the graphs are loaded.
    call.app.engine.workers.serving().await?;
    let assistant = call
        .store()
        .get_runnable_assistant(assistant_id, &grant.scope)
        .await?;
    let assistant = assistant.ok_or_else(not_found)?;
    let thread_config = body.thread_config(&assistant);
    let own_metadata = body.own_metadata(&assistant);
    let injected = grant.metadata();
    let run = body.into_run(Circumstances {
        run_id,
        thread_id: place.thread_id(),
        assistant: &assistant,
        stateless: place.is_stateless(),
        identity: &grant.caller.identity,
        permissions: &grant.caller.permissions,
        request_id: &call.request_id.0,
        headers: crate::http::headers::configurable(
            &call.app.engine.workers.config().http.configurable_headers,
            &call.headers,
            &call.request_id.0,
        ),
        now: Timestamp::now(),
    });
    let mut metadata = thread_metadata;
    metadata.extend(injected);
    let submission = Submission {
        run,
        graph_id: assistant.graph_id.clone(),
        own_metadata,
        create_thread,
        thread_metadata: without_reserved(metadata),
        thread_config,
    };
    Ok(Prepared {
        submission,
        caller: grant.caller,
        scope: grant.scope,
        abandon,
    })
}

/// An assistant's id, or the default assistant of a registered graph.
fn assistant_id(call: &Call, text: &str) -> Result<AssistantId, ApiError> {
    if let Some(id) = assistants::named(call, text) {
        return Ok(id);
    }
    let config = call.app.engine.workers.config();
    let known: Vec<&str> = config
        .graphs
        .iter()
        .map(|graph| graph.id.as_str())
        .collect();
    Err(ApiError::invalid(format!(
        "Invalid assistant: '{text}'. Must be either:\n- A valid assistant UUID, or\n- One of the registered graphs: {}",
        known.join(", ")
    )))
}

/// What the `@auth.on.threads.create_run` handler is shown.
fn handler_value(
    place: RunPlace,
    run_id: RunId,
    assistant_id: AssistantId,
    body: &RunCreate,
    create_thread: bool,
) -> Result<JsonObject, ApiError> {
    let given = |raw: &Option<RawJson>| -> Result<Value, ApiError> {
        let parsed = raw.as_ref().map(RawJson::parse).transpose();
        Ok(parsed
            .map_err(|error| ApiError::invalid(error.to_string()))?
            .unwrap_or_default())
    };
    let config = body.config.clone().unwrap_or_default().into_object();
    Ok(object(json!({
        "thread_id": if place.is_stateless() { Value::Null } else { json!(place.thread_id()) },
        "assistant_id": assistant_id,
        "run_id": run_id,
        "status": "pending",
        "metadata": body.metadata.clone().unwrap_or_default(),
        "prevent_insert_if_inflight": body.multitask_strategy == Some(lgx_model::MultitaskStrategy::Reject),
        "multitask_strategy": body.multitask_strategy.unwrap_or_default(),
        "if_not_exists": if create_thread { "create" } else { "reject" },
        "after_seconds": body.after_seconds.unwrap_or(0.0),
        "kwargs": {"input": given(&body.input)?, "command": given(&body.command)?, "config": config, "context": body.context, "webhook": body.webhook},
    })))
}

/// The request with what the handler changed: metadata, input, and configurable values.
fn with_handler_changes(mut body: RunCreate, grant: &Grant) -> Result<RunCreate, ApiError> {
    if grant.caller.user.is_none() {
        return Ok(body);
    }
    let unreadable = |error: serde_json::Error| {
        ApiError::internal(format!(
            "the auth handler left a run that cannot be read: {error}"
        ))
    };
    body.metadata = Some(grant.metadata());
    if let Some(kwargs) = grant.value.get("kwargs").and_then(Value::as_object) {
        if let Some(input) = kwargs.get("input") {
            body.input = Some(RawJson::of(input));
        }
        if let Some(config) = kwargs.get("config") {
            // As text: a number that is in no type of Rust gets through no value.
            body.config = Some(serde_json::from_str(&config.to_string()).map_err(unreadable)?);
        }
        if let Some(Value::Object(context)) = kwargs.get("context") {
            body.context = Some(context.clone());
        }
    }
    Ok(body)
}

pub(super) fn not_found() -> ApiError {
    ApiError::not_found("Thread or assistant not found.")
}
