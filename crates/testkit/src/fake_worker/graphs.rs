//! The fake graphs: sequences of nodes, each of which does one thing that tests need.

use serde_json::{Map, Value, json};

use super::connection::Call;
use super::message;

/// A sequence of nodes over channels.
pub(super) struct Graph {
    pub(super) channels: &'static [&'static str],
    /// The channels that `values` shows; empty for all of them.
    pub(super) output: &'static [&'static str],
    pub(super) nodes: &'static [(&'static str, Node)],
}

/// What a node does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    /// Answers the last message.
    Echo,
    /// Appends to `log`.
    Log(&'static str),
    /// Waits at the gate `slow`, then appends to `log`.
    Slow,
    /// Raises.
    Boom,
    /// Interrupts, and keeps the answer.
    Ask,
    /// Reports the answer.
    Report,
    /// Streams `count` tokens of one message.
    Tokens,
    /// Streams `count` custom events.
    Custom,
    /// Waits at the gate `stuck`; cancelling does not reach it.
    Stuck,
    /// Blocks the event loop of its worker until the gate `stuck` is open.
    Spin,
    /// Waits at the gate `dying`, then takes the worker along.
    Die,
}

/// How a node ends.
pub(super) enum Outcome {
    Update(Map<String, Value>),
    Interrupt(Value),
    Raise(&'static str, String),
}

const LOG: Graph = Graph {
    channels: &["log", "delay"],
    output: &[],
    nodes: &[
        ("a", Node::Log("a")),
        ("slow", Node::Slow),
        ("b", Node::Log("b")),
    ],
};
const ECHO: Graph = Graph {
    channels: &["messages"],
    output: &[],
    nodes: &[("chatbot", Node::Echo)],
};

static GRAPHS: &[(&str, Graph)] = &[
    ("agent", ECHO),
    ("echo", ECHO),
    ("log", LOG),
    ("multi", LOG),
    (
        "boom",
        Graph {
            channels: &["log"],
            output: &[],
            nodes: &[("boom", Node::Boom)],
        },
    ),
    (
        "hitl",
        Graph {
            channels: &["question", "answer", "final"],
            output: &[],
            nodes: &[("ask", Node::Ask), ("done", Node::Report)],
        },
    ),
    (
        "narrow",
        Graph {
            channels: &["log", "answer", "final"],
            output: &["final"],
            nodes: &[("slow", Node::Slow), ("done", Node::Report)],
        },
    ),
    (
        "tokens",
        Graph {
            channels: &["messages", "count"],
            output: &[],
            nodes: &[("model", Node::Tokens)],
        },
    ),
    (
        "custom",
        Graph {
            channels: &["log", "count"],
            output: &[],
            nodes: &[("work", Node::Custom)],
        },
    ),
    (
        "stuck",
        Graph {
            channels: &["log"],
            output: &[],
            nodes: &[("stuck", Node::Stuck)],
        },
    ),
    (
        "spin",
        Graph {
            channels: &["log"],
            output: &[],
            nodes: &[("spin", Node::Spin)],
        },
    ),
    (
        "die",
        Graph {
            channels: &["log"],
            output: &[],
            nodes: &[("die", Node::Die)],
        },
    ),
];

/// The graph of this id, else the one that the attribute names.
pub(super) fn find(graph_id: &str, attribute: Option<&str>) -> Option<&'static Graph> {
    let named = |wanted: &str| {
        GRAPHS
            .iter()
            .find(|(name, _)| *name == wanted)
            .map(|(_, graph)| graph)
    };
    named(graph_id).or_else(|| attribute.and_then(named))
}

impl Graph {
    /// What `values` shows of a state.
    pub(super) fn shown(&self, mut state: Value) -> Value {
        if let Some(values) = state.as_object_mut() {
            values.retain(|key, _| self.output.is_empty() || self.output.contains(&key.as_str()));
        }
        state
    }

    pub(super) fn first(&self) -> Vec<String> {
        self.nodes
            .first()
            .map(|(name, _)| (*name).to_owned())
            .into_iter()
            .collect()
    }

    pub(super) fn node(&self, name: &str) -> Option<Node> {
        self.nodes
            .iter()
            .find(|(node, _)| *node == name)
            .map(|(_, node)| *node)
    }

    /// What runs after `node`: its successor, or nothing.
    pub(super) fn after(&self, node: &str) -> Vec<String> {
        let mut rest = self
            .nodes
            .iter()
            .skip_while(|(name, _)| *name != node)
            .skip(1);
        rest.next()
            .map(|(name, _)| (*name).to_owned())
            .into_iter()
            .collect()
    }

    /// Who wrote last when `next` is to run.
    pub(super) fn before(&self, next: &[String]) -> String {
        let done = match next.first() {
            Some(next) => self
                .nodes
                .iter()
                .take_while(|(name, _)| name != next)
                .last(),
            None => self.nodes.last(),
        };
        done.map_or("__start__", |(name, _)| name).to_owned()
    }
}

