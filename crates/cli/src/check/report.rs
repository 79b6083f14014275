//! What is known of a project once it has been checked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lgx_config::{Config, Embed, Runtime, Target};
use lgx_devserver::{Trial, TrialPart};

use super::finding::{Finding, Level};
use super::place::{FoundAt, root_of};
use crate::interpreter::Interpreter;
use crate::project;

/// What was found.
#[derive(Debug)]
pub(crate) struct Report {
    /// What files are named from.
    pub(crate) root: PathBuf,
    /// The configuration, absolute.
    pub(crate) config: PathBuf,
    /// Whether the project's code was imported, as far as it can be.
    pub(crate) imported: bool,
    /// What the project runs on.
    pub(crate) interpreters: Vec<UsedInterpreter>,
    /// Auth, embeddings, the app, and each graph.
    pub(crate) parts: Vec<CheckedPart>,
    /// The `.env` of the project and the example that it was compared with, absolute.
    pub(crate) env_file: Option<PathBuf>,
    pub(crate) example: Option<PathBuf>,
    /// What the project and its example set.
    pub(crate) variables: Vec<CheckedVariable>,
    pub(crate) findings: Vec<Finding>,
}

/// An interpreter of the project.
#[derive(Debug)]
pub(crate) struct UsedInterpreter {
    pub(crate) runtime: Runtime,
    pub(crate) path: PathBuf,
    /// Why this one.
    pub(crate) reason: String,
    /// Its version, if it was started.
    pub(crate) version: Option<String>,
}

/// A part of the project, and what became of it.
#[derive(Debug)]
pub(crate) struct CheckedPart {
    pub(crate) part: TrialPart,
    /// What langgraph.json names: `src/agent.py:graph`.
    pub(crate) target: String,
    pub(crate) state: PartState,
    /// How long its import took.
    pub(crate) took: Option<Duration>,
    /// Whether there are schemas of it; none if it was not asked.
    pub(crate) schemas: Option<bool>,
}

/// Whether a part loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartState {
    NotImported,
    Loaded,
    Failed,
}

/// A variable, of which only the name is ever told.
#[derive(Debug)]
pub(crate) struct CheckedVariable {
    pub(crate) name: String,
    pub(crate) state: VariableState,
}

/// What a variable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VariableState {
    /// It has a value.
    Set,
    /// It is there, and empty.
    Empty,
    /// The example has it, and nothing else.
    Missing,
    /// The project sets it to another value than the environment has.
    Shadowed,
}

impl Report {
    /// Nothing is known yet.
    pub(crate) fn new(config: &Path) -> Self {
        Self {
            root: root_of(project::directory_of(config)),
            config: config.to_owned(),
            imported: false,
            interpreters: Vec::new(),
            parts: Vec::new(),
            env_file: None,
            example: None,
            variables: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Adds what was found. What has no place of its own is the configuration's.
    pub(crate) fn add(&mut self, finding: Finding) {
        let config = FoundAt::line(&self.config, None);
        self.findings.push(finding.or_at(config));
    }

    /// How many findings are of this level.
    pub(crate) fn count(&self, level: Level) -> usize {
        let of_level = self.findings.iter().filter(|it| it.level == level);
        of_level.count()
    }

    /// Whether nothing is an error.
    pub(crate) fn is_good(&self) -> bool {
        self.count(Level::Error) == 0
    }

    /// How many graphs the project has.
    pub(crate) fn graphs(&self) -> usize {
        let graphs = self.parts.iter();
        graphs
            .filter(|it| matches!(it.part, TrialPart::Graph(_)))
            .count()
    }

    /// What the configuration names.
    pub(crate) fn describe(&mut self, config: &Config) {
        let named = |target: &Target| target.named_from(&config.root);
        if let Some(auth) = &config.auth {
            self.names(TrialPart::Auth, named(&auth.target));
        }
        if let Some(index) = &config.store.index {
            let embed = match &index.embed {
                Embed::Code(target) => named(target),
                Embed::Model(model) => model.clone(),
            };
            self.names(TrialPart::Embeddings, embed);
        }
        if let Some(app) = &config.http.app {
            self.names(TrialPart::App, named(&app.target));
        }
        for graph in &config.graphs {
            let part = TrialPart::Graph(graph.id.clone());
            self.names(part, named(&graph.target));
        }
    }

    fn names(&mut self, part: TrialPart, target: String) {
        self.parts.push(CheckedPart {
            part,
            target,
            state: PartState::NotImported,
            took: None,
            schemas: None,
        });
    }

    /// An interpreter that the project runs on.
    pub(crate) fn uses(&mut self, runtime: Runtime, found: &Interpreter) {
        self.interpreters.push(UsedInterpreter {
            runtime,
            path: found.path.clone(),
            reason: found.reason.clone(),
            version: None,
        });
    }

    /// What became of all that was imported.
    pub(crate) fn tried(&mut self, trial: &Trial) {
        self.imported = true;
        for used in &mut self.interpreters {
            used.version = trial.version_of(used.runtime).map(str::to_owned);
        }
        for checked in &mut self.parts {
            let Some(tried) = trial.of(&checked.part) else {
                continue;
            };
            checked.took = tried.took;
            checked.state = match tried.failure {
                None => PartState::Loaded,
                Some(_) => PartState::Failed,
            };
            let is_graph = matches!(tried.part, TrialPart::Graph(_));
            let asked = is_graph && tried.failure.is_none();
            checked.schemas = asked.then_some(!matches!(tried.answer, Some(Err(_))));
        }
    }
}
