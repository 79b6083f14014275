//! The `OpenAPI` description, made from the routes and from what tests have made of the types that their handlers read and write.

pub(super) mod answers;
#[cfg(test)]
mod made;
pub(super) mod merge;
#[cfg(test)]
mod nulls;
pub(super) mod parameter;
mod schemas;
pub(super) mod security;
#[cfg(test)]
mod tests;

use std::io;

use serde_json::{Map, Value, json};

use self::parameter::in_path;
use self::schemas::TypeSchemas;
use super::lgx;
use super::route::{Admits, Answer, Route};
use crate::auth::Access;

/// Fields that name a graph.
const GRAPHS: [(&str, &str); 3] = [
    ("AssistantCreate", "graph_id"),
    ("AssistantPatch", "graph_id"),
    ("AssistantSearch", "graph_id"),
];
/// Fields that name an assistant, by its id or by its graph.
const ASSISTANTS: [(&str, &str); 2] = [
    ("RunCreate", "assistant_id"),
    ("CronCreate", "assistant_id"),
];

/// The document of these routes, for the server at `url` with these graphs. `auth` is the `auth.openapi` section of langgraph.json.
pub(crate) fn document(
    routes: &[Route],
    url: &str,
    version: &str,
    graphs: &[&str],
    auth: Option<&Value>,
) -> io::Result<Value> {
    let mut schemas = TypeSchemas::unpack()?;
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let operation = operation(route, &mut schemas);
        let item = paths
            .entry(route.path)
            .or_insert_with(|| path_item(route, url));
        if let Some(path) = item.as_object_mut() {
            path.insert(route.method.to_ascii_lowercase(), operation);
        }
    }
    let mut definitions = schemas.into_definitions();
    add_what_has_no_type(&mut definitions);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {"title": "lgx Agent Server", "version": version},
        "servers": [{"url": url}],
        "paths": paths,
        "components": {"schemas": definitions},
    });
    let known = &mut document["components"]["schemas"];
    for (request, field) in GRAPHS {
        known[request]["properties"][field]["enum"] = json!(graphs);
    }
    for (request, field) in ASSISTANTS {
        known[request]["properties"][field]["anyOf"] =
            json!([{"enum": graphs}, {"format": "uuid"}]);
    }
    if let Some(auth) = auth {
        security::describe(&mut document, auth);
    }
    Ok(document)
}

/// What all operations of a path share: where it is, for those that are not behind the prefix.
fn path_item(route: &Route, url: &str) -> Value {
    let origin = match url.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split('/').next().unwrap_or_default();
            format!("{scheme}://{authority}")
        }
        // From wherever the description is read.
        None => "/".to_owned(),
    };
    if lgx::has(route.path) && origin != url {
        return json!({"servers": [{"url": origin}]});
    }
    json!({})
}

/// Adds what no type says.
fn add_what_has_no_type(definitions: &mut Map<String, Value>) {
    definitions.insert(
            "Error".into(),
            json!({"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}),
        );
    definitions.insert(
            "CommandError".into(),
            json!({
                "type": "object", "description": "A refusal of the event protocol", "required": ["type", "id", "error", "message"],
                "properties": {
                    "type": {"const": "error"},
                    "id": {"description": "That of the command, if it has one"},
                    "error": {"type": "string"},
                    "message": {"type": "string"},
                },
            }),
        );
    definitions.insert(
            "Event".into(),
            json!({
                "type": "object", "description": "One server-sent event", "required": ["event", "data"],
                "properties": {
                    "event": {"type": "string", "description": "The stream mode, and the namespace of a subgraph after `|`"},
                    "data": {"type": "string", "description": "JSON"},
                    "id": {"type": "string", "description": "Where to go on from, for resumable runs"},
                },
            }),
        );
}

fn operation(route: &Route, schemas: &mut TypeSchemas) -> Value {
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [group(route.path)],
        "responses": responses(route, schemas),
    });
    let parameters: Vec<Value> = placeholders(route.path)
        .map(|name| in_path(route.path, name))
        .chain(route.parameters.iter().map(parameter::Parameter::described))
        .collect();
    if !parameters.is_empty() {
        operation["parameters"] = json!(parameters);
    }
    if let Some(schema) = schemas.of_request(route) {
        operation["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    match route.admits {
        Admits::Everybody => operation["security"] = json!([]),
        Admits::Authenticated => {}
        Admits::Allowed(Access { resource, action }) => {
            operation["x-auth-on"] = json!(format!("{resource}.{action}"));
        }
    }
    operation
}

/// What an endpoint is about.
fn group(path: &str) -> &'static str {
    let has = |segment: &str| path.split('/').any(|part| part == segment);
    if lgx::has(path) {
        "studio"
    } else if has("crons") {
        "crons"
    } else if has("runs") {
        "runs"
    } else if has("a2a") || has("agent-card.json") {
        "a2a"
    } else {
        ["assistants", "threads", "store", "mcp", "ui"]
            .into_iter()
            .find(|group| path.split('/').nth(1) == Some(group))
            .unwrap_or("system")
    }
}

