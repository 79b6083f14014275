//! Which files and directories matter; pure, but for what git ignores.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use lgx_engine::workers::DATA_SUFFIXES;
use lgx_model::Runtime;

use super::ignored::{Ignored, RULES};

/// Directories that hold what tools made, not what the user wrote. A directory with a `pyvenv.cfg` is one more, whatever it is called.
const SKIPPED: [&str; 17] = [
    ".venv",
    "venv",
    "site-packages",
    "node_modules",
    ".git",
    "__pycache__",
    ".lgx",
    ".langgraph_api",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".next",
    ".turbo",
    ".yarn",
    ".pnpm-store",
    "coverage",
    "dist",
];

/// The file that makes a directory a virtual environment.
pub(super) const ENVIRONMENT_MARKER: &str = "pyvenv.cfg";

/// What is watched in a project.
#[derive(Debug)]
pub(super) struct Filter {
    /// Where every Python file matters: the project, and other source directories.
    trees: BTreeSet<PathBuf>,
    /// Files that matter wherever they are, and whether git ignores them or not.
    files: BTreeSet<PathBuf>,
    /// Directories of which it matters what data is in them: code has looked.
    listed: BTreeSet<PathBuf>,
    ignored: Ignored,
    state_dir: PathBuf,
}

impl Filter {
    pub(super) fn new(state_dir: PathBuf) -> Self {
        Self {
            trees: BTreeSet::new(),
            files: BTreeSet::new(),
            listed: BTreeSet::new(),
            ignored: Ignored::default(),
            state_dir,
        }
    }

    /// Adds a directory in which every file of code matters.
    pub(super) fn add_tree(&mut self, directory: PathBuf) {
        self.ignored.add_tree(&directory);
        self.trees.insert(directory);
    }

    /// Adds a file that matters; false when it was there.
    pub(super) fn add_file(&mut self, file: PathBuf) -> bool {
        self.files.insert(file)
    }

    /// Adds a directory of which it matters what data is in it; false when it was there.
    pub(super) fn add_listed(&mut self, directory: PathBuf) -> bool {
        self.listed.insert(directory)
    }

    pub(super) fn listed(&self) -> impl Iterator<Item = &PathBuf> {
        self.listed.iter()
    }

    pub(super) fn trees(&self) -> impl Iterator<Item = &PathBuf> {
        self.trees.iter()
    }

    /// The directory that was listed which holds something else when something appears at this path, or leaves.
    pub(super) fn listing_of<'a>(&self, path: &'a Path) -> Option<&'a Path> {
        if self.listed.contains(path) {
            return Some(path);
        }
        let directory = path.parent()?;
        (self.listed.contains(directory) && is_data(path)).then_some(directory)
    }

    /// Whether a file that matters is right in this directory, though the directory itself need not be entered.
    pub(super) fn names_a_file_in(&self, directory: &Path) -> bool {
        let mut files = self.files.range(directory.to_path_buf()..);
        self.listed.contains(directory)
            || files
                .by_ref()
                .take_while(|file| file.starts_with(directory))
                .any(|file| file.parent() == Some(directory))
    }

    pub(super) const fn ignored(&self) -> &Ignored {
        &self.ignored
    }

    pub(super) const fn ignored_mut(&mut self) -> &mut Ignored {
        &mut self.ignored
    }

    /// Whether a file says what git ignores.
    pub(super) fn is_rules(&self, file: &Path) -> bool {
        let in_tree = || file.file_name().is_some_and(|name| name == RULES);
        (in_tree()
            && file
                .parent()
                .is_some_and(|directory| self.enters(directory)))
            || self.ignored.outside().any(|rules| rules == file)
    }

    /// Whether this is a directory in which every file of code was asked for.
    pub(super) fn is_tree(&self, directory: &Path) -> bool {
        self.trees.contains(directory)
    }

    /// Whether the content of a file matters.
    pub(super) fn is_relevant(&self, file: &Path) -> bool {
        if self.files.contains(file) {
            return true;
        }
        if is_lock(file) {
            return false;
        }
        let suffix = file.extension().and_then(|suffix| suffix.to_str());
        let is_code = suffix.and_then(Runtime::of_suffix).is_some();
        let is_project = file
            .file_name()
            .is_some_and(|name| name == "pyproject.toml");
        let directory = file.parent().unwrap_or(file);
        (is_code && self.holds(file, false)) || (is_project && self.is_tree(directory))
    }

    /// Whether to look into a directory: it is in a tree and neither in a directory of a tool nor in the state, and not ignored by git.
    pub(super) fn enters(&self, directory: &Path) -> bool {
        self.holds(directory, true)
    }

    fn holds(&self, path: &Path, is_directory: bool) -> bool {
        let directory = if is_directory {
            Some(path)
        } else {
            path.parent()
        };
        let Some(directory) = directory else {
            return false;
        };
        let is_skipped = |part: Component<'_>| SKIPPED.iter().any(|name| part.as_os_str() == *name);
        self.trees.iter().any(|tree| {
            // State that is kept in the project's own directory hides nothing.
            let is_state =
                directory.starts_with(&self.state_dir) && !tree.starts_with(&self.state_dir);
            !is_state
                && directory
                    .strip_prefix(tree)
                    .is_ok_and(|below| !below.components().any(is_skipped))
                && !self.ignored.is_ignored(tree, path, is_directory)
        })
    }
}

