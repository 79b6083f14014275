//! One thing that is found: what kind of thing, how bad it is, where, and what to do about it.

use anstream::adapter::strip_str;
use lgx_config::Problem;
use lgx_devserver::Diagnostic;

use super::place::FoundAt;
use crate::ui::error::Advised;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// A part of the project cannot be served.
    Error,
    /// It can, though perhaps not as the user expects.
    Warning,
    /// Worth knowing.
    Note,
}

impl Level {
    /// The word of it in reports; SARIF has the same.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What kind of thing is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Configuration,
    Environment,
    Deployment,
    Interpreter,
    Loading,
    Graph,
    Auth,
    App,
    Embeddings,
    Schemas,
    OwnPersistence,
    NotRecorded,
    VariableMissing,
    VariableEmpty,
    VariableShadowed,
    DependencyMissing,
    OfficialServer,
}

impl Rule {
    /// All of them, as reports list them.
    pub(crate) const ALL: [Self; 17] = [
        Self::Configuration,
        Self::Environment,
        Self::Deployment,
        Self::Interpreter,
        Self::Loading,
        Self::Graph,
        Self::Auth,
        Self::App,
        Self::Embeddings,
        Self::Schemas,
        Self::OwnPersistence,
        Self::NotRecorded,
        Self::VariableMissing,
        Self::VariableEmpty,
        Self::VariableShadowed,
        Self::DependencyMissing,
        Self::OfficialServer,
    ];

    /// Its id, which stays the same.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Environment => "env-file",
            Self::Deployment => "deployment",
            Self::Interpreter => "interpreter",
            Self::Loading => "loading",
            Self::Graph => "graph",
            Self::Auth => "auth",
            Self::App => "app",
            Self::Embeddings => "embeddings",
            Self::Schemas => "schemas",
            Self::OwnPersistence => "own-persistence",
            Self::NotRecorded => "not-recorded",
            Self::VariableMissing => "env-missing",
            Self::VariableEmpty => "env-empty",
            Self::VariableShadowed => "env-shadowed",
            Self::DependencyMissing => "dependency-missing",
            Self::OfficialServer => "official-server",
        }
    }

    /// What it is about, in a sentence.
    pub(crate) const fn about(self) -> &'static str {
        match self {
            Self::Configuration => "langgraph.json says what can be served.",
            Self::Environment => "The file that `env` names can be read as a whole.",
            Self::Deployment => "The configuration is one that the official image is built from.",
            Self::Interpreter => "There is an interpreter that suits the project.",
            Self::Loading => "The project's code can be loaded at all.",
            Self::Graph => "Each graph can be loaded.",
            Self::Auth => "The auth handlers can be loaded.",
            Self::App => "The app of `http.app` can be loaded and starts.",
            Self::Embeddings => "The embeddings of `store.index` can be loaded.",
            Self::Schemas => "There are JSON schemas of each graph.",
            Self::OwnPersistence => {
                "Graphs are not compiled with a checkpointer or store of their own, which a server does not use."
            }
            Self::NotRecorded => "The installed packages let steps and calls of runs be recorded.",
            Self::VariableMissing => "The variables that .env.example sets are set.",
            Self::VariableEmpty => "Variables are not left empty.",
            Self::VariableShadowed => {
                "The project does not set a variable to another value than the environment has."
            }
            Self::DependencyMissing => "What the project depends on is installed.",
            Self::OfficialServer => "The project does not depend on the official server.",
        }
    }
}

/// One finding.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) rule: Rule,
    pub(crate) level: Level,
    /// What is wrong, in one sentence without a full stop.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
    pub(crate) place: Option<FoundAt>,
    /// The graph it is about.
    pub(crate) graph: Option<String>,
    pub(crate) evidence: Evidence,
}

/// What a finding comes from, in the words of whoever found it.
#[derive(Debug)]
pub(crate) enum Evidence {
    /// Nothing else.
    None,
    /// A problem of a file.
    Problem(Problem),
    /// A failure of the project's code.
    Failure(Box<Diagnostic>),
}

impl Finding {
    /// A finding of its own words.
    pub(crate) fn new(rule: Rule, level: Level, message: impl Into<String>) -> Self {
        Self {
            rule,
            level,
            message: message.into(),
            hint: None,
            place: None,
            graph: None,
            evidence: Evidence::None,
        }
    }

    /// Something that says what to do about it.
    pub(crate) fn advised(rule: Rule, level: Level, error: &Advised) -> Self {
        Self::new(rule, level, error.to_string()).hint(error.advice())
    }

    /// An error that may say what to do about it.
    pub(crate) fn of_error(rule: Rule, error: &anyhow::Error) -> Self {
        let finding = Self::new(
            rule,
            Level::Error,
            strip_str(&error.to_string()).to_string(),
        );
        match error.downcast_ref::<Advised>() {
            Some(advised) => finding.hint(advised.advice()),
            None => finding,
        }
    }

    /// A problem of a file.
    pub(crate) fn of_problem(rule: Rule, level: Level, problem: Problem) -> Self {
        Self {
            hint: problem.hint.clone(),
            place: Some(FoundAt {
                file: problem.file.clone(),
                line: problem.line,
                column: problem.column,
            }),
            evidence: Evidence::Problem(problem.clone()),
            ..Self::new(rule, level, problem.message)
        }
    }

    /// A failure of the project's code.
    pub(crate) fn of_failure(
        rule: Rule,
        level: Level,
        message: impl Into<String>,
        failure: Diagnostic,
    ) -> Self {
        let place = failure.file.as_ref().map(|file| FoundAt {
            file: file.into(),
            line: failure.line,
            column: failure.column,
        });
        Self {
            hint: failure.hint.clone(),
            place,
            evidence: Evidence::Failure(Box::new(failure)),
            ..Self::new(rule, level, message)
        }
    }

    /// What to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Where it is, unless that is known better already.
    pub(crate) fn or_at(mut self, place: FoundAt) -> Self {
        self.place.get_or_insert(place);
        self
    }

    /// The graph it is about.
    pub(crate) fn about_graph(mut self, id: &str) -> Self {
        self.graph = Some(id.to_owned());
        self
    }

    /// All that fits into one text without lines of code: what is wrong, the exception, what to do.
    pub(crate) fn in_words(&self) -> String {
        let mut text = self.message.clone();
        if let Evidence::Failure(failure) = &self.evidence {
            text.push_str(": ");
            text.push_str(&failure.kind);
            if !failure.message.is_empty() {
                text.push_str(": ");
                text.push_str(failure.message.trim_end());
            }
        }
        if let Some(hint) = &self.hint {
            text.push_str("\nhelp: ");
            text.push_str(hint);
        }
        text
    }
}
