//! Annotations: commands that a workflow of GitHub takes out of what a step prints, and shows beside the code.

use std::path::Path;

use lgx_config::{Problem, Severity};
use lgx_devserver::{Diagnostic, Fatal, Notice};
use lgx_record::Told;

use super::workflow_command::workflow_command;

/// Something wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Annotation {
    pub(crate) severity: Severity,
    /// The file, as it was named.
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    /// In a few words, what it is.
    pub(crate) title: String,
    /// What is wrong, and what to do about it.
    pub(crate) message: String,
}

impl Annotation {
    /// What a notice says of something that is wrong.
    pub(crate) fn of_notice(notice: &Notice) -> Option<Self> {
        match notice {
            Notice::Config(problem) => Some(Self::of_problem(problem)),
            Notice::GraphFailed {
                graph_id,
                diagnostic,
            } => {
                let title = format!("The graph {graph_id} cannot be loaded");
                Some(Self::of_diagnostic(title, diagnostic))
            }
            Notice::RunFailed { diagnostic, .. } => {
                Some(Self::of_diagnostic("A run failed", diagnostic))
            }
            Notice::RequestFailed {
                request,
                diagnostic,
            } => Some(Self::of_diagnostic(format!("{request} failed"), diagnostic)),
            Notice::RunLost { reason, .. } => Some(Self::without_place("A run was lost", reason)),
            Notice::WorkerDied { death, .. } => {
                let crash = death.crash.as_deref()?;
                Some(Self::of_diagnostic("The interpreter crashed", crash))
            }
            _ => None,
        }
    }

    /// Why a server cannot go on, unless notices have said it.
    pub(crate) fn of_fatal(fatal: &Fatal) -> Option<Self> {
        match fatal {
            Fatal::Graphs { .. } => None,
            Fatal::Auth(found) => Some(Self::of_diagnostic("Auth cannot be loaded", found)),
            Fatal::StoreIndex(found) => {
                Some(Self::of_diagnostic("Embeddings cannot be loaded", found))
            }
            Fatal::App(found) => Some(Self::of_diagnostic("The app cannot be loaded", found)),
            Fatal::Hangs(found) => Some(Self::of_diagnostic(
                "The project does not get loaded",
                found,
            )),
            other => Some(Self::without_place(
                "The server cannot go on",
                &other.to_string(),
            )),
        }
    }

    /// What became of a call of a model.
    pub(crate) fn of_told(told: &Told) -> Self {
        let (severity, title) = match told {
            Told::Missed { .. } => (Severity::Error, "A call of a model is not recorded"),
            Told::NotAnswered { .. } => (Severity::Error, "A call of a model was not answered"),
            Told::NotOpened { .. } | Told::OnlyHttp2 { .. } => {
                (Severity::Error, "Calls cannot be recorded")
            }
            Told::NotKept { .. } => (Severity::Warning, "A recording was not kept"),
            Told::Refused { .. } => (Severity::Warning, "A host was not reached"),
        };
        Self {
            severity,
            ..Self::without_place(title, &told.to_string())
        }
    }

    fn of_problem(problem: &Problem) -> Self {
        let hint = problem.hint.iter().map(|hint| format!("\nhint: {hint}"));
        Self {
            severity: problem.severity,
            file: Some(problem.file.display().to_string()),
            line: problem.line,
            column: problem.column,
            title: "The configuration".to_owned(),
            message: std::iter::once(problem.message.clone())
                .chain(hint)
                .collect(),
        }
    }

    fn of_diagnostic(title: impl Into<String>, found: &Diagnostic) -> Self {
        let hint = found.hint.iter().map(|hint| format!("\nhelp: {hint}"));
        let said = format!("{}: {}", found.kind, found.message);
        Self {
            severity: Severity::Error,
            file: found.file.clone(),
            line: found.line,
            column: found.column,
            title: title.into(),
            message: std::iter::once(said).chain(hint).collect(),
        }
    }

    fn without_place(title: &str, message: &str) -> Self {
        Self {
            severity: Severity::Error,
            file: None,
            line: None,
            column: None,
            title: title.to_owned(),
            message: message.to_owned(),
        }
    }

    /// Where it is, as seen from a folder: `src/agent.py:12`.
    pub(crate) fn place(&self, root: &Path) -> Option<String> {
        let file = named_from(self.file.as_ref()?, root);
        Some(match self.line {
            Some(line) => format!("{file}:{line}"),
            None => file,
        })
    }

    /// The command; files are named from the root of the repository.
    pub(crate) fn render(&self, root: &Path) -> String {
        let file = self.file.as_deref().map(|file| named_from(file, root));
        let line = self.line.filter(|_| file.is_some());
        let column = self.column.filter(|_| line.is_some());
        let properties = [
            ("file", file),
            ("line", line.map(|line| line.to_string())),
            ("col", column.map(|column| column.to_string())),
            ("title", Some(self.title.clone())),
        ];
        workflow_command(&self.severity.to_string(), properties, &self.message)
    }
}

fn named_from(file: &str, root: &Path) -> String {
    let path = Path::new(file);
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_file_from_the_repository_and_escapes_what_would_end_it() {
        let annotation = Annotation {
            severity: Severity::Warning,
            file: Some("/w/a,b/langgraph.json".to_owned()),
            line: Some(3),
            column: Some(7),
            title: "100%: so".to_owned(),
            message: "one: 1%\ntwo, ::three".to_owned(),
        };

        assert_eq!(
            annotation.render(Path::new("/w")),
            "::warning file=a%2Cb/langgraph.json,line=3,col=7,title=100%25%3A so::one: 1%25%0Atwo, ::three"
        );
        assert_eq!(
            annotation.place(Path::new("/w/a,b")).as_deref(),
            Some("langgraph.json:3")
        );
        let nowhere = Annotation::without_place("A run was lost", "it ended");
        assert_eq!(
            nowhere.render(Path::new("/w")),
            "::error title=A run was lost::it ended"
        );
    }
}
