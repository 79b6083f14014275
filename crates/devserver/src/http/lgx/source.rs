//! `GET /lgx/source`: some lines of a file of the project, around a line, or the function of a node.

use std::path::Path;

use axum::response::Response;
use lgx_engine::workers::{Part, Unanswered};
use lgx_worker::{CallError, Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::diagnostic::from_root;
use super::project_file::{self, Allowed, Outside};
use crate::http::{ApiError, Call, reply};

/// How many lines are shown before and behind the one that was asked for.
const AROUND: usize = 8;
/// How many lines of a function are shown at most.
const LONGEST_FUNCTION: usize = 120;
/// How much of a line is shown.
const LONGEST_LINE: usize = 2_000;

/// What is asked for: a file with a line, or a graph with a node.
#[derive(Debug, Deserialize)]
struct SourceAsked {
    file: Option<String>,
    line: Option<usize>,
    graph: Option<String>,
    node: Option<String>,
}

/// Some lines of a file of the project: as it is now, which may be another one than the asker has heard of.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct SourceLines {
    /// Relative to the project where it lies in it, else absolute.
    file: String,
    absolute: String,
    /// The line asked for, from 1; of a node, the first line of its function.
    line: usize,
    /// The number of the first of `lines`.
    first: usize,
    /// None where the file has none there (any more), is gone, or is no text.
    lines: Vec<String>,
}

/// Which lines of which file.
struct SourceWanted {
    file: String,
    line: usize,
    /// How many lines belong to it, the first one included.
    count: usize,
}

pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    call.authenticate().await?;
    let asked: SourceAsked = call.query()?;
    let wanted = match (asked.file, asked.graph, asked.node) {
        (Some(file), None, None) => SourceWanted {
            file,
            line: asked.line.unwrap_or(1).max(1),
            count: 1,
        },
        (None, Some(graph), Some(node)) => return node_source(&call, &graph, &node).await,
        _ => {
            return Err(ApiError::invalid(
                "Say which source: `file` and `line`, or `graph` and `node`.",
            ));
        }
    };
    Ok(reply::json(&read(&call, wanted).await??))
}

/// The function of a node; null where it is none of the project's own: nodes of libraries and those that the newest code does not have any
/// more are in drawings like all others.
async fn node_source(call: &Call, graph: &str, node: &str) -> Result<Response, ApiError> {
    let Some(wanted) = of_node(call, graph, node).await? else {
        return Ok(reply::json(&None::<SourceLines>));
    };
    match read(call, wanted).await? {
        Ok(lines) => Ok(reply::json(&lines)),
        Err(Outside::NotOfProject(_)) => Ok(reply::json(&None::<SourceLines>)),
        Err(outside) => Err(outside.into()),
    }
}

/// The lines that are wanted, or why they are not shown.
async fn read(call: &Call, wanted: SourceWanted) -> Result<Result<SourceLines, Outside>, ApiError> {
    let allowed = Allowed::of(&call.app);
    let read = tokio::task::spawn_blocking(move || lines(&allowed, &wanted)).await;
    read.map_err(|error| ApiError::internal(format!("reading a source: {error}")))
}

/// Where the worker says that the function of a node is, if it is in a file.
async fn of_node(call: &Call, graph: &str, node: &str) -> Result<Option<SourceWanted>, ApiError> {
    #[derive(Deserialize)]
    struct NodePlace {
        file: String,
        line: usize,
        count: usize,
    }
    let lease = call.app.engine.workers.serving().await?;
    if lease.config().graph(graph).is_none() {
        return Err(ApiError::not_found(format!("There is no graph '{graph}'.")));
    }
    let asked = json!({"graph_id": graph, "config": {}, "context": null, "node": node});
    let part = Part::Graph(graph);
    let answer = match lease.call(part, Method::GraphSource, &asked).await {
        Err(Unanswered::Call(CallError::Remote(error))) if error.status == Some(404) => {
            return Ok(None);
        }
        answer => answer?,
    };
    let place: Option<NodePlace> = serde_json::from_slice(&crate::http::section(answer)?)
        .map_err(|error| ApiError::internal(format!("the worker's place of a node: {error}")))?;
    Ok(place.map(|place| SourceWanted {
        file: place.file,
        line: place.line.max(1),
        count: place.count,
    }))
}

fn lines(allowed: &Allowed, wanted: &SourceWanted) -> Result<SourceLines, Outside> {
    // A file that is being saved is empty or not there for a moment, and one that a failure names may have changed since.
    let (file, text) = match allowed.find(Path::new(&wanted.file)) {
        Ok(file) => {
            let text = project_file::text(&file).unwrap_or_default();
            (file, text)
        }
        Err(Outside::Missing(_)) => (allowed.root().join(&wanted.file), String::new()),
        Err(outside) => return Err(outside),
    };
    let first = wanted.line.saturating_sub(AROUND).max(1);
    let last = wanted.line + wanted.count.min(LONGEST_FUNCTION) - 1 + AROUND;
    let lines = text.lines().skip(first - 1).take(last + 1 - first);
    let lines: Vec<String> = lines
        .map(|line| line.chars().take(LONGEST_LINE).collect())
        .collect();
    Ok(SourceLines {
        file: from_root(&file, allowed.root()),
        absolute: file.display().to_string(),
        line: wanted.line,
        first,
        lines,
    })
}

impl From<Outside> for ApiError {
    fn from(outside: Outside) -> Self {
        let detail = outside.to_string();
        match outside {
            Outside::NotOfProject(_) => Self::new(http::StatusCode::FORBIDDEN, detail),
            Outside::Missing(_) => Self::not_found(detail),
        }
    }
}
