//! Why crews do not come up.

use std::path::PathBuf;

use lgx_config::LoadError as ConfigError;
use lgx_store::StoreError;
use lgx_worker::{CallError, DebugError, Diagnostic, LoadError, StartError};

use crate::notice::ReloadFailure;

/// Why no generation can serve, so that the server has to end.
#[derive(Debug, thiserror::Error)]
pub enum Fatal {
    /// langgraph.json is broken.
    #[error("{0}")]
    Config(ConfigError),
    /// The auth handlers cannot be loaded; a server never runs without auth it was told to use.
    #[error("the auth handlers cannot be loaded, so the server does not start: {}", .0.message)]
    Auth(Box<Diagnostic>),
    /// The embeddings that `store.index` names cannot be loaded; without them searches would silently find other items.
    #[error("the embeddings of `store.index` cannot be loaded, so the server does not start: {}", .0.message)]
    StoreIndex(Box<Diagnostic>),
    /// The project's own HTTP app cannot be loaded or does not start; its middleware may be what keeps strangers out.
    #[error("the app of `http.app` cannot be loaded, so the server does not start: {}", .0.message)]
    App(Box<Diagnostic>),
    /// Graphs do not load, and a strict start does not do without. Why was told as a notice of each.
    #[error("{} of {of} {} cannot be loaded, so the server does not start", .failed.len(), if *.of == 1 { "graph" } else { "graphs" })]
    Graphs {
        /// Their ids.
        failed: Vec<String>,
        /// How many graphs the project has.
        of: usize,
    },
    /// The interpreter cannot be used.
    #[error("{0}")]
    Worker(StartError),
    /// The worker ended while it loaded the project, or answered nonsense.
    #[error("the project could not be loaded: {0}")]
    Load(CallError),
    /// The code is to be debugged, and cannot be.
    #[error("{0}")]
    Debugger(DebugError),
    /// Loading takes too long for a strict start.
    #[error("the project does not get loaded, so the server does not start: {}", .0.message)]
    Hangs(Box<Diagnostic>),
    /// The state could not be written.
    #[error("{0}")]
    State(StoreError),
    /// Workers die as soon as they serve.
    #[error("the worker keeps ending by itself ({0}); the last lines it wrote are above")]
    KeepsDying(String),
}

/// Why this generation did not come up.
#[derive(Debug)]
pub(in crate::workers) enum BringUpError {
    /// None of this kind can.
    Fatal(Fatal),
    /// Graphs that the previous generation serves do not load any more.
    Broken(Vec<(String, Diagnostic)>),
    /// These files are not any more what the crews were loaded from that it was to join.
    OtherCode(Vec<PathBuf>),
}

impl BringUpError {
    /// Whether the code could not listen on a port that somebody holds already.
    pub(in crate::workers) fn is_port_in_use(&self) -> bool {
        match self {
            Self::Fatal(
                Fatal::Auth(diagnostic) | Fatal::StoreIndex(diagnostic) | Fatal::App(diagnostic),
            ) => is_port_in_use(diagnostic),
            Self::Fatal(_) | Self::OtherCode(_) => false,
            Self::Broken(graphs) => graphs
                .iter()
                .any(|(_, diagnostic)| is_port_in_use(diagnostic)),
        }
    }

    /// Whether a worker was killed before it had loaded the code, by somebody else.
    pub(in crate::workers) fn is_kill(&self) -> bool {
        match self {
            Self::Fatal(
                Fatal::Load(CallError::Died(death)) | Fatal::Worker(StartError::Died { death, .. }),
            ) => death.is_kill(),
            Self::Fatal(_) | Self::Broken(_) | Self::OtherCode(_) => false,
        }
    }

    /// How a failed reload is told.
    pub(in crate::workers) fn into_reload_failure(self) -> ReloadFailure {
        match self {
            Self::Fatal(fatal) => ReloadFailure::of_start(&fatal),
            Self::Broken(mut graphs) => match graphs.pop() {
                Some((_, diagnostic)) => ReloadFailure::Code(diagnostic),
                None => ReloadFailure::Worker("a graph does not load".into()),
            },
            Self::OtherCode(_) => ReloadFailure::Worker("its code has changed".into()),
        }
    }
}

impl ReloadFailure {
    /// The same of code that does not come up at all.
    pub(in crate::workers) fn of_start(fatal: &Fatal) -> Self {
        match fatal {
            Fatal::Config(error) => Self::Config(error.problems.clone()),
            Fatal::Auth(diagnostic)
            | Fatal::StoreIndex(diagnostic)
            | Fatal::App(diagnostic)
            | Fatal::Hangs(diagnostic) => Self::Code((**diagnostic).clone()),
            Fatal::Load(CallError::Died(death)) => Self::Died(death.clone()),
            other => Self::Worker(other.to_string()),
        }
    }
}

/// Why a worker has not loaded the project.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotLoaded {
    #[error(transparent)]
    Failed(#[from] LoadError),
    /// It was given up where it hung.
    #[error("{}", .0.message)]
    Hangs(Box<Diagnostic>),
}

impl From<NotLoaded> for BringUpError {
    fn from(error: NotLoaded) -> Self {
        Self::Fatal(match error {
            NotLoaded::Hangs(place) => Fatal::Hangs(place),
            NotLoaded::Failed(LoadError::Auth(diagnostic)) => Fatal::Auth(diagnostic),
            NotLoaded::Failed(LoadError::StoreIndex(diagnostic)) => Fatal::StoreIndex(diagnostic),
            NotLoaded::Failed(LoadError::App(diagnostic)) => Fatal::App(diagnostic),
            NotLoaded::Failed(LoadError::Call(error)) => Fatal::Load(error),
        })
    }
}

/// What Linux and macOS say, also in the words of libraries that pass it on.
pub(super) fn is_port_in_use(diagnostic: &Diagnostic) -> bool {
    diagnostic.message.contains("Address already in use")
}
