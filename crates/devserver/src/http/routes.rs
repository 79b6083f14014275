//! Every endpoint, one line each, grouped by noun; the router, `/openapi.json` and the tests are made from this list.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use lgx_engine::runs::request::RunCreate;
use lgx_model::thread::ThreadStorage;
use lgx_model::{Assistant, AssistantVersion, Cron, Item, JsonObject, Run, Thread};
use serde_json::Value;

use super::assistants::{changes, versions};
use super::events::{commands, protocol, socket, thread};
use super::follow::{join, list, stream};
use super::json_rpc::{JsonRpcBody, JsonRpcReply};
use super::openapi::answers::{Drawing, GraphSchemas, Rows, Subgraphs, ThreadState};
use super::openapi::parameter as asks;
use super::route::{Admits, Answer, AnsweredAt, Route, route, upgrading};
use super::threads::{copies, lifetime};
use super::{
    ApiError, Call, a2a, assistants, cancel, crons, follow, items, lgx, mcp, meta, metrics,
    newest_code, relay, runs, state, streams, threads, truncate, ui,
};
use crate::app::App;
use crate::options::Options;

/// The endpoints of a server with these options.
pub(crate) fn served(options: &Options) -> Vec<Route> {
    let mut routes = all();
    routes.retain(|route| {
        (options.studio.is_some() || !lgx::has(route.path))
            && (options.is_for_development() || route.path != truncate::PATH)
    });
    routes
}

/// All endpoints.
pub(crate) fn all() -> Vec<Route> {
    let mut routes = agent_server();
    routes.extend(lgx::routes());
    routes
}

