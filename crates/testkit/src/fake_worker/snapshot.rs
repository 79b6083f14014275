//! The state of a thread at a checkpoint: read from a tuple, shown as the API shows it, advanced by writes.

use std::collections::BTreeMap;

use lgx_model::checkpoint::{ChannelBlob, TypedBlob};
use lgx_model::{
    CheckpointRow, CheckpointTuple, JsonObject, PendingWrite, RunId, ThreadId, Timestamp,
};
use lgx_worker::{Callback, RemoteError, WritesKey};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::connection::refusal;
use super::graphs::{Graph, reduce};

/// The state of a thread at a checkpoint, or before any.
pub(super) struct Snapshot {
    pub(super) thread_id: ThreadId,
    /// None: nothing has been written yet.
    pub(super) id: Option<String>,
    parent: Option<String>,
    created_at: Value,
    pub(super) metadata: JsonObject,
    pub(super) next: Vec<String>,
    pub(super) values: Map<String, Value>,
    versions: BTreeMap<String, u64>,
    pub(super) writes: Vec<PendingWrite>,
}

/// A step that leads to a new checkpoint.
pub(super) struct Advance {
    pub(super) source: &'static str,
    pub(super) changes: Map<String, Value>,
    pub(super) next: Vec<String>,
    pub(super) metadata: JsonObject,
    pub(super) run_id: Option<RunId>,
}

impl Snapshot {
    pub(super) fn empty(thread_id: ThreadId) -> Self {
        Self {
            thread_id,
            id: None,
            parent: None,
            created_at: Value::Null,
            metadata: JsonObject::new(),
            next: Vec::new(),
            values: Map::new(),
            versions: BTreeMap::new(),
            writes: Vec::new(),
        }
    }

    pub(super) fn of(tuple: CheckpointTuple) -> Result<Self, RemoteError> {
        let CheckpointTuple {
            row,
            channels,
            writes,
        } = tuple;
        let checkpoint = decode(&row.checkpoint)?;
        let next = checkpoint["next"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|node| node.as_str().map(str::to_owned));
        let mut snapshot = Self {
            id: Some(row.checkpoint_id),
            parent: row.parent_checkpoint_id,
            created_at: checkpoint["ts"].clone(),
            metadata: row.metadata,
            next: next.collect(),
            writes,
            ..Self::empty(row.thread_id)
        };
        for blob in channels {
            let version = blob
                .version
                .parse()
                .map_err(|_| refusal("StoreError", "a version is no number", None))?;
            snapshot
                .values
                .insert(blob.channel.clone(), decode(&blob.value)?);
            snapshot.versions.insert(blob.channel, version);
        }
        Ok(snapshot)
    }

    pub(super) fn step(&self) -> i64 {
        self.metadata
            .get("step")
            .and_then(Value::as_i64)
            .unwrap_or(-2)
    }

    /// Goes to a new checkpoint, which the callback writes. The error is what a reducer says of a value.
    pub(super) fn advance(&mut self, graph: &Graph, advance: Advance) -> Result<Callback, String> {
        let mut new = Vec::new();
        // All or nothing: a reducer that refuses leaves the state as it was.
        let mut values = self.values.clone();
        for (channel, update) in advance.changes {
            if graph.channels.contains(&channel.as_str()) {
                let value = reduce(&channel, values.get(&channel), update)?;
                let version = self.versions.get(&channel).copied().unwrap_or(0) + 1;
                new.push(ChannelBlob {
                    channel: channel.clone(),
                    version: version.to_string(),
                    value: encode(&value),
                });
                values.insert(channel, value);
            }
        }
        for blob in &new {
            *self.versions.entry(blob.channel.clone()).or_default() += 1;
        }
        let mut metadata = advance.metadata;
        metadata.insert("source".to_owned(), json!(advance.source));
        metadata.insert("step".to_owned(), json!(self.step() + 1));
        metadata.insert("parents".to_owned(), json!({}));
        let id = Uuid::now_v7().to_string();
        self.created_at = json!(Timestamp::now());
        self.parent = self.id.replace(id.clone());
        self.values = values;
        self.next = advance.next;
        self.metadata = metadata;
        self.writes.clear();
        let row = CheckpointRow {
            thread_id: self.thread_id,
            checkpoint_ns: String::new(),
            checkpoint_id: id,
            parent_checkpoint_id: self.parent.clone(),
            run_id: None,
            checkpoint: encode(&json!({"v": 1, "ts": self.created_at, "next": self.next})),
            metadata: self.metadata.clone(),
            channel_versions: self
                .versions
                .iter()
                .map(|(name, version)| (name.clone(), json!(version.to_string())))
                .collect(),
        };
        Ok(Callback::PutCheckpoint {
            run_id: advance.run_id,
            row,
            new,
        })
    }

