//! The thread that keeps the watches in step with the project and turns events into changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use lgx_engine::workers::{Change, FileStamp, Sources};
use tokio::sync::mpsc;

use super::NotWatched;
use super::coalesce::Pending;
use super::content::{has_newer_data, is_newer};
use super::event::{Meaning, meaning};
use super::filter::ENVIRONMENT_MARKER;
use super::watched::{Swept, Watched};

/// What the thread is told.
pub(super) enum Message {
    /// What the operating system says.
    Event(notify::Result<notify::Event>),
    /// What code was loaded from, to be watched as well.
    Also(Sources),
    /// Where the interpreter's packages are.
    Packages(Vec<PathBuf>),
    /// Whether the code does not load as it is: then every save matters, and so does every package.
    Failing(bool),
    /// How much is kept.
    #[cfg(test)]
    Size(tokio::sync::oneshot::Sender<[usize; 4]>),
    /// The watcher was dropped.
    Stop,
}

/// What the thread has.
pub(super) struct Follower {
    watched: Watched,
    pending: Pending,
    packages: Vec<PathBuf>,
    /// When something last appeared in them or left, as far as that was looked at instead of waiting for events.
    package_stamps: Vec<Option<FileStamp>>,
    failing: bool,
    /// What was saved while the code did not load: it counts as changed, whatever it holds.
    saved: BTreeSet<PathBuf>,
    /// How often everything is looked at, where events do not tell.
    every: Duration,
    next_sweep: Instant,
    changes: mpsc::Sender<Change>,
}

impl Follower {
    pub(super) fn new(watched: Watched, every: Duration, changes: mpsc::Sender<Change>) -> Self {
        Self {
            watched,
            pending: Pending::default(),
            packages: Vec::new(),
            package_stamps: Vec::new(),
            failing: false,
            saved: BTreeSet::new(),
            every,
            next_sweep: Instant::now(),
            changes,
        }
    }

    /// Works until it is told to stop or nobody wants to hear of changes any more.
    pub(super) fn run(mut self, inbox: &Receiver<Message>) {
        loop {
            let sweep = self.watched.polls().then_some(self.next_sweep);
            let deadline = self.pending.deadline().into_iter().chain(sweep).min();
            let message = match deadline {
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
                Ok(Message::Also(sources)) => self.note_sources(sources),
                Ok(Message::Packages(directories)) => self.know_packages(directories),
                Ok(Message::Failing(failing)) => self.set_failing(failing),
                #[cfg(test)]
                Ok(Message::Size(reply)) => reply.send(self.watched.size()).unwrap(),
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.watched.polls() && Instant::now() >= self.next_sweep {
                self.sweep();
            }
            if !self.deliver() {
                return;
            }
        }
    }

    /// Sends what has changed, if it is time. False when nobody wants to hear of it any more.
    fn deliver(&mut self) -> bool {
        let Some(files) = self.pending.due(Instant::now()) else {
            return true;
        };
        if files.iter().any(|file| self.watched.is_unfinished(file))
            && self.pending.wait_for_the_rest()
        {
            return true;
        }
        let Some(files) = self.pending.take(Instant::now()) else {
            return true;
        };
        let saved = std::mem::take(&mut self.saved);
        let files: Vec<PathBuf> = files
            .into_iter()
            .filter(|file| self.watched.has_changed(file) || saved.contains(file))
            .collect();
        files.is_empty() || self.changes.blocking_send(Change { files }).is_ok()
    }

    /// What code was loaded from is watched from now on. What has changed since it was read is a change.
    fn note_sources(&mut self, sources: Sources) {
        let Sources {
            files,
            listed,
            since,
        } = sources;
        for file in files {
            if warn_of(self.watched.add_file(&file)) == Some(true) && is_newer(&file, since) {
                self.saved.insert(file.clone());
                self.note([file]);
            }
        }
        for directory in listed {
            if warn_of(self.watched.add_listed(&directory)) == Some(true)
                && has_newer_data(&directory, since)
            {
                self.saved.insert(directory.clone());
                self.note([directory]);
            }
        }
    }

    fn sweep(&mut self) {
        let began = Instant::now();
        let Swept {
            found,
            written,
            rules,
        } = self.watched.sweep();
        // Over a slow network a look takes long; then there are fewer.
        self.next_sweep = Instant::now() + self.every.max(began.elapsed() * 4);
        if self.failing {
            self.saved.extend(written);
            self.sweep_packages();
        }
        self.note(found);
        if rules {
            self.take_up_rules();
        }
    }

    fn sweep_packages(&mut self) {
        let stamps: Vec<_> = self
            .packages
            .iter()
            .map(|directory| FileStamp::of(directory))
            .collect();
        let before = std::mem::replace(&mut self.package_stamps, stamps);
        for (index, directory) in self.packages.iter().enumerate() {
            if before
                .get(index)
                .is_some_and(|before| *before != self.package_stamps[index])
            {
                self.saved.insert(directory.clone());
                self.pending.note_package(directory.clone(), Instant::now());
            }
        }
    }

    fn take_up_rules(&mut self) {
        let found = self.watched.take_up_rules();
        self.note(warn_of(found).unwrap_or_default());
    }

    fn note_event(&mut self, event: &notify::Event) {
        if event.need_rescan() {
            return self.look_again();
        }
        let meaning = meaning(event.kind);
        if event
            .paths
            .iter()
            .any(|path| self.watched.filter().is_rules(path))
        {
            self.take_up_rules();
        }
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
            if let Some(listing) = self.watched.filter().listing_of(path) {
                self.note([listing.to_path_buf()]);
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
            } else if self.watched.filter().names_a_file_in(path) && path.is_dir() {
                let found = self.watched.watch_again(path);
                self.note(warn_of(found).unwrap_or_default());
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
        self.package_stamps.clear();
        if failing {
            self.watched.watch_packages(&self.packages);
        } else {
            self.watched.forget_packages(&self.packages);
        }
    }

    fn look_again(&mut self) {
        let files = self.watched.look_again();
        self.note(files);
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

fn warn_of<T>(result: Result<T, NotWatched>) -> Option<T> {
    result
        .inspect_err(|error| tracing::warn!("{error}; changes there will not be noticed"))
        .ok()
}
