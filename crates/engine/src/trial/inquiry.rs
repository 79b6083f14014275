//! What the graphs of a project that is tried out are asked.

use std::num::NonZeroU32;
use std::time::Duration;

use bytes::Bytes;
use lgx_worker::{CallError, Diagnostic, Method};
use serde_json::{Value, json};

use crate::Engine;
use crate::workers::{Part, Unanswered};

/// What each graph is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inquiry {
    /// The JSON schemas of what it takes and gives.
    Schemas,
    /// Its nodes and edges.
    Drawing(Xray),
}

/// How far subgraphs are drawn as the nodes and edges that they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Xray {
    /// Not at all.
    Off,
    /// So many levels down.
    Levels(NonZeroU32),
    /// All of them.
    Full,
}

impl Inquiry {
    /// What a graph answers, asked as by somebody who is nobody in particular.
    pub(super) async fn of(self, engine: &Engine, graph_id: &str) -> Result<Bytes, Diagnostic> {
        let limit = engine.options.load_timeout.unwrap_or(Duration::MAX);
        match tokio::time::timeout(limit, self.ask(engine, graph_id)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(Unanswered::Call(CallError::Remote(error)))) => {
                let told = Diagnostic::without_line(self.kind(), error.to_string());
                Err(error.diagnostic.map_or(told, |diagnostic| *diagnostic))
            }
            Ok(Err(error)) => Err(Diagnostic::without_line(self.kind(), error.to_string())),
            Err(_) => {
                let (what, seconds) = (self.noun(), limit.as_secs());
                let message = format!("the graph has not told its {what} after {seconds} s");
                Err(Diagnostic::without_line("TimeoutError", message))
            }
        }
    }

    async fn ask(self, engine: &Engine, graph_id: &str) -> Result<Bytes, Unanswered> {
        let lease = engine.workers.serving().await?;
        let mut question = json!({"graph_id": graph_id, "config": {}, "context": {}, "user": null});
        match self {
            Self::Schemas => lease.graph_schemas(graph_id, &question).await,
            Self::Drawing(xray) => {
                question["xray"] = xray.on_the_wire();
                let method = Method::GraphDraw;
                let answer = lease.call(Part::Graph(graph_id), method, &question).await?;
                let section = answer.sections.into_iter().next();
                section.ok_or_else(|| {
                    let reason = "it has no section".to_owned();
                    CallError::Malformed { method, reason }.into()
                })
            }
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Schemas => "schemas",
            Self::Drawing(_) => "nodes and edges",
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Schemas => "SchemaError",
            Self::Drawing(_) => "DrawingError",
        }
    }
}

impl Xray {
    fn on_the_wire(self) -> Value {
        match self {
            Self::Off => json!(false),
            Self::Levels(depth) => json!(depth),
            Self::Full => json!(true),
        }
    }
}
