//! The thread that keeps the watches in step with the project and turns events into changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Instant;

use lgx_engine::workers::Change;
use tokio::sync::mpsc;

use super::WatchError;
use super::coalesce::Pending;
use super::filter::{ENVIRONMENT_MARKER, Meaning, meaning};
use super::roots::Watched;

/// What the thread is told.
pub(super) enum Message {
    /// What the operating system says.
    Event(notify::Result<notify::Event>),
    /// Paths to watch as well.
    Also(Vec<PathBuf>),
    /// Where the interpreter's packages are.
    Packages(Vec<PathBuf>),
    /// Whether the code does not load as it is: then every save matters, and so does every package.
    Failing(bool),
    /// The watcher was dropped.
    Stop,
}

/// What the thread has.
pub(super) struct Follower {
    watched: Watched,
    pending: Pending,
    packages: Vec<PathBuf>,
    failing: bool,
    /// What was saved while the code did not load: it counts as changed, whatever it holds.
    saved: BTreeSet<PathBuf>,
    changes: mpsc::Sender<Change>,
}

impl Follower {
    pub(super) fn new(watched: Watched, changes: mpsc::Sender<Change>) -> Self {
        Self {
            watched,
            pending: Pending::default(),
            packages: Vec::new(),
            failing: false,
            saved: BTreeSet::new(),
            changes,
        }
    }

    /// Works until it is told to stop or nobody wants to hear of changes any more.
    pub(super) fn run(mut self, inbox: &Receiver<Message>) {
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
                        warn_of(self.watched.add(&path));
                    }
                }
                Ok(Message::Packages(directories)) => self.know_packages(directories),
                Ok(Message::Failing(failing)) => self.set_failing(failing),
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
            if let Some(files) = self.pending.take(Instant::now()) {
                let saved = std::mem::take(&mut self.saved);
                let files: Vec<PathBuf> = files
                    .into_iter()
                    .filter(|file| self.watched.has_changed(file) || saved.contains(file))
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
                if self.failing {
                    self.saved.insert(path.clone());
                }
                self.note([path.clone()]);
            }
            if meaning == Meaning::Content {
                continue;
            }
            if self.failing && is_package_of(path, &self.packages) {
                self.saved.insert(path.clone());
                self.pending.note_package(path.clone(), Instant::now());
            }
            if meaning == Meaning::Left {
                let gone = self.watched.leave(path);
                self.note(gone);
            }
            if self.watched.filter().enters(path) && path.is_dir() && !path.is_symlink() {
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

    fn know_packages(&mut self, directories: Vec<PathBuf>) {
        if self.packages != directories {
            let failing = std::mem::take(&mut self.failing);
            self.watched.forget_packages(&self.packages);
            self.packages = directories;
            self.set_failing(failing);
        }
    }

    /// Packages are only watched while they may be what is missing: there are events without end in them otherwise.
    fn set_failing(&mut self, failing: bool) {
        if failing == self.failing {
            return;
        }
        self.failing = failing;
        if failing {
            self.watched.watch_packages(&self.packages);
        } else {
            self.watched.forget_packages(&self.packages);
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

/// Whether this is a package, or what tells of one, right in one of these directories.
fn is_package_of(path: &Path, directories: &[PathBuf]) -> bool {
    path.parent()
        .is_some_and(|parent| directories.iter().any(|directory| directory == parent))
        && path.file_name().is_some_and(|name| name != "__pycache__")
}

fn warn_of<T>(result: Result<T, WatchError>) -> Option<T> {
    result
        .inspect_err(|error| tracing::warn!("changes there will not be noticed: {error}"))
        .ok()
}
