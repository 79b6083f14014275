//! Assistants over HTTP: get, search, count, and what the worker says of their graphs.

pub(super) mod changes;
pub(super) mod versions;

use axum::response::Response;
use bytes::Bytes;
use lgx_engine::workers::Part;
use lgx_model::forms::given;
use lgx_model::query::{AssistantQuery, AssistantSort, SortOrder};
use lgx_model::{Assistant, AssistantId, JsonObject};
use lgx_worker::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::body::{Limit, Offset};
use super::{ApiError, Call, reply};
use crate::auth::{Grant, access};

/// The fields of an assistant that a search can be narrowed to.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum AssistantField {
    AssistantId,
    GraphId,
    Name,
    Description,
    Config,
    Context,
    CreatedAt,
    UpdatedAt,
    Metadata,
    Version,
}

/// The body of `POST /assistants/search` and `/assistants/count`.
#[serde_with::apply(Option => #[serde(default, deserialize_with = "given")])]
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(super) struct AssistantSearch {
    /// Contained in the assistant's metadata.
    metadata: Option<JsonObject>,
    /// Only of this graph.
    graph_id: Option<String>,
    /// A part of the name, whatever its case.
    name: Option<String>,
    /// How many at most; 10 when absent.
    limit: Option<Limit>,
    /// How many to pass over.
    offset: Option<Offset>,
    /// Sorted by this; `created_at` when absent.
    sort_by: Option<AssistantSort>,
    /// In this order; only with `sort_by`.
    sort_order: Option<SortOrder>,
    /// Only these fields.
    select: Option<Vec<AssistantField>>,
}

impl AssistantSearch {
    fn value(&self, limit: i64) -> Value {
        json!({"graph_id": self.graph_id, "metadata": self.metadata.clone().unwrap_or_default(), "limit": limit,
               "offset": self.offset.map_or(0, |offset| offset.0)})
    }

    fn query(&self, metadata: JsonObject) -> AssistantQuery {
        AssistantQuery {
            metadata,
            graph_id: self.graph_id.clone(),
            name: self.name.clone(),
            sort_by: self.sort_by.unwrap_or_default(),
            sort_order: self.sort_by.and(self.sort_order).unwrap_or_default(),
            ..AssistantQuery::default()
        }
    }
}

/// `POST /assistants/search`
pub(super) async fn search(call: Call) -> Result<Response, ApiError> {
    let (body, grant) = searched(&call, None).await?;
    let page = super::body::page(body.limit, body.offset);
    let mut query = body.query(grant.metadata());
    let select = super::body::selected(body.select);
    query.fields = select.iter().flatten().cloned().collect();
    let rows = call
        .store()
        .search_assistants(query, page, &grant.scope)
        .await?;
    Ok(reply::page(&rows, page, select.as_deref()))
}

/// `POST /assistants/count`
pub(super) async fn count(call: Call) -> Result<Response, ApiError> {
    let (body, grant) = searched(&call, Some(0)).await?;
    let query = body.query(grant.metadata());
    let count = call.store().count_assistants(query, &grant.scope).await?;
    Ok(reply::json(&count))
}

async fn searched(call: &Call, limit: Option<i64>) -> Result<(AssistantSearch, Grant), ApiError> {
    let (body, grant) = call
        .authorize(
            call.json::<AssistantSearch>(),
            access("assistants", "search"),
            |body| body.value(limit.or(body.limit.map(|limit| limit.0)).unwrap_or(10)),
        )
        .await?;
    // Default assistants are in place once the graphs are loaded.
    let lease = call.app.engine.workers.serving().await?;
    if let Some(graph_id) = &body.graph_id {
        registered(lease.config(), graph_id)?;
    }
    Ok((body, grant))
}

fn registered(config: &lgx_config::Config, graph_id: &str) -> Result<(), ApiError> {
    if config.graph(graph_id).is_some() {
        return Ok(());
    }
    let mut known: Vec<&str> = config
        .graphs
        .iter()
        .map(|graph| graph.id.as_str())
        .collect();
    known.sort_unstable();
    Err(ApiError::not_found(format!(
        "Graph '{graph_id}' not found. Registered graphs: {}",
        known.join(", ")
    )))
}

/// `GET /assistants/{assistant_id}`
pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    let (assistant, _) = read(&call, call.assistant_id()).await?;
    Ok(reply::json(&assistant))
}

/// The assistant of this id, if the caller may see it and its graph is there.
pub(super) async fn read(
    call: &Call,
    id: Result<AssistantId, ApiError>,
) -> Result<(Assistant, Grant), ApiError> {
    let (id, grant) = call
        .authorize(
            id,
            access("assistants", "read"),
            |id| json!({"assistant_id": id}),
        )
        .await?;
    let lease = call.app.engine.workers.serving().await?;
    let assistant = call.store().get_assistant(id, &grant.scope).await?;
    let assistant = assistant.ok_or_else(|| changes::missing(id))?;
    registered(lease.config(), &assistant.graph_id)?;
    Ok((assistant, grant))
}

