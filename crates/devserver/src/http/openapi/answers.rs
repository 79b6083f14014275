//! The forms of answers that no type of the domain has: lists narrowed to fields, and what workers write as finished JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use lgx_model::{JsonObject, ThreadId, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

/// Rows of a search, each with all of its fields or with those that were selected.
pub(crate) struct Rows<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Rows<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Rows_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut row = T::json_schema(generator);
        row.remove("required");
        json_schema!({"type": "array", "items": row})
    }
}

/// A thread's state at a checkpoint.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ThreadState {
    /// The values of the graph's channels.
    values: Value,
    /// The nodes that come next.
    next: Vec<String>,
    /// What the next step does.
    tasks: Vec<ThreadTask>,
    /// Metadata of the checkpoint.
    metadata: Option<JsonObject>,
    /// When the checkpoint was made.
    created_at: Option<Timestamp>,
    /// The checkpoint; null where there is none.
    checkpoint: Option<Checkpoint>,
    /// The checkpoint before it.
    parent_checkpoint: Option<Checkpoint>,
    /// What the graph asks for.
    interrupts: Vec<Interrupt>,
    /// The checkpoint's id.
    checkpoint_id: Option<String>,
    /// The id of the checkpoint before it.
    parent_checkpoint_id: Option<String>,
}

/// Names a checkpoint.
#[derive(Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the wire's names")]
struct Checkpoint {
    /// The thread.
    thread_id: ThreadId,
    /// The subgraph's namespace, empty at the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint_ns: Option<String>,
    /// The checkpoint; the newest when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint_id: Option<String>,
    /// Checkpoints of the graphs around it, by namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint_map: Option<JsonObject>,
}

/// A node that is to run, or has run in a step that is not over.
#[derive(Serialize, JsonSchema)]
struct ThreadTask {
    /// Its id.
    id: String,
    /// The node.
    name: String,
    /// Where in the graph it comes from.
    path: Vec<Value>,
    /// The exception it ended with.
    error: Option<String>,
    /// What it asks for.
    interrupts: Vec<Interrupt>,
    /// The checkpoint of its subgraph.
    checkpoint: Option<JsonObject>,
    /// The state of its subgraph, if asked for.
    state: Option<Box<ThreadState>>,
    /// What it wrote.
    result: Value,
}

/// A question of a graph, which waits for the answer.
#[derive(Serialize, JsonSchema)]
struct Interrupt {
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The question.
    value: Value,
}

/// A graph as nodes and edges.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Drawing {
    nodes: Vec<DrawnNode>,
    edges: Vec<DrawnEdge>,
}

/// A node of a drawing.
#[derive(Serialize, JsonSchema)]
struct DrawnNode {
    /// Its id; those of subgraphs are `node:inner`.
    id: Value,
    /// What kind of thing it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    /// Its metadata, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<JsonObject>,
}

/// An edge of a drawing.
#[derive(Serialize, JsonSchema)]
struct DrawnEdge {
    /// From this node.
    source: Value,
    /// To this one.
    target: Value,
    /// The branch it stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    /// Whether it is taken only sometimes.
    #[serde(skip_serializing_if = "Option::is_none")]
    conditional: Option<bool>,
}

/// The JSON Schemas of a graph; null where there is none.
#[derive(Serialize, JsonSchema)]
pub(crate) struct GraphSchemas {
    /// The graph.
    graph_id: String,
    #[serde(flatten)]
    schemas: Schemas,
}

/// The JSON Schemas of a subgraph; null where there is none.
#[derive(Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the wire's names")]
struct Schemas {
    input_schema: Option<Value>,
    output_schema: Option<Value>,
    state_schema: Option<Value>,
    config_schema: Option<Value>,
    context_schema: Option<Value>,
}

/// The schemas of subgraphs by their namespaces.
pub(crate) type Subgraphs = BTreeMap<String, SubgraphSchemas>;

/// The JSON Schemas of a subgraph.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SubgraphSchemas {
    #[serde(flatten)]
    schemas: Schemas,
}
