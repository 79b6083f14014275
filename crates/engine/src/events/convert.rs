//! From the events of a run to events of the event protocol: what is passed on, what is added, and what is left out.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use lgx_model::{JsonObject, Run, RunId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::event::End;
use super::frame::Body;
use super::prune::{prune, prune_value, text};
use super::tools::tools;

const INTERRUPT: &str = "__interrupt__";

/// Whether a run pauses for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    /// It does not.
    None,
    /// It has asked, and goes on with what does not depend on the answer.
    Asks,
    /// It has been told that the run is interrupted.
    Told,
}

/// Converts the events of one run, one after the other.
#[derive(Debug)]
pub(crate) struct Converter {
    run_id: RunId,
    graph_name: String,
    /// Whether the run was started for event streaming, so that it tells more.
    streaming: bool,
    /// How often it began: once more after each restart of the server.
    attempts: u32,
    pause: Pause,
    over: bool,
    /// The interrupts announced.
    asked: HashSet<String>,
}

impl Converter {
    /// A converter for a run that has not begun.
    pub(crate) fn of(run: &Run) -> Self {
        let graph_name = run.kwargs.graph_id().unwrap_or_default();
        Self::new(run.run_id, graph_name, run.kwargs.is_event_streaming())
    }

    fn new(run_id: RunId, graph_name: &str, streaming: bool) -> Self {
        Self {
            run_id,
            graph_name: graph_name.to_owned(),
            streaming,
            attempts: 0,
            pause: Pause::None,
            over: false,
            asked: HashSet::new(),
        }
    }

    /// The run it is for.
    pub(crate) const fn run_id(&self) -> RunId {
        self.run_id
    }

    /// How often the run has begun.
    pub(crate) const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The run begins, or begins again after the server was started anew.
    pub(crate) fn begin(&mut self) -> Vec<Body> {
        self.attempts += 1;
        if self.attempts == 1 {
            vec![self.lifecycle("running", None)]
        } else {
            Vec::new()
        }
    }

    /// What the end of the run means.
    pub(crate) fn end(&mut self, end: &End) -> Vec<Body> {
        if std::mem::replace(&mut self.over, true) {
            return Vec::new();
        }
        match end {
            End::Failed { error } => {
                // One that failed before it had a graph has not told that it runs.
                let began = if self.attempts == 0 {
                    self.begin()
                } else {
                    Vec::new()
                };
                let failed = self.lifecycle("failed", Some(error));
                began.into_iter().chain([failed]).collect()
            }
            _ if self.pause == Pause::Told => Vec::new(),
            End::Completed if self.pause == Pause::None => {
                vec![self.lifecycle("completed", None)]
            }
            End::Interrupted | End::Completed => vec![self.lifecycle("interrupted", None)],
        }
    }

    /// What an event of the run's stream becomes: nothing, itself, or several.
    pub(crate) fn event(&mut self, name: &str, data: &Bytes) -> Vec<Body> {
        let mut segments = name.split('|');
        let mode = segments.next().unwrap_or_default();
        let namespace: Arc<[String]> = segments.map(str::to_owned).collect();
        match mode {
            "values" => self.values(&namespace, data),
            "updates" => self.updates(&namespace, data),
            "update" => vec![of_node(&namespace, data)],
            "input" => self.pauses(&namespace, serde_json::from_slice(data).ok()),
            "asks" => self.questions(&namespace, data),
            "lifecycle" => vec![self.child(namespace, data)],
            "tools" => tools(&namespace, data),
            "tool" => vec![Body::of_graph("tools", &namespace, data.clone())],
            // Other runs stream messages in a form that this protocol does not have.
            "messages" if !self.streaming => Vec::new(),
            "messages" | "custom" | "tasks" | "checkpoints" => {
                vec![Body::of_graph(mode, &namespace, data.clone())]
            }
            _ if mode.starts_with("custom:") => {
                vec![Body::of_graph(mode, &namespace, data.clone())]
            }
            _ => Vec::new(),
        }
    }

    fn values(&mut self, namespace: &Arc<[String]>, data: &Bytes) -> Vec<Body> {
        if !mentions_interrupt(data) {
            return vec![Body::of_graph("values", namespace, prune(data))];
        }
        let Ok(mut values) = serde_json::from_slice::<Value>(data) else {
            return vec![Body::of_graph("values", namespace, data.clone())];
        };
        let interrupts = values
            .as_object_mut()
            .and_then(|object| object.shift_remove(INTERRUPT));
        let mut bodies = self.pauses(namespace, interrupts);
        // In JavaScript they come alone.
        if values.as_object().is_none_or(|rest| !rest.is_empty()) {
            prune_value(&mut values);
            bodies.push(Body::of_graph("values", namespace, text(&values)));
        }
        bodies
    }

