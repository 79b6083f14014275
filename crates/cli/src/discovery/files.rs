//! The files of a project, without those that tools made.

use std::path::{Path, PathBuf};

use crate::disk::Probe;

/// Directories that hold no code of the project's own, or none that is to be served.
const PASSED_OVER: [&str; 10] = [
    "__pycache__",
    "__tests__",
    "build",
    "coverage",
    "dist",
    "node_modules",
    "site-packages",
    "test",
    "tests",
    "venv",
];

/// What makes a directory one of installed packages, whatever it is called.
const ENVIRONMENT: &str = "pyvenv.cfg";

/// How deep, and in how many directories, something is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach {
    deepest: usize,
    most_directories: usize,
}

impl Reach {
    /// As far as goes without being noticed.
    pub(crate) const NEAR: Self = Self {
        deepest: 4,
        most_directories: 500,
    };
    /// As far as projects go.
    pub(crate) const WHOLE: Self = Self {
        deepest: 10,
        most_directories: 20_000,
    };
}

/// The files of a directory and of those below it, the nearest ones first.
pub(crate) fn files(directory: &Path, reach: Reach, disk: &impl Probe) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut level = vec![directory.to_owned()];
    let mut left = reach.most_directories;
    for _ in 0..reach.deepest {
        level.truncate(left);
        left -= level.len();
        let mut deeper = Vec::new();
        for folder in level {
            let mut names = disk.names(&folder);
            names.sort();
            names.dedup();
            for name in names {
                let path = folder.join(&name);
                if !disk.is_directory(&path) {
                    found.push(path);
                } else if is_own(&path, &name, disk) {
                    deeper.push(path);
                }
            }
        }
        level = deeper;
    }
    found
}

fn is_own(directory: &Path, name: &str, disk: &impl Probe) -> bool {
    !name.starts_with('.')
        && !PASSED_OVER.contains(&name)
        && !disk.exists(&directory.join(ENVIRONMENT))
}
