//! Notices when the user's code changes: one [`Change`] for each save, checkout or formatter run.
//!
//! What the operating system tells is used where it tells: each directory has a watch of its own. Where it does not, because its
//! limits are reached or because a folder is shared with another machine, everything is looked at once a second.

mod coalesce;
mod content;
mod event;
mod file_system;
mod filter;
mod ignored;
#[cfg(test)]
mod tests;
mod thread;
mod watched;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use lgx_engine::notice::{Notice, Observer, PollReason};
use lgx_engine::workers::{Change, Roots, Sources, Watcher};
use tokio::sync::mpsc;

use self::event::{Meaning, meaning};
use self::filter::Filter;
use self::thread::{Follower, Message};
use self::watched::Watched;

/// How often everything is looked at where events do not tell. Looking at a thousand files takes a few milliseconds.
const POLL_EVERY: Duration = Duration::from_secs(1);

/// What tells of events; the operating system's own, but in tests.
type SystemWatcher = Box<dyn notify::Watcher + Send>;

/// What hears of them.
type Hearer = Box<dyn Fn(notify::Result<notify::Event>) + Send>;

/// A directory cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch {}: {source}", directory.display())]
pub(crate) struct NotWatched {
    /// The directory.
    directory: PathBuf,
    /// Why.
    source: notify::Error,
}

/// Watches until it is dropped, on a thread of its own, because looking at files blocks.
#[derive(Debug)]
pub(crate) struct DiskWatcher {
    messages: Sender<Message>,
}

impl DiskWatcher {
    /// Starts watching. What changes after this returns is sent to `changes`; the observer is told if events do not tell of all.
    pub(crate) fn start(
        roots: Roots,
        changes: mpsc::Sender<Change>,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, NotWatched> {
        Self::start_with(roots, changes, observer, POLL_EVERY, |hearer| {
            Ok(Box::new(notify::recommended_watcher(hearer)?))
        })
    }

    fn start_with(
        roots: Roots,
        changes: mpsc::Sender<Change>,
        observer: Arc<dyn Observer>,
        poll_every: Duration,
        system: impl FnOnce(Hearer) -> notify::Result<SystemWatcher>,
    ) -> Result<Self, NotWatched> {
        let (messages, inbox) = channel();
        let events = messages.clone();
        let hearer = move |event: notify::Result<notify::Event>| {
            // Reading is an event too, and there is a lot of it whenever a worker loads.
            if event
                .as_ref()
                .is_ok_and(|event| !event.need_rescan() && meaning(event.kind) == Meaning::Nothing)
            {
                return;
            }
            // Nobody listens only when the watcher is being dropped.
            let _ = events.send(Message::Event(event));
        };
        let system = system(Box::new(hearer)).map_err(|error| reason_of(&error));
        let mut watched = Watched::new(system, Filter::new(roots.state_dir), observer);
        let directory = roots.root.clone();
        watched.add_tree(&roots.root)?;
        for path in &roots.extra_files {
            watched.add(path)?;
        }
        let follower = Follower::new(watched, poll_every, changes);
        std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || follower.run(&inbox))
            .map_err(|error| NotWatched {
                directory,
                source: notify::Error::io(error),
            })?;
        Ok(Self { messages })
    }
}

/// How many directories are watched for a project, each of which takes a watch of the operating system's.
pub(crate) fn count_directories(roots: Roots) -> Result<usize, NotWatched> {
    let mut watched = Watched::new(
        Ok(Box::new(notify::NullWatcher)),
        Filter::new(roots.state_dir),
        Arc::new(Unheard),
    );
    watched.add_tree(&roots.root)?;
    for path in &roots.extra_files {
        watched.add(path)?;
    }
    Ok(watched.directories())
}

/// Where nothing is watched, there is nothing to tell.
struct Unheard;

impl Observer for Unheard {
    fn notice(&self, _: Notice) {}
}

/// Why the operating system does not let us watch at all.
fn reason_of(error: &notify::Error) -> PollReason {
    match &error.kind {
        // "Too many open files": inotify has one limit for all programs of a user.
        notify::ErrorKind::Io(error) if error.raw_os_error() == Some(EMFILE) => {
            PollReason::TooManyWatchers
        }
        notify::ErrorKind::MaxFilesWatch => PollReason::TooManyDirectories,
        _ => PollReason::NoEvents(error.to_string()),
    }
}

const EMFILE: i32 = rustix::io::Errno::MFILE.raw_os_error();

impl Watcher for DiskWatcher {
    fn also(&self, sources: Sources) {
        // The thread ends early only when nobody wants to hear of changes any more.
        let _ = self.messages.send(Message::Also(sources));
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
