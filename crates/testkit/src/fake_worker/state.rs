//! `state.*`: reading, listing and updating the checkpoints of a thread.

use lgx_model::ThreadId;
use lgx_worker::{ListCheckpoints, RemoteError};
use serde_json::{Map, Value, json};

use super::checkpoints;
use super::connection::{Answer, Link, refusal};
use super::graphs::{Graph, python_type};
use super::snapshot::{Advance, Snapshot};

/// How many states go into one answer: few, so that the server has to ask for more.
const HISTORY_PAGE: usize = 5;

pub(super) fn thread_id(request: &Value) -> Result<ThreadId, RemoteError> {
    let text = request["thread_id"].as_str().unwrap_or_default();
    text.parse()
        .map_err(|error| refusal("ValueError", &format!("{error}"), Some(400)))
}

fn checkpoint_key(request: &Value, key: &str) -> Option<String> {
    request["checkpoint"][key].as_str().map(str::to_owned)
}

async fn snapshot(link: &Link, request: &Value) -> Result<Snapshot, RemoteError> {
    let thread_id = thread_id(request)?;
    if checkpoint_key(request, "checkpoint_ns").is_some_and(|ns| !ns.is_empty()) {
        // The fake graphs have no subgraphs.
        return Ok(Snapshot::empty(thread_id));
    }
    let tuple = checkpoints::get(link, thread_id, checkpoint_key(request, "checkpoint_id")).await?;
    tuple.map_or_else(|| Ok(Snapshot::empty(thread_id)), Snapshot::of)
}

pub(super) async fn get(link: &Link, request: &Value) -> Answer {
    let graph = link.graph(request)?;
    let mut state = snapshot(link, request).await?.thread_state(graph);
    if let (Value::Null, Some(id)) = (
        &state["checkpoint"],
        checkpoint_key(request, "checkpoint_id"),
    ) {
        state["checkpoint"] = json!({"checkpoint_id": id, "thread_id": request["thread_id"]});
        state["checkpoint_id"] = json!(id);
    }
    Ok((json!({}), vec![state.to_string().into()]))
}

pub(super) async fn history(link: &Link, request: &Value) -> Answer {
    let graph = link.graph(request)?;
    let list = ListCheckpoints {
        thread_id: Some(thread_id(request)?),
        checkpoint_ns: Some(checkpoint_key(request, "checkpoint_ns").unwrap_or_default()),
        checkpoint_id: checkpoint_key(request, "checkpoint_id"),
        before: request["before"]["checkpoint_id"]
            .as_str()
            .map(str::to_owned),
        filter: request["metadata"].as_object().cloned().unwrap_or_default(),
        limit: request["limit"].as_u64(),
    };
    let mut states = Vec::new();
    let found = checkpoints::list(link, list).await?;
    let left = found.len() > HISTORY_PAGE;
    for tuple in found.into_iter().take(HISTORY_PAGE) {
        states.push(Snapshot::of(tuple)?.thread_state(graph));
    }
    let oldest = states.last().map(|state| state["checkpoint"].clone());
    let meta = json!({"count": states.len(), "last": oldest, "more": left});
    Ok((meta, vec![Value::Array(states).to_string().into()]))
}

pub(super) async fn update(link: &Link, request: &Value) -> Answer {
    let mut snapshot = snapshot(link, request).await?;
    superstep(link, request, &mut snapshot, std::slice::from_ref(request)).await?;
    answer(link, request, &snapshot)
}

pub(super) async fn bulk_update(link: &Link, request: &Value) -> Answer {
    let mut snapshot = snapshot(link, request).await?;
    for step in request["supersteps"].as_array().into_iter().flatten() {
        let updates = step["updates"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        if updates.is_empty() {
            return Err(refusal("ValueError", "No updates provided", Some(400)));
        }
        superstep(link, request, &mut snapshot, updates).await?;
    }
    answer(link, request, &snapshot)
}

fn answer(link: &Link, request: &Value, snapshot: &Snapshot) -> Answer {
    let mut meta = snapshot.root();
    meta["configurable"] = snapshot.configurable();
    let values = snapshot.output(link.graph(request)?).to_string();
    Ok((meta, vec![values.into()]))
}

/// One checkpoint with all of `updates`.
async fn superstep(
    link: &Link,
    request: &Value,
    snapshot: &mut Snapshot,
    updates: &[Value],
) -> Result<(), RemoteError> {
    let graph = link.graph(request)?;
    let mut planned = Planned {
        source: "update",
        changes: Map::new(),
        next: Vec::new(),
    };
    for update in updates {
        planned.add(graph, snapshot, update)?;
    }
    let mut metadata = request["metadata"].as_object().cloned().unwrap_or_default();
    metadata.insert("thread_id".to_owned(), request["thread_id"].clone());
    metadata.insert("graph_id".to_owned(), request["graph_id"].clone());
    let Planned {
        source,
        changes,
        next,
    } = planned;
    let put = snapshot
        .advance(
            graph,
            Advance {
                source,
                changes,
                next,
                metadata,
                run_id: None,
            },
        )
        .map_err(|message| refusal("TypeError", &message, Some(400)))?;
    link.ask(put).await?;
    Ok(())
}

/// What a superstep will do.
struct Planned {
    source: &'static str,
    changes: Map<String, Value>,
    next: Vec<String>,
}

impl Planned {
    fn add(
        &mut self,
        graph: &Graph,
        snapshot: &Snapshot,
        update: &Value,
    ) -> Result<(), RemoteError> {
        let command = update["command"].as_object();
        let values = command.map_or_else(
            || &update["values"],
            |command| command.get("update").unwrap_or(&Value::Null),
        );
        let changes = match values {
            Value::Null => Map::new(),
            Value::Object(values) => values.clone(),
            other => {
                let message = format!("Expected dict, got {other} ({})", python_type(other));
                return Err(refusal("InvalidUpdateError", &message, Some(400)));
            }
        };
        let as_node = match update["as_node"].as_str() {
            Some(node) => node.to_owned(),
            None if values.is_null() && command.is_none() => {
                self.next.clone_from(&snapshot.next);
                return Ok(());
            }
            None if snapshot.id.is_none() => "__start__".to_owned(),
            None => graph.before(&snapshot.next),
        };
        match as_node.as_str() {
            "__copy__" if values.is_null() => {
                self.source = "fork";
                self.next.clone_from(&snapshot.next);
            }
            "__input__" => {
                self.source = "input";
                self.next = vec!["__start__".to_owned()];
                return Ok(());
            }
            "__start__" => self.next.extend(graph.first()),
            node if graph.node(node).is_some() => self.next.extend(graph.after(node)),
            node => {
                return Err(refusal(
                    "InvalidUpdateError",
                    &format!("Node {node} does not exist"),
                    Some(400),
                ));
            }
        }
        let goto = command
            .and_then(|command| command.get("goto"))
            .and_then(Value::as_str);
        self.next.extend(goto.map(str::to_owned));
        self.changes.extend(changes);
        Ok(())
    }
}
