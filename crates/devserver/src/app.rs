//! What all requests share: the engine, and what only HTTP needs. Built once.

use std::sync::Arc;

use lgx_engine::Engine;
use lgx_engine::notice::Notice;
use tokio_util::sync::CancellationToken;

use crate::auth::Gate;
use crate::http::intake::Intake;
use crate::http::lgx::ids::ServerIds;
use crate::http::mcp::in_flight::ToolCalls;
use crate::http::open_requests::OpenRequests;
use crate::http::relay::Relay;
use crate::http::routes::PublicRoutes;
use crate::http::streams::Streams;
use crate::http::tunnel::TunnelEntrance;
use crate::metrics::Requests;
use crate::options::Options;
use crate::ui::UiBundles;

/// The server's parts.
pub(crate) struct App {
    /// What the server was told.
    pub options: Options,
    /// Where clients reach it.
    pub url: String,
    /// What tells this start of the server, and its project, from others.
    pub ids: ServerIds,
    /// State, code and runs.
    pub engine: Engine,
    /// Lets requests in.
    pub gate: Gate,
    /// What needs no auth.
    pub public: PublicRoutes,
    /// Reads request bodies.
    pub intake: Intake,
    /// What the project's app is answering.
    pub open_requests: OpenRequests,
    /// Calls of tools that can be cancelled.
    pub tool_calls: Arc<ToolCalls>,
    /// Bounds how many streams are open.
    pub streams: Streams,
    /// Where a tunnel may lead, if there is to be one.
    pub tunnel: Option<TunnelEntrance>,
    /// The server is about to leave: whoever spreads requests over several had better choose another one.
    pub leaving: CancellationToken,
    /// Passes requests on to other instances, if there may be some.
    pub relay: Option<Relay>,
    /// Counts requests.
    pub requests: Requests,
    /// Has the UI components of graphs.
    pub ui: Arc<UiBundles>,
}

impl App {
    /// Tells the person who started the server.
    pub(crate) fn notice(&self, notice: Notice) {
        self.engine.observer.notice(notice);
    }
}
