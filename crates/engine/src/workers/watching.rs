//! What the workers want to know of the disk, and whoever watches it of them. The engine itself watches nothing.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use lgx_config::{Config, Embed, Source};

use super::Workers;

/// What files end in that code keeps data beside itself in: prompts, templates, settings. One that is read while code is loaded is part
/// of that code.
pub const DATA_SUFFIXES: [&str; 10] = [
    "md", "txt", "yaml", "yml", "toml", "json", "jinja", "jinja2", "j2", "prompt",
];

/// What to watch.
#[derive(Debug, Clone)]
pub struct Roots {
    /// The project, absolute. Every source file in it matters.
    pub root: PathBuf,
    /// Further files, and directories of source files, wherever they are: the configuration, the env file, what the configuration
    /// names, local dependencies. They count even if git ignores them.
    pub extra_files: Vec<PathBuf>,
    /// Where the server keeps its own state, which is never watched.
    pub state_dir: PathBuf,
}

impl Roots {
    /// What is to be watched of a project before its code is loaded.
    pub fn of(config: &Config, state_dir: PathBuf) -> Self {
        let mut extra_files = named_files(config);
        // Also where no module has been loaded from yet: the first try may have failed.
        let outside = |path: &&PathBuf| !path.starts_with(&config.root);
        extra_files.extend(config.sys_path.iter().filter(outside).cloned());
        Self {
            root: config.root.clone(),
            extra_files,
            state_dir,
        }
    }
}

/// What code was loaded from, whether that succeeded or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// The modules that were imported, and the files of data that were read or looked for. They count even if git ignores them.
    pub files: Vec<PathBuf>,
    /// Directories in which files of data were looked for, so that one more or less is a change.
    pub listed: Vec<PathBuf>,
    /// When loading began: what was written later may have been read before.
    pub since: SystemTime,
}

/// Files that hold something else than before, appeared or went, all as one step of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The files, in order; empty when a person asked for it.
    pub files: Vec<PathBuf>,
}

/// Whoever notices changes of the project, as the workers direct it.
pub trait Watcher: Send + Sync + 'static {
    /// Watches what code was loaded from as well; what is watched already costs nothing.
    fn also(&self, sources: Sources);

    /// Tells where the packages of the project's interpreter are.
    fn packages(&self, directories: Vec<PathBuf>);

    /// Tells whether the code does not load as it is. Then every save is a change, even of nothing, and so is every package that is
    /// installed or removed: the reason may lie where nobody looks.
    fn failing(&self, failing: bool);
}

/// The directories of packages of all runtimes, as the watcher knows them.
pub(super) struct Packages<'a> {
    workers: &'a Workers,
    directories: Mutex<Vec<PathBuf>>,
}

impl<'a> Packages<'a> {
    /// None is known yet.
    pub(super) fn new(workers: &'a Workers) -> Self {
        Self {
            workers,
            directories: Mutex::default(),
        }
    }

    /// An interpreter has introduced itself, which finds packages here.
    pub(super) fn add(&self, found: &[PathBuf]) {
        let mut directories = self
            .directories
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let known = directories.len();
        for directory in found {
            if !directories.contains(directory) {
                directories.push(directory.clone());
            }
        }
        if directories.len() > known {
            let all = directories.clone();
            self.workers.watcher(|watcher| watcher.packages(all));
        }
    }
}

/// The files that a configuration is in and names: itself, the env file, and those of graphs, auth, app and embeddings.
pub(super) fn named_files(config: &Config) -> Vec<PathBuf> {
    let graphs = config.graphs.iter().map(|graph| &graph.target);
    let auth = config.auth.as_ref().map(|auth| &auth.target);
    let app = config.http.app.as_ref().map(|app| &app.target);
    let embed = config.store.index.as_ref().map(|index| &index.embed);
    let embed = embed.and_then(|embed| match embed {
        Embed::Code(target) => Some(target),
        Embed::Model(_) => None,
    });
    let code = graphs
        .chain(auth)
        .chain(app)
        .chain(embed)
        .filter_map(|target| match &target.source {
            Source::File(file) => Some(file.clone()),
            Source::Module(_) => None,
        });
    [config.path.clone()]
        .into_iter()
        .chain(config.env_file.clone())
        .chain(code)
        .collect()
}
