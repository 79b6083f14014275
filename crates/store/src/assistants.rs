//! What operations on assistants are told: the default assistants of the configured graphs.

/// The default assistant that a graph should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultAssistant {
    /// The graph, as named in langgraph.json.
    pub graph_id: String,
    /// The loaded graph's own name.
    pub name: String,
    /// The graph's description in langgraph.json.
    pub description: Option<String>,
}
