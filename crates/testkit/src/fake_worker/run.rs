//! `run`: takes the input, executes node after node, streams, saves, and tells the end.

use bytes::Bytes;
use lgx_model::{JsonObject, RunId, ThreadId, Timestamp};
use lgx_worker::{Callback, RemoteError};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::checkpoints::{self, Saver};
use super::connection::{Answer, Call, Link, refusal};
use super::graphs::{Execution, Graph, Node, Outcome, python_type};
use super::snapshot::{Advance, Snapshot};

/// Why a run stops before its graph is finished.
enum Stop {
    /// The graph waits for someone.
    Paused,
    Cancelled,
    Raised(&'static str, String),
    /// The server could not be asked.
    Broken(RemoteError),
}

impl From<RemoteError> for Stop {
    fn from(error: RemoteError) -> Self {
        Self::Broken(error)
    }
}

struct Run<'a> {
    call: Call<'a>,
    request: &'a Value,
    /// On whose behalf checkpoints are written.
    writer: Option<RunId>,
    graph: &'static Graph,
    modes: Vec<String>,
    snapshot: Snapshot,
    saver: Saver,
    /// The run goes on where an earlier one stopped, so that breakpoint does not stop it again.
    continues: bool,
}

pub(super) async fn run(call: Call<'_>, request: &Value, sections: Vec<Bytes>) -> Answer {
    let (link, cancelled) = (call.link, call.cancelled.clone());
    let graph = link.graph(request)?;
    let temporary = request["temporary"] == true;
    let mut run = Run {
        call,
        request,
        writer: request["run_id"]
            .as_str()
            .and_then(|run_id| run_id.parse().ok()),
        graph,
        modes: texts(&request["stream_mode"]),
        snapshot: first_snapshot(link, request, sections).await?,
        saver: Saver::new(request["durability"].as_str().unwrap_or("async"), temporary),
        continues: false,
    };
    let stop = match run.take_input().await {
        Ok(()) => run.steps(&cancelled).await.err(),
        Err(stop) => Some(stop),
    };
    run.saver.finish(link);
    let (status, error) = match stop {
        // Whoever is cancelled says so, even when the graph did not care.
        _ if cancelled.is_cancelled() => ("cancelled", None),
        None | Some(Stop::Paused) => ("success", None),
        Some(Stop::Cancelled) => ("cancelled", None),
        Some(Stop::Raised(kind, message)) => ("error", Some((kind, message))),
        Some(Stop::Broken(error)) => return Err(error),
    };
    let mut end = run.snapshot.root();
    end["status"] = json!(status);
    end["error"] = error.as_ref().map_or(
        Value::Null,
        |(kind, message)| json!({"error": kind, "message": message}),
    );
    end["diagnostic"] = error.map_or(Value::Null, |(kind, message)| {
        json!(super::diagnostic(kind, &message, "graph.py", 3))
    });
    let values = run
        .snapshot
        .id
        .is_some()
        .then(|| run.snapshot.output(graph).to_string().into());
    Ok((end, values.into_iter().collect()))
}

async fn first_snapshot(
    link: &Link,
    request: &Value,
    sections: Vec<Bytes>,
) -> Result<Snapshot, RemoteError> {
    let thread_id: ThreadId = super::state::thread_id(request)?;
    let tuple = if request["prefetched"] == true {
        checkpoints::prefetched(&request["checkpoint"], sections)?
    } else {
        let id = request["config"]["configurable"]["checkpoint_id"]
            .as_str()
            .map(str::to_owned);
        checkpoints::get(link, thread_id, id).await?
    };
    tuple.map_or_else(|| Ok(Snapshot::empty(thread_id)), Snapshot::of)
}

/// The time as steps tell it.
fn now() -> i64 {
    Timestamp::now().micros()
}

