//! The directories under watch and the content of the files that matter in them.

mod rules;
mod sweep;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lgx_engine::notice::{Notice, Observer, PollReason};
use lgx_engine::workers::FileStamp;
use notify::RecursiveMode;

use super::content::{self, Content};
use super::file_system;
use super::filter::{ENVIRONMENT_MARKER, Filter};
use super::{NotWatched, SystemWatcher};

pub(super) use sweep::Swept;

/// What is watched. Each directory has a watch of its own, so that those of tools cost nothing.
pub(super) struct Watched {
    /// What tells of events, if the operating system lets us have it.
    system: Option<SystemWatcher>,
    /// Whether everything is looked at from time to time, because no events tell of some of it.
    polls: bool,
    observer: Arc<dyn Observer>,
    filter: Filter,
    directories: BTreeSet<PathBuf>,
    /// What each file that matters holds, if it is there.
    contents: HashMap<PathBuf, Content>,
    /// When each file was last written, as far as that was looked at instead of waiting for events.
    stamps: HashMap<PathBuf, FileStamp>,
}

impl Watched {
    pub(super) fn new(
        system: Result<SystemWatcher, PollReason>,
        filter: Filter,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let mut watched = Self {
            system: None,
            polls: false,
            observer,
            filter,
            directories: BTreeSet::new(),
            contents: HashMap::new(),
            stamps: HashMap::new(),
        };
        match system {
            Ok(system) => watched.system = Some(system),
            Err(reason) => watched.poll(reason),
        }
        watched
    }

    pub(super) const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// How many directories are watched.
    pub(super) fn directories(&self) -> usize {
        self.directories.len()
    }

    /// Whether [`Watched::sweep`] has to be called from time to time.
    pub(super) const fn polls(&self) -> bool {
        self.polls
    }

    /// From now on everything is looked at from time to time; the person is told why, once.
    fn poll(&mut self, reason: PollReason) {
        if !self.polls {
            self.polls = true;
            self.observer.notice(Notice::Polling(reason));
        }
    }

    /// Adds a file, or a directory of source files.
    pub(super) fn add(&mut self, path: &Path) -> Result<(), NotWatched> {
        if path.is_dir() {
            self.add_tree(path)
        } else {
            self.add_file(path).map(drop)
        }
    }

    /// Adds a source directory and takes its content as known.
    pub(super) fn add_tree(&mut self, directory: &Path) -> Result<(), NotWatched> {
        if self.filter.is_tree(directory) {
            return Ok(());
        }
        self.filter.add_tree(directory.to_path_buf());
        if let Some(kind) = file_system::shared_kind(directory) {
            self.poll(PollReason::SharedFolder {
                directory: directory.to_path_buf(),
                kind,
            });
        }
        self.watch_outer_rules();
        for file in self.enter(directory)? {
            if !self.contents.contains_key(&file) {
                self.has_changed(&file);
            }
        }
        Ok(())
    }

    /// Adds a file wherever it is and takes its content as known. It need not be there yet. True if it was not watched before.
    pub(super) fn add_file(&mut self, file: &Path) -> Result<bool, NotWatched> {
        if self.filter.is_relevant(file) && self.is_seen(file) {
            // It stays watched, also if git is told to ignore it.
            self.filter.add_file(file.to_path_buf());
            return Ok(false);
        }
        self.filter.add_file(file.to_path_buf());
        if let Some(directory) = file.parent().filter(|directory| directory.is_dir()) {
            self.watch(directory)?;
        }
        self.has_changed(file);
        Ok(true)
    }

    /// Adds a directory of which it matters what data is in it, and takes that as known.
    /// True if it was not watched for that before.
    pub(super) fn add_listed(&mut self, directory: &Path) -> Result<bool, NotWatched> {
        if !directory.is_dir() || !self.filter.add_listed(directory.to_path_buf()) {
            return Ok(false);
        }
        self.watch(directory)?;
        self.has_changed(directory);
        Ok(true)
    }

