//! The directories under watch and the content of the files that matter in them.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use lgx_config::{Unreadable, read_plain_file};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::WatchError;
use super::filter::{ENVIRONMENT_MARKER, Filter};

/// What is watched. Each directory has a watch of its own, so that those of tools cost nothing.
pub(super) struct Watched {
    notify: RecommendedWatcher,
    filter: Filter,
    directories: BTreeSet<PathBuf>,
    /// A hash of each file that matters and is there.
    contents: HashMap<PathBuf, u64>,
}

impl Watched {
    pub(super) fn new(notify: RecommendedWatcher, filter: Filter) -> Self {
        Self {
            notify,
            filter,
            directories: BTreeSet::new(),
            contents: HashMap::new(),
        }
    }

    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Adds a file, or a directory of Python files.
    pub(super) fn add(&mut self, path: &Path) -> Result<(), WatchError> {
        if path.is_dir() {
            self.add_tree(path)
        } else {
            self.add_file(path)
        }
    }

    /// Adds a source directory and takes its content as known.
    pub(super) fn add_tree(&mut self, directory: &Path) -> Result<(), WatchError> {
        self.filter.add_tree(directory.to_path_buf());
        if !self.directories.contains(directory) {
            for file in self.enter(directory)? {
                self.has_changed(&file);
            }
        }
        Ok(())
    }

    /// Adds a file wherever it is and takes its content as known. It need not be there yet.
    fn add_file(&mut self, file: &Path) -> Result<(), WatchError> {
        if !self.filter.is_relevant(file) || !self.is_seen(file) {
            self.filter.add_file(file.to_path_buf());
            if let Some(directory) = file.parent().filter(|directory| directory.is_dir()) {
                self.watch(directory)?;
            }
            self.has_changed(file);
        }
        Ok(())
    }

    /// Watches a directory and those below it. Gives the files in them that matter.
    pub(super) fn enter(&mut self, top: &Path) -> Result<Vec<PathBuf>, WatchError> {
        let mut files = Vec::new();
        let mut directories = vec![top.to_path_buf()];
        while let Some(directory) = directories.pop() {
            if self.is_environment(&directory) {
                continue;
            }
            // Watched first and read then, so that what appears meanwhile is seen one way or the other.
            match self.watch(&directory) {
                Ok(()) => {}
                // A directory of another user, say; the rest of the project is worth watching.
                Err(WatchError::Directory { directory, source }) if directory != top => {
                    tracing::warn!(
                        "changes in {} will not be noticed: {source}",
                        directory.display()
                    );
                    continue;
                }
                Err(error) => return Err(error),
            }
            let Ok(entries) = fs_err::read_dir(&directory) else {
                continue;
            };
            for entry in entries.flatten() {
                let path = entry.path();
                // Symbolic links to directories are not followed: they may lead in circles.
                if entry.file_type().is_ok_and(|file_type| file_type.is_dir()) {
                    if self.filter.enters(&path) {
                        directories.push(path);
                    }
                } else if self.filter.is_relevant(&path) {
                    files.push(path);
                }
            }
        }
        Ok(files)
    }

    /// Ends the watch of a directory that left. Gives the files that were in it.
    pub(super) fn leave(&mut self, directory: &Path) -> Vec<PathBuf> {
        let below = |path: &PathBuf| path.starts_with(directory);
        let gone: Vec<PathBuf> = self
            .directories
            .range(directory.to_path_buf()..)
            .take_while(|path| below(path))
            .cloned()
            .collect();
        if gone.is_empty() {
            return Vec::new();
        }
        for directory in gone {
            // The operating system ends the watch of what it deletes, so there may be none.
            let _ = self.notify.unwatch(&directory);
            self.directories.remove(&directory);
        }
        self.contents
            .keys()
            .filter(|path| below(path))
            .cloned()
            .collect()
    }

    /// Forgets a directory if it has turned out to be a virtual environment.
    pub(super) fn abandon_environment(&mut self, directory: &Path) {
        if self.is_environment(directory) {
            for file in self.leave(directory) {
                self.contents.remove(&file);
            }
        }
    }

    /// A project that is its own virtual environment is still a project.
    fn is_environment(&self, directory: &Path) -> bool {
        !self.filter.is_tree(directory) && directory.join(ENVIRONMENT_MARKER).exists()
    }

    /// Looks at everything anew, after events were lost. Gives all files that may have changed.
    pub(super) fn look_again(&mut self) -> Result<Vec<PathBuf>, WatchError> {
        let mut files: Vec<PathBuf> = self.contents.keys().cloned().collect();
        for directory in self.directories.clone() {
            if directory.is_dir() {
                files.extend(self.enter(&directory)?);
            }
        }
        Ok(files)
    }

    /// Watches directories of packages for what appears and leaves right in them; one that cannot be watched is left alone.
    pub(super) fn watch_packages(&mut self, directories: &[PathBuf]) {
        for directory in directories {
            if !self.directories.contains(directory)
                && let Err(error) = self.notify.watch(directory, RecursiveMode::NonRecursive)
            {
                tracing::debug!(%error, "packages in {} are not watched", directory.display());
            }
        }
    }

    /// Ends that.
    pub(super) fn forget_packages(&mut self, directories: &[PathBuf]) {
        for directory in directories {
            if !self.directories.contains(directory) {
                // It may never have been watched.
                let _ = self.notify.unwatch(directory);
            }
        }
    }

    /// Whether a file holds something else than it did when this was last asked.
    pub(super) fn has_changed(&mut self, file: &Path) -> bool {
        let now = if self.is_seen(file) {
            content(file)
        } else {
            None
        };
        let before = match now {
            Some(hash) => self.contents.insert(file.to_path_buf(), hash),
            None => self.contents.remove(file),
        };
        now != before
    }

    fn is_seen(&self, file: &Path) -> bool {
        file.parent()
            .is_some_and(|directory| self.directories.contains(directory))
    }

    fn watch(&mut self, directory: &Path) -> Result<(), WatchError> {
        match self.notify.watch(directory, RecursiveMode::NonRecursive) {
            Ok(()) => {
                self.directories.insert(directory.to_path_buf());
                Ok(())
            }
            // It was there a moment ago; its end is an event of the directory above.
            Err(_) if !directory.exists() => Ok(()),
            Err(error) => Err(WatchError::from_notify(
                directory,
                self.directories.len(),
                error,
            )),
        }
    }
}

/// A hash of what a file holds, if it can be read. Nobody has a reason to forge one, so it need not be cryptographic.
///
/// A named pipe or a device counts as what it is, because reading one may never end; of a very large file the time and the size count.
fn content(file: &Path) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    match read_plain_file(file) {
        Ok(bytes) => hasher.write(&bytes),
        Err(Unreadable::NotPlain(kind)) if kind != "a directory" => hasher.write(kind.as_bytes()),
        Err(Unreadable::TooLarge) => {
            let metadata = fs_err::metadata(file).ok()?;
            (metadata.len(), metadata.modified().ok()).hash(&mut hasher);
        }
        Err(_) => return None,
    }
    Some(hasher.finish())
}
