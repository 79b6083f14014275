//! How it reads what is wrong with a project: its configuration, its Python, its graphs.

use std::path::Path;

use lgx_config::{Problem, Runtime, Severity};
use lgx_devserver::{Diagnostic, WantedBy};

use super::diagnostic::{self, indented};
use super::style;

/// Something in langgraph.json, or in a file that it names.
pub(crate) fn config(problem: &Problem, root: &Path) -> String {
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

/// The project wants another version than it runs on.
pub(super) fn other_runtime(
    runtime: Runtime,
    wanted_by: WantedBy,
    wanted: &str,
    found: &str,
) -> String {
    let (message, advice) = not_as_wanted(runtime, wanted_by, wanted, found);
    format!(
        "{} {message}\n  {} {advice}",
        style::warning(),
        style::help(),
    )
}

/// The same: what is the case, and what to do about it.
pub(crate) fn not_as_wanted(
    runtime: Runtime,
    wanted_by: WantedBy,
    wanted: &str,
    found: &str,
) -> (String, String) {
    let (key, flag) = match runtime {
        Runtime::Python => ("python_version", "--python"),
        Runtime::Node => ("node_version", "--node"),
    };
    let (place, or) = match wanted_by {
        WantedBy::Configuration => (
            format!("`{key}` of langgraph.json"),
            format!(", or say \"{}\" there", as_exact_as(wanted, found)),
        ),
        WantedBy::Engines => ("`engines.node` of package.json".to_owned(), String::new()),
    };
    (
        format!("{place} is {wanted}, and the project runs on {runtime} {found}"),
        format!("name another interpreter with {flag}{or}"),
    )
}

/// `3.11` of `3.11.7`, if it is `3.12` that it is compared to.
fn as_exact_as<'a>(wanted: &str, version: &'a str) -> &'a str {
    let dots = wanted.matches('.').count();
    let end = version.match_indices('.').nth(dots).map(|(index, _)| index);
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
