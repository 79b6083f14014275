//! What the official commands that build an image refuse in a langgraph.json, though it can be served here.
//!
//! `langgraph validate` looks at these and at no file. A project that only ever runs under lgx loses nothing by them, so loading does not ask.

mod image;

use std::path::Path;

use jsonc_parser::ast::Value;
use lgx_model::Runtime;

use crate::document;
use crate::problem::Problem;
use crate::report::Report;
use crate::section::Section;
use crate::target::runtime_of;

/// Everything that a deployment would refuse, as errors with their places. Nothing where the file cannot be read: loading tells that.
pub fn what_a_deployment_refuses(path: &Path) -> Vec<Problem> {
    let Ok(text) = document::read(path) else {
        return Vec::new();
    };
    let Some(object) = document::object(&text, &mut Report::new(path, &text)) else {
        return Vec::new();
    };
    let mut report = Report::new(path, &text);
    // A value of the wrong type is said by loading.
    let mut unheard = Report::new(path, &text);
    let file = Section::new("", &object);
    let languages = Languages::of(file);
    image::python(file, &mut report, &mut unheard);
    image::node(file, &mut report, &mut unheard);
    if let (true, Some(folder)) = (
        languages.node || file.value("node_version").is_some(),
        path.parent(),
    ) {
        image::engines(&folder.join("package.json"), &mut report);
    }
    dependencies(file, languages, &mut report, &mut unheard);
    image::keys(file, &mut report, &mut unheard);
    callbacks(file, &mut report, &mut unheard);
    report.finish()
}

/// What the graphs are written in.
#[derive(Clone, Copy)]
struct Languages {
    python: bool,
    node: bool,
}

impl Languages {
    fn of(file: Section<'_>) -> Self {
        let mut languages = Self {
            python: false,
            node: false,
        };
        let Some(Value::Object(graphs)) = file.value("graphs") else {
            return languages;
        };
        for graph in &graphs.properties {
            let path = match &graph.value {
                Value::StringLit(path) => Some(path),
                Value::Object(graph) => graph.get_string("path"),
                _ => None,
            };
            match path.map(|path| is_javascript(&path.value)) {
                Some(true) => languages.node = true,
                Some(false) => languages.python = true,
                None => {}
            }
        }
        languages
    }
}

fn is_javascript(target: &str) -> bool {
    let file = target.split(':').next().unwrap_or_default();
    runtime_of(file) == Some(Runtime::Node)
}

fn dependencies(
    file: Section<'_>,
    languages: Languages,
    report: &mut Report<'_>,
    unheard: &mut Report<'_>,
) {
    let written = file.literals("dependencies", unheard).unwrap_or_default();
    for dependency in &written {
        if names_credentials(&dependency.value) {
            // Not repeated: it is a secret.
            report
                .error(
                    *dependency,
                    "this address holds credentials, which layers of an image keep",
                )
                .hint("name the repository without them");
        }
    }
    let Some(source) = file.property("source") else {
        if written.is_empty() && (languages.python || file.value("python_version").is_some()) {
            let at = file.property("dependencies").map_or(
                // The brace that opens the file.
                jsonc_parser::common::Range::new(
                    file.object().range.start,
                    file.object().range.start + 1,
                ),
                |property| property.range,
            );
            report
                .error(
                    &at,
                    "an image of a Python project needs `dependencies`, or a `source`",
                )
                .hint(r#"write "dependencies": ["."] for the package that this file lies in"#);
        }
        return;
    };
    let Value::Object(object) = &source.value else {
        report
            .error(&source.value, "`source` must be an object")
            .hint(r#"write { "kind": "uv", "root": "." }"#);
        return;
    };
    let section = Section::new("source", object);
    let kind = section.literal("kind", unheard);
    if kind.is_none_or(|kind| kind.value != "uv") {
        let message = "the only `source.kind` there is is \"uv\"";
        match kind {
            Some(kind) => report.error(kind, message),
            None => report.error(&source.name, message),
        };
        return;
    }
    if !languages.python && file.value("python_version").is_none() {
        report.error(
            &source.name,
            "a `source` of uv is for graphs in Python, and there is none",
        );
    }
    if let (false, Some(property)) = (written.is_empty(), file.property("dependencies")) {
        report
            .error(
                &property.name,
                "`dependencies` do not go with a `source` of uv",
            )
            .hint("they are those of pyproject.toml and uv.lock; take them out here");
    }
    for key in ["root", "package"] {
        if let Some(value) = section.value(key)
            && !matches!(value, Value::StringLit(text) if !text.value.trim().is_empty())
        {
            report.error(
                value,
                format!("`source.{key}` must be a string that is not empty"),
            );
        }
    }
}

/// Whether the address of a git repository over HTTP has a user in it.
fn names_credentials(dependency: &str) -> bool {
    let lower = dependency.to_ascii_lowercase();
    ["git+https://", "git+http://"].iter().any(|scheme| {
        lower.match_indices(scheme).any(|(start, _)| {
            let address = &lower[start + scheme.len()..];
            let authority = address.split(['/', ' ', '"', '\'']).next();
            authority.is_some_and(|authority| authority.contains('@'))
        })
    })
}

/// Callbacks that nothing calls here, so that loading does not look at them.
fn callbacks(file: Section<'_>, report: &mut Report<'_>, unheard: &mut Report<'_>) {
    for name in ["encryption", "priority"] {
        let Some(Value::Object(object)) = file.value(name) else {
            continue;
        };
        let Some(path) = Section::new(name, object).literal("path", unheard) else {
            continue;
        };
        if !path.value.contains(':') {
            report
                .error(
                    path,
                    format!("`{name}.path` does not say which attribute of the file it means"),
                )
                .hint("write \"./path/to/file.py:attribute\"");
        } else if name == "priority" && is_javascript(&path.value) {
            report.error(path, "a callback of `priority` cannot be in JavaScript");
        }
    }
}
