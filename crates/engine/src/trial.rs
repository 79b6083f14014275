//! A project tried out: its code is loaded as a start would load it, each graph is asked something, and nothing is served.
//!
//! A start ends at the first part that no server can do without. A trial goes on without that part, so that all of them are told.

mod attempt;
mod inquiry;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lgx_config::{Config, Graph};
use lgx_model::Runtime;
use lgx_store::StoreError;
use lgx_worker::{Diagnostic, StartError};

use self::attempt::{AttemptEnd, attempt};
pub use self::inquiry::{Inquiry, Xray};
use crate::notice::Observer;
use crate::options::Options;
use crate::workers::Fatal;

/// A part of a project that is loaded, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialPart {
    /// The auth handlers.
    Auth,
    /// What makes vectors of texts.
    Embeddings,
    /// The project's own HTTP app.
    App,
    /// The graph of this id.
    Graph(String),
}

/// What became of a part.
#[derive(Debug, Clone)]
pub struct TriedPart {
    /// Which.
    pub part: TrialPart,
    /// How long its import took, if it was begun.
    pub took: Option<Duration>,
    /// Why it does not load.
    pub failure: Option<Diagnostic>,
    /// What a person should know of a graph that was loaded, a sentence each.
    pub notices: Vec<String>,
    /// What a graph that was loaded answered as JSON, or why it gave no answer.
    pub answer: Option<Result<Bytes, Diagnostic>>,
}

/// What became of a project.
#[derive(Debug, Default)]
pub struct Trial {
    /// Its parts, as far as they were reached: those that stand in the way of all others first.
    pub parts: Vec<TriedPart>,
    /// Why the rest was not reached: of a runtime, or at all.
    pub fatal: Vec<Arc<Fatal>>,
    /// The versions of the runtimes that were started.
    pub versions: Vec<(Runtime, String)>,
}

impl Trial {
    /// What became of a part, if it was reached.
    #[must_use]
    pub fn of(&self, part: &TrialPart) -> Option<&TriedPart> {
        self.parts.iter().find(|tried| tried.part == *part)
    }

    /// The version of a runtime, if it was started.
    #[must_use]
    pub fn version_of(&self, runtime: Runtime) -> Option<&str> {
        let mut versions = self.versions.iter();
        let found = versions.find(|(of, _)| *of == runtime);
        found.map(|(_, version)| version.as_str())
    }

    fn add_versions(&mut self, versions: Vec<(Runtime, String)>) {
        for (runtime, version) in versions {
            if self.version_of(runtime).is_none() {
                self.versions.push((runtime, version));
            }
        }
    }
}

/// Loads the project of a configuration in workers of its own, as often as there are parts that nothing loads with, and asks its graphs.
/// The options say where there is room for a state, which is empty; they should not import ahead.
///
/// # Errors
/// When there is no room for a state.
pub async fn try_out(
    options: &Options,
    config: &Config,
    inquiry: Inquiry,
    observer: &Arc<dyn Observer>,
) -> Result<Trial, StoreError> {
    let mut left = config.clone();
    let mut trial = Trial::default();
    while !left.runtimes().is_empty() {
        let attempted = attempt(options, &left, inquiry, observer).await?;
        trial.add_versions(attempted.versions);
        match attempted.ended {
            AttemptEnd::Loaded(parts) => {
                trial.parts.extend(parts);
                break;
            }
            AttemptEnd::At(tried) => {
                leave_out(&tried.part, &mut left);
                trial.parts.push(*tried);
            }
            AttemptEnd::Fatal(fatal) => {
                let runtime = runtime_of(&fatal);
                trial.fatal.push(fatal);
                match runtime {
                    Some(runtime) if left.runtimes().contains(&runtime) => {
                        left.leave_out_runtime(runtime);
                    }
                    _ => break,
                }
            }
        }
    }
    Ok(trial)
}

/// The project without this part.
fn leave_out(part: &TrialPart, config: &mut Config) {
    match part {
        TrialPart::Auth => config.auth = None,
        TrialPart::Embeddings => config.store.index = None,
        TrialPart::App => config.http.app = None,
        TrialPart::Graph(id) => config.graphs.retain(|graph| graph.id != *id),
    }
}

/// The runtime whose interpreter cannot be used, where that is why nothing was loaded.
fn runtime_of(fatal: &Fatal) -> Option<Runtime> {
    let Fatal::Worker(error) = fatal else {
        return None;
    };
    match error {
        StartError::NoInterpreter(runtime)
        | StartError::TooOld { runtime, .. }
        | StartError::MissingPackages { runtime, .. }
        | StartError::Died { runtime, .. }
        | StartError::Silent { runtime, .. } => Some(*runtime),
        _ => None,
    }
}

/// The parts of a project, in the order in which they are told.
fn parts_of(config: &Config) -> Vec<TrialPart> {
    let embeds = config.store.index.is_some();
    let before = [
        config.auth.is_some().then_some(TrialPart::Auth),
        embeds.then_some(TrialPart::Embeddings),
        config.http.app.is_some().then_some(TrialPart::App),
    ];
    let graph = |graph: &Graph| TrialPart::Graph(graph.id.clone());
    let graphs = config.graphs.iter().map(graph);
    before.into_iter().flatten().chain(graphs).collect()
}
