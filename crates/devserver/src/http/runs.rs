//! Runs over HTTP: create, wait, stream, on a thread or stateless; batches.

use std::sync::Arc;

use axum::response::Response;
use http::header::{CONTENT_LOCATION, HeaderValue, LOCATION};
use lgx_engine::caller::Caller;
use lgx_engine::runs::live_log::LiveReader;
use lgx_engine::runs::registry::Live;
use lgx_engine::runs::request::{Circumstances, IfNotExists, OnDisconnect, RunCreate};
use lgx_engine::runs::{Refused, Submission};
use lgx_model::thread::without_reserved;
use lgx_model::{AssistantId, JsonObject, RawJson, Run, RunId, ThreadId, Timestamp};
use lgx_store::Scope;
use serde_json::{Value, json};

use super::keep_alive::{Abandon, slow_json};
use super::{ApiError, Call, reply};
use crate::auth::{Grant, access};

/// What happens to a run's thread, and how its answer is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RunPlace {
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

/// A run that was created for a request.
struct Created {
    run: Run,
    live: Arc<Live>,
    reader: LiveReader,
    abandon: Abandon,
}

fn on_thread(call: &Call) -> Result<RunPlace, ApiError> {
    call.path_text("thread_id")
        .parse()
        .map(RunPlace::Thread)
        .map_err(|_| ApiError::invalid("Invalid thread ID"))
}

fn stateless() -> RunPlace {
    RunPlace::Stateless(ThreadId::fresh())
}

/// Reads one run request. The place is part of what can be wrong.
fn read(call: &Call, place: Result<RunPlace, ApiError>) -> Result<(RunPlace, RunCreate), ApiError> {
    let place = place?;
    let body: RunCreate = call.json()?;
    Ok((place, body))
}

/// Authorizes and submits one run.
async fn submit(
    call: &Call,
    read: Result<(RunPlace, RunCreate), ApiError>,
) -> Result<Created, ApiError> {
    let (place, body) = call.checked(read).await?;
    let prepared = prepare(call, place, body).await?;
    admit(call, prepared).await
}

/// Authorizes and submits one run on a thread, for a client that watches the thread.
pub(super) async fn submit_on(
    call: &Call,
    thread_id: ThreadId,
    body: RunCreate,
) -> Result<Run, ApiError> {
    let prepared = prepare(call, RunPlace::Thread(thread_id), body).await?;
    Ok(admit(call, prepared).await?.run)
}

/// Checks what types cannot say, before anything is created.
fn check(call: &Call, body: &RunCreate) -> Result<(), ApiError> {
    body.check()?;
    if let Some(url) = &body.webhook {
        let rules = &call.app.engine.workers.config().webhooks;
        lgx_engine::webhook::check(rules, url, &call.app.url).map_err(ApiError::invalid)?;
    }
    Ok(())
}

/// A run that its caller may create.
struct Prepared {
    submission: Submission,
    caller: Caller,
    /// What the caller may see of threads.
    scope: Scope,
    abandon: Abandon,
}

