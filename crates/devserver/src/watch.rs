//! Notices when the user's code changes: one [`Change`] for each save, checkout or formatter run.

mod coalesce;
mod filter;
mod roots;
#[cfg(test)]
mod tests;
mod thread;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};

use lgx_engine::workers::{Change, Roots, Watcher};
use tokio::sync::mpsc;

use self::filter::{Filter, Meaning, meaning};
use self::roots::Watched;
use self::thread::{Follower, Message};

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
pub(crate) struct DiskWatcher {
    messages: Sender<Message>,
}

impl DiskWatcher {
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
            watched.add(path)?;
        }
        let follower = Follower::new(watched, changes);
        std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || follower.run(&inbox))
            .map_err(|error| WatchError::Unavailable(notify::Error::io(error)))?;
        Ok(Self { messages })
    }
}

impl Watcher for DiskWatcher {
    fn also(&self, files: &[PathBuf]) {
        // The thread ends early only when nobody wants to hear of changes any more.
        let _ = self.messages.send(Message::Also(files.to_vec()));
    }

    fn packages(&self, directories: Vec<PathBuf>) {
        let _ = self.messages.send(Message::Packages(directories));
    }

    fn failing(&self, failing: bool) {
        let _ = self.messages.send(Message::Failing(failing));
    }
}

impl Drop for DiskWatcher {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Stop);
    }
}
