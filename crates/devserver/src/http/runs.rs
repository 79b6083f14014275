//! Runs over HTTP: create, wait, stream, on a thread or stateless; batches.

mod prepare;

use std::sync::Arc;

use axum::response::Response;
use http::header::{CONTENT_LOCATION, HeaderValue, LOCATION};
use lgx_engine::runs::Refused;
use lgx_engine::runs::live_log::LiveReader;
use lgx_engine::runs::registry::Live;
use lgx_engine::runs::request::RunCreate;
use lgx_model::{Run, RunId, ThreadId};
use lgx_store::Scope;

use self::prepare::{Prepared, RunPlace, Shown, not_found, prepare};
use super::follow::{Found, join};
use super::keep_alive::{Abandon, slow_json};
use super::{ApiError, Call, reply};

/// A run that was created for a request.
pub(super) struct Created {
    /// The run.
    pub(super) run: Run,
    /// The run while it lasts.
    pub(super) live: Arc<Live>,
    /// Reads what it streams, from its first event.
    pub(super) reader: LiveReader,
    /// What becomes of it when the client goes.
    pub(super) abandon: Abandon,
    /// What its client may see.
    scope: Scope,
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
    shown: Shown,
) -> Result<Created, ApiError> {
    let wanted = call.checked(read).await?;
    submit_one(call, wanted, shown).await
}

async fn submit_one(
    call: &Call,
    wanted: (RunPlace, RunCreate),
    shown: Shown,
) -> Result<Created, ApiError> {
    let prepared = prepare_one(call, wanted, shown).await?;
    admit(call, prepared).await
}

async fn prepare_one(
    call: &Call,
    wanted: (RunPlace, RunCreate),
    shown: Shown,
) -> Result<Prepared, ApiError> {
    let prepared = prepare(call, vec![wanted], shown).await?.pop();
    prepared.ok_or_else(|| ApiError::internal("a run was not prepared"))
}

/// Authorizes and submits one run on a thread, for a client of another protocol.
pub(super) async fn submit_on(
    call: &Call,
    thread_id: ThreadId,
    body: RunCreate,
) -> Result<Created, ApiError> {
    let wanted = (RunPlace::Thread(thread_id), body);
    submit_one(call, wanted, Shown::Nothing).await
}

/// The same for a client that gets what the run makes of the thread. Also says what of threads it may read; `readable` is that, if it was
/// asked before.
pub(super) async fn submit_shown_on(
    call: &Call,
    thread_id: ThreadId,
    body: RunCreate,
    readable: Option<Scope>,
) -> Result<(Created, Scope), ApiError> {
    let shown = match readable {
        Some(_) => Shown::Nothing,
        None => Shown::Output,
    };
    let mut prepared = prepare_one(call, (RunPlace::Thread(thread_id), body), shown).await?;
    if let Some(readable) = readable {
        // Nobody follows a run on a thread that they may not read.
        prepared.scope = prepared.scope.and(&readable);
        prepared.readable = Some(readable);
    }
    let readable = prepared.readable.take();
    let readable = readable.ok_or_else(|| ApiError::internal("nobody asked who may read it"))?;
    Ok((admit(call, prepared).await?, readable))
}

/// Authorizes and submits one stateless run, for a client of another protocol.
pub(super) async fn submit_alone(call: &Call, body: RunCreate) -> Result<Created, ApiError> {
    submit_one(call, (stateless(), body), Shown::Output).await
}

async fn admit(call: &Call, prepared: Prepared) -> Result<Created, ApiError> {
    let Prepared {
        submission,
        caller,
        scope,
        abandon,
        ..
    } = prepared;
    match call
        .app
        .engine
        .runs
        .submit(submission, &caller, scope.clone())
        .await
    {
        Ok(submitted) => Ok(Created {
            run: submitted.run,
            live: submitted.live,
            reader: submitted.reader,
            abandon,
            scope,
        }),
        Err(Refused::ThreadNotFound) => Err(not_found()),
        Err(Refused::Busy) => Err(ApiError::conflict(
            "The thread is already running a task. Wait for it to finish, or choose another multitask strategy.",
        )),
        Err(Refused::ForeignThread(other)) => Err(ApiError::conflict(format!(
            "This thread was begun by a graph in {}, and a thread belongs to the language that began it: the other one cannot read its state. Use a new thread.",
            other.language()
        ))),
        Err(Refused::Elsewhere(home)) => Err(call.elsewhere(home)),
        Err(Refused::Store(error)) => Err(error.into()),
    }
}

/// `POST /threads/{thread_id}/runs`
pub(super) async fn create(call: Call) -> Result<Response, ApiError> {
    let created = submit(&call, read(&call, on_thread(&call)), Shown::Nothing).await?;
    Ok(located(
        reply::json(&created.run),
        &created.run,
        false,
        None,
    ))
}

/// `POST /runs`
pub(super) async fn create_stateless(call: Call) -> Result<Response, ApiError> {
    let created = submit(&call, read(&call, Ok(stateless())), Shown::Nothing).await?;
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
    let wanted = bodies.into_iter().map(|body| (stateless(), body)).collect();
    // Nothing is created unless all can be.
    let prepared = prepare(&call, wanted, Shown::Nothing).await?;
    let mut runs = Vec::with_capacity(prepared.len());
    for prepared in prepared {
        runs.push(admit(&call, prepared).await?.run);
    }
    Ok(reply::json(&runs))
}

/// `POST /threads/{thread_id}/runs/wait`
pub(super) async fn wait(call: Call) -> Result<Response, ApiError> {
    let created = submit(&call, read(&call, on_thread(&call)), Shown::Output).await?;
    Ok(wait_for(&call, created).await)
}

/// `POST /runs/wait`
pub(super) async fn wait_stateless(call: Call) -> Result<Response, ApiError> {
    let created = submit(&call, read(&call, Ok(stateless())), Shown::Output).await?;
    Ok(wait_for(&call, created).await)
}

async fn wait_for(call: &Call, created: Created) -> Response {
    drop(created.reader);
    let (app, live) = (Arc::clone(&call.app), Arc::clone(&created.live));
    let guard = created.abandon.guard(&live);
    let found = Found {
        thread_id: live.thread_id,
        run_id: live.run_id,
        scope: created.scope,
    };
    let body = async move {
        match join::ended(&app, &live).await {
            Some(outcome) => outcome.wait_body(),
            None => join::join_body(&app, &found, None).await,
        }
    };
    located(
        slow_json(body, guard).await,
        &created.run,
        false,
        Some("join"),
    )
}

/// `POST /threads/{thread_id}/runs/stream`
pub(super) async fn stream(call: Call) -> Result<Response, ApiError> {
    let created = submit(&call, read(&call, on_thread(&call)), Shown::Output).await?;
    Ok(stream_of(&call, created, false))
}

/// `POST /runs/stream`
pub(super) async fn stream_stateless(call: Call) -> Result<Response, ApiError> {
    let created = submit(&call, read(&call, Ok(stateless())), Shown::Output).await?;
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
