//! Why new code does not serve, as the page is told.

use lgx_engine::notice::ReloadFailure;
use schemars::JsonSchema;
use serde::Serialize;

use super::diagnostic::{DiagnosticView, ProblemView};
use crate::app::App;

/// Why new code does not serve; the last code that loaded goes on, if there is any.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum ReloadFailureView {
    /// langgraph.json is broken.
    Config {
        /// What is wrong with it.
        problems: Vec<ProblemView>,
    },
    /// User code does not load.
    Code {
        /// What was raised, and where.
        diagnostic: DiagnosticView,
    },
    /// The process that was to load it ended, or did not come up.
    Worker {
        /// How.
        message: String,
        /// The last lines that it wrote.
        last_words: Vec<String>,
    },
}

impl ReloadFailureView {
    /// How the page of this server sees it.
    pub(crate) fn of(failure: &ReloadFailure, app: &App) -> Self {
        match failure {
            ReloadFailure::Config(problems) => {
                let root = &app.engine.workers.config().root;
                let problems = problems.iter();
                Self::Config {
                    problems: problems
                        .map(|problem| ProblemView::of(problem, root))
                        .collect(),
                }
            }
            ReloadFailure::Code(diagnostic) => Self::Code {
                diagnostic: DiagnosticView::of(diagnostic, app),
            },
            ReloadFailure::Died(death) => match &death.crash {
                Some(crash) => Self::Code {
                    diagnostic: DiagnosticView::of(crash, app),
                },
                None => Self::Worker {
                    message: format!("the process that loaded it ended: {}", death.how),
                    last_words: if app.options.engine.redact_errors {
                        Vec::new()
                    } else {
                        death.stderr.clone()
                    },
                },
            },
            ReloadFailure::Worker(reason) => Self::Worker {
                message: reason.clone(),
                last_words: Vec::new(),
            },
        }
    }
}
