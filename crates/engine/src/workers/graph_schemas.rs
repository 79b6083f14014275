//! What the graphs of a generation take and give, as JSON schemas: asked for once, where a graph is the same for whoever asks.

use std::collections::HashMap;

use bytes::Bytes;
use lgx_worker::{CallError, Loaded, LoadedGraph, Method};
use serde::Serialize;
use tokio::sync::OnceCell;

use super::crew::Part;
use super::{Lease, Unanswered};

/// The schemas of the graphs that were compiled when the code was loaded. A graph that a factory makes depends on who asks and for what, so
/// it is asked each time.
pub(super) struct GraphSchemas(HashMap<String, OnceCell<Bytes>>);

impl GraphSchemas {
    /// Nobody has asked yet.
    pub(super) fn of(loaded: &Loaded) -> Self {
        let compiled = loaded.graphs.iter().filter_map(|(id, graph)| match graph {
            LoadedGraph::Ready { factory: false, .. } => Some((id.clone(), OnceCell::new())),
            _ => None,
        });
        Self(compiled.collect())
    }
}

impl Lease {
    /// The schemas of a graph, for an assistant that `question` describes.
    ///
    /// # Errors
    /// What the worker answers, or that there is none. The next who asks tries again.
    pub async fn graph_schemas<P: Serialize + Sync>(
        &self,
        graph_id: &str,
        question: &P,
    ) -> Result<Bytes, Unanswered> {
        let asked = || async {
            let method = Method::GraphSchemas;
            let answer = self.call(Part::Graph(graph_id), method, question).await?;
            let section = answer.sections.into_iter().next();
            section.ok_or_else(|| {
                let reason = "it has no section".to_owned();
                Unanswered::from(CallError::Malformed { method, reason })
            })
        };
        match self.generation().graph_schemas().0.get(graph_id) {
            Some(known) => known.get_or_try_init(asked).await.cloned(),
            None => asked().await,
        }
    }
}