    /// Watches a directory and those below it. Gives the files in them that matter.
    pub(super) fn enter(&mut self, top: &Path) -> Result<Vec<PathBuf>, NotWatched> {
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
                Err(error) if directory != top => {
                    tracing::warn!("{error}; changes there will not be noticed");
                    continue;
                }
                Err(error) => return Err(error),
            }
            self.filter.ignored_mut().read(&directory);
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

    /// Watches a directory, which may have come back, for the files in it that are named. Gives these.
    pub(super) fn watch_again(&mut self, directory: &Path) -> Result<Vec<PathBuf>, NotWatched> {
        self.watch(directory)?;
        let entries = fs_err::read_dir(directory).into_iter().flatten().flatten();
        let files = entries.map(|entry| entry.path());
        Ok(files.filter(|file| self.filter.is_relevant(file)).collect())
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
            self.unwatch(&directory);
        }
        self.filter.ignored_mut().forget(directory);
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

    /// Watches directories of packages for what appears and leaves right in them; one that cannot be watched is left alone.
    pub(super) fn watch_packages(&mut self, directories: &[PathBuf]) {
        for directory in directories {
            if !self.directories.contains(directory)
                && let Some(system) = &mut self.system
                && let Err(error) = system.watch(directory, RecursiveMode::NonRecursive)
            {
                tracing::debug!(%error, "packages in {} are not watched", directory.display());
            }
        }
    }

    /// Ends that.
    pub(super) fn forget_packages(&mut self, directories: &[PathBuf]) {
        for directory in directories {
            if !self.directories.contains(directory)
                && let Some(system) = &mut self.system
            {
                // It may never have been watched.
                let _ = system.unwatch(directory);
            }
        }
    }

    /// Whether a file holds something else than it did when this was last asked.
    pub(super) fn has_changed(&mut self, file: &Path) -> bool {
        let now = self.content(file);
        let before = match now {
            Some(content) => self.contents.insert(file.to_path_buf(), content),
            None => self.contents.remove(file),
        };
        now != before
    }

    /// Whether a file looks as if somebody was about to write it: it had content, and is empty or gone.
    pub(super) fn is_unfinished(&self, file: &Path) -> bool {
        let before = self.contents.get(file);
        before.is_some_and(|before| *before != Content::Empty)
            && fs_err::metadata(file).map_or(true, |now| now.is_file() && now.len() == 0)
    }

    /// How many directories, files, times and rules are kept.
    #[cfg(test)]
    pub(super) fn size(&self) -> [usize; 4] {
        let rules = self.filter.ignored().size();
        [
            self.directories.len(),
            self.contents.len(),
            self.stamps.len(),
            rules,
        ]
    }

    fn content(&self, path: &Path) -> Option<Content> {
        if self.filter.listed().any(|listed| listed == path) {
            return content::of_directory(path);
        }
        self.is_seen(path).then(|| content::of_file(path))?
    }

    fn is_seen(&self, file: &Path) -> bool {
        file.parent()
            .is_some_and(|directory| self.directories.contains(directory))
    }

    fn watch(&mut self, directory: &Path) -> Result<(), NotWatched> {
        // Also if it is watched already: it may be another directory by now.
        let watched = self.system.as_mut().map_or(Ok(()), |system| {
            system.watch(directory, RecursiveMode::NonRecursive)
        });
        match watched {
            Err(_) if !directory.exists() => {
                // It was there a moment ago; its end is an event of the directory above.
                return Ok(());
            }
            Err(error) if matches!(error.kind, notify::ErrorKind::MaxFilesWatch) => {
                // The watches that we have are of use to other programs.
                self.system = None;
                self.poll(PollReason::TooManyDirectories);
            }
            Err(source) => {
                return Err(NotWatched {
                    directory: directory.to_path_buf(),
                    source,
                });
            }
            Ok(()) => {}
        }
        self.directories.insert(directory.to_path_buf());
        Ok(())
    }

    fn unwatch(&mut self, directory: &Path) {
        if let Some(system) = &mut self.system {
            // The operating system ends the watch of what it deletes, so there may be none.
            let _ = system.unwatch(directory);
        }
        self.directories.remove(directory);
    }
}
