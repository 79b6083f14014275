//! The nodes and edges of a graph, as `GET /assistants/{id}/graph` answers them.

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::{Map, Value};

/// A graph's nodes and edges.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Drawing {
    /// In the order in which they were added.
    pub(crate) nodes: Vec<Node>,
    /// The same.
    pub(crate) edges: Vec<Edge>,
}

/// A node. Those of a subgraph have its path before their name: `child:inner`.
#[derive(Debug, Deserialize)]
pub(crate) struct Node {
    /// Its path.
    #[serde(deserialize_with = "id")]
    pub(crate) id: String,
    /// What is told of it besides, such as where the graph is interrupted.
    #[serde(default)]
    pub(crate) metadata: Option<Map<String, Value>>,
}

/// A way from one node to another.
#[derive(Debug, Deserialize)]
pub(crate) struct Edge {
    /// The path of the node that it leaves.
    #[serde(deserialize_with = "id")]
    pub(crate) source: String,
    /// The path of the node that it leads to.
    #[serde(deserialize_with = "id")]
    pub(crate) target: String,
    /// What a condition answers for it.
    #[serde(default)]
    data: Option<Value>,
    /// Whether it is taken only sometimes.
    #[serde(default)]
    pub(crate) conditional: bool,
}

impl Drawing {
    /// Reads what a worker answered.
    pub(crate) fn read(answer: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(answer)
    }
}

impl Edge {
    /// What stands beside its line.
    pub(crate) fn label(&self) -> Option<String> {
        match self.data.as_ref()? {
            Value::Null => None,
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}

/// The last part of a path.
pub(crate) fn name_of(path: &str) -> &str {
    path.rsplit(':').next().unwrap_or(path)
}

/// Runnables without a name are told by number.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(D::Error::custom(format_args!("{other} is no node's id"))),
    }
}