    /// Writes of the task of `node`, which the callback stores. Indexes count up from `first`.
    pub(super) fn write(
        &mut self,
        node: &str,
        first: i64,
        writes: &[(&str, &Value)],
        run_id: Option<RunId>,
    ) -> Callback {
        let task_id = self.task_id(node);
        let writes: Vec<PendingWrite> = (first..)
            .zip(writes)
            .map(|(idx, (channel, value))| PendingWrite {
                task_id: task_id.clone(),
                idx,
                channel: (*channel).to_owned(),
                value: encode(value),
                task_path: format!("~__pregel_pull, {node}"),
            })
            .collect();
        self.writes.extend(writes.iter().cloned());
        let checkpoint = WritesKey {
            thread_id: self.thread_id,
            checkpoint_ns: String::new(),
            checkpoint_id: self.id.clone().unwrap_or_default(),
        };
        Callback::PutWrites {
            run_id,
            checkpoint,
            writes,
        }
    }

    /// As in the library, tasks are named after the checkpoint alone: in a copy of a thread they are the same.
    pub(super) fn task_id(&self, node: &str) -> String {
        let checkpoint = self.id.as_deref().unwrap_or_default();
        Uuid::new_v5(
            &Uuid::NAMESPACE_OID,
            format!("{checkpoint} {node}").as_bytes(),
        )
        .to_string()
    }

    /// The id of the interrupt that `node` raises here.
    pub(super) fn interrupt_id(&self, node: &str) -> String {
        Uuid::new_v5(
            &Uuid::NAMESPACE_OID,
            format!("{} interrupt", self.task_id(node)).as_bytes(),
        )
        .simple()
        .to_string()
    }

    fn written(&self, node: &str, channel: &str) -> Option<Value> {
        let task_id = self.task_id(node);
        let write = self
            .writes
            .iter()
            .find(|write| write.task_id == task_id && write.channel == channel)?;
        decode(&write.value).ok()
    }

    /// The interrupt that `node` waits at, unless it has been answered.
    pub(super) fn interrupt(&self, node: &str) -> Option<Value> {
        self.written(node, "__interrupt__")
            .filter(|_| self.answer(node).is_none())
    }

    /// The answer given to the interrupt of `node`.
    pub(super) fn answer(&self, node: &str) -> Option<Value> {
        self.written(node, "__resume__")
    }

    /// The values of the channels that have one, in the graph's order.
    pub(super) fn output(&self, graph: &Graph) -> Value {
        let present = graph
            .channels
            .iter()
            .filter_map(|channel| self.values.get_key_value(*channel));
        Value::Object(
            present
                .map(|(channel, value)| (channel.clone(), value.clone()))
                .collect(),
        )
    }

    /// What the end of a run and the answer to an update say of the root.
    pub(super) fn root(&self) -> Value {
        let pending = self.next.iter().filter_map(|node| {
            let mut interrupt = self.interrupt(node)?;
            interrupt["response_schema"] = Value::Null;
            Some((self.task_id(node), json!([interrupt])))
        });
        let interrupts: Map<String, Value> = pending.collect();
        json!({"next": self.next, "interrupts": interrupts, "has_values": self.id.is_some()})
    }

    /// The checkpoint keys of this state.
    pub(super) fn configurable(&self) -> Value {
        self.key(self.id.as_ref())
    }

    fn key(&self, id: Option<&String>) -> Value {
        id.map_or(
            Value::Null,
            |id| json!({"checkpoint_id": id, "thread_id": self.thread_id, "checkpoint_ns": ""}),
        )
    }

    /// The `ThreadState` of the API.
    pub(super) fn thread_state(&self, graph: &Graph) -> Value {
        let tasks: Vec<Value> = self
            .next
            .iter()
            .map(|node| self.task(graph, node))
            .collect();
        let interrupts: Vec<Value> = self
            .next
            .iter()
            .filter_map(|node| self.interrupt(node))
            .collect();
        let metadata = if self.id.is_some() {
            Value::Object(self.metadata.clone())
        } else {
            Value::Null
        };
        json!({
            "values": self.output(graph), "next": self.next, "tasks": tasks, "metadata": metadata, "created_at": self.created_at,
            "checkpoint": self.configurable(), "parent_checkpoint": self.key(self.parent.as_ref()),
            "interrupts": interrupts, "checkpoint_id": self.id, "parent_checkpoint_id": self.parent,
        })
    }

    fn task(&self, graph: &Graph, node: &str) -> Value {
        let written = graph
            .channels
            .iter()
            .filter_map(|channel| Some(((*channel).to_owned(), self.written(node, channel)?)));
        let result: Map<String, Value> = written.collect();
        let interrupts: Vec<Value> = self.interrupt(node).into_iter().collect();
        json!({
            "id": self.task_id(node), "name": node, "path": ["__pregel_pull", node], "error": self.written(node, "__error__"),
            "interrupts": interrupts, "checkpoint": null, "state": null,
            "result": if result.is_empty() { Value::Null } else { Value::Object(result) },
        })
    }
}

/// Neither that of Python nor that of JavaScript.
const ENCODING: &str = "fake";

fn encode(value: &Value) -> TypedBlob {
    TypedBlob {
        encoding: ENCODING.to_owned(),
        bytes: value.to_string().into(),
    }
}

fn decode(blob: &TypedBlob) -> Result<Value, RemoteError> {
    if blob.encoding != ENCODING {
        return Err(refusal(
            "ValueError",
            &format!("a fake worker does not know encoding `{}`", blob.encoding),
            None,
        ));
    }
    serde_json::from_slice(&blob.bytes)
        .map_err(|error| refusal("ValueError", &error.to_string(), None))
}
