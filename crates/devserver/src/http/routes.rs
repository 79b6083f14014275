//! Every endpoint, one line each, grouped by noun; the router, `/openapi.json` and the tests are made from this list.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::assistants::changes;
use super::threads::copies;
use super::{ApiError, Call, assistants, cancel, crons, follow, meta, runs, state, threads};
use crate::app::App;
use crate::runs::request::RunCreate;

/// One endpoint.
pub(crate) struct Route {
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// The path with `{placeholders}`.
    pub path: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What it takes.
    pub body: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// What it answers with.
    pub answer: Answer,
    handler: MethodRouter<Arc<App>>,
}

/// What an endpoint answers with when all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 200 and JSON.
    Json,
    /// 200 and server-sent events.
    Events,
    /// 200 and a page.
    Html,
    /// 204.
    Nothing,
    /// 202, or 200 and JSON when asked to wait.
    Accepted,
}

fn route<F, Fut>(
    method: &'static str,
    path: &'static str,
    handler: F,
    answer: Answer,
    summary: &'static str,
) -> Route
where
    F: Fn(Call) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    let filter = match method {
        "POST" => MethodFilter::POST,
        "PATCH" => MethodFilter::PATCH,
        "DELETE" => MethodFilter::DELETE,
        "PUT" => MethodFilter::PUT,
        _ => MethodFilter::GET,
    };
    Route {
        method,
        path,
        summary,
        body: None,
        answer,
        handler: on(filter, handler),
    }
}