fn placeholders(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

/// `get_threads_by_thread_id_state` for `GET /threads/{thread_id}/state`: stable and unique.
fn operation_id(route: &Route) -> String {
    let words: Vec<String> = route
        .path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| {
            match segment
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'))
            {
                Some(name) => format!("by_{name}"),
                None => segment.replace('.', "_"),
            }
        })
        .collect();
    let path = if words.is_empty() {
        "root".into()
    } else {
        words.join("_")
    };
    format!("{}_{path}", route.method.to_ascii_lowercase())
}

fn responses(route: &Route, schemas: &mut TypeSchemas) -> Value {
    let schema = schemas.of_answer(route).unwrap_or_else(|| json!({}));
    let json_content = json!({"application/json": {"schema": schema}});
    let text = json!({"schema": {"type": "string"}});
    let error = |description: &str| json!({"description": description, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}});
    let mut responses = match route.answer {
        Answer::Json | Answer::Command => {
            json!({"200": {"description": "Success", "content": json_content}})
        }
        Answer::Page => json!({"200": {
            "description": "One page of what was found", "content": json_content,
            "headers": {
                "x-pagination-total": {"description": "How many there are in all", "required": true, "schema": {"type": "integer"}},
                "x-pagination-next": {"description": "The offset of the next page, if there is one", "schema": {"type": "integer"}},
            },
        }}),
        Answer::JsonOrNothing => {
            json!({"200": {"description": "Success", "content": json_content}, "204": {"description": "Done"}})
        }
        Answer::JsonRpc => json!({
            "200": {"description": "The answer, or events with messages of which the last one is the answer", "content": {
                "application/json": {"schema": schema},
                "text/event-stream": {"schema": {"$ref": "#/components/schemas/Event"}},
            }},
            "202": {"description": "Accepted; the message wants no answer"},
        }),
        Answer::Socket => json!({"101": {"description": "A WebSocket"}}),
        Answer::Events => {
            json!({"200": {"description": "Server-sent events", "content": {"text/event-stream": {"schema": {"$ref": "#/components/schemas/Event"}}}}})
        }
        Answer::Html => json!({"200": {"description": "A page", "content": {"text/html": text}}}),
        Answer::File => {
            json!({"200": {"description": "The file", "content": {"*/*": {"schema": {}}}}})
        }
        Answer::Nothing => json!({"204": {"description": "Done"}}),
        Answer::Accepted => {
            json!({"202": {"description": "Accepted"}, "200": {"description": "The result, with wait=1", "content": json_content}})
        }
        Answer::Metrics => json!({"200": {
            "description": "Text for Prometheus, or JSON",
            "content": {"text/plain": text, "application/json": {"schema": schema}},
        }}),
    };
    responses["4XX"] = error("A refusal");
    if route.answer == Answer::Command {
        responses["4XX"]["content"]["application/json"]["schema"] = json!({"anyOf": [
            {"$ref": "#/components/schemas/Error"}, {"$ref": "#/components/schemas/CommandError"},
        ]});
    }
    if route.answer == Answer::JsonRpc {
        let refusal = schemas.of_refusals();
        responses["4XX"]["content"]["application/json"]["schema"] = refusal.clone();
        // Errors that are no refusals are answers like any other.
        responses["200"]["content"]["application/json"]["schema"] =
            json!({"anyOf": [schema, refusal]});
    }
    responses["5XX"] = error("A failure of the server or of the project's code");
    responses
}
