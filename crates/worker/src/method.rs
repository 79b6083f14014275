//! The calls that a worker answers, by name. `fixtures/methods.json` lists them for every language.

use std::fmt;

use serde::{Serialize, Serializer};

/// What a worker is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Import the project; once in a worker's life.
    Load,
    /// Execute a graph.
    Run,
    /// The state of a thread at a checkpoint.
    StateGet,
    /// The states of a thread, newest first.
    StateHistory,
    /// Write to a thread as a node would.
    StateUpdate,
    /// The same, step by step.
    StateBulkUpdate,
    /// The nodes and edges of a graph.
    GraphDraw,
    /// The JSON schemas of a graph.
    GraphSchemas,
    /// The graphs in a graph.
    GraphSubgraphs,
    /// Where the function of a node is written.
    GraphSource,
    /// Authenticate a request and check what it wants to do.
    Auth,
    /// Make vectors of texts.
    StoreEmbed,
    /// Have the project's own app answer a request.
    Http,
    /// Have it answer a WebSocket.
    WebSocket,
    /// What the app says of its routes.
    HttpOpenapi,
    /// Have its debugger listen.
    DebugListen,
    /// Answer once a debugger is attached.
    DebugWait,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Load,
        Self::Run,
        Self::StateGet,
        Self::StateHistory,
        Self::StateUpdate,
        Self::StateBulkUpdate,
        Self::GraphDraw,
        Self::GraphSchemas,
        Self::GraphSubgraphs,
        Self::GraphSource,
        Self::Auth,
        Self::StoreEmbed,
        Self::Http,
        Self::WebSocket,
        Self::HttpOpenapi,
        Self::DebugListen,
        Self::DebugWait,
    ];

    /// Its name in a frame.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Run => "run",
            Self::StateGet => "state.get",
            Self::StateHistory => "state.history",
            Self::StateUpdate => "state.update",
            Self::StateBulkUpdate => "state.bulk_update",
            Self::GraphDraw => "graph.draw",
            Self::GraphSchemas => "graph.schemas",
            Self::GraphSubgraphs => "graph.subgraphs",
            Self::GraphSource => "graph.source",
            Self::Auth => "auth",
            Self::StoreEmbed => "store.embed",
            Self::Http => "http",
            Self::WebSocket => "websocket",
            Self::HttpOpenapi => "http.openapi",
            Self::DebugListen => "debug.listen",
            Self::DebugWait => "debug.wait",
        }
    }

    /// The method of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Whether it is a request for the project's app: its body comes once the worker has begun on it, and the worker may ask for what
    /// belongs to it.
    pub const fn is_request(self) -> bool {
        matches!(self, Self::Http | Self::WebSocket)
    }

    /// Whether it must not be done twice, so that the worker says when it begins on it.
    pub const fn is_begun(self) -> bool {
        matches!(
            self,
            Self::Run | Self::StateUpdate | Self::StateBulkUpdate | Self::Http | Self::WebSocket
        )
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