/// Those of the Agent Server.
#[rustfmt::skip]
fn agent_server() -> Vec<Route> {
    use AnsweredAt::{Anywhere, AsBodySays, Home, HomeOfRunOrHere, HomeOrHere};
    use Answer::{Accepted, Command, Events, File, Html, Json, JsonOrNothing, JsonRpc, Metrics, Nothing, Page};
    vec![
        route("GET",    "/",             meta::ok,      Json, "Is the server up?").public().asks(asks::HEALTH).gives::<meta::Health>(),
        route("GET",    "/ok",           meta::ok,      Json, "Is the server up? With ready=1: are the graphs loaded?").public().asks(asks::HEALTH).gives::<meta::Health>(),
        route("GET",    "/info",         meta::info,    Json, "Versions and features of the server").public().gives::<meta::Info>(),
        route("GET",    "/metrics",      metrics::metrics, Metrics, "Numbers for monitoring: requests, slots, queue, process").public().asks(asks::METRICS).gives::<metrics::Summary>(),
        route("GET",    "/openapi.json", |call| async move { meta::openapi(&call, served(&call.app.options)).await }, Json, "This description").public().gives::<JsonObject>(),
        route("GET",    "/docs",         meta::docs,    Html, "This description as a page").public(),

        route("POST",   "/assistants",                                      changes::create,       Json, "Create an assistant").needs("assistants", "create").takes::<changes::AssistantCreate>().gives::<Assistant>(),
        route("POST",   "/assistants/search",                               assistants::search,    Page, "Search assistants").needs("assistants", "search").takes::<assistants::AssistantSearch>().gives::<Rows<Assistant>>(),
        route("POST",   "/assistants/count",                                assistants::count,     Json, "Count assistants").needs("assistants", "search").takes::<assistants::AssistantSearch>().gives::<u64>(),
        route("GET",    "/assistants/{assistant_id}",                       assistants::get,       Json, "Get an assistant").needs("assistants", "read").gives::<Assistant>(),
        route("PATCH",  "/assistants/{assistant_id}",                       changes::patch,        Json, "Change an assistant, which makes a new version").needs("assistants", "update").takes::<changes::AssistantPatch>().gives::<Assistant>(),
        route("DELETE", "/assistants/{assistant_id}",                       changes::delete,    Nothing, "Delete an assistant with its versions").needs("assistants", "delete").asks(asks::DELETE_THREADS),
        route("POST",   "/assistants/{assistant_id}/versions",              versions::versions,     Json, "List the versions of an assistant").needs("assistants", "read").takes::<versions::VersionSearch>().gives::<Vec<AssistantVersion>>(),
        route("POST",   "/assistants/{assistant_id}/latest",                versions::latest,       Json, "Go back to a version of an assistant").needs("assistants", "update").takes::<versions::LatestVersion>().gives::<Assistant>(),
        route("GET",    "/assistants/{assistant_id}/graph",                 assistants::graph,     Json, "Draw an assistant's graph").needs("assistants", "read").asks(asks::XRAY).gives::<Drawing>(),
        route("GET",    "/assistants/{assistant_id}/schemas",               assistants::schemas,   Json, "Get the JSON Schemas of a graph").needs("assistants", "read").gives::<GraphSchemas>(),
        route("GET",    "/assistants/{assistant_id}/subgraphs",             assistants::subgraphs, Json, "Get the subgraphs of a graph").needs("assistants", "read").asks(asks::RECURSE).gives::<Subgraphs>(),
        route("GET",    "/assistants/{assistant_id}/subgraphs/{namespace}", assistants::subgraphs, Json, "Get one subgraph of a graph").needs("assistants", "read").asks(asks::RECURSE).gives::<Subgraphs>(),

        route("POST",   "/threads",             threads::create, Json,    "Create a thread").needs("threads", "create").takes::<threads::ThreadCreate>().gives::<Thread>(),
        route("POST",   "/threads/search",      threads::search, Page,    "Search threads").needs("threads", "search").takes::<threads::ThreadSearch>().gives::<Rows<Thread>>(),
        route("POST",   "/threads/count",       threads::count,  Json,    "Count threads").needs("threads", "search").takes::<threads::ThreadSearch>().gives::<u64>(),
        route("GET",    "/threads/{thread_id}", threads::get,    Json,    "Get a thread").needs("threads", "read").asks(asks::INCLUDE).gives::<lifetime::WithTtl>().at(Anywhere),
        route("PATCH",  "/threads/{thread_id}", threads::patch,  JsonOrNothing, "Add to a thread's metadata, or set how long it lives").needs("threads", "update").takes::<threads::ThreadPatch>().asks(asks::PREFER).gives::<Thread>().at(Anywhere),
        route("DELETE", "/threads/{thread_id}", threads::delete, Nothing, "Delete a thread with its runs and checkpoints").needs("threads", "delete").at(Home),

        route("POST",   "/threads/prune",               copies::prune,   Json, "Delete threads, or all but their latest state").needs("threads", "delete").takes::<copies::Prune>().gives::<copies::Pruned>(),
        route("POST",   "/threads/{thread_id}/copy",    copies::copy,    Json, "Copy a thread with its checkpoints").needs("threads", "read").gives::<Thread>().at(HomeOrHere),
        route("GET",    "/threads/{thread_id}/storage", copies::storage, Json, "Get how much a thread's checkpoints take").needs("threads", "read").gives::<ThreadStorage>().at(Anywhere),

        route("GET",    "/threads/{thread_id}/state",                 state::get,               Json, "Get a thread's state").needs("threads", "read").asks(asks::SUBGRAPHS).gives::<ThreadState>().at(Anywhere),
        route("POST",   "/threads/{thread_id}/state",                 state::update,            Json, "Update a thread's state").needs("threads", "update").takes::<state::StateUpdate>().gives::<state::StateUpdated>().at(Home),
        route("GET",    "/threads/{thread_id}/state/{checkpoint_id}", state::get,               Json, "Get a thread's state at a checkpoint").needs("threads", "read").asks(asks::SUBGRAPHS).gives::<ThreadState>().at(Anywhere),
        route("POST",   "/threads/{thread_id}/state/checkpoint",      state::get_at_checkpoint, Json, "Get a thread's state at a checkpoint or of a subgraph").needs("threads", "read").takes::<state::StateAtCheckpoint>().gives::<ThreadState>().at(Anywhere),
        route("GET",    "/threads/{thread_id}/history",               state::history::list_by_query,Json, "List a thread's past states").needs("threads", "read").asks(asks::HISTORY).gives::<Vec<ThreadState>>().at(Anywhere),
        route("POST",   "/threads/{thread_id}/history",               state::history::list,          Json, "List a thread's past states").needs("threads", "read").takes::<state::history::HistoryBody>().gives::<Vec<ThreadState>>().at(Anywhere),

        route("GET",    "/threads/{thread_id}/runs",                 list::list,   Json,     "List the runs of a thread").needs("threads", "read").asks(asks::RUNS).gives::<Rows<Run>>().at(Anywhere),
        route("POST",   "/threads/{thread_id}/runs",                 runs::create,   Json,     "Create a run in the background").needs("threads", "create_run").takes::<RunCreate>().gives::<Run>().at(Home),
        route("POST",   "/threads/{thread_id}/runs/wait",            runs::wait,     Json,     "Create a run and wait for its result").waits().needs("threads", "create_run").takes::<RunCreate>().gives::<Value>().at(Home),
        route("POST",   "/threads/{thread_id}/runs/stream",          runs::stream,   Events,   "Create a run and stream it").needs("threads", "create_run").takes::<RunCreate>().at(Home),
        route("GET",    "/threads/{thread_id}/runs/{run_id}",        follow::get,    Json,     "Get a run").needs("threads", "read").gives::<Run>().at(Anywhere),
        route("DELETE", "/threads/{thread_id}/runs/{run_id}",        cancel::delete, Nothing,  "Delete a run").needs("threads", "delete").at(Home),
        route("GET",    "/threads/{thread_id}/runs/{run_id}/join",   join::join,   Json,     "Wait for a run's result").waits().needs("threads", "read").asks(asks::JOIN).gives::<Value>().at(HomeOrHere),
        route("GET",    "/threads/{thread_id}/runs/{run_id}/stream", stream::stream, Events,   "Stream a run that exists").needs("threads", "read").asks(asks::STREAM).at(HomeOrHere),
        route("POST",   "/threads/{thread_id}/runs/{run_id}/cancel", cancel::cancel, Accepted, "Cancel a run").needs("threads", "update").asks(asks::CANCEL).gives::<Value>().at(HomeOrHere),

        route("GET",    "/threads/{thread_id}/stream",        thread::stream,    Events, "Stream all runs of a thread and changes of its state").needs("threads", "read").asks(asks::THREAD_STREAM).at(Home),
        route("POST",   "/threads/{thread_id}/stream/events", protocol::stream,  Events, "Event protocol: stream the events of a thread").needs("threads", "read").takes::<protocol::EventStream>().at(Home),
        route("POST",   "/threads/{thread_id}/commands",      commands::command, Command, "Event protocol: start a run or respond to an interrupt").needs("threads", "read").then_creates_runs().takes::<commands::CommandBody>().gives::<Value>().at(Home),
        upgrading("/threads/{thread_id}/stream/events", get(socket::upgrade), "Event protocol over a WebSocket: commands and events").needs("threads", "read").at(Home),

        route("POST",   "/runs",        runs::create_stateless, Json,    "Create a stateless run in the background").needs("threads", "create_run").takes::<RunCreate>().gives::<Run>(),
        route("POST",   "/runs/wait",   runs::wait_stateless,   Json,    "Create a stateless run and wait for its result").waits().needs("threads", "create_run").takes::<RunCreate>().gives::<Value>(),
        route("POST",   "/runs/stream", runs::stream_stateless, Events,  "Create a stateless run and stream it").needs("threads", "create_run").takes::<RunCreate>(),
        route("POST",   "/runs/batch",  runs::create_batch,     Json,    "Create several stateless runs").needs("threads", "create_run").takes::<Vec<RunCreate>>().gives::<Vec<Run>>(),
        route("POST",   "/runs/cancel", cancel::cancel_many,    Nothing, "Cancel several runs").needs("threads", "update").takes::<cancel::CancelMany>().asks(asks::CANCEL_MANY),
        route("GET",    "/runs/{run_id}/stream", stream::stream_stateless, Events, "Stream a stateless run that exists").needs("threads", "read").asks(asks::STREAM).at(HomeOfRunOrHere),

        route("POST",   "/runs/crons",                      crons::create,           Json,    "Create a cron whose runs each get a thread").needs("crons", "create").takes::<crons::CronCreate>().gives::<Cron>(),
        route("POST",   "/threads/{thread_id}/runs/crons", crons::create_on_thread, Json,    "Create a cron on a thread").needs("crons", "create").takes::<crons::CronCreate>().gives::<Cron>().at(Anywhere),
        route("POST",   "/runs/crons/search",               crons::search,           Page,    "Search crons").needs("crons", "search").takes::<crons::CronSearch>().gives::<Rows<Cron>>(),
        route("POST",   "/runs/crons/count",                crons::count,            Json,    "Count crons").needs("crons", "search").takes::<crons::CronCount>().gives::<u64>(),
        route("GET",    "/runs/crons/{cron_id}",            crons::get,              Json,    "Get a cron").needs("crons", "read").gives::<Cron>(),
        route("PATCH",  "/runs/crons/{cron_id}",            crons::patch,            Json,    "Change a cron").needs("crons", "update").takes::<crons::CronPatch>().gives::<Cron>(),
        route("DELETE", "/runs/crons/{cron_id}",            crons::delete,           Nothing, "Delete a cron").needs("crons", "delete"),

        route("PUT",    "/store/items",        items::put,             Nothing, "Put an item of long-term memory").needs("store", "put").takes::<items::ItemPut>(),
        route("GET",    "/store/items",        items::get,             Json,    "Get an item, by namespace and key in the query").needs("store", "get").asks(asks::ITEM).gives::<Option<Item>>(),
        route("DELETE", "/store/items",        items::delete,          Nothing, "Delete an item").needs("store", "delete").takes::<items::ItemDelete>(),
        route("POST",   "/store/items/search", items::search,          Json,    "Search items by their fields, or by meaning").needs("store", "search").takes::<items::ItemSearch>().gives::<items::ItemsFound>(),
        route("POST",   "/store/namespaces",   items::list_namespaces, Json,    "List the namespaces that have items").needs("store", "list_namespaces").takes::<items::NamespaceList>().gives::<items::Namespaces>(),

        route("POST",   mcp::PATH, mcp::post, JsonRpc, "Assistants as tools, by the Model Context Protocol").authenticated().takes::<JsonRpcBody>().asks(asks::MCP).gives::<JsonRpcReply>(),
        route("POST", "/a2a/{assistant_id}",                             a2a::call,           JsonRpc, "A2A: send a message to an assistant as an agent, or ask about its tasks").needs("assistants", "read").takes::<JsonRpcBody>().gives::<JsonRpcReply>().at(AsBodySays),
        route("GET",  "/a2a/{assistant_id}",                             a2a::card::of_path,  Json,    "A2A: the agent card of an assistant").needs("assistants", "read").gives::<a2a::card::AgentCard>(),
        route("GET",  "/a2a/{assistant_id}/.well-known/agent-card.json", a2a::card::of_path,  Json,    "A2A: the agent card of an assistant").needs("assistants", "read").gives::<a2a::card::AgentCard>(),
        route("GET",  "/.well-known/agent-card.json",                    a2a::card::of_query, Json,    "A2A: the agent card of the assistant in the query").needs("assistants", "read").asks(asks::AGENT).gives::<a2a::card::AgentCard>(),

        route("POST",   "/ui/{graph_id}",        ui::component, Html, "Get what shows a UI component of a graph in a page").takes::<ui::UiMessage>(),
        route("GET",    "/ui/{graph_id}/{file}", ui::file,      File, "Get a file of a graph's UI components").public(),

        route("POST",   truncate::PATH, truncate::truncate, Json, "Clear what the flags name, for tests that begin with an empty server").authenticated().takes::<truncate::Truncate>().gives::<truncate::Truncated>(),
    ]
}