impl Route {
    fn takes<T: JsonSchema>(mut self) -> Self {
        self.body = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Whether the endpoint answers without asking who calls.
    pub(crate) fn is_public(&self) -> bool {
        matches!(self.path, "/" | "/ok" | "/info" | "/docs" | "/openapi.json")
    }
}

/// All endpoints.
#[rustfmt::skip]
pub(crate) fn all() -> Vec<Route> {
    use Answer::{Accepted, Events, Html, Json, Nothing};
    vec![
        route("GET",    "/",             meta::ok,      Json, "Is the server up?"),
        route("GET",    "/ok",           meta::ok,      Json, "Is the server up? With ready=1: are the graphs loaded?"),
        route("GET",    "/info",         meta::info,    Json, "Versions and features of the server"),
        route("GET",    "/openapi.json", meta::openapi, Json, "This description"),
        route("GET",    "/docs",         meta::docs,    Html, "This description as a page"),

        route("POST",   "/assistants",                                      changes::create,       Json, "Create an assistant").takes::<changes::AssistantCreate>(),
        route("POST",   "/assistants/search",                               assistants::search,    Json, "Search assistants").takes::<assistants::AssistantSearch>(),
        route("POST",   "/assistants/count",                                assistants::count,     Json, "Count assistants").takes::<assistants::AssistantSearch>(),
        route("GET",    "/assistants/{assistant_id}",                       assistants::get,       Json, "Get an assistant"),
        route("PATCH",  "/assistants/{assistant_id}",                       changes::patch,        Json, "Change an assistant, which makes a new version").takes::<changes::AssistantPatch>(),
        route("DELETE", "/assistants/{assistant_id}",                       changes::delete,    Nothing, "Delete an assistant with its versions"),
        route("POST",   "/assistants/{assistant_id}/versions",              changes::versions,     Json, "List the versions of an assistant").takes::<changes::VersionSearch>(),
        route("POST",   "/assistants/{assistant_id}/latest",                changes::latest,       Json, "Go back to a version of an assistant").takes::<changes::LatestVersion>(),
        route("GET",    "/assistants/{assistant_id}/graph",                 assistants::graph,     Json, "Draw an assistant's graph"),
        route("GET",    "/assistants/{assistant_id}/schemas",               assistants::schemas,   Json, "Get the JSON Schemas of a graph"),
        route("GET",    "/assistants/{assistant_id}/subgraphs",             assistants::subgraphs, Json, "Get the subgraphs of a graph"),
        route("GET",    "/assistants/{assistant_id}/subgraphs/{namespace}", assistants::subgraphs, Json, "Get one subgraph of a graph"),

        route("POST",   "/threads",             threads::create, Json,    "Create a thread").takes::<threads::ThreadCreate>(),
        route("POST",   "/threads/search",      threads::search, Json,    "Search threads").takes::<threads::ThreadSearch>(),
        route("POST",   "/threads/count",       threads::count,  Json,    "Count threads").takes::<threads::ThreadSearch>(),
        route("GET",    "/threads/{thread_id}", threads::get,    Json,    "Get a thread"),
        route("PATCH",  "/threads/{thread_id}", threads::patch,  Json,    "Add to a thread's metadata, or set how long it lives").takes::<threads::ThreadPatch>(),
        route("DELETE", "/threads/{thread_id}", threads::delete, Nothing, "Delete a thread with its runs and checkpoints"),

        route("POST",   "/threads/prune",               copies::prune,   Json, "Delete threads, or all but their latest state").takes::<copies::Prune>(),
        route("POST",   "/threads/{thread_id}/copy",    copies::copy,    Json, "Copy a thread with its checkpoints"),
        route("GET",    "/threads/{thread_id}/storage", copies::storage, Json, "Get how much a thread's checkpoints take"),

        route("GET",    "/threads/{thread_id}/state",                 state::get,               Json, "Get a thread's state"),
        route("POST",   "/threads/{thread_id}/state",                 state::update,            Json, "Update a thread's state").takes::<state::StateUpdate>(),
        route("GET",    "/threads/{thread_id}/state/{checkpoint_id}", state::get,               Json, "Get a thread's state at a checkpoint"),
        route("POST",   "/threads/{thread_id}/state/checkpoint",      state::get_at_checkpoint, Json, "Get a thread's state at a checkpoint or of a subgraph").takes::<state::StateAtCheckpoint>(),
        route("GET",    "/threads/{thread_id}/history",               state::history_by_query,  Json, "List a thread's past states"),
        route("POST",   "/threads/{thread_id}/history",               state::history,           Json, "List a thread's past states").takes::<state::HistoryBody>(),

        route("GET",    "/threads/{thread_id}/runs",                 follow::list,   Json,     "List the runs of a thread"),
        route("POST",   "/threads/{thread_id}/runs",                 runs::create,   Json,     "Create a run in the background").takes::<RunCreate>(),
        route("POST",   "/threads/{thread_id}/runs/wait",            runs::wait,     Json,     "Create a run and wait for its result").takes::<RunCreate>(),
        route("POST",   "/threads/{thread_id}/runs/stream",          runs::stream,   Events,   "Create a run and stream it").takes::<RunCreate>(),
        route("GET",    "/threads/{thread_id}/runs/{run_id}",        follow::get,    Json,     "Get a run"),
        route("DELETE", "/threads/{thread_id}/runs/{run_id}",        cancel::delete, Nothing,  "Delete a run"),
        route("GET",    "/threads/{thread_id}/runs/{run_id}/join",   follow::join,   Json,     "Wait for a run's result"),
        route("GET",    "/threads/{thread_id}/runs/{run_id}/stream", follow::stream, Events,   "Stream a run that exists"),
        route("POST",   "/threads/{thread_id}/runs/{run_id}/cancel", cancel::cancel, Accepted, "Cancel a run"),

        route("POST",   "/runs",        runs::create_stateless, Json,    "Create a stateless run in the background").takes::<RunCreate>(),
        route("POST",   "/runs/wait",   runs::wait_stateless,   Json,    "Create a stateless run and wait for its result").takes::<RunCreate>(),
        route("POST",   "/runs/stream", runs::stream_stateless, Events,  "Create a stateless run and stream it").takes::<RunCreate>(),
        route("POST",   "/runs/batch",  runs::create_batch,     Json,    "Create several stateless runs").takes::<Vec<RunCreate>>(),
        route("POST",   "/runs/cancel", cancel::cancel_many,    Nothing, "Cancel several runs").takes::<cancel::CancelMany>(),
        route("POST",   "/runs/crons",                      crons::create,           Json,    "Create a cron whose runs each get a thread").takes::<crons::CronCreate>(),
        route("POST",   "/threads/{thread_id}/runs/crons", crons::create_on_thread, Json,    "Create a cron on a thread").takes::<crons::CronCreate>(),
        route("POST",   "/runs/crons/search",               crons::search,           Json,    "Search crons").takes::<crons::CronSearch>(),
        route("POST",   "/runs/crons/count",                crons::count,            Json,    "Count crons").takes::<crons::CronCount>(),
        route("GET",    "/runs/crons/{cron_id}",            crons::get,              Json,    "Get a cron"),
        route("PATCH",  "/runs/crons/{cron_id}",            crons::patch,            Json,    "Change a cron").takes::<crons::CronPatch>(),
        route("DELETE", "/runs/crons/{cron_id}",            crons::delete,           Nothing, "Delete a cron"),

        route("GET",    "/runs/{run_id}/stream", follow::stream_stateless, Events, "Stream a stateless run that exists"),
    ]
}

/// The router of all endpoints.
pub(crate) fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    for route in all() {
        router = router.route(route.path, route.handler);
    }
    router
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .with_state(app)
}

/// Authentication comes before everything: who may not come in does not learn which paths exist.
async fn not_found(call: Call) -> Response {
    match call.authenticate().await {
        Ok(_) => ApiError::not_found("Not Found").into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn method_not_allowed(call: Call) -> Response {
    match call.authenticate().await {
        Ok(_) => {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed").into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}