fn texts(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

impl Run<'_> {
    /// Whether it streams what the event protocol shows of a graph without transformers: values, questions and messages.
    fn is_event_streaming(&self) -> bool {
        self.request["event_streaming"] == true
    }

    async fn event(&mut self, mode: &str, data: &Value) {
        if mode == "updates" && self.is_event_streaming() {
            return;
        }
        if self.modes.iter().any(|asked| asked == mode) {
            self.call.event(mode, data).await;
        }
    }

    fn metadata(&self) -> JsonObject {
        let mut metadata = self.request["config"]["metadata"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        for key in ["run_id", "thread_id", "graph_id"] {
            metadata.insert(key.to_owned(), self.request[key].clone());
        }
        metadata
    }

    async fn advance(
        &mut self,
        source: &'static str,
        changes: Map<String, Value>,
        next: Vec<String>,
    ) -> Result<(), Stop> {
        let advance = Advance {
            source,
            changes,
            next,
            metadata: self.metadata(),
            run_id: self.writer,
        };
        let put = self
            .snapshot
            .advance(self.graph, advance)
            .map_err(|message| Stop::Raised("TypeError", message))?;
        Ok(self.save(put).await?)
    }

    async fn save(&mut self, callback: Callback) -> Result<(), RemoteError> {
        self.saver.save(self.call.link, callback).await
    }

    async fn take_input(&mut self) -> Result<(), Stop> {
        let request = self.request;
        let command = request["command"]
            .as_object()
            .filter(|command| command.values().any(|part| !part.is_null()));
        match (command, &request["input"]) {
            (Some(command), _) => self.take_command(command).await?,
            (None, Value::Null) if self.snapshot.id.is_none() => {
                return Err(Stop::Raised(
                    "EmptyInputError",
                    "Received no input for __start__".to_owned(),
                ));
            }
            (None, Value::Null) => self.continues = true,
            // As in the library, a run that finds a checkpoint of its own was cut off, and goes on.
            _ if self.snapshot.metadata.get("run_id") == Some(&request["run_id"]) => {
                self.continues = true;
            }
            (None, Value::Object(input)) => {
                self.advance("input", Map::new(), vec!["__start__".to_owned()])
                    .await?;
                self.advance("loop", input.clone(), self.graph.first())
                    .await?;
            }
            (None, other) => {
                return Err(Stop::Raised(
                    "InvalidUpdateError",
                    format!("Expected dict, got {} ({})", other, python_type(other)),
                ));
            }
        }
        self.event("values", &self.shown()).await;
        Ok(())
    }

    /// The state as `values` shows it.
    fn shown(&self) -> Value {
        self.graph.shown(self.snapshot.output(self.graph))
    }

    async fn take_command(&mut self, command: &Map<String, Value>) -> Result<(), Stop> {
        let part = |name: &str| command.get(name).filter(|part| !part.is_null());
        self.continues = true;
        if let Some(answer) = part("resume") {
            if self.snapshot.id.is_none() {
                return Err(Stop::Raised(
                    "TypeError",
                    "'NoneType' object is not iterable".to_owned(),
                ));
            }
            if let Some(node) = self.snapshot.next.first().cloned()
                && let Some(interrupt) = self.snapshot.interrupt(&node)
            {
                let id = interrupt["id"].as_str().unwrap_or_default();
                let answer = answer.get(id).unwrap_or(answer);
                let write = self
                    .snapshot
                    .write(&node, -4, &[("__resume__", answer)], self.writer);
                self.save(write).await?;
            }
        }
        let goto = part("goto").map(|goto| match goto {
            Value::String(node) => vec![node.clone()],
            nodes => texts(nodes),
        });
        if part("update").is_some() || goto.is_some() {
            let changes = part("update")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default();
            let next = goto.unwrap_or_else(|| self.snapshot.next.clone());
            let next = next
                .into_iter()
                .filter(|node| self.graph.node(node).is_some())
                .collect();
            self.advance("loop", changes, next).await?;
        }
        Ok(())
    }

    async fn steps(&mut self, cancelled: &CancellationToken) -> Result<(), Stop> {
        while let Some(node) = self.snapshot.next.first().cloned() {
            if !self.continues && self.stops_at("interrupt_before", &node) {
                self.event("updates", &json!({"__interrupt__": []})).await;
                return Err(Stop::Paused);
            }
            self.continues = false;
            self.step(&node, cancelled).await?;
            if self.stops_at("interrupt_after", &node) && !self.snapshot.next.is_empty() {
                self.event("updates", &json!({"__interrupt__": []})).await;
                return Err(Stop::Paused);
            }
        }
        Ok(())
    }

    fn stops_at(&self, when: &str, node: &str) -> bool {
        self.request[when] == "*" || texts(&self.request[when]).iter().any(|name| name == node)
    }

    /// Tells that a task is executed next.
    async fn started(&mut self, task: &str, node: &str) {
        let step = self.snapshot.step() + 1;
        let start = json!({"task_id": task, "node": node, "ns": "", "step": step, "at": now()});
        let steps = json!({"started": [start], "ended": [], "dropped": 0});
        self.call.send(&json!({"steps": steps}), Vec::new()).await;
    }

    /// Tells of a call of a model, as a task makes it.
    async fn called_model(&mut self, task: &str, node: &str) {
        let id = format!("call of {task}");
        let start = json!({
            "parent_call_id": null, "task_id": task, "node": node, "ns": "", "kind": "model", "name": "Model", "model": "fake-1", "provider": "fake",
            "at": now(), "input": ["hi"], "tools": [], "parameters": {}, "cut": false,
        });
        let usage = json!({"input_tokens": 3, "output_tokens": 4, "total_tokens": 7});
        let end = json!({"at": now(), "output": "HI", "usage": usage, "error": null, "cut": false});
        let changes = json!([
            {"call_id": id, "start": start},
            {"call_id": id, "text": "H", "first_token_at": now()},
            {"call_id": id, "end": end},
        ]);
        let calls = json!({"changes": changes, "dropped": 1});
        self.call.send(&json!({"calls": calls}), Vec::new()).await;
    }

    /// Tells how a task has ended.
    async fn ended(&mut self, task: &str, status: &str, error: Option<String>) {
        let end = json!({"task_id": task, "at": now(), "status": status, "error": error});
        let steps = json!({"started": [], "ended": [end], "dropped": 0});
        self.call.send(&json!({"steps": steps}), Vec::new()).await;
    }

    async fn step(&mut self, name: &str, cancelled: &CancellationToken) -> Result<(), Stop> {
        let node = self
            .graph
            .node(name)
            .ok_or_else(|| refusal("KeyError", name, None))?;
        let task = self.snapshot.task_id(name);
        self.started(&task, name).await;
        if self.request["graph_id"] == "tokens" {
            self.called_model(&task, name).await;
        }
        let execution = Execution {
            call: &mut self.call,
            run_id: &self.request["run_id"],
            node: name,
            task_id: &task,
            modes: &self.modes,
            event_streaming: self.request["event_streaming"] == true,
            values: &self.snapshot.values,
            resume: self.snapshot.answer(name),
        };
        let outcome = if matches!(node, Node::Stuck | Node::Spin) {
            node.execute(execution).await
        } else {
            tokio::select! {
                biased;
                () = cancelled.cancelled() => return Err(Stop::Cancelled),
                outcome = node.execute(execution) => outcome,
            }
        };
        let (status, error) = match &outcome {
            Outcome::Update(_) => ("success", None),
            Outcome::Interrupt(_) => ("interrupted", None),
            Outcome::Raise(kind, message) => ("error", Some(format!("{kind}: {message}"))),
        };
        self.ended(&task, status, error).await;
        match outcome {
            Outcome::Update(changes) => {
                let writes: Vec<(&str, &Value)> = changes
                    .iter()
                    .map(|(channel, value)| (channel.as_str(), value))
                    .collect();
                let write = self.snapshot.write(name, 0, &writes, self.writer);
                self.save(write).await?;
                self.event("updates", &json!({name: changes})).await;
                self.advance("loop", changes, self.graph.after(name))
                    .await?;
                self.event("values", &self.shown()).await;
                Ok(())
            }
            Outcome::Interrupt(value) => {
                let id = self.snapshot.interrupt_id(name);
                let write = self.snapshot.write(
                    name,
                    -3,
                    &[("__interrupt__", &json!({"id": id, "value": value}))],
                    self.writer,
                );
                self.save(write).await?;
                let shown = json!([{"value": value, "id": id, "response_schema": null}]);
                let mut values = self.shown();
                if self.is_event_streaming() {
                    self.call.event("input", &shown).await;
                } else {
                    values["__interrupt__"] = shown.clone();
                }
                self.event("updates", &json!({"__interrupt__": shown}))
                    .await;
                self.event("values", &values).await;
                Err(Stop::Paused)
            }
            Outcome::Raise(kind, message) => {
                let write = self.snapshot.write(
                    name,
                    -1,
                    &[("__error__", &json!(format!("{kind}('{message}')")))],
                    self.writer,
                );
                self.save(write).await?;
                Err(Stop::Raised(kind, message))
            }
        }
    }
}
