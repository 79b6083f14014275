//! Assistants as tools: those that the caller may see, in one order, each under its name and with what its graph takes and gives.

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use lgx_model::query::{AssistantQuery, AssistantSort, Page, SortOrder};
use lgx_model::{Assistant, AssistantId, JsonObject};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::NoResult;
use super::schema::GraphShape;
use super::tool_names::{self, Nameable};
use crate::auth::{Access, Grant, access};
use crate::http::call::object;
use crate::http::json_rpc::{JsonRpcCall, JsonRpcError};
use crate::http::{ApiError, Call, assistants};

/// How many tools a page of the list has.
const PAGE: usize = 50;
/// How many graphs are asked at a time what they take and give.
const AT_A_TIME: usize = 4;

/// A tool by what it is called.
pub(super) struct Tool {
    /// Its name.
    pub(super) name: String,
    /// The assistant that it is.
    pub(super) assistant_id: AssistantId,
    /// Where it stands among the others.
    place: Place,
}

/// Where a tool stands: default assistants come first, in the order of their graphs, then all others in that in which they were made. Also
/// what a cursor says: the list goes on behind this place, whether or not its tool is still there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Place {
    #[serde(rename = "default")]
    Default(String),
    #[serde(rename = "own")]
    Own(i64, AssistantId),
}

impl Place {
    fn of(assistant: &Assistant) -> Self {
        if assistant.assistant_id == AssistantId::of_graph(&assistant.graph_id) {
            Self::Default(assistant.graph_id.clone())
        } else {
            Self::Own(assistant.created_at.micros(), assistant.assistant_id)
        }
    }
}

/// The tools that a caller may see.
pub(super) struct Visible {
    /// All of them, in order.
    pub(super) tools: Vec<Tool>,
    /// Who asks.
    pub(super) grant: Grant,
}

/// Finds the tools that the caller may see. The project's auth is told how many are to be read.
pub(super) async fn visible(call: &Call, limit: usize) -> Result<Visible, ApiError> {
    let value = json!({"graph_id": null, "metadata": {}, "limit": limit, "offset": 0});
    let search = access("assistants", "search");
    let grant = call.grant(search, object(value)).await?;
    // Default assistants are in place once the graphs are loaded.
    let lease = call.app.engine.workers.serving().await?;
    let query = AssistantQuery {
        metadata: grant.metadata(),
        sort_by: AssistantSort::CreatedAt,
        sort_order: SortOrder::Asc,
        fields: ["name"].into_iter().collect(),
        ..AssistantQuery::default()
    };
    let found = call
        .store()
        .search_assistants(query, Page::ALL, &grant.scope)
        .await?;
    let mut found = found.rows;
    found.retain(|assistant| lease.config().graph(&assistant.graph_id).is_some());
    found.sort_by_cached_key(Place::of);
    let names = tool_names::unique(found.iter().map(|assistant| Nameable {
        name: &assistant.name,
        graph_id: &assistant.graph_id,
        assistant_id: assistant.assistant_id,
    }));
    let tools = found.iter().zip(names).map(|(assistant, name)| Tool {
        name,
        assistant_id: assistant.assistant_id,
        place: Place::of(assistant),
    });
    Ok(Visible {
        tools: tools.collect(),
        grant,
    })
}

/// A page of the list of tools.
pub(super) async fn list(call: &Call, asked: &JsonRpcCall) -> Result<JsonObject, NoResult> {
    #[derive(Deserialize)]
    struct List {
        #[serde(default)]
        cursor: Option<String>,
    }
    let Visible { tools, grant } = visible(call, PAGE).await?;
    let list: List = asked.params()?;
    let start = match list.cursor {
        None => 0,
        Some(cursor) => {
            let behind: Place = serde_json::from_str(&cursor).map_err(|_| {
                JsonRpcError::new(
                    JsonRpcError::INVALID_PARAMS,
                    "Invalid params: no such cursor",
                )
            })?;
            tools.partition_point(|tool| tool.place <= behind)
        }
    };
    let rest = &tools[start..];
    let page = &rest[..rest.len().min(PAGE)];
    let mut listed = JsonObject::new();
    listed.insert("tools".into(), json!(described(call, page, &grant).await?));
    if let Some(last) = page.last().filter(|_| page.len() < rest.len()) {
        let cursor = json!(last.place).to_string();
        listed.insert("nextCursor".into(), json!(cursor));
    }
    Ok(listed)
}

