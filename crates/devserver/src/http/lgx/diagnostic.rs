//! An exception of user code, and something odd in langgraph.json, as the page is told of them.

use std::path::Path;

use lgx_config::Problem;
use lgx_worker::Diagnostic;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;

/// What stands for a message that `--redact-errors` keeps from the page, in the words of the worker.
const HIDDEN: &str = "An internal error occurred";

/// An exception of user code and where it was raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct DiagnosticView {
    /// Its class.
    #[serde(rename = "type")]
    kind: String,
    message: String,
    /// Relative to the project where it lies in it, else absolute.
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    /// What stands on the line.
    source: Option<String>,
    function: Option<String>,
    traceback: String,
    hint: Option<String>,
}

impl DiagnosticView {
    /// How the page of this server sees it.
    pub(crate) fn of(diagnostic: &Diagnostic, app: &App) -> Self {
        let config = app.engine.workers.config();
        Self::from_root(diagnostic, &config.root, app.options.engine.redact_errors)
    }

    fn from_root(diagnostic: &Diagnostic, root: &Path, redacted: bool) -> Self {
        let Diagnostic {
            kind,
            message,
            file,
            line,
            column,
            source,
            function,
            traceback,
            hint,
        } = diagnostic.clone();
        let told = |text: String| if redacted { String::new() } else { text };
        Self {
            kind,
            message: if redacted { HIDDEN.to_owned() } else { message },
            file: file.map(|file| from_root(Path::new(&file), root)),
            line,
            column,
            source,
            function,
            // The message is the last of its lines, and may be in the hint.
            traceback: told(traceback),
            hint: hint.filter(|_| !redacted),
        }
    }
}

/// Something odd in langgraph.json.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ProblemView {
    message: String,
    /// Relative to the project where it lies in it, else absolute.
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    hint: Option<String>,
}

impl ProblemView {
    /// How the page sees it.
    pub(crate) fn of(problem: &Problem, root: &Path) -> Self {
        Self {
            message: problem.message.clone(),
            file: Some(from_root(&problem.file, root)),
            line: problem.line,
            column: problem.column,
            hint: problem.hint.clone(),
        }
    }
}

/// A file as the page shows it: from the project's folder, if it lies there.
pub(super) fn from_root(file: &Path, root: &Path) -> String {
    let within = file.strip_prefix(root).unwrap_or(file);
    within.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic() -> Diagnostic {
        Diagnostic {
            kind: "Boom".into(),
            message: "secret".into(),
            file: Some("/p/src/graph.py".into()),
            line: Some(7),
            column: None,
            source: Some("raise Boom(secret)".into()),
            function: Some("node".into()),
            traceback: "Boom: secret".into(),
            hint: Some("do without secret".into()),
        }
    }

    #[test]
    fn files_of_the_project_are_named_from_its_folder() {
        for (root, file) in [("/p", "src/graph.py"), ("/q", "/p/src/graph.py")] {
            let view = DiagnosticView::from_root(&diagnostic(), Path::new(root), false);
            assert_eq!(view.file.as_deref(), Some(file));
        }
    }

    #[test]
    fn what_is_redacted_says_where_and_not_what() {
        let mut found = diagnostic();
        found.source = None;
        let view = DiagnosticView::from_root(&found, Path::new("/p"), true);
        let json = serde_json::to_string(&view).unwrap();
        assert!(!json.contains("secret"), "{json}");
        assert_eq!((view.line, &*view.kind), (Some(7), "Boom"));
    }
}
