//! Notices when the user's code changes: one [`Change`] for each save, checkout or formatter run.

mod coalesce;
mod filter;
mod roots;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Instant;

use tokio::sync::mpsc;

use self::coalesce::Pending;
use self::filter::{ENVIRONMENT_MARKER, Filter, Meaning, meaning};
use self::roots::Watched;

/// What to watch.
#[derive(Debug, Clone)]
pub(crate) struct Roots {
    /// The project, absolute. Every Python file in it matters, and its pyproject.toml.
    pub(crate) root: PathBuf,
    /// Further files, and directories of Python files, wherever they are: the configuration, the env file, local dependencies.
    pub(crate) extra_files: Vec<PathBuf>,
    /// Where the server keeps its own state, which is never watched.
    pub(crate) state_dir: PathBuf,
}

/// Files that hold something else than before, appeared or went, all as one step of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The files, in order; never empty.
    pub(crate) files: Vec<PathBuf>,
}

/// Why files cannot be watched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WatchError {
    /// The operating system offers no watches at all.
    #[error("the operating system does not let files be watched: {0}")]
    Unavailable(notify::Error),
    /// The operating system offers no more watches.
    #[error(
        "cannot watch {directory}: the limit for watched directories is reached ({watched} are watched here); \
         raise it (on Linux: sudo sysctl fs.inotify.max_user_watches=524288)"
    )]
    TooMany {
        /// The first directory that is not watched.
        directory: PathBuf,
        /// How many are.
        watched: usize,
    },
    /// A directory cannot be watched.
    #[error("cannot watch {directory}: {source}")]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// Why.
        source: notify::Error,
    },
}

impl WatchError {
    fn from_notify(directory: &Path, watched: usize, source: notify::Error) -> Self {
        let directory = directory.to_path_buf();
        match source.kind {
            notify::ErrorKind::MaxFilesWatch => Self::TooMany { directory, watched },
            _ => Self::Directory { directory, source },
        }
    }
}

/// Watches until it is dropped, on a thread of its own, because looking at files blocks.
#[derive(Debug)]
pub(crate) struct Watcher {
    messages: Sender<Message>,
}

enum Message {
    Event(notify::Result<notify::Event>),
    Also(Vec<PathBuf>),
    Stop,
}

impl Watcher {
    /// Starts watching. What changes after this returns is sent to `changes`.
    pub(crate) fn start(roots: Roots, changes: mpsc::Sender<Change>) -> Result<Self, WatchError> {
        let (messages, inbox) = channel();
        let events = messages.clone();
        let notify = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading is an event too, and there is a lot of it whenever a worker loads.
            if event
                .as_ref()
                .is_ok_and(|event| !event.need_rescan() && meaning(event.kind) == Meaning::Nothing)
            {
                return;
            }
            // Nobody listens only when the watcher is being dropped.
            let _ = events.send(Message::Event(event));
        })
        .map_err(WatchError::Unavailable)?;
        let mut watched = Watched::new(notify, Filter::new(roots.state_dir));
        watched.add_tree(&roots.root)?;
        for path in &roots.extra_files {
            add(&mut watched, path)?;
        }
        let watch = Watch {
            watched,
            pending: Pending::default(),
            changes,
        };
        std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || watch.run(&inbox))
            .map_err(|error| WatchError::Unavailable(notify::Error::io(error)))?;
        Ok(Self { messages })
    }

    /// Watches further files, and directories of Python files; those that are watched already cost nothing.
    pub(crate) fn also(&self, files: &[PathBuf]) {
        // The thread ends early only when nobody wants to hear of changes any more.
        let _ = self.messages.send(Message::Also(files.to_vec()));
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Stop);
    }
}

fn add(watched: &mut Watched, path: &Path) -> Result<(), WatchError> {
    if path.is_dir() {
        watched.add_tree(path)
    } else {
        watched.add_file(path)
    }
}

/// What the thread of a watcher has.
struct Watch {
    watched: Watched,
    pending: Pending,
    changes: mpsc::Sender<Change>,
}