/// The tools as they are listed. One whose graph cannot be described, or whose schemas the caller may not read, takes any object: it will
/// say when it is called what is wrong.
async fn described(call: &Call, tools: &[Tool], grant: &Grant) -> Result<Vec<Value>, ApiError> {
    let mut assistants = Vec::with_capacity(tools.len());
    for tool in tools {
        let found = call.store().get_assistant(tool.assistant_id, &grant.scope);
        // It may just have been deleted.
        if let Some(assistant) = found.await? {
            assistants.push((tool, assistant));
        }
    }
    // Assistants mostly differ in what their graph does not depend on.
    let readable = readable(call, &assistants).await?;
    let mut different: Vec<&Assistant> = Vec::new();
    for assistant in assistants.iter().zip(&readable).filter_map(of_readable) {
        if !different.iter().any(|other| same_graph(other, assistant)) {
            different.push(assistant);
        }
    }
    let shapes: Vec<BoxFuture<'_, GraphShape>> = different
        .iter()
        .map(|assistant| shape(call, assistant, grant).boxed())
        .collect();
    let shapes: Vec<GraphShape> = stream::iter(shapes).buffered(AT_A_TIME).collect().await;
    let shape_of = |assistant: &Assistant| {
        let at = different
            .iter()
            .position(|other| same_graph(other, assistant));
        at.and_then(|at| shapes.get(at))
    };
    let config = call.app.engine.workers.config();
    let nothing = GraphShape::default();
    Ok(assistants
        .iter()
        .zip(&readable)
        .map(|((tool, assistant), is_readable)| {
            let shape = is_readable.then(|| shape_of(assistant)).flatten();
            let graph = config.graph(&assistant.graph_id);
            let about_graph = graph.and_then(|graph| graph.description.as_deref());
            listed(
                &tool.name,
                assistant,
                about_graph,
                shape.unwrap_or(&nothing),
            )
        })
        .collect())
}

fn of_readable<'a>(
    ((_, assistant), is_readable): (&'a (&Tool, Assistant), &bool),
) -> Option<&'a Assistant> {
    is_readable.then_some(assistant)
}

/// Which of these the caller may read. To find them is one thing, to see what their graphs take another.
async fn readable(call: &Call, assistants: &[(&Tool, Assistant)]) -> Result<Vec<bool>, ApiError> {
    let ids: Vec<AssistantId> = assistants
        .iter()
        .map(|(tool, _)| tool.assistant_id)
        .collect();
    match may_read(call, &ids).await {
        Err(refusal) if refusal.status.is_client_error() => {}
        answered => return answered,
    }
    // One of them is refused. Which one only shows when each is asked for alone.
    let asked: Vec<BoxFuture<'_, Result<bool, ApiError>>> = ids
        .chunks(1)
        .map(|id| {
            let asked = may_read(call, id).map(|answered| match answered {
                Ok(answers) => Ok(answers.first() == Some(&true)),
                Err(refusal) if refusal.status.is_client_error() => Ok(false),
                Err(error) => Err(error),
            });
            asked.boxed()
        })
        .collect();
    let answers: Vec<Result<bool, ApiError>> =
        stream::iter(asked).buffered(AT_A_TIME).collect().await;
    answers.into_iter().collect()
}

/// Whether the caller may read each of these; an error if a handler refuses one of them.
async fn may_read(call: &Call, ids: &[AssistantId]) -> Result<Vec<bool>, ApiError> {
    let accesses: Vec<Access> = ids.iter().map(|_| access("assistants", "read")).collect();
    let values = || {
        let values = ids.iter().map(|id| object(json!({"assistant_id": id})));
        Ok(values.collect())
    };
    let grants = call.grants_of(&accesses, values).await?;
    let mut readable = Vec::with_capacity(ids.len());
    for (id, grant) in ids.iter().zip(&grants) {
        let found = call.store().get_assistant(*id, &grant.scope).await?;
        readable.push(found.is_some());
    }
    Ok(readable)
}

fn same_graph(one: &Assistant, other: &Assistant) -> bool {
    one.graph_id == other.graph_id && one.config == other.config && one.context == other.context
}

/// What the graph of an assistant takes and gives.
pub(super) async fn shape(call: &Call, assistant: &Assistant, grant: &Grant) -> GraphShape {
    match assistants::schemas_of(call, assistant, grant).await {
        Ok(schemas) => serde_json::from_slice(&schemas).unwrap_or_default(),
        Err(_) => GraphShape::default(),
    }
}

fn listed(
    name: &str,
    assistant: &Assistant,
    about_graph: Option<&str>,
    shape: &GraphShape,
) -> Value {
    let described = [assistant.description.as_deref(), about_graph];
    let described = described
        .into_iter()
        .flatten()
        .find(|text| !text.trim().is_empty());
    let description = described.map_or_else(
        || {
            format!(
                "Runs the graph '{}' as the assistant '{}'.",
                assistant.graph_id, assistant.name
            )
        },
        str::to_owned,
    );
    let mut tool = json!({
        "name": name,
        "title": assistant.name,
        "description": description,
        "inputSchema": shape.arguments(),
        "annotations": {
            "title": assistant.name, "readOnlyHint": false, "destructiveHint": false, "idempotentHint": false, "openWorldHint": true,
        },
    });
    if let Some(result) = shape.result() {
        tool["outputSchema"] = Value::Object(result);
    }
    tool
}
