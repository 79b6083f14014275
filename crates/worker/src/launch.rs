//! What is needed to start a worker's process.

use std::ffi::OsString;
use std::path::PathBuf;

use lgx_model::Runtime;
use lgx_transpile::Transpiler;

/// How to start a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// What it is written in.
    pub runtime: Runtime,
    /// The interpreter.
    pub program: PathBuf,
    /// Where the worker's own sources are written for all projects of the user, if there is such a place.
    pub shared_dir: Option<PathBuf>,
    /// What is kept for workers of this project; their sources too, where they cannot be in the shared place.
    pub runtime_dir: PathBuf,
    /// The directory it starts in.
    pub cwd: PathBuf,
    /// Its whole environment; nothing else is inherited.
    pub environment: Vec<(OsString, OsString)>,
    /// What makes of the project's sources what the runtime runs, where that has to be made.
    pub transpiler: Transpiler,
    /// The module that a project in Node.js has for that instead, if it has one.
    pub node_loader: Option<String>,
    /// Whether its debugger is to listen, of which it says nothing itself: debuggers find it by another address.
    pub debugs: bool,
}

impl Launch {
    /// The directories below which the worker's own sources may be.
    pub(crate) fn sources_dirs(&self) -> Vec<PathBuf> {
        let dirs = self.shared_dir.iter().chain([&self.runtime_dir]);
        dirs.cloned().collect()
    }
}