/// The value of a channel after an update of it.
pub(super) fn reduce(channel: &str, old: Option<&Value>, update: Value) -> Result<Value, String> {
    match channel {
        "messages" => message::add(old, update),
        "log" => {
            let Value::Array(more) = update else {
                return Err(format!(
                    "can only concatenate list (not \"{}\") to list",
                    python_type(&update)
                ));
            };
            let old = old.and_then(Value::as_array).cloned().unwrap_or_default();
            Ok(old.into_iter().chain(more).collect())
        }
        _ => Ok(update),
    }
}

/// What Python calls a JSON value.
pub(super) fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// What a node may look at and where it may stream to.
pub(super) struct Execution<'a, 'b> {
    pub(super) call: &'a mut Call<'b>,
    pub(super) run_id: &'a Value,
    pub(super) node: &'a str,
    pub(super) task_id: &'a str,
    pub(super) modes: &'a [String],
    pub(super) event_streaming: bool,
    pub(super) values: &'a Map<String, Value>,
    pub(super) resume: Option<Value>,
}

impl Node {
    pub(super) async fn execute(self, mut run: Execution<'_, '_>) -> Outcome {
        match self {
            Self::Echo => {
                let last = run
                    .values
                    .get("messages")
                    .and_then(Value::as_array)
                    .and_then(|messages| messages.last());
                let text = last
                    .and_then(|message| message["content"].as_str())
                    .unwrap_or_default();
                let said = format!("echoing {text}");
                let link = run.call.link;
                link.print_in(run.run_id, run.node, run.task_id, &said);
                update(
                    "messages",
                    json!([run.say(&[format!("echo: {text}")]).await]),
                )
            }
            Self::Log(text) => update("log", json!([text])),
            Self::Slow => {
                run.call.link.script.slow.pass().await;
                update("log", json!(["slow"]))
            }
            Self::Boom => Outcome::Raise("ValueError", "kaboom".to_owned()),
            Self::Ask => match run.resume {
                Some(answer) => update("answer", answer),
                None => Outcome::Interrupt(
                    json!({"q": run.values.get("question").unwrap_or(&json!("?"))}),
                ),
            },
            Self::Report => {
                let answer = run.values.get("answer").map(text_of).unwrap_or_default();
                update("final", json!(format!("answer={answer}")))
            }
            Self::Tokens => {
                let tokens: Vec<String> = (0..run.count())
                    .map(|number| format!("token{number} "))
                    .collect();
                update("messages", json!([run.say(&tokens).await]))
            }
            Self::Custom => {
                for number in 0..run.count() {
                    run.stream("custom", &json!({"number": number})).await;
                }
                update("log", json!(["work"]))
            }
            Self::Stuck => {
                run.call.link.script.stuck.pass().await;
                update("log", json!(["stuck"]))
            }
            Self::Spin => {
                run.call.link.turns.send_replace(false);
                run.call.link.script.stuck.pass().await;
                run.call.link.turns.send_replace(true);
                update("log", json!(["spun"]))
            }
            Self::Die => {
                run.call.link.script.dying.pass().await;
                run.call.link.alive.cancel();
                std::future::pending().await
            }
        }
    }
}

impl Execution<'_, '_> {
    fn count(&self) -> u64 {
        self.values
            .get("count")
            .and_then(Value::as_u64)
            .unwrap_or(3)
    }

    async fn stream(&mut self, mode: &str, data: &Value) {
        if self.modes.iter().any(|asked| asked == mode) {
            self.call.event(mode, data).await;
        }
    }

    /// Streams a message piece by piece in the modes asked for, and returns the whole.
    async fn say(&mut self, pieces: &[String]) -> Value {
        let whole = message::ai(&pieces.concat());
        let modes = self.modes;
        let asked = |mode: &str| modes.iter().any(|asked| asked == mode);
        let metadata = json!({"run_id": self.run_id});
        if self.event_streaming {
            for event in message::protocol_events(&whole, pieces) {
                self.call.event("messages", &event).await;
            }
        } else if asked("messages-tuple") {
            for piece in pieces {
                let chunk = json!([message::chunk(&whole, piece), metadata]);
                self.call.event("messages", &chunk).await;
            }
        } else if asked("messages") {
            let id = whole["id"].as_str().unwrap_or_default();
            let metadata = json!({id: {"metadata": metadata}});
            self.call.event("messages/metadata", &metadata).await;
            for end in 1..=pieces.len() {
                let partial = message::with_content(&whole, &pieces[..end].concat());
                self.call.event("messages/partial", &json!([partial])).await;
            }
        }
        whole
    }
}

fn update(channel: &str, value: Value) -> Outcome {
    Outcome::Update(Map::from_iter([(channel.to_owned(), value)]))
}

/// As Python's `str` shows it, for texts and numbers.
fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
