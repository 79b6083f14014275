//! The task that keeps a generation serving: first start, reloads after changes, replacement of workers that end or are blocked.
//!
//! At most one generation is being brought up at a time. A change takes precedence: what is being brought up then is code of
//! yesterday, so its worker is ended, even one whose import never would.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use lgx_config::Config;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::bring_up::{BringUpError, Fatal, Purpose, accept_first, bring_up};
use super::restarts::{Restart, Restarts};
use super::retired::{retire, retire_survivors};
use super::save_news::SaveNews;
use super::timeline::since_saved;
use super::{Change, Generation, Serving, Timeline, Workers};
use crate::notice::{Notice, ReloadFailure};

/// Why a generation is brought up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// None has ever served.
    Start,
    /// The project has changed.
    Change,
    /// The last one ended.
    Restart,
    /// The last one is blocked.
    Relief,
}

/// A generation in the making. Its worker is ended when this is dropped.
struct BringUp {
    reason: Reason,
    began: Instant,
    /// How long before that the newest of the changed files was written.
    saved: Option<Duration>,
    config: Arc<Config>,
    result: Pin<Box<dyn Future<Output = Result<Arc<Generation>, BringUpError>> + Send>>,
}

/// The last generation, which has to be gone before the next one is loaded: it holds a port that the code listens on.
struct Leaving {
    generation: Arc<Generation>,
    /// How often the port was still in use afterwards: a process that it left behind may hold it for a moment.
    tries: u32,
}

/// How often code is loaded anew whose port is still in use after the last generation has left.
const MOST_TRIES: u32 = 3;
/// Between two of these.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// What the task remembers.
struct Supervisor {
    workers: Arc<Workers>,
    changes: mpsc::Receiver<Change>,
    restarts: Restarts,
    coming: Option<BringUp>,
    leaving: Option<Leaving>,
    news: SaveNews,
    /// The number of the generation that could not be relieved: nothing is tried again before something changes.
    unrelieved: u64,
}

