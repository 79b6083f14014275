//! What operations on assistants are told, and what holds for assistants wherever they are kept.

use lgx_model::{Assistant, AssistantId, AssistantVersion, JsonObject, Timestamp};

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

impl DefaultAssistant {
    /// The assistant, as it is when it is new.
    pub(crate) fn assistant(&self, now: Timestamp) -> Assistant {
        Assistant {
            assistant_id: AssistantId::of_graph(&self.graph_id),
            graph_id: self.graph_id.clone(),
            config: JsonObject::new(),
            context: JsonObject::new(),
            metadata: JsonObject::from_iter([("created_by".to_owned(), "system".into())]),
            name: self.name.clone(),
            created_at: now,
            updated_at: now,
            version: 1,
            description: self.description.clone(),
        }
    }
}

/// Whether the assistant that was found is what it should be, whenever it was made.
pub(crate) fn same_but_for_time(found: &Assistant, wanted: &Assistant) -> bool {
    let wanted = Assistant {
        created_at: found.created_at,
        updated_at: found.updated_at,
        ..wanted.clone()
    };
    *found == wanted
}

/// The assistant as it is with this version.
pub(crate) fn with_version(
    version: AssistantVersion,
    created_at: Timestamp,
    updated_at: Timestamp,
) -> Assistant {
    Assistant {
        assistant_id: version.assistant_id,
        graph_id: version.graph_id,
        config: version.config,
        context: version.context,
        metadata: version.metadata,
        name: version.name,
        created_at,
        updated_at,
        version: version.version,
        description: version.description,
    }
}

/// An assistant as it was found, and whether it is a default one.
#[derive(Debug, Clone)]
pub(crate) struct KnownAssistant {
    pub(crate) assistant: Assistant,
    pub(crate) is_default: bool,
}
