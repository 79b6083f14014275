//! What a worker tells while it loads the project, and what it has loaded.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Diagnostic, LoadedApp};

/// What a worker tells while it loads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum LoadProgress {
    /// This is about to be imported: `the graph agent`, `auth`, …
    Begins {
        /// What it is.
        loading: String,
    },
    /// It has taken as long as the request said that it may, and this is where it is.
    StillAt {
        /// The line.
        still_at: Box<Diagnostic>,
    },
    /// All of it fails; this is what it has looked at until then.
    Looked(LoadedSources),
}

/// What a worker loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// How long it took.
    pub load_ms: f64,
    /// Versions of the packages that matter, by name.
    pub versions: BTreeMap<String, String>,
    /// Each graph asked for, loaded or not.
    pub graphs: BTreeMap<String, LoadedGraph>,
    /// The auth handlers, when auth was asked for.
    pub auth: Option<AuthStatus>,
    /// The project's own HTTP app, when it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<LoadedApp>,
    /// Where it was loaded from.
    #[serde(flatten)]
    pub sources: LoadedSources,
    /// What it uses of what is installed.
    #[serde(default)]
    pub uses: Uses,
    /// Variables that the project sets after packages that were imported ahead have read them.
    #[serde(default)]
    pub set_too_late: Vec<String>,
    /// Whether what does not load failed outside of the project's own lines.
    #[serde(default)]
    pub failed_elsewhere: bool,
    /// What cannot be recorded of runs.
    #[serde(default, skip_serializing_if = "Unrecorded::is_nothing")]
    pub unrecorded: Unrecorded,
    /// The files of the project that took the longest to import, with milliseconds, the longest first.
    #[serde(default)]
    pub slowest: Vec<(String, f64)>,
}

impl Loaded {
    /// Adds what another worker has loaded of the same project.
    pub fn add(&mut self, other: Self) {
        self.load_ms += other.load_ms;
        self.versions.extend(other.versions);
        self.graphs.extend(other.graphs);
        self.auth = self.auth.take().or(other.auth);
        self.app = self.app.take().or(other.app);
        self.sources.files.extend(other.sources.files);
        self.sources.listed.extend(other.sources.listed);
        self.slowest.extend(other.slowest);
        self.unrecorded = std::mem::take(&mut self.unrecorded).or(other.unrecorded);
    }

    /// The graphs that cannot be loaded, and why.
    pub fn failed(&self) -> impl Iterator<Item = (&String, &Diagnostic)> {
        self.graphs.iter().filter_map(|(id, graph)| match graph {
            LoadedGraph::Failed { error } => Some((id, error)),
            LoadedGraph::Ready { .. } => None,
        })
    }
}

/// What cannot be recorded of runs, as the installed packages lack what that takes: `langgraph 2.0.0 has no PregelLoop._emit`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unrecorded {
    /// Why not the tasks that they execute.
    #[serde(default)]
    pub steps: Option<String>,
    /// Why not the calls of models, tools and retrievers.
    #[serde(default)]
    pub calls: Option<String>,
}

impl Unrecorded {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    fn or(self, other: Self) -> Self {
        Self {
            steps: self.steps.or(other.steps),
            calls: self.calls.or(other.calls),
        }
    }
}

/// What a project uses of what is installed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uses {
    /// The modules that are asked for when it is loaded, in this order.
    pub modules: Vec<String>,
    /// The packages that its own lines import, in order.
    pub packages: Vec<String>,
}

/// What a worker has looked at in the user's own directories while it loaded code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LoadedSources {
    /// The modules, also those that failed, and files of data that were read or looked for.
    pub files: Vec<PathBuf>,
    /// Directories in which files of data were looked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<PathBuf>,
}

/// What became of a graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LoadedGraph {
    /// It cannot be loaded; the others still serve.
    Failed {
        /// Why.
        error: Diagnostic,
    },
    /// It serves.
    Ready {
        /// The compiled graph's own name, or the graph id.
        name: String,
        /// Whether it is made anew for each run.
        #[serde(default)]
        factory: bool,
        /// What the user should know about it.
        #[serde(default)]
        notices: Vec<String>,
    },
}

/// Which `@auth.on` handlers there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthStatus {
    /// Pairs of resource and action, `*` for any.
    pub handlers: Vec<(String, String)>,
}