/// The router of all endpoints.
pub(crate) fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    for route in served(&app.options) {
        let stays_open = route.stays_open();
        let handler = if route.creates_runs() {
            let wait = from_fn_with_state(Arc::clone(&app), newest_code::wait);
            route.handler.layer(wait)
        } else {
            route.handler
        };
        let handler = match route.place {
            None | Some(AnsweredAt::Anywhere) => handler,
            Some(_) if app.relay.is_none() => handler,
            Some(place) => {
                let home = (Arc::clone(&app), place);
                handler.layer(from_fn_with_state(home, relay::to_home))
            }
        };
        let handler = if stays_open {
            handler.layer(from_fn_with_state(Arc::clone(&app), streams::bounded))
        } else {
            handler
        };
        if route.path == mcp::PATH {
            // Clients are told either.
            router = router.route(mcp::PATH_WITH_SLASH, handler.clone());
        }
        router = router.route(route.path, handler);
    }
    router
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(from_fn_with_state(
            Arc::clone(&app),
            newest_code::mark_failed,
        ))
        .layer(from_fn_with_state(Arc::clone(&app), metrics::count))
        .with_state(app)
}

/// The routes that anybody may ask for, without saying who they are.
pub(crate) struct PublicRoutes(Vec<(&'static str, &'static str)>);

