//! What is needed to start a worker's process.

use std::ffi::OsString;
use std::path::PathBuf;

use lgx_model::Runtime;

/// How to start a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// What it is written in.
    pub runtime: Runtime,
    /// The interpreter.
    pub program: PathBuf,
    /// Where the worker's own sources are written, under a name that tells their content.
    pub runtime_dir: PathBuf,
    /// The directory it starts in.
    pub cwd: PathBuf,
    /// Its whole environment; nothing else is inherited.
    pub environment: Vec<(OsString, OsString)>,
}
