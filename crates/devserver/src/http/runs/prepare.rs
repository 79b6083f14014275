//! From the request for a run to a submission: checked, authorized, its assistant found. Nothing is created yet.

mod handler_value;

use lgx_engine::caller::Caller;
use lgx_engine::runs::Submission;
use lgx_engine::runs::request::{Circumstances, IfNotExists, OnDisconnect, RunCreate};
use lgx_model::thread::without_reserved;
use lgx_model::{AssistantId, JsonObject, RunId, ThreadId, Timestamp};
use lgx_store::Scope;
use serde_json::json;

use crate::auth::{Access, Grant, access};
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
    /// What of them the caller may read, where that was asked.
    pub(super) readable: Option<Scope>,
    /// What becomes of it when the client goes.
    pub(super) abandon: Abandon,
}

/// What its client gets of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// That it is there.
    Nothing,
    /// What it makes of the thread, so that the caller has to be allowed to read that.
    Output,
}

/// A run that is asked for, checked.
struct WantedRun {
    place: RunPlace,
    run_id: RunId,
    assistant_id: AssistantId,
    body: RunCreate,
}

impl WantedRun {
    fn creates_thread(&self) -> bool {
        self.place.is_stateless() || self.body.if_not_exists == Some(IfNotExists::Create)
    }
}

/// Authorizes runs, in one trip to the handlers, and finds their assistants; nothing is created yet.
pub(super) async fn prepare(
    call: &Call,
    wanted: Vec<(RunPlace, RunCreate)>,
    shown: Shown,
) -> Result<Vec<Prepared>, ApiError> {
    let asked: Result<Vec<WantedRun>, ApiError> = wanted
        .into_iter()
        .map(|(place, body)| {
            let assistant_id = assistant_id(call, &body.assistant_id)?;
            check(call, &body)?;
            Ok(WantedRun {
                place,
                run_id: RunId::fresh(),
                assistant_id,
                body,
            })
        })
        .collect();
    let asked = call.checked(asked).await?;
    let each: &[Access] = match shown {
        Shown::Nothing => &[CREATE],
        Shown::Output => &[CREATE, READ],
    };
    let accesses: Vec<Access> = asked.iter().flat_map(|_| each.iter().copied()).collect();
    let grants = call
        .grants_of(&accesses, || {
            let mut values = Vec::with_capacity(accesses.len());
            for run in &asked {
                let whole = handler_value::of(run, &call.request_id.0)?;
                values.push(whole);
                if shown == Shown::Output {
                    values.push(object(json!({"thread_id": run.place.thread_id()})));
                }
            }
            Ok(values)
        })
        .await?;
    // Default assistants are in place once the graphs are loaded.
    call.app.engine.workers.serving().await?;
    let mut grants = grants.into_iter();
    let mut prepared = Vec::with_capacity(asked.len());
    for run in asked {
        let (Some(create), read) = (
            grants.next(),
            match shown {
                Shown::Nothing => None,
                Shown::Output => grants.next(),
            },
        ) else {
            return Err(ApiError::internal("a run was not decided about"));
        };
        prepared.push(prepared_run(call, run, create, read).await?);
    }
    Ok(prepared)
}

const CREATE: Access = access("threads", "create_run");
const READ: Access = access("threads", "read");

/// A run as its handlers left it, with its assistant.
async fn prepared_run(
    call: &Call,
    asked: WantedRun,
    grant: Grant,
    read: Option<Grant>,
) -> Result<Prepared, ApiError> {
    let place = asked.place;
    let create_thread = asked.creates_thread();
    let abandon = match asked.body.on_disconnect.unwrap_or_default() {
        OnDisconnect::Cancel => Abandon::Cancel,
        OnDisconnect::Continue => Abandon::Nothing,
    };
    let mut metadata = if create_thread {
        asked.body.metadata.clone().unwrap_or_default()
    } else {
        JsonObject::new()
    };
    let body = handler_value::applied(asked.body, &grant)?;
    let assistant = call
        .store()
        .get_runnable_assistant(asked.assistant_id, &grant.scope)
        .await?;
    let assistant = assistant.ok_or_else(not_found)?;
    let thread_config = body.thread_config(&assistant);
    let own_metadata = body.own_metadata(&assistant);
    metadata.extend(grant.metadata());
    let run = body.into_run(Circumstances {
        run_id: asked.run_id,
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
        traceparent: call
            .headers
            .get("traceparent")
            .and_then(|value| value.to_str().ok()),
        now: Timestamp::now(),
    });
    let submission = Submission {
        run,
        graph_id: assistant.graph_id.clone(),
        own_metadata,
        create_thread,
        thread_metadata: without_reserved(metadata),
        thread_config,
    };
    let readable = read.map(|read| read.scope);
    let scope = match &readable {
        Some(readable) => grant.scope.and(readable),
        None => grant.scope,
    };
    Ok(Prepared {
        submission,
        caller: grant.caller,
        scope,
        readable,
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

pub(super) fn not_found() -> ApiError {
    ApiError::not_found("Thread or assistant not found.")
}