/// What happens next.
enum Happening {
    Changed(Change),
    Died(Arc<Generation>, lgx_worker::Death),
    Blocked(Arc<Generation>, Instant),
    /// What came of a save has been held back long enough.
    NewsDue,
    BroughtUp(BringUp, Result<Arc<Generation>, BringUpError>),
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
        unrelieved: 0,
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
                Happening::Died(generation, death) => self.died(&generation, death),
                Happening::Blocked(generation, since) => self.blocked(&generation, since),
                Happening::NewsDue => {
                    if let Some(outcome) = self.news.take() {
                        self.workers.notice(outcome);
                    }
                }
                Happening::BroughtUp(bring_up, Ok(generation)) => {
                    self.came_up(&bring_up, generation);
                }
                Happening::BroughtUp(bring_up, Err(error)) => self.failed(&bring_up, error),
            }
        }
    }

    async fn next(&mut self) -> Happening {
        let current = self.workers.current();
        let patience = self.workers.options.blocked_after;
        // Whatever comes up instead of it relieves it as well.
        let relievable = current
            .clone()
            .filter(|current| self.coming.is_none() && current.number() != self.unrelieved);
        tokio::select! {
            biased;
            (generation, death) = died(current.as_ref()) => Happening::Died(generation, death),
            Some(change) = self.changes.recv() => Happening::Changed(change),
            () = due(self.news.due()) => Happening::NewsDue,
            event = brought_up(&mut self.coming) => event,
            (generation, since) = blocked(relievable.as_ref(), patience) => Happening::Blocked(generation, since),
        }
    }

    /// Begins to bring up a generation, after a pause; what was being brought up is not any more.
    fn bring_up(&mut self, reason: Reason, config: Arc<Config>, pause: Duration) {
        // Before the next worker starts, so that two of them never import at a time.
        self.coming = None;
        // What code writes while it is imported is no save.
        self.workers.watcher(|watcher| watcher.failing(false));
        let workers = Arc::clone(&self.workers);
        let leaving = self
            .leaving
            .as_ref()
            .map(|leaving| Arc::clone(&leaving.generation));
        let previous = workers.current().or_else(|| leaving.clone());
        let its_config = Arc::clone(&config);
        let result = Box::pin(async move {
            if let Some(leaving) = leaving {
                leaving.workers().gone().await;
            }
            tokio::time::sleep(pause).await;
            if let Some(blocked) = previous.as_ref().filter(|_| reason == Reason::Relief) {
                tokio::select! {
                    () = workers.stuck.room() => {}
                    _ = blocked.workers().died() => {}
                }
            }
            let generation =
                bring_up(&workers, its_config, previous.as_deref(), Purpose::Serve).await?;
            if reason == Reason::Start {
                return accept_first(&workers, generation).await;
            }
            Ok(generation)
        });
        self.coming = Some(BringUp {
            reason,
            began: Instant::now(),
            saved: None,
            config,
            result,
        });
    }

    fn changed(&mut self, change: Change) {
        let workers = &self.workers;
        let saved = since_saved(&change.files);
        if self.news.wrote(&change.files, Instant::now()) {
            workers.notice(Notice::Reloading {
                changed: change.files,
            });
        }
        workers.saved_code.pending();
        match workers.options.load_config() {
            Ok(loaded) => {
                for warning in loaded.warnings {
                    workers.notice(Notice::Config(warning));
                }
                self.restarts = Restarts::default();
                self.bring_up(Reason::Change, Arc::new(loaded.config), Duration::ZERO);
                if let Some(coming) = &mut self.coming {
                    coming.saved = saved;
                }
            }
            // What was being brought up before goes on: it is as good as it was.
            Err(error) => {
                workers.watcher(|watcher| watcher.failing(true));
                let failure = ReloadFailure::Config(error.problems);
                workers.saved_code.failed(&failure);
                self.tell_of_save(Notice::ReloadFailed(failure));
            }
        }
    }

    /// Tells what came of a save, unless another write of the same files may still follow.
    fn tell_of_save(&mut self, outcome: Notice) {
        if let Some(outcome) = self.news.came_of_it(outcome, Instant::now()) {
            self.workers.notice(outcome);
        }
    }

    fn died(&mut self, generation: &Arc<Generation>, death: lgx_worker::Death) {
        self.workers.serving.send_replace(Serving::Starting);
        retire_survivors(&self.workers, generation);
        let restart = if death.by_server {
            Restart::After(Duration::ZERO)
        } else {
            let lived = generation.ready().elapsed();
            self.restarts.ended(lived, death.runs.len())
        };
        let how = death.how.clone();
        // A change that is being loaded, or its relief.
        let comes = self.coming.is_some();
        let pause = match restart {
            Restart::After(pause) if !comes => Some(pause),
            Restart::After(_) | Restart::GiveUp => None,
        };
        self.workers.notice(Notice::WorkerDied { death, pause });
        match restart {
            _ if comes => {}
            Restart::After(pause) => {
                let config = self.workers.config();
                self.bring_up(Reason::Restart, config, pause);
            }
            Restart::GiveUp => self.workers.fail(Fatal::KeepsDying(how)),
        }
    }

    fn blocked(&mut self, generation: &Generation, since: Instant) {
        self.workers.notice(Notice::WorkerBlocked {
            time: since.elapsed(),
            runs: generation.workers().executing(),
        });
        let config = Arc::clone(generation.config());
        self.bring_up(Reason::Relief, config, Duration::ZERO);
    }

    fn came_up(&mut self, bring_up: &BringUp, generation: Arc<Generation>) {
        let old_runs = self
            .workers
            .current()
            .map(|current| current.workers().executing())
            .unwrap_or_default();
        let took = bring_up.began.elapsed();
        let timeline = Timeline {
            saved: bring_up.saved,
            served: took,
            ..generation.timeline().clone()
        };
        self.unrelieved = 0;
        self.leaving = None;
        self.workers.set_config(Arc::clone(&bring_up.config));
        self.workers.switch_to(generation);
        self.workers.saved_code.serves();
        match bring_up.reason {
            Reason::Change => self.tell_of_save(Notice::Reloaded { timeline, old_runs }),
            Reason::Relief => self
                .workers
                .notice(Notice::WorkerRelieved { took, old_runs }),
            Reason::Start | Reason::Restart => {}
        }
    }

    fn failed(&mut self, bring_up: &BringUp, error: BringUpError) {
        self.workers.watcher(|watcher| watcher.failing(true));
        let current = self.workers.current();
        match (bring_up.reason, error) {
            (Reason::Start, BringUpError::Fatal(fatal)) => self.workers.fail(fatal),
            (Reason::Change, error) if error.is_port_in_use() && self.makes_room() => {
                let pause = self
                    .leaving
                    .as_ref()
                    .map_or(0, |leaving| leaving.tries.min(1));
                let config = Arc::clone(&bring_up.config);
                self.bring_up(Reason::Change, config, BETWEEN_TRIES * pause);
            }
            (Reason::Change, error) if current.is_some() => {
                let failure = error.into_reload_failure();
                self.workers.saved_code.failed(&failure);
                self.tell_of_save(Notice::ReloadFailed(failure));
            }
            (Reason::Relief, error) if current.is_some() => {
                self.unrelieved = current.map_or(0, |current| current.number());
                let failure = error.into_reload_failure();
                self.workers.notice(Notice::ReliefFailed(failure));
            }
            // Nothing serves.
            (_, error) => match (self.restarts.did_not_start(), error) {
                (Restart::After(pause), error) => {
                    let failure = error.into_reload_failure();
                    self.workers.saved_code.failed(&failure);
                    self.workers.notice(Notice::RestartFailed(failure));
                    // What was there is gone: nothing can get worse.
                    self.leaving = None;
                    let config = self.workers.config();
                    self.bring_up(Reason::Restart, config, pause);
                }
                (Restart::GiveUp, BringUpError::Fatal(fatal)) => {
                    self.workers.fail_until_changed(fatal);
                }
                // Without a predecessor nothing counts as broken.
                (Restart::GiveUp, BringUpError::Broken(_)) => {}
            },
        }
    }
}

impl Supervisor {
    /// Lets the generation that serves leave, if its port is what is in the way. False once that has been tried often enough.
    fn makes_room(&mut self) -> bool {
        if let Some(leaving) = &mut self.leaving {
            leaving.tries += 1;
            return leaving.tries <= MOST_TRIES;
        }
        let Some(generation) = self.workers.current() else {
            return false;
        };
        self.workers.serving.send_replace(Serving::Starting);
        self.workers.notice(Notice::MakesRoom {
            runs: generation.workers().executing(),
        });
        retire(&self.workers, &generation);
        self.leaving = Some(Leaving {
            generation,
            tries: 0,
        });
        true
    }
}

async fn due(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

async fn died(current: Option<&Arc<Generation>>) -> (Arc<Generation>, lgx_worker::Death) {
    match current {
        Some(generation) => (Arc::clone(generation), generation.workers().died().await),
        None => std::future::pending().await,
    }
}

async fn blocked(
    current: Option<&Arc<Generation>>,
    patience: Duration,
) -> (Arc<Generation>, Instant) {
    match current {
        Some(generation) => (
            Arc::clone(generation),
            generation.workers().blocked(patience).await,
        ),
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
