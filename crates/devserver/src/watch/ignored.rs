//! What git ignores of a project: nobody writes such files by hand, so what appears in them is no save.
//!
//! The rules are git's own. A `.gitignore` is about what lies below its directory, a deeper one wins over one above it, and in a
//! directory that is ignored nothing can be un-ignored. Those of the directories above the project count up to the root of its
//! repository, where `.git/info/exclude` has the last word. A project that lies in an ignored directory itself (an example that is
//! tried out under `build/`) is a project all the same: then only its own files count.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use gix_ignore::glob::pattern::Case;
use gix_ignore::{Search, search};
use lgx_config::read_plain_file;

pub(super) const RULES: &str = ".gitignore";

/// The rules of the trees that are watched.
#[derive(Debug, Clone, Default)]
pub(super) struct Ignored {
    trees: Vec<Tree>,
    /// The `.gitignore` of each directory that has one.
    rules: HashMap<PathBuf, Search>,
    /// `.git/info/exclude` of each repository that has one, by the root of the repository.
    excludes: HashMap<PathBuf, Search>,
}

#[derive(Debug, Clone)]
struct Tree {
    directory: PathBuf,
    /// The highest directory whose rules count.
    top: PathBuf,
    /// Files with rules that are outside of the tree, whether they exist or not.
    outside: Vec<PathBuf>,
}

impl Ignored {
    /// Learns of a tree and of the rules above it. Those in it are read as its directories are.
    pub(super) fn add_tree(&mut self, directory: &Path) {
        if self.trees.iter().any(|tree| tree.directory == directory) {
            return;
        }
        let mut tree = Tree {
            directory: directory.to_path_buf(),
            top: directory.to_path_buf(),
            outside: Vec::new(),
        };
        let repository = directory
            .ancestors()
            .find(|above| above.join(".git").exists());
        if let Some(top) = repository {
            for above in directory
                .ancestors()
                .skip(1)
                .take_while(|above| above.starts_with(top))
            {
                self.read(above);
                tree.outside.push(above.join(RULES));
            }
            if let Some(exclude) = exclude_file(top) {
                if let Some(rules) = rules_of(&exclude) {
                    self.excludes.insert(top.to_path_buf(), rules);
                }
                tree.outside.push(exclude);
            }
            let whole = Tree {
                directory: top.to_path_buf(),
                top: top.to_path_buf(),
                outside: Vec::new(),
            };
            if !self.ignores(&whole, directory, true) {
                tree.top = top.to_path_buf();
            }
        }
        self.trees.push(tree);
    }

    /// Reads the rules of a directory, if it has any.
    pub(super) fn read(&mut self, directory: &Path) {
        match rules_of(&directory.join(RULES)) {
            Some(rules) => self.rules.insert(directory.to_path_buf(), rules),
            None => self.rules.remove(directory),
        };
    }

    /// Forgets the rules of a directory that left, and of those below it.
    pub(super) fn forget(&mut self, directory: &Path) {
        self.rules.retain(|path, _| !path.starts_with(directory));
    }

    /// The same trees with rules that have still to be read.
    pub(super) fn anew(&self) -> Self {
        let mut anew = Self::default();
        for tree in &self.trees {
            anew.add_tree(&tree.directory);
        }
        anew
    }

    /// Files outside of the trees that have rules for them, or would.
    pub(super) fn outside(&self) -> impl Iterator<Item = &Path> {
        let outside = self.trees.iter().flat_map(|tree| &tree.outside);
        outside.map(PathBuf::as_path)
    }

    /// Whether git would pass over this path in this tree.
    pub(super) fn is_ignored(&self, tree: &Path, path: &Path, is_directory: bool) -> bool {
        let mut trees = self.trees.iter();
        let tree = trees.find(|known| known.directory == tree);
        tree.is_some_and(|tree| self.ignores(tree, path, is_directory))
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.rules.len()
    }

    fn ignores(&self, tree: &Tree, path: &Path, is_directory: bool) -> bool {
        let Ok(below) = path.strip_prefix(&tree.directory) else {
            return false;
        };
        let mut reached = tree.directory.clone();
        let mut parts = below.components().peekable();
        while let Some(part) = parts.next() {
            reached.push(part);
            if self.is_excluded(tree, &reached, is_directory || parts.peek().is_some()) {
                return true;
            }
        }
        false
    }

    /// What the rules say of a path alone, whatever becomes of the directories that it is in.
    fn is_excluded(&self, tree: &Tree, path: &Path, is_directory: bool) -> bool {
        let above = path
            .ancestors()
            .skip(1)
            .take_while(|above| above.starts_with(&tree.top));
        let rules = above.filter_map(|above| Some((above, self.rules.get(above)?)));
        let exclude = self.excludes.get(&tree.top);
        let exclude = exclude.map(|rules| (tree.top.as_path(), rules));
        for (directory, rules) in rules.chain(exclude) {
            if let Some(verdict) = verdict(rules, directory, path, is_directory) {
                return verdict;
            }
        }
        false
    }
}

