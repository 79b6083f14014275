//! One generation: one state of the user's code, as each of its crews has loaded it.

use std::sync::Arc;

use lgx_config::Config;
use lgx_model::Runtime;
use lgx_worker::{Loaded, LoadedGraph, Secret};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::Timeline;
use super::crew::Part;
use super::graph_schemas::GraphSchemas;
use super::kept_users::KeptUsers;
use super::loaded_code::LoadedCode;

/// The project, as it was loaded.
pub struct Generation {
    number: u64,
    loaded: Loaded,
    config: Arc<Config>,
    secret: Secret,
    timeline: Timeline,
    code: LoadedCode,
    app_description: OnceCell<Option<Value>>,
    graph_schemas: GraphSchemas,
    kept_users: KeptUsers,
}

impl Generation {
    pub(super) fn new(
        number: u64,
        loaded: Loaded,
        config: Arc<Config>,
        secret: Secret,
        timeline: Timeline,
        code: LoadedCode,
    ) -> Arc<Self> {
        Arc::new(Self {
            number,
            graph_schemas: GraphSchemas::of(&loaded),
            loaded,
            config,
            secret,
            timeline,
            code,
            app_description: OnceCell::new(),
            kept_users: KeptUsers::new(),
        })
    }

    /// The runtime that a part of the project is written in.
    pub(crate) fn runtime_of(&self, part: Part<'_>) -> Option<Runtime> {
        match part {
            Part::Graph(id) => self.config.runtime_of_graph(id),
            Part::Auth => self.config.runtime_of_auth(),
            Part::Embeddings => self.config.runtime_of_embeddings(),
            Part::App => self.config.runtime_of_app(),
        }
    }

    /// Which it is of those that have come up since the server started, from 1.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// What shows that a request was made by one of its graphs.
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// What it loaded.
    pub const fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// The configuration it was loaded with.
    pub const fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// How it came up.
    pub(super) const fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// What it was loaded from.
    pub(super) const fn code(&self) -> &LoadedCode {
        &self.code
    }

    /// What its HTTP app says of its routes, once somebody has asked.
    pub(super) const fn app_description(&self) -> &OnceCell<Option<Value>> {
        &self.app_description
    }

    /// The schemas of its graphs that somebody has asked for.
    pub(super) const fn graph_schemas(&self) -> &GraphSchemas {
        &self.graph_schemas
    }

    /// Whom its authenticate handler has let in not too long ago.
    pub const fn kept_users(&self) -> &KeptUsers {
        &self.kept_users
    }

    /// How many graphs it can run.
    pub fn ready_graphs(&self) -> usize {
        self.loaded
            .graphs
            .values()
            .filter(|graph| matches!(graph, LoadedGraph::Ready { .. }))
            .count()
    }

    /// Whether it can run all of them.
    pub(super) fn is_whole(&self) -> bool {
        self.ready_graphs() == self.loaded.graphs.len()
    }

    /// Whether it can run this graph.
    pub(super) fn serves(&self, graph_id: &str) -> bool {
        let graph = self.loaded.graphs.get(graph_id);
        matches!(graph, Some(LoadedGraph::Ready { .. }))
    }

    /// The ids of the graphs that do not load, as langgraph.json orders them.
    pub fn failed_graphs(&self) -> Vec<String> {
        let failed = |id: &&String| {
            matches!(
                self.loaded.graphs.get(*id),
                Some(LoadedGraph::Failed { .. })
            )
        };
        let ids = self.config.graphs.iter().map(|graph| &graph.id);
        ids.filter(failed).cloned().collect()
    }

    /// Whether a run of this graph cannot fail before the graph is there, as it was compiled when the code was loaded.
    pub(crate) fn has_compiled(&self, graph_id: &str) -> bool {
        let graph = self.loaded.graphs.get(graph_id);
        matches!(graph, Some(LoadedGraph::Ready { factory: false, .. }))
    }
}