    /// What the graph asks while other nodes of it go on: that it is interrupted is told at its end.
    fn questions(&mut self, namespace: &Arc<[String]>, data: &Bytes) -> Vec<Body> {
        let asked: Vec<Value> = serde_json::from_slice(data).unwrap_or_default();
        let bodies: Vec<Body> = asked
            .iter()
            .filter_map(|interrupt| self.asks(namespace, interrupt))
            .collect();
        if !bodies.is_empty() && self.pause == Pause::None {
            self.pause = Pause::Asks;
        }
        bodies
    }

    /// The graph pauses: what it asks, then that it is interrupted.
    fn pauses(&mut self, namespace: &Arc<[String]>, interrupts: Option<Value>) -> Vec<Body> {
        let Some(interrupts) = interrupts else {
            return Vec::new();
        };
        let asked = interrupts.as_array().into_iter().flatten();
        let mut bodies: Vec<Body> = asked
            .filter_map(|interrupt| self.asks(namespace, interrupt))
            .collect();
        // A breakpoint asks nothing: for this protocol such a run completes.
        if !bodies.is_empty() && std::mem::replace(&mut self.pause, Pause::Told) != Pause::Told {
            bodies.push(self.lifecycle("interrupted", None));
        }
        bodies
    }

    /// An interrupt asks for input, once.
    fn asks(&mut self, namespace: &Arc<[String]>, interrupt: &Value) -> Option<Body> {
        let id = interrupt.get("id")?.as_str()?;
        if !self.asked.insert(id.to_owned()) {
            return None;
        }
        let payload = interrupt.get("value").cloned().unwrap_or_default();
        // Clients differ in which of the two they look at.
        let data = json!({"interrupt_id": id, "payload": payload, "value": payload});
        Some(Body {
            method: "input.requested".into(),
            namespace: Arc::clone(namespace),
            identity: Some(format!(
                "synth:{}:input|{}|{id}",
                self.run_id,
                namespace.join("|")
            )),
            node: None,
            data: text(&data),
        })
    }

    fn updates(&mut self, namespace: &Arc<[String]>, data: &Bytes) -> Vec<Body> {
        let Ok(mut updates) = serde_json::from_slice::<JsonObject>(data) else {
            return vec![Body::of_graph("updates", namespace, data.clone())];
        };
        let interrupts = updates.shift_remove(INTERRUPT);
        let mut bodies = self.pauses(namespace, interrupts);
        updates.values_mut().for_each(prune_value);
        if updates.is_empty() {
            return bodies;
        }
        if self.streaming {
            bodies.push(Body::of_graph(
                "updates",
                namespace,
                text(&Value::Object(updates)),
            ));
            return bodies;
        }
        bodies.extend(updates.into_iter().map(|(node, update)| Body {
            node: Some(node),
            ..Body::of_graph("updates", namespace, text(&update))
        }));
        bodies
    }

    /// The lifecycle of a subgraph. Its start is an event like others; what follows can be told from the run alone.
    fn child(&self, namespace: Arc<[String]>, data: &Bytes) -> Body {
        #[derive(Deserialize)]
        struct Told {
            event: String,
        }
        let told: Option<Told> = serde_json::from_slice(data).ok();
        let phase = told
            .map(|told| told.event)
            .filter(|event| event != "started");
        let identity =
            phase.map(|phase| format!("synth:{}:lc|{}|{phase}", self.run_id, namespace.join("|")));
        Body {
            method: "lifecycle".into(),
            namespace,
            identity,
            node: None,
            data: data.clone(),
        }
    }

    /// The lifecycle of the run itself.
    fn lifecycle(&self, event: &str, error: Option<&str>) -> Body {
        let mut data = json!({"event": event, "graph_name": self.graph_name});
        if let Some(error) = error {
            data["error"] = json!(error);
        }
        Body {
            method: "lifecycle".into(),
            namespace: Arc::from([]),
            identity: Some(format!("synth:{}:lc||{event}", self.run_id)),
            node: None,
            data: text(&data),
        }
    }
}

/// The update of one node.
fn of_node(namespace: &Arc<[String]>, data: &Bytes) -> Body {
    #[derive(Deserialize)]
    struct NodeUpdate {
        node: Option<String>,
        values: Value,
    }
    let Ok(NodeUpdate { node, mut values }) = serde_json::from_slice(data) else {
        return Body::of_graph("updates", namespace, data.clone());
    };
    prune_value(&mut values);
    Body {
        node,
        ..Body::of_graph("updates", namespace, text(&values))
    }
}

fn mentions_interrupt(data: &[u8]) -> bool {
    data.windows(INTERRUPT.len())
        .any(|window| window == INTERRUPT.as_bytes())
}

#[cfg(test)]
mod tests;
