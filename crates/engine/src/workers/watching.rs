//! What the workers want to know of the disk, and whoever watches it of them. The engine itself watches nothing.

use std::path::PathBuf;

/// What to watch.
#[derive(Debug, Clone)]
pub struct Roots {
    /// The project, absolute. Every source file in it matters.
    pub root: PathBuf,
    /// Further files, and directories of source files, wherever they are: the configuration, the env file, local dependencies.
    pub extra_files: Vec<PathBuf>,
    /// Where the server keeps its own state, which is never watched.
    pub state_dir: PathBuf,
}

/// Files that hold something else than before, appeared or went, all as one step of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The files, in order; empty when a person asked for it.
    pub files: Vec<PathBuf>,
}

/// Whoever notices changes of the project, as the workers direct it.
pub trait Watcher: Send + Sync + 'static {
    /// Watches further files, and directories of source files; those that are watched already cost nothing.
    fn also(&self, files: &[PathBuf]);

    /// Tells where the packages of the project's interpreter are.
    fn packages(&self, directories: Vec<PathBuf>);

    /// Tells whether the code does not load as it is. Then every save is a change, even of nothing, and so is every package that is
    /// installed or removed: the reason may lie where nobody looks.
    fn failing(&self, failing: bool);
}