/// Whether it is the link that Emacs makes beside a file while somebody edits it, under its name with `.#` before it.
fn is_lock(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with(".#"))
}

/// Whether it is a file as code may keep its data in.
pub(super) fn is_data(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    let suffix = file.extension().and_then(|suffix| suffix.to_str());
    name.is_some_and(|name| !name.starts_with('.'))
        && suffix.is_some_and(|suffix| {
            DATA_SUFFIXES
                .iter()
                .any(|data| suffix.eq_ignore_ascii_case(data))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter() -> Filter {
        let mut filter = Filter::new(PathBuf::from("/app/state"));
        filter.add_tree(PathBuf::from("/app"));
        for file in [
            "/app/langgraph.json",
            "/app/.env",
            "/lib/shared.py",
            "/app/.venv/src/editable.py",
            "/app/dist/agent.js",
            "/app/tsconfig.json",
        ] {
            filter.add_file(PathBuf::from(file));
        }
        filter
    }

    #[test]
    fn files_of_code_the_project_file_and_named_files_matter() {
        let filter = filter();
        for (file, relevant) in [
            ("/app/agent.py", true),
            ("/app/src/agent/graph.py", true),
            ("/app/.hidden/graph.py", true),
            ("/app/pyproject.toml", true),
            ("/app/langgraph.json", true),
            ("/app/.env", true),
            ("/lib/shared.py", true),
            ("/app/.venv/src/editable.py", true),
            ("/lib/other.py", false),
            ("/app/.venv/src/other.py", false),
            ("/app/state/runtime/worker.py", false),
            ("/app/src/agent.ts", true),
            ("/app/src/agent.mts", true),
            ("/app/tsconfig.json", true),
            ("/app/dist/agent.js", true),
            ("/app/dist/other.js", false),
            ("/app/coverage/report.js", false),
            ("/app/.next/server/page.js", false),
            ("/app/node_modules/left-pad/index.js", false),
            ("/application/agent.py", false),
            ("/app/tests/project/pyproject.toml", false),
            ("/app/tests/project/langgraph.json", false),
            ("/app/.env.example", false),
            ("/app/agent.pyc", false),
            ("/app/agent.py~", false),
            ("/app/.agent.py.swp", false),
            ("/app/.#agent.py", false),
            ("/app/#agent.py#", false),
            ("/app/agent.py___jb_tmp___", false),
            ("/app/sedAbCdEf", false),
            ("/app/4913", false),
            ("/app/py", false),
            ("/app/README.md", false),
        ] {
            assert_eq!(filter.is_relevant(Path::new(file)), relevant, "{file}");
        }
    }

    #[test]
    fn directories_of_tools_and_the_state_are_not_entered() {
        let filter = filter();
        for (directory, entered) in [
            ("/app/src", true),
            ("/app/.hidden", true),
            ("/app/venvs", true),
            ("/app/other/state", true),
            ("/lib/below", false),
            ("/app/.venv/src", false),
            ("/app/state", false),
            ("/app/.lgx", false),
            ("/app/.venv", false),
            ("/app/src/node_modules", false),
            ("/app/src/__pycache__", false),
            ("/app/.git", false),
            ("/app/.langgraph_api", false),
            ("/app/.yarn", false),
            ("/app/.pnpm-store", false),
            ("/app/packages/ui/.turbo", false),
            ("/app/packages/ui/dist", false),
        ] {
            assert_eq!(filter.enters(Path::new(directory)), entered, "{directory}");
        }
    }

    #[test]
    fn state_in_the_projects_own_directory_hides_nothing() {
        let mut filter = Filter::new(PathBuf::from("/app"));
        filter.add_tree(PathBuf::from("/app"));
        assert!(filter.is_relevant(Path::new("/app/src/agent.py")));
    }
}
