//! How it reads what is wrong with a project: its configuration, its Python, its graphs.

use std::path::Path;

use lgx_config::{Problem, Severity};
use lgx_devserver::Diagnostic;

use super::diagnostic::{self, indented};
use super::style;

/// Something in langgraph.json, or in a file that it names.
pub(super) fn config(problem: &Problem, root: &Path) -> String {
    let word = match problem.severity {
        Severity::Error => style::error(),
        Severity::Warning => style::warning(),
    };
    format!("{word} {}", named_from(problem, root))
}

/// The problem, its file named as the person would.
pub(super) fn named_from(problem: &Problem, root: &Path) -> String {
    let file = problem.file.strip_prefix(root).unwrap_or(&problem.file);
    Problem {
        file: file.to_owned(),
        ..problem.clone()
    }
    .to_string()
}

/// The project wants another Python than it runs on.
pub(super) fn other_python(wanted: &str, found: &str) -> String {
    format!(
        "{} `python_version` of langgraph.json is {wanted}, and the project runs on Python {found}\n  {} name \
         another interpreter with --python, or say \"{}\" there",
        style::warning(),
        style::help(),
        major_minor(found),
    )
}

/// `3.11` of `3.11.7`.
fn major_minor(version: &str) -> &str {
    let end = version.match_indices('.').nth(1).map(|(index, _)| index);
    &version[..end.unwrap_or(version.len())]
}

/// A graph cannot be loaded.
pub(super) fn graph_failed(graph_id: &str, diagnostic: &Diagnostic, root: &Path) -> String {
    format!(
        "{} the graph `{graph_id}` cannot be loaded\n{}",
        style::error(),
        diagnostic::render(diagnostic, root)
    )
}

/// What is worth knowing of a graph that was loaded.
pub(super) fn not_recorded(what: &str, lack: &str) -> String {
    let word = style::strong("note:");
    format!("{word} the {what} of runs are not recorded: {lack}. They run all the same.")
}

pub(super) fn graph_notice(graph_id: &str, text: &str) -> String {
    let word = style::strong("note:");
    format!("{word} graph `{graph_id}`: {}", indented(text, "  "))
}
