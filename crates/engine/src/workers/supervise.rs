//! The task that keeps a generation serving: first start, reloads after changes, replacement of workers that end or are blocked.
//!
//! A crew that ends or is blocked leaves alone while others of its generation serve: these take over at once, and another crew of the same
//! code joins them. If it was the last one that could serve, a new generation takes over.
//!
//! One thing is brought up at a time. A change takes precedence: what is being brought up then is code of yesterday, so its workers are
//! ended, even those whose import never would.

mod changes;
mod coming;
mod losses;
mod making_room;
mod outcomes;

use std::sync::Arc;
use std::time::Duration;

use lgx_worker::Death;
use tokio::sync::mpsc;
use tokio::time::Instant;

use self::coming::{BringUp, Reason};
use self::making_room::Leaving;
use super::bring_up::BringUpError;
use super::crew::Crew;
use super::restarts::Restarts;
use super::save_news::SaveNews;
use super::saved_files::SavedFiles;
use super::team::Team;
use super::{Change, Workers};
use crate::due::due_at;

/// What the task remembers.
struct Supervisor {
    workers: Arc<Workers>,
    changes: mpsc::Receiver<Change>,
    restarts: Restarts,
    coming: Option<BringUp>,
    leaving: Option<Leaving>,
    news: SaveNews,
    /// Since the code that serves was loaded.
    saved: SavedFiles,
    /// Up to this number crews could not be relieved: nothing is tried again before something changes.
    unrelieved: u64,
    /// The crew that was blocked and left, until the one is there that takes its place.
    relieved: Option<Arc<Crew>>,
    /// How long the project last took to load.
    took: Duration,
}

/// What happens next.
enum Happening {
    Changed(Change),
    Died(Arc<Crew>, Death),
    Blocked(Arc<Crew>, Instant),
    /// What came of a save has been held back long enough.
    NewsDue,
    BroughtUp(BringUp, Result<Team, BringUpError>),
}

/// Keeps a generation serving until the workers are stopped.
pub(super) async fn supervise(workers: Arc<Workers>, changes: mpsc::Receiver<Change>) {
    let stopping = workers.stopping.clone();
    let mut supervisor = Supervisor {
        workers,
        changes,
        restarts: Restarts::default(),
        coming: None,
        leaving: None,
        news: SaveNews::default(),
        saved: SavedFiles::default(),
        unrelieved: 0,
        relieved: None,
        took: Duration::ZERO,
    };
    tokio::select! {
        () = stopping.cancelled() => {}
        () = supervisor.run() => {}
    }
}

impl Supervisor {
    async fn run(&mut self) {
        let config = self.workers.config();
        self.bring_up(Reason::Start, config, Duration::ZERO);
        loop {
            match self.next().await {
                Happening::Changed(change) => self.changed(change),
                Happening::Died(crew, death) => self.died(&crew, death),
                Happening::Blocked(crew, since) => self.blocked(&crew, since),
                Happening::NewsDue => {
                    if let Some(outcome) = self.news.take() {
                        self.workers.notice(outcome);
                    }
                }
                Happening::BroughtUp(bring_up, Ok(team)) => match bring_up.reason {
                    Reason::Reinforcement => self.joined(&bring_up, team),
                    _ => self.came_up(&bring_up, &team),
                },
                Happening::BroughtUp(bring_up, Err(error)) => self.failed(&bring_up, error),
            }
        }
    }

    async fn next(&mut self) -> Happening {
        let current = self.workers.current();
        let patience = self.workers.options.blocked_after;
        // Whatever comes up relieves those that are blocked as well.
        let relievable = current.as_ref().filter(|_| self.coming.is_none());
        let newer = self.unrelieved;
        tokio::select! {
            biased;
            (crew, death) = died(current.as_ref()) => Happening::Died(crew, death),
            Some(change) = self.changes.recv() => Happening::Changed(change),
            () = due_at(self.news.due()) => Happening::NewsDue,
            event = brought_up(&mut self.coming) => event,
            (crew, since) = blocked(relievable, patience, newer) => Happening::Blocked(crew, since),
        }
    }
}

async fn died(current: Option<&Team>) -> (Arc<Crew>, Death) {
    match current {
        Some(team) => team.died().await,
        None => std::future::pending().await,
    }
}

async fn blocked(current: Option<&Team>, patience: Duration, newer: u64) -> (Arc<Crew>, Instant) {
    match current {
        Some(team) => team.blocked(patience, newer).await,
        None => std::future::pending().await,
    }
}

async fn brought_up(coming: &mut Option<BringUp>) -> Happening {
    let Some(bring_up) = coming else {
        return std::future::pending().await;
    };
    let result = bring_up.result.as_mut().await;
    match coming.take() {
        Some(bring_up) => Happening::BroughtUp(bring_up, result),
        None => std::future::pending().await,
    }
}