/// Authorizes one run and finds its assistant; nothing is created yet.
async fn prepare(call: &Call, place: RunPlace, body: RunCreate) -> Result<Prepared, ApiError> {
    let assistant_id = match assistant_id(call, &body.assistant_id)
        .and_then(|id| check(call, &body).map(|()| id))
    {
        Ok(id) => id,
        Err(error) => {
            call.authenticate().await?;
            return Err(error);
        }
    };
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
        .grant(
            access("threads", "create_run"),
            handler_value(place, run_id, assistant_id, &body, create_thread)?,
        )
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
        headers: super::headers::configurable(
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

async fn admit(call: &Call, prepared: Prepared) -> Result<Created, ApiError> {
    let Prepared {
        submission,
        caller,
        scope,
        abandon,
    } = prepared;
    match call
        .app
        .engine
        .runs
        .submit(submission, &caller, scope)
        .await
    {
        Ok(submitted) => Ok(Created {
            run: submitted.run,
            live: submitted.live,
            reader: submitted.reader,
            abandon,
        }),
        Err(Refused::ThreadNotFound | Refused::NotDue) => Err(not_found()),
        Err(Refused::Busy) => Err(ApiError::conflict(
            "The thread is already running a task. Wait for it to finish, or choose another multitask strategy.",
        )),
        Err(Refused::Store(error)) => Err(error.into()),
    }
}

fn not_found() -> ApiError {
    ApiError::not_found("Thread or assistant not found.")
}

/// An assistant's id, or the default assistant of a registered graph.
fn assistant_id(call: &Call, text: &str) -> Result<AssistantId, ApiError> {
    if let Some(id) = super::assistants::named(call, text) {
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
    let value = json!({
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
    });
    Ok(match value {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    })
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

/// `POST /threads/{thread_id}/runs`
pub(super) async fn create(call: Call) -> Result<Response, ApiError> {
    let created = submit(&call, read(&call, on_thread(&call))).await?;
    Ok(located(
        reply::json(&created.run),
        &created.run,
        false,
        None,
    ))
}

/// `POST /runs`
pub(super) async fn create_stateless(call: Call) -> Result<Response, ApiError> {
    let created = submit(&call, read(&call, Ok(stateless()))).await?;
    Ok(located(reply::json(&created.run), &created.run, true, None))
}

/// `POST /runs/batch`
pub(super) async fn create_batch(call: Call) -> Result<Response, ApiError> {
    let bodies = call.json_list::<RunCreate>().and_then(|bodies| {
        if bodies.is_empty() {
            return Err(ApiError::invalid(
                "[] is too short: a batch has at least one run",
            ));
        }
        Ok(bodies)
    });
    let bodies = call.checked(bodies).await?;
    // Nothing is created unless all can be.
    let mut prepared = Vec::with_capacity(bodies.len());
    for body in bodies {
        prepared.push(prepare(&call, stateless(), body).await?);
    }
    let mut runs = Vec::with_capacity(prepared.len());
    for prepared in prepared {
        runs.push(admit(&call, prepared).await?.run);
    }
    Ok(reply::json(&runs))
}

/// `POST /threads/{thread_id}/runs/wait`
pub(super) async fn wait(call: Call) -> Result<Response, ApiError> {
    let created = submit(&call, read(&call, on_thread(&call))).await?;
    Ok(wait_for(created))
}

/// `POST /runs/wait`
pub(super) async fn wait_stateless(call: Call) -> Result<Response, ApiError> {
    let created = submit(&call, read(&call, Ok(stateless()))).await?;
    Ok(wait_for(created))
}

fn wait_for(created: Created) -> Response {
    drop(created.reader);
    let live = Arc::clone(&created.live);
    let guard = created.abandon.guard(&live);
    let body = async move { live.log.ended().await.wait_body() };
    located(slow_json(body, guard), &created.run, false, Some("join"))
}

/// `POST /threads/{thread_id}/runs/stream`
pub(super) async fn stream(call: Call) -> Result<Response, ApiError> {
    let created = submit(&call, read(&call, on_thread(&call))).await?;
    Ok(stream_of(&call, created, false))
}

/// `POST /runs/stream`
pub(super) async fn stream_stateless(call: Call) -> Result<Response, ApiError> {
    let created = submit(&call, read(&call, Ok(stateless()))).await?;
    Ok(stream_of(&call, created, true))
}

fn stream_of(call: &Call, created: Created, stateless: bool) -> Response {
    let selection = super::sse::Selection {
        modes: Vec::new(),
        ids: created.live.resumable,
    };
    let guard = created.abandon.guard(&created.live);
    let source = super::sse::RunStream {
        reader: created.reader,
        selection,
        kept_in: created
            .live
            .resumable
            .then(|| Arc::clone(&call.app.engine.events)),
        unsent: Vec::new(),
    };
    let response = super::sse::respond(source, guard);
    located(response, &created.run, stateless, Some("stream"))
}

/// Adds `content-location`, from which clients learn the run's id, and `location`, to which they reconnect.
pub(super) fn located(
    response: Response,
    run: &Run,
    stateless: bool,
    again: Option<&str>,
) -> Response {
    let thread_id = (!stateless).then_some(run.thread_id);
    located_at(response, thread_id, run.run_id, again)
}

/// The same for a run of which the ids are known, with the thread it is addressed by.
pub(super) fn located_at(
    mut response: Response,
    thread_id: Option<ThreadId>,
    run_id: RunId,
    again: Option<&str>,
) -> Response {
    let place = match thread_id {
        None => format!("/runs/{run_id}"),
        Some(thread_id) => format!("/threads/{thread_id}/runs/{run_id}"),
    };
    let headers = response.headers_mut();
    if let Some(again) =
        again.and_then(|verb| HeaderValue::try_from(format!("{place}/{verb}")).ok())
    {
        headers.insert(LOCATION, again);
    }
    if let Ok(place) = HeaderValue::try_from(place) {
        headers.insert(CONTENT_LOCATION, place);
    }
    response
}
