//! The `graphs` section: what is served, under which name.

use std::path::Path;

use jsonc_parser::ast::{ObjectProp, Value};

use crate::config::Graph;
use crate::report::Report;
use crate::section::{Section, kind, wrong_type};
use crate::target::{self, Wanted};

const EXAMPLE: &str = r#"add one, for example "graphs": { "agent": "./src/agent/graph.py:graph" }"#;

/// All graphs that are well described; the others are reported, and so is having none.
pub(crate) fn read(file: Section<'_>, root: &Path, report: &mut Report<'_>) -> Vec<Graph> {
    let Some(property) = file.property("graphs") else {
        let start = file.object().range.start;
        let brace = jsonc_parser::common::Range::new(start, start + 1);
        report
            .error(&brace, "there is no graph to serve: `graphs` is missing")
            .hint(EXAMPLE);
        return Vec::new();
    };
    let Value::Object(object) = &property.value else {
        report
            .error(
                &property.value,
                format!("`graphs` must be an object, not {}", kind(&property.value)),
            )
            .hint(EXAMPLE);
        return Vec::new();
    };
    if object.properties.is_empty() {
        report
            .error(
                &property.value,
                "there is no graph to serve: `graphs` is empty",
            )
            .hint(EXAMPLE);
    }
    let mut graphs: Vec<Graph> = Vec::with_capacity(object.properties.len());
    for property in &object.properties {
        let id = property.name.as_str();
        if graphs.iter().any(|graph| graph.id == id) {
            report
                .error(
                    &property.name,
                    format!("there are two graphs called '{id}'"),
                )
                .hint("give one of them another name");
            continue;
        }
        graphs.extend(graph(property, root, report));
    }
    graphs
}

fn graph(property: &ObjectProp<'_>, root: &Path, report: &mut Report<'_>) -> Option<Graph> {
    let id = property.name.as_str();
    let (name, what) = (format!("graphs.{id}"), format!("graph '{id}'"));
    let wanted = Wanted {
        what: &what,
        holds: "graph",
        usual: "graph",
    };
    let (path, description) = match &property.value {
        Value::StringLit(path) => (path, None),
        Value::Object(object) => {
            let section = Section::new(&name, object);
            let description = section.string("description", report);
            if section.value("path").is_none() {
                report
                    .error(&property.value, format!("{what} has no `path`"))
                    .hint(r#"write { "path": "./src/agent/graph.py:graph", "description": "…" }"#);
                return None;
            }
            (section.literal("path", report)?, description)
        }
        other => {
            wrong_type(
                report,
                other,
                &what,
                "a string like \"./src/agent/graph.py:graph\" or an object with a `path`",
            );
            return None;
        }
    };
    let target = target::read(path, wanted, root, report)?;
    Some(Graph {
        id: id.to_owned(),
        target,
        description,
    })
}
