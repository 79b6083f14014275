//! What only the local Studio asks, below `/lgx/`: each noun has a file of its own, and all of it is behind one gate.
//!
//! These paths are the server's own, as `/ok` is: the project's app never sees them, and no prefix is before them. A route that is added
//! to [`routes`] is behind the gate and in `/openapi.json`, and gets a row in `tests/auth-matrix.json` unless it is public.

mod announced;
mod auth_lens;
mod checkpoints;
mod diagnostic;
mod events;
mod frames;
mod gate;
mod graph_place;
pub(crate) mod ids;
mod item_life;
mod log_line;
mod logs;
mod open;
mod project;
mod project_file;
mod reload_failure;
mod run_record;
mod runs;
mod schedule;
mod socket;
mod source;
mod thread_topic;
mod thread_words;
mod visible_threads;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::Request;
use lgx_model::checkpoint_summary::CheckpointsFound;
use tower::ServiceExt;

use super::call::Peer;
use super::openapi::parameter as asks;
use super::route::{Answer, Route, route, upgrading};
use crate::app::App;

/// What all of these paths begin with.
const PREFIX: &str = "/lgx/";

/// All of them, one line each.
#[rustfmt::skip]
pub(super) fn routes() -> Vec<Route> {
    use Answer::{Events, Json};
    vec![
        route("GET", "/lgx/project", project::get, Json, "Studio: the project, its code and its server").public().gives::<project::Project>(),
        route("POST", "/lgx/runs/search", runs::search, Json, "Studio: find runs over all threads").needs("threads", "search").takes::<runs::RunSearchBody>().gives::<runs::RunsFound>(),
        route("GET", "/lgx/runs/{run_id}", run_record::get, Json, "Studio: what a run did, step by step, and what it raised").needs("threads", "read").gives::<run_record::RunRecordView>(),
        route("GET", "/lgx/runs/{run_id}/calls", run_record::calls, Json, "Studio: the models, tools and retrievers that a run called").needs("threads", "read").gives::<run_record::RunCalls>(),
        route("GET", "/lgx/runs/{run_id}/logs", logs::of_run, Json, "Studio: the last lines that a run printed or logged").needs("threads", "read").asks(asks::LOGS).gives::<logs::LogLines>(),
        route("GET", "/lgx/logs", logs::all, Json, "Studio: the last lines that user code printed or logged").needs("threads", "search").asks(asks::LOGS).gives::<logs::LogLines>(),
        route("GET", "/lgx/schedule", schedule::get, Json, "Studio: when a schedule is due, before there is a cron").public().asks(asks::SCHEDULE).gives::<schedule::ScheduleTimes>(),
        route("GET", "/lgx/source", source::get, Json, "Studio: some lines of a file of the project, or the function of a node").authenticated().asks(asks::SOURCE).gives::<Option<source::SourceLines>>(),
        route("POST", "/lgx/open", open::post, Json, "Studio: show a line of a file of the project in the person's editor").authenticated().takes::<open::PlaceToOpen>().gives::<open::PlaceOpened>(),
        route("POST", "/lgx/threads/words", thread_words::search, Json, "Studio: find threads by words in their metadata and state").needs("threads", "search").takes::<thread_words::WordSearchBody>().gives::<thread_words::ThreadsWithWords>(),
        route("GET", "/lgx/threads/{thread_id}/checkpoints", checkpoints::list, Json, "Studio: the checkpoints of a thread, without values").needs("threads", "read").asks(asks::CHECKPOINTS).gives::<CheckpointsFound>(),
        route("GET", "/lgx/threads/{thread_id}/auth", auth_lens::get, Json, "Studio: what the project's auth says of who asks, about a thread").needs("threads", "read").gives::<auth_lens::AuthLens>(),
        route("GET", "/lgx/events",  events::stream, Events, "Studio: what happens to the project, its runs and its threads").authenticated().asks(asks::LAST_EVENT),
        upgrading("/lgx/socket", axum::routing::get(socket::upgrade), "Studio: the same over a WebSocket, with what is logged and what happens on threads").public(),
        route("GET", "/lgx/store/life", item_life::get, Json, "Studio: how long an item of the store lives").needs("store", "get").asks(asks::ITEM_LIFE).gives::<Option<item_life::ItemLifeView>>(),
    ]
}

/// Whether a path is one of these, or would be if there were such a thing.
pub(super) fn has(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// Answers a request for one of these paths, if the gate lets it through.
pub(super) async fn respond(app: &App, router: Router, request: Request<Body>) -> Response {
    let peer = request.extensions().get::<Peer>();
    let passed = gate::check(
        peer,
        request.method(),
        request.headers(),
        &app.options.studio_url,
    );
    if let Err(refusal) = passed {
        return refusal.into_response();
    }
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
