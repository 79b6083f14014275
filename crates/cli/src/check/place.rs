//! Where something is found, and how reports name the file.

use std::path::{Path, PathBuf};

use crate::disk::{Disk, Probe as _};

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundAt {
    /// The file, absolute.
    pub(crate) file: PathBuf,
    /// The line, from 1.
    pub(crate) line: Option<u32>,
    /// The column, from 1.
    pub(crate) column: Option<u32>,
}

impl FoundAt {
    /// A line of a file.
    pub(crate) fn line(file: &Path, line: Option<u32>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            column: None,
        }
    }
}

/// What files are named from: the repository that the project is in, since that is how those name them who show reports beside code;
/// else the project.
pub(crate) fn root_of(project: &Path) -> PathBuf {
    let mut above = project.ancestors();
    let repository = above.find(|directory| Disk.exists(&directory.join(".git")));
    repository.unwrap_or(project).to_owned()
}

/// A path below the root as it is named from there, with `/`; any other one as it is.
pub(crate) fn named_from(path: &Path, root: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}
