//! The description says what the routes do, and `docs/api.md` lists the same routes.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::*;
use crate::http::routes;

fn whole() -> Value {
    document(&routes::all(), "http://127.0.0.1:1", "0", &["agent"], None).unwrap()
}

#[test]
fn every_route_is_described_once_under_a_name_of_its_own() {
    let document = whole();
    let ids: HashSet<String> = routes::all().iter().map(operation_id).collect();
    assert_eq!(ids.len(), routes::all().len());
    let described = document["paths"].as_object().unwrap().values();
    let described = described.map(|methods| methods.as_object().unwrap().len());
    assert_eq!(described.sum::<usize>(), routes::all().len());
    for route in routes::all() {
        let operation = &document["paths"][route.path][route.method.to_ascii_lowercase()];
        let name = format!("{} {}", route.method, route.path);
        assert_eq!(operation["summary"], route.summary, "{name}");
        let has_json = !matches!(
            route.answer,
            Answer::Events | Answer::Html | Answer::File | Answer::Nothing | Answer::Socket
        );
        assert_eq!(
            route.gives.is_some(),
            has_json,
            "{name}: a route that answers with JSON says with which (`.gives::<…>()`), and no other does"
        );
        let takes = route.body.is_some();
        assert!(
            takes || !["PATCH", "PUT"].contains(&route.method),
            "{name}: what is the body?"
        );
    }
}

#[test]
fn deletes_answer_without_a_body() {
    for route in routes::all() {
        if route.method == "DELETE" {
            assert_eq!(route.answer, Answer::Nothing, "{}", route.path);
            let responses = &whole()["paths"][route.path]["delete"]["responses"];
            assert!(responses.get("204").is_some() && responses.get("200").is_none());
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = whole();
    let text = document.to_string();
    for reference in text
        .split("\"$ref\":\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
    {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for noun in [
        "Assistant",
        "Thread",
        "Run",
        "Cron",
        "ThreadState",
        "RunCreate",
    ] {
        let reference = format!("#/components/schemas/{noun}\"");
        assert!(text.contains(&reference), "{noun}");
    }
}

#[test]
fn only_what_is_referred_to_is_defined() {
    let mut routes = routes::all();
    routes.retain(|route| route.path == "/threads/{thread_id}");
    let document = document(&routes, "/", "0", &[], None).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert!(schemas.contains_key("ThreadPatch") && schemas.contains_key("Thread"));
    assert!(!schemas.contains_key("Cron") && !schemas.contains_key("AgentCard"));
}

#[test]
fn requests_may_be_null_only_where_that_means_something() {
    let document = whole();
    let patch = &document["components"]["schemas"]["CronPatch"]["properties"];
    assert_eq!(patch["end_time"]["type"], json!(["string", "null"]));
    assert_eq!(patch["schedule"]["type"], "string");
    let thread = &document["components"]["schemas"]["Thread"];
    assert!(
        thread["required"]
            .as_array()
            .unwrap()
            .contains(&json!("error"))
    );
}

#[test]
fn graphs_are_named() {
    let schemas = &whole()["components"]["schemas"];
    for (request, field) in GRAPHS.into_iter().chain(ASSISTANTS) {
        let field = &schemas[request]["properties"][field];
        assert_eq!(field["type"], "string", "{request}");
        assert!(field.to_string().contains(r#""enum":["agent"]"#), "{field}");
    }
}

#[test]
fn the_security_of_the_configuration_is_shown() {
    let auth = json!({"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}, "security": [{"token": []}]});
    let document = document(&routes::all(), "http://127.0.0.1:1", "0", &[], Some(&auth)).unwrap();
    assert_eq!(document["security"], auth["security"]);
    assert_eq!(
        document["components"]["securitySchemes"],
        auth["securitySchemes"]
    );
}

const BEGIN: &str = "<!-- routes: LGX_WRITE_DOCS=1 cargo test -p lgx-devserver --lib docs_list writes this list -->\n";
const END: &str = "<!-- end of routes -->";

/// One line a route, in groups.
fn listed() -> String {
    let mut list = String::new();
    for name in [
        "system",
        "assistants",
        "threads",
        "runs",
        "crons",
        "store",
        "mcp",
        "a2a",
        "ui",
        "studio",
    ] {
        let routes = routes::all();
        let routes: Vec<&Route> = routes
            .iter()
            .filter(|route| group(route.path) == name)
            .collect();
        if routes.is_empty() {
            continue;
        }
        write!(list, "\n### {name}\n\n| | | |\n|---|---|---|\n").unwrap();
        for Route {
            method,
            path,
            summary,
            answer,
            ..
        } in routes
        {
            let answer = match answer {
                Answer::Socket => "a WebSocket",
                Answer::JsonRpc => "JSON-RPC",
                Answer::Json | Answer::Command => "JSON",
                Answer::Page => "a page of a list",
                Answer::JsonOrNothing => "JSON, or 204",
                Answer::Events => "server-sent events",
                Answer::Html => "HTML",
                Answer::File => "a file",
                Answer::Nothing => "204",
                Answer::Accepted => "202, or JSON",
                Answer::Metrics => "text, or JSON",
            };
            writeln!(list, "| `{method} {path}` | {summary} | {answer} |").unwrap();
        }
    }
    list
}

#[test]
fn the_docs_list_every_route() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md");
    let page = std::fs::read_to_string(file).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (present, after) = rest.split_once(END).unwrap();
    let list = format!("{}\n", listed());
    if std::env::var_os("LGX_WRITE_DOCS").is_some() {
        std::fs::write(file, format!("{before}{BEGIN}{list}{END}{after}")).unwrap();
    } else {
        assert!(
            present == list,
            "docs/api.md does not list the routes as they are; write the list with\n\
             LGX_WRITE_DOCS=1 cargo test -p lgx-devserver --lib docs_list"
        );
    }
}

#[test]
fn the_docs_list_types_as_they_are() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/openapi/schemas.json");
    let made = made::made(&routes::all());
    if std::env::var_os("LGX_WRITE_DOCS").is_some() {
        let text = serde_json::to_string_pretty(&made).unwrap();
        std::fs::write(file, text + "\n").unwrap();
        return;
    }
    let kept: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert!(
        kept == made,
        "crates/devserver/src/http/openapi/schemas.json does not describe the types as they are; write it with\n\
         LGX_WRITE_DOCS=1 cargo test -p lgx-devserver --lib docs_list"
    );
}