/// Where a repository keeps the rules that are nobody else's. In a worktree `.git` is a file that says where the repository is.
fn exclude_file(top: &Path) -> Option<PathBuf> {
    let git = top.join(".git");
    if git.is_dir() {
        return Some(git.join("info/exclude"));
    }
    let text = String::from_utf8(read_plain_file(&git).ok()?).ok()?;
    let own = top.join(text.trim().strip_prefix("gitdir:")?.trim());
    let common = read_plain_file(&own.join("commondir")).ok();
    let common = common.and_then(|bytes| String::from_utf8(bytes).ok());
    let repository = common.map_or(own.clone(), |common| own.join(common.trim()));
    Some(repository.join("info/exclude"))
}

fn rules_of(file: &Path) -> Option<Search> {
    let bytes = read_plain_file(file).ok()?;
    let mut rules = Search::default();
    // A line that git does not understand either says nothing.
    rules
        .add_patterns_buffer(&bytes, file, None, search::Ignore::default())
        .ok()?;
    rules
        .patterns
        .iter()
        .any(|list| !list.patterns.is_empty())
        .then_some(rules)
}

/// Whether the rules of a directory ignore a path in it, if they say anything about it.
fn verdict(rules: &Search, directory: &Path, path: &Path, is_directory: bool) -> Option<bool> {
    let below = path.strip_prefix(directory).ok()?;
    let below = below.as_os_str().as_encoded_bytes().into();
    let last = rules.pattern_matching_relative_path(below, Some(is_directory), Case::Sensitive)?;
    Some(!last.pattern.is_negative())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn write(path: &Path, text: &str) {
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    /// The rules of a project at `project`, with everything in these directories of it read.
    fn rules(project: &Path, directories: &[&str]) -> Ignored {
        let mut ignored = Ignored::default();
        ignored.add_tree(project);
        ignored.read(project);
        for directory in directories {
            ignored.read(&project.join(directory));
        }
        ignored
    }

    #[test]
    fn deeper_rules_win_and_nothing_returns_from_an_ignored_directory() {
        let home = TempDir::new().unwrap();
        let project = home.path();
        write(
            &project.join(RULES),
            "*.gen.py\nbuild/\n/only_here.py\n!kept.gen.py\n",
        );
        write(
            &project.join("package").join(RULES),
            "!back.gen.py\nlocal.py\n",
        );
        let ignored = rules(project, &["package"]);
        for (path, expected) in [
            ("agent.py", false),
            ("a.gen.py", true),
            ("kept.gen.py", false),
            ("deep/er/a.gen.py", true),
            ("package/a.gen.py", true),
            ("package/back.gen.py", false),
            ("package/local.py", true),
            ("local.py", false),
            ("only_here.py", true),
            ("package/only_here.py", false),
            ("build/agent.py", true),
            ("build/kept.gen.py", true),
            ("package/build/agent.py", true),
        ] {
            assert_eq!(
                ignored.is_ignored(project, &project.join(path), false),
                expected,
                "{path}"
            );
        }
        assert!(ignored.is_ignored(project, &project.join("build"), true));
        assert!(
            !ignored.is_ignored(project, &project.join("build"), false),
            "a file of that name"
        );
    }

    #[test]
    fn the_rules_of_the_repository_count_for_a_project_in_it() {
        let home = TempDir::new().unwrap();
        let project = home.path().join("services/agent");
        write(
            &home.path().join(".git/info/exclude"),
            "mine.py\nagain.py\n",
        );
        write(
            &home.path().join(RULES),
            "generated/\n/services/agent/named.py\n!again.py\n",
        );
        write(&project.join("agent.py"), "");
        let ignored = rules(&project, &[]);
        for (path, expected) in [
            ("agent.py", false),
            ("generated/x.py", true),
            ("named.py", true),
            ("mine.py", true),
            ("again.py", false),
        ] {
            assert_eq!(
                ignored.is_ignored(&project, &project.join(path), false),
                expected,
                "{path}"
            );
        }
        let outside: Vec<_> = ignored.outside().collect();
        assert_eq!(
            outside,
            [
                home.path().join("services").join(RULES),
                home.path().join(RULES),
                home.path().join(".git/info/exclude")
            ]
        );
    }

    #[test]
    fn a_project_in_an_ignored_directory_is_a_project() {
        let home = TempDir::new().unwrap();
        let project = home.path().join("build/example");
        write(&home.path().join(".git/HEAD"), "");
        write(&home.path().join(RULES), "build/\n*.gen.py\n");
        write(&project.join(RULES), "own.py\n");
        let ignored = rules(&project, &[]);
        assert!(!ignored.is_ignored(&project, &project.join("agent.py"), false));
        assert!(!ignored.is_ignored(&project, &project.join("a.gen.py"), false));
        assert!(ignored.is_ignored(&project, &project.join("own.py"), false));
    }

    #[test]
    fn a_worktree_has_the_excludes_of_its_repository() {
        let home = TempDir::new().unwrap();
        let repository = home.path().join("repository/.git");
        write(&repository.join("info/exclude"), "mine.py\n");
        write(&repository.join("worktrees/one/commondir"), "../..\n");
        let tree = home.path().join("one");
        let own = repository.join("worktrees/one");
        write(&tree.join(".git"), &format!("gitdir: {}\n", own.display()));
        let ignored = rules(&tree, &[]);
        assert!(ignored.is_ignored(&tree, &tree.join("mine.py"), false));
    }
}