impl Watch {
    fn run(mut self, inbox: &Receiver<Message>) {
        loop {
            let message = match self.pending.deadline() {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(deadline) => {
                    inbox.recv_timeout(deadline.saturating_duration_since(Instant::now()))
                }
            };
            match message {
                Ok(Message::Event(Ok(event))) => self.note_event(&event),
                Ok(Message::Event(Err(error))) => {
                    tracing::warn!(%error, "file events were lost");
                    self.look_again();
                }
                Ok(Message::Also(paths)) => {
                    for path in paths {
                        warn_of(add(&mut self.watched, &path));
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
            if let Some(files) = self.pending.take(Instant::now()) {
                let files: Vec<PathBuf> = files
                    .into_iter()
                    .filter(|file| self.watched.has_changed(file))
                    .collect();
                if !files.is_empty() && self.changes.blocking_send(Change { files }).is_err() {
                    return;
                }
            }
        }
    }

    fn note_event(&mut self, event: &notify::Event) {
        if event.need_rescan() {
            return self.look_again();
        }
        let meaning = meaning(event.kind);
        for path in &event.paths {
            if self.watched.filter().is_relevant(path) {
                self.note([path.clone()]);
            }
            if meaning == Meaning::Content {
                continue;
            }
            if meaning == Meaning::Left {
                let gone = self.watched.leave(path);
                self.note(gone);
            }
            if path.is_dir() && !path.is_symlink() && self.watched.filter().enters(path) {
                let found = self.watched.enter(path);
                self.note(warn_of(found).unwrap_or_default());
            } else if path
                .file_name()
                .is_some_and(|name| name == ENVIRONMENT_MARKER)
                && let Some(directory) = path.parent()
            {
                self.watched.abandon_environment(directory);
            }
        }
    }

    fn look_again(&mut self) {
        let files = self.watched.look_again();
        self.note(warn_of(files).unwrap_or_default());
    }

    fn note(&mut self, files: impl IntoIterator<Item = PathBuf>) {
        let now = Instant::now();
        for file in files {
            self.pending.note(file, now);
        }
    }
}

fn warn_of<T>(result: Result<T, WatchError>) -> Option<T> {
    result
        .inspect_err(|error| tracing::warn!("changes there will not be noticed: {error}"))
        .ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use tempfile::TempDir;

    use super::*;

    /// A project with `agent.py` and a virtual environment, being watched.
    struct Project {
        directory: TempDir,
        changes: mpsc::Receiver<Change>,
        watcher: Watcher,
    }

    impl Project {
        fn new() -> Self {
            let directory = TempDir::new().unwrap();
            write(&directory.path().join("agent.py"), "one");
            write(&directory.path().join("venvs/one/pyvenv.cfg"), "");
            write(&directory.path().join("venvs/one/library.py"), "");
            let (sender, changes) = mpsc::channel(8);
            let roots = Roots {
                root: directory.path().to_path_buf(),
                extra_files: vec![directory.path().join(".env")],
                state_dir: directory.path().join("state"),
            };
            let watcher = Watcher::start(roots, sender).unwrap();
            Self {
                directory,
                changes,
                watcher,
            }
        }

        fn path(&self, file: &str) -> PathBuf {
            self.directory.path().join(file)
        }

        fn write(&self, file: &str, text: &str) {
            write(&self.path(file), text);
        }

        /// Waits until exactly these files have changed.
        async fn changed(&mut self, expected: &[&str]) {
            let expected: BTreeSet<PathBuf> = expected.iter().map(|file| self.path(file)).collect();
            let mut seen = BTreeSet::new();
            while seen != expected {
                let next = tokio::time::timeout(Duration::from_secs(20), self.changes.recv());
                seen.extend(next.await.unwrap().unwrap().files);
                assert!(seen.is_subset(&expected), "{seen:?}");
            }
        }
    }

    /// Writes a file in one step, so that it is never seen half written.
    fn write(path: &Path, text: &str) {
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        let unfinished = path.with_extension("unfinished");
        fs_err::write(&unfinished, text).unwrap();
        fs_err::rename(unfinished, path).unwrap();
    }

    #[tokio::test]
    async fn an_edit_is_a_change_and_writing_the_same_again_is_none() {
        let mut project = Project::new();
        project.write("agent.py", "one");
        project.write("notes.md", "not code");
        project.write("venvs/one/library.py", "not the project's");
        project.write("state/runtime.py", "not the project's either");
        project.write("new.py", "");
        project.changed(&["new.py"]).await;
        fs_err::remove_file(project.path("new.py")).unwrap();
        project.changed(&["new.py"]).await;
        fs_err::write(project.path("agent.py"), "two").unwrap();
        project.changed(&["agent.py"]).await;
    }

    #[tokio::test]
    async fn a_save_by_renaming_is_a_change_of_the_file_that_was_saved() {
        let mut project = Project::new();
        fs_err::write(project.path("agent.py~"), "two").unwrap();
        fs_err::rename(project.path("agent.py~"), project.path("agent.py")).unwrap();
        project.changed(&["agent.py"]).await;
        project.write(".env", "KEY=1");
        project.changed(&[".env"]).await;
    }

    #[tokio::test]
    async fn new_directories_are_watched_and_so_are_files_that_are_named_later() {
        let mut project = Project::new();
        project.write("package/inner/module.py", "one");
        project.changed(&["package/inner/module.py"]).await;
        project.write("package/inner/module.py", "two");
        project.changed(&["package/inner/module.py"]).await;
        fs_err::rename(project.path("package"), project.path("renamed")).unwrap();
        project
            .changed(&["package/inner/module.py", "renamed/inner/module.py"])
            .await;
        project.write("renamed/inner/module.py", "three");
        project.changed(&["renamed/inner/module.py"]).await;
        fs_err::remove_dir_all(project.path("renamed")).unwrap();
        project.changed(&["renamed/inner/module.py"]).await;

        project
            .watcher
            .also(&[project.path("venvs/one/library.py")]);
        // Once this is seen, what was asked for before it has been done.
        project.write("agent.py", "two");
        project.changed(&["agent.py"]).await;
        project.write("venvs/one/library.py", "installed to be edited");
        project.changed(&["venvs/one/library.py"]).await;
    }
}