impl PublicRoutes {
    /// Those that a server with these options has.
    pub(crate) fn of(options: &Options) -> Self {
        let served = served(options).into_iter();
        let public = served.filter(|route| route.admits == Admits::Everybody);
        Self(public.map(|route| (route.method, route.path)).collect())
    }

    /// Whether this is one of them.
    pub(super) fn include(&self, method: Option<&str>, path: &str) -> bool {
        let mut routes = self.0.iter();
        routes.any(|route| Some(route.0) == method && is_of(path, route.1))
    }
}

/// Whether a path is one of a template with `{placeholders}`.
fn is_of(path: &str, template: &str) -> bool {
    let mut segments = path.split('/');
    let same = template.split('/').all(|wanted| {
        segments.next().is_some_and(|segment| {
            wanted == segment || wanted.starts_with('{') && !segment.is_empty()
        })
    });
    same && segments.next().is_none()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_about_a_thread_or_a_run_says_which_instance_answers() {
        for route in agent_server() {
            let is_about_one =
                route.path.contains("{thread_id}") || route.path.contains("{run_id}");
            let (method, path) = (route.method, route.path);
            let Some(place) = route.place else {
                assert!(!is_about_one, "{method} {path} says nothing");
                continue;
            };
            let named = match place {
                AnsweredAt::Anywhere | AnsweredAt::AsBodySays => continue,
                AnsweredAt::Home | AnsweredAt::HomeOrHere => "{thread_id}",
                AnsweredAt::HomeOfRunOrHere => "{run_id}",
            };
            assert!(path.contains(named), "{method} {path} names none");
        }
    }

    #[test]
    fn whatever_makes_a_run_on_a_thread_is_answered_by_its_home() {
        for route in agent_server().iter().filter(|route| route.creates_runs()) {
            let is_on_thread = route.path.contains("{thread_id}");
            let at_home = route.place == Some(AnsweredAt::Home);
            assert_eq!(is_on_thread, at_home, "{} {}", route.method, route.path);
        }
    }
}
