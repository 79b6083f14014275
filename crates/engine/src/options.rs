//! What the engine is told before it opens; nothing below reads the environment or the command line.

use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lgx_config::{Config, LoadError, Loaded};
use lgx_model::Runtime;
use lgx_store::DatabaseAddress;
use lgx_store::instances::Instance;
use lgx_worker::Blocking;

use crate::overlay::EnvironmentOverlay;
use crate::sharing::SharedDatabase;

/// How to run one project.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Options {
    /// The langgraph.json file.
    pub config: PathBuf,
    /// Where threads, runs and checkpoints are kept; `.lgx` beside the config when not given.
    pub state_dir: Option<PathBuf>,
    /// The database in which threads, runs and checkpoints are kept instead, if they are; the folder then holds what can be made again.
    pub database: Option<Database>,
    /// Where lgx keeps what all projects of the user share and what can be made again, if there is such a place.
    pub cache_dir: Option<PathBuf>,
    /// Whether a start ends when a graph or the `env` of the project does not load, instead of serving the rest.
    pub strict: bool,
    /// How many workers of each runtime serve side by side, one at least.
    pub workers: usize,
    /// How many runs each of them executes at once.
    pub jobs: usize,
    /// How long the project may take to load, before that is told, and given up where other code serves. None: whatever it takes.
    pub load_timeout: Option<Duration>,
    /// How long the project's code may block its event loop while requests wait, before another worker takes over.
    pub blocked_after: Duration,
    /// Whether clients are not told the messages of unexpected exceptions.
    pub redact_errors: bool,
    /// Whether the calls of models, tools and retrievers that runs make are recorded.
    pub traces: bool,
    /// What becomes of code of the project that blocks its event loop.
    pub blocking: Blocking,
    /// Where debuggers attach to the project's code, if they may.
    pub debug: Option<Debugging>,
    /// Whether the next worker imports installed modules ahead, while this one serves.
    pub spare: bool,
    /// How long the events of resumable runs are kept.
    pub keep_events_for: Duration,
    /// The interpreters that run the user's code.
    pub interpreters: Interpreters,
    /// The environment workers get, before langgraph.json's `env` is laid over it.
    pub environment: Vec<(OsString, OsString)>,
    /// What is laid over both, if anything is.
    pub overlay: Option<EnvironmentOverlay>,
    /// The version to tell clients.
    pub version: &'static str,
}

/// A database that holds the state.
#[derive(Debug, Clone)]
pub struct Database {
    /// Where it is.
    pub address: Arc<DatabaseAddress>,
    /// Whether its tables are made, or brought up to date, if they are not.
    pub migrates: bool,
    /// Which of several servers on it this is, if others may use it, too.
    pub instance: Option<Instance>,
    /// With whom it is shared; none if it is this server's alone.
    pub shared: Option<SharedDatabase>,
}

/// The interpreter of each runtime, where there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interpreters {
    /// Of Python.
    pub python: Option<PathBuf>,
    /// Of JavaScript and TypeScript.
    pub node: Option<PathBuf>,
}

impl Interpreters {
    /// The one of this runtime.
    pub fn of(&self, runtime: Runtime) -> Option<&Path> {
        match runtime {
            Runtime::Python => self.python.as_deref(),
            Runtime::Node => self.node.as_deref(),
        }
    }
}

/// Debuggers that attach to the worker that serves. Whoever is told of the addresses listens there; the engine says which worker is
/// behind each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debugging {
    /// Where a debugger attaches to the code of each runtime.
    pub addresses: Vec<(Runtime, SocketAddr)>,
    /// Whether code is loaded only once a debugger is attached.
    pub wait: bool,
}

impl Options {
    /// Reads langgraph.json; `.env` may refer to the environment that workers get.
    ///
    /// # Errors
    /// Every problem that is found in it.
    pub fn load_config(&self) -> Result<Loaded, LoadError> {
        let lookup = |name: &str| self.variable(name).map(str::to_owned);
        lgx_config::load(&self.config, &lookup)
    }

    /// Where the state of the project is kept.
    pub fn state_dir(&self, config: &Config) -> PathBuf {
        let default = || config.default_state_dir();
        self.state_dir.clone().unwrap_or_else(default)
    }

    /// A variable of the environment that workers get, where it is text.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let mut variables = self.environment.iter();
        let found = variables.find(|(present, _)| present == OsStr::new(name));
        found.and_then(|(_, value)| value.to_str())
    }
}
