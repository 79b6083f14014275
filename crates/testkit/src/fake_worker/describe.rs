//! `graph.*`: what the fake graphs look like.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::graphs::Graph;

pub(super) fn draw(graph: &Graph) -> (Value, Vec<Bytes>) {
    let names: Vec<&str> = std::iter::once("__start__")
        .chain(graph.nodes.iter().map(|(name, _)| *name))
        .chain(["__end__"])
        .collect();
    let node = |name: &&str| match *name {
        "__end__" => json!({"id": "__end__"}),
        name => json!({"id": name, "type": "runnable", "data": {"name": name}}),
    };
    let nodes: Vec<Value> = names.iter().map(node).collect();
    let edges: Vec<Value> = names
        .windows(2)
        .map(|pair| json!({"source": pair[0], "target": pair[1]}))
        .collect();
    section(&json!({"nodes": nodes, "edges": edges}))
}

pub(super) fn schemas(graph: &Graph, request: &Value) -> (Value, Vec<Bytes>) {
    let properties: Map<String, Value> = graph
        .channels
        .iter()
        .map(|channel| ((*channel).to_owned(), json!({"title": channel})))
        .collect();
    let state = json!({"properties": properties, "title": "State", "type": "object"});
    section(
        &json!({"graph_id": request["graph_id"], "input_schema": state, "output_schema": state, "state_schema": state,
        "config_schema": {}, "context_schema": null}),
    )
}

/// The function of each node is said to be in `nodes.py`, two lines each; others are in no file.
pub(super) fn source(graph: &Graph, request: &Value) -> (Value, Vec<Bytes>) {
    let mut nodes = graph.nodes.iter();
    let found = nodes.position(|(name, _)| request["node"] == *name);
    let place = found.map(|at| json!({"file": "nodes.py", "line": 10 + 2 * at, "count": 2}));
    section(&json!(place))
}

fn section(value: &Value) -> (Value, Vec<Bytes>) {
    (json!({}), vec![value.to_string().into()])
}
