//! The `OpenAPI` description, made from the routes and the types their handlers read.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::routes::{self, Answer, Route};

/// The document for the server at `url`. `auth` is the `auth.openapi` section of langgraph.json.
pub(crate) fn document(url: &str, version: &str, auth: Option<&Value>) -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes::all() {
        let operation = operation(&route, &mut generator);
        if let Some(path) = paths
            .entry(route.path)
            .or_insert_with(|| json!({}))
            .as_object_mut()
        {
            path.insert(route.method.to_ascii_lowercase(), operation);
        }
    }
    let mut components = json!({"schemas": generator.take_definitions(true)});
    components["schemas"]["Error"] = json!({"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]});
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {"title": "lgx Agent Server", "version": version},
        "servers": [{"url": url}],
        "paths": paths,
        "components": components,
    });
    if let Some(auth) = auth {
        if let Some(schemes) = auth.get("securitySchemes") {
            document["components"]["securitySchemes"] = schemes.clone();
        }
        if let Some(security) = auth.get("security") {
            document["security"] = security.clone();
        }
    }
    document
}

fn operation(route: &Route, generator: &mut schemars::SchemaGenerator) -> Value {
    let group = route
        .path
        .split('/')
        .nth(1)
        .filter(|group| matches!(*group, "assistants" | "threads" | "runs"));
    let group = if route.path.contains("/runs") {
        Some("runs")
    } else {
        group
    };
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [group.unwrap_or("system")],
        "responses": responses(route),
    });
    let parameters: Vec<Value> = placeholders(route.path)
        .map(|name| {
            let is_uuid = matches!(name, "thread_id" | "run_id" | "assistant_id" | "cron_id");
            let schema = if is_uuid {
                json!({"type": "string", "format": "uuid"})
            } else {
                json!({"type": "string"})
            };
            json!({"name": name, "in": "path", "required": true, "schema": schema})
        })
        .collect();
    if !parameters.is_empty() {
        operation["parameters"] = json!(parameters);
    }
    if let Some(body) = route.body {
        operation["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": body(generator)}}});
    }
    if route.is_public() {
        operation["security"] = json!([]);
    }
    operation
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

fn responses(route: &Route) -> Value {
    let json_content = json!({"application/json": {"schema": {}}});
    let error = json!({"description": "A refusal", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}});
    let mut responses = match route.answer {
        Answer::Json => json!({"200": {"description": "Success", "content": json_content}}),
        Answer::Events => {
            json!({"200": {"description": "Server-sent events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}})
        }
        Answer::Html => {
            json!({"200": {"description": "A page", "content": {"text/html": {"schema": {"type": "string"}}}}})
        }
        Answer::Nothing => json!({"204": {"description": "Done"}}),
        Answer::Accepted => {
            json!({"202": {"description": "Accepted"}, "200": {"description": "The result, with wait=1", "content": json_content}})
        }
    };
    responses["4XX"] = error.clone();
    responses["5XX"] = error;
    responses
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_route_is_described_once_under_a_name_of_its_own() {
        let document = document("http://127.0.0.1:1", "0", None);
        let ids: HashSet<String> = routes::all().iter().map(operation_id).collect();
        assert_eq!(ids.len(), routes::all().len());
        for route in routes::all() {
            let operation = &document["paths"][route.path][route.method.to_ascii_lowercase()];
            assert_eq!(
                operation["summary"], route.summary,
                "{} {}",
                route.method, route.path
            );
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document("http://127.0.0.1:1", "0", None);
        let text = document.to_string();
        for reference in text
            .split("\"$ref\":\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        assert!(text.contains("#/components/schemas/RunCreate"));
    }

    #[test]
    fn the_security_of_the_configuration_is_shown() {
        let auth = json!({"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}, "security": [{"token": []}]});
        let document = document("http://127.0.0.1:1", "0", Some(&auth));
        assert_eq!(document["security"], auth["security"]);
        assert_eq!(
            document["components"]["securitySchemes"],
            auth["securitySchemes"]
        );
    }
}