/// What the worker needs to describe an assistant's graph.
#[derive(Serialize)]
struct Describe<'a> {
    graph_id: &'a str,
    config: &'a JsonObject,
    context: &'a JsonObject,
    user: Option<&'a lgx_model::RawJson>,
    #[serde(flatten)]
    more: Value,
}

impl<'a> Describe<'a> {
    fn new(assistant: &'a Assistant, grant: &'a Grant, more: Value) -> Self {
        Self {
            graph_id: &assistant.graph_id,
            config: &assistant.config,
            context: &assistant.context,
            user: grant.caller.user.as_ref(),
            more,
        }
    }
}

async fn describe(
    call: &Call,
    assistant: &Assistant,
    grant: &Grant,
    method: Method,
    more: Value,
) -> Result<Bytes, ApiError> {
    let lease = call.app.engine.workers.serving().await?;
    let question = Describe::new(assistant, grant, more);
    let answer = lease
        .call(Part::Graph(&assistant.graph_id), method, &question)
        .await?;
    super::section(answer)
}

/// The assistant that a text names: the default one of a graph, whose name may look like an id, else the one of this id.
pub(super) fn named(call: &Call, text: &str) -> Option<AssistantId> {
    let config = call.app.engine.workers.config();
    if config.graph(text).is_some() {
        return Some(AssistantId::of_graph(text));
    }
    text.parse().ok()
}

/// `GET /assistants/{assistant_id}/graph`
pub(super) async fn graph(call: Call) -> Result<Response, ApiError> {
    // Here, and only here, a graph's name will do.
    let text = call.path_text("assistant_id").to_owned();
    let id = named(&call, &text).map_or_else(|| call.assistant_id(), Ok);
    let xray = xray(call.query_values("xray").last().map(String::as_str));
    let id = id.and_then(|id| {
        xray.as_ref()
            .map(|_| id)
            .map_err(|detail| ApiError::invalid(detail.clone()))
    });
    let (assistant, grant) = read(&call, id).await?;
    describe(
        &call,
        &assistant,
        &grant,
        Method::GraphDraw,
        json!({"xray": xray.unwrap_or(Value::Bool(false))}),
    )
    .await
    .map(reply::json_bytes)
}

/// How deep to draw: `false`, `true`, or a number of levels.
fn xray(text: Option<&str>) -> Result<Value, String> {
    match text.unwrap_or_default().to_ascii_lowercase().as_str() {
        "" | "false" => Ok(json!(false)),
        "true" => Ok(json!(true)),
        other => match other.parse::<u32>() {
            Ok(depth) if depth > 0 => Ok(json!(depth)),
            _ => Err(format!(
                "Invalid xray value '{other}': must be true, false, or a positive integer"
            )),
        },
    }
}

/// `GET /assistants/{assistant_id}/schemas`
pub(super) async fn schemas(call: Call) -> Result<Response, ApiError> {
    let (assistant, grant) = read(&call, call.assistant_id()).await?;
    let schemas = schemas_of(&call, &assistant, &grant).await?;
    Ok(reply::json_bytes(schemas))
}

/// The JSON Schemas of an assistant's graph, for somebody who may see the assistant.
pub(super) async fn schemas_of(
    call: &Call,
    assistant: &Assistant,
    grant: &Grant,
) -> Result<Bytes, ApiError> {
    let lease = call.app.engine.workers.serving().await?;
    let question = Describe::new(assistant, grant, json!({}));
    let asked = lease.graph_schemas(&assistant.graph_id, &question);
    Ok(asked.await?)
}

/// `GET /assistants/{assistant_id}/subgraphs` and `/subgraphs/{namespace}`
pub(super) async fn subgraphs(call: Call) -> Result<Response, ApiError> {
    let (assistant, grant) = read(&call, call.assistant_id()).await?;
    let namespace = Some(call.path_text("namespace")).filter(|namespace| !namespace.is_empty());
    let more = json!({"namespace": namespace, "recurse": call.query_flag("recurse")});
    let subgraphs = describe(&call, &assistant, &grant, Method::GraphSubgraphs, more).await?;
    Ok(reply::json_bytes(subgraphs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xray_is_a_flag_or_a_depth() {
        for (text, expected) in [
            (None, json!(false)),
            (Some(""), json!(false)),
            (Some("TRUE"), json!(true)),
            (Some("2"), json!(2)),
        ] {
            assert_eq!(xray(text), Ok(expected), "{text:?}");
        }
        for text in ["0", "-1", "1.5", "yes"] {
            assert!(xray(Some(text)).is_err(), "{text}");
        }
    }
}
