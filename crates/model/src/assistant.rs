//! Assistants: a graph with configuration, a name and versions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AssistantId, JsonObject, Timestamp};

/// An assistant as the API shows it. All ten keys are always present.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Assistant {
    /// Its id.
    pub assistant_id: AssistantId,
    /// The graph it runs, as named in langgraph.json.
    pub graph_id: String,
    /// Runnable configuration: `tags`, `recursion_limit`, `configurable`, and whatever else the user put there.
    pub config: JsonObject,
    /// Static context handed to the graph's runtime.
    pub context: JsonObject,
    /// Metadata, searchable. Default assistants have `{"created_by": "system"}`.
    pub metadata: JsonObject,
    /// Its name; not unique.
    pub name: String,
    /// When its first version was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The number of the version shown.
    pub version: i64,
    /// What it is for.
    pub description: Option<String>,
}

/// One version of an assistant, as `POST /assistants/{id}/versions` lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AssistantVersion {
    /// The assistant's id.
    pub assistant_id: AssistantId,
    /// The graph of this version.
    pub graph_id: String,
    /// The configuration of this version.
    pub config: JsonObject,
    /// The context of this version.
    pub context: JsonObject,
    /// The metadata of this version.
    pub metadata: JsonObject,
    /// The name of this version.
    pub name: String,
    /// When this version was made.
    pub created_at: Timestamp,
    /// Its number, from 1.
    pub version: i64,
    /// The description of this version.
    pub description: Option<String>,
}
