//! The task that keeps a generation serving: first start, reloads after changes, replacement of workers that end or are blocked.
//!
//! A crew that ends or is blocked leaves alone while others of its generation serve: these take over at once, and another crew of the same
//! code joins them. If it was the last one that could serve, a new generation takes over.
//!
//! One thing is brought up at a time. A change takes precedence: what is being brought up then is code of yesterday, so its workers are
//! ended, even those whose import never would.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use lgx_config::Config;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::bring_up::{BringUpError, Fatal, accept_first, bring_up, reinforce_alike};
use super::crew::Crew;
use super::load_limit::{LoadLimit, Overdue};
use super::restarts::{LONGEST_AFTER_RUNS, Restart, Restarts};
use super::retired::{retire, retire_survivors};
use super::save_news::SaveNews;
use super::team::Team;
use super::timeline::since_saved;
use super::{Change, Serving, Timeline, Workers};
use crate::notice::{Notice, ReloadFailure};

/// Why something is brought up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// A generation, because none has ever served.
    Start,
    /// A generation, because the project has changed.
    Change,
    /// A generation, because the last one has no crew any more.
    Restart,
    /// A generation, because no crew of the last one could take over from one that is blocked.
    Relief,
    /// Crews of the generation that serves, because it lacks some.
    Reinforcement,
    /// A generation, because the code is not any more what the one was loaded from that lacks some.
    Renewal,
}

/// Crews in the making. Their workers are ended when this is dropped.
struct BringUp {
    reason: Reason,
    began: Instant,
    /// How long before that the newest of the changed files was written.
    saved: Option<Duration>,
    config: Arc<Config>,
    result: Pin<Box<dyn Future<Output = Result<Team, BringUpError>> + Send>>,
}

/// The last generation, which has to be gone before the next one is loaded: it holds a port that the code listens on.
struct Leaving {
    team: Team,
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
    Died(Arc<Crew>, lgx_worker::Death),
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
                    _ => self.came_up(&bring_up, team),
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
            () = due(self.news.due()) => Happening::NewsDue,
            event = brought_up(&mut self.coming) => event,
            (crew, since) = blocked(relievable, patience, newer) => Happening::Blocked(crew, since),
        }
    }

    /// Begins to bring up a generation, after a pause; what was being brought up is not any more.
    fn bring_up(&mut self, reason: Reason, config: Arc<Config>, pause: Duration) {
        // Before the next worker starts, so that two of them never import at a time.
        self.coming = None;
        // What code writes while it is imported is no save.
        self.workers.watcher(|watcher| watcher.failing(false));
        let workers = Arc::clone(&self.workers);
        let leaving = self.leaving.as_ref().map(|leaving| leaving.team.clone());
        let previous = workers.current().or_else(|| leaving.clone());
        let its_config = Arc::clone(&config);
        let limit = self.load_limit(reason, previous.is_some());
        let result = Box::pin(async move {
            if let Some(leaving) = leaving {
                leaving.gone().await;
            }
            tokio::time::sleep(pause).await;
            if let Some(blocked) = previous.as_ref().filter(|_| reason == Reason::Relief) {
                tokio::select! {
                    () = workers.stuck.room(blocked.count()) => {}
                    _ = blocked.died() => {}
                }
            }
            let previous = previous.as_ref().map(Team::generation);
            let team = bring_up(&workers, its_config, previous.map(|arc| &**arc), limit).await?;
            if reason == Reason::Start {
                return accept_first(&workers, team).await;
            }
            Ok(team)
        });
        self.coming = Some(BringUp {
            reason,
            began: Instant::now(),
            saved: None,
            config,
            result,
        });
    }

    /// Begins to bring up the crews that the generation that serves lacks, after a pause; unless something else is coming, which has them
    /// all, or after which this is looked at again.
    fn reinforce(&mut self, pause: Duration) {
        let Some(team) = self.workers.current().filter(|_| self.coming.is_none()) else {
            return;
        };
        let missing = self.workers.options.workers.saturating_sub(team.count());
        if missing == 0 {
            return;
        }
        let workers = Arc::clone(&self.workers);
        let generation = Arc::clone(team.generation());
        let config = Arc::clone(generation.config());
        let result = Box::pin(async move {
            pause_while_others_serve(pause, workers.nobody_serves()).await;
            // One that was blocked has left, and may burn a core for a while.
            tokio::select! {
                () = workers.stuck.room(0) => {}
                () = workers.nobody_serves() => {}
            }
            reinforce_alike(&workers, &generation, missing).await
        });
        self.coming = Some(BringUp {
            reason: Reason::Reinforcement,
            began: Instant::now(),
            saved: None,
            config,
            result,
        });
    }

    /// Code that takes long is waited for where nothing serves that could do without it: it has not been loaded before.
    fn load_limit(&self, reason: Reason, serves: bool) -> LoadLimit {
        let options = &self.workers.options;
        let overdue = match reason {
            Reason::Start if options.strict => Overdue::GiveUp,
            Reason::Start => Overdue::WaitOn,
            Reason::Change if !serves => Overdue::WaitOn,
            Reason::Change
            | Reason::Restart
            | Reason::Relief
            | Reason::Reinforcement
            | Reason::Renewal => Overdue::GiveUp,
        };
        LoadLimit::of(options.load_timeout, self.took, overdue)
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

    fn died(&mut self, crew: &Arc<Crew>, death: lgx_worker::Death) {
        let others = self.workers.dismiss(crew);
        retire_survivors(&self.workers, crew);
        crew.tell_held_output();
        // A change that is being loaded, or a relief, or what another one that has just ended is replaced with.
        let coming = self.coming.as_ref().map(|coming| coming.reason);
        let restart = match coming {
            _ if death.by_server => Restart::After(Duration::ZERO),
            // Several that end at a time have done so once.
            Some(Reason::Reinforcement) => Restart::After(Duration::ZERO),
            _ => self
                .restarts
                .ended(crew.ready().elapsed(), death.runs.len()),
        };
        let how = death.how.clone();
        let pause = match restart {
            Restart::After(pause) => Some(pause).filter(|_| coming.is_none()),
            Restart::GiveUp => None,
        };
        self.workers.notice(Notice::WorkerDied { death, pause });
        match restart {
            _ if coming.is_some() => {}
            Restart::After(pause) if others.is_some() => self.reinforce(pause),
            Restart::After(pause) => {
                let config = self.workers.config();
                self.bring_up(Reason::Restart, config, pause);
            }
            // Those that are left serve without it. If they end too, that is the end.
            Restart::GiveUp if others.is_some() => {
                let failure = ReloadFailure::Worker(Fatal::KeepsDying(how).to_string());
                self.workers.notice(Notice::ReinforcementFailed(failure));
            }
            Restart::GiveUp => self.workers.fail(Fatal::KeepsDying(how)),
        }
    }

    fn blocked(&mut self, crew: &Arc<Crew>, since: Instant) {
        self.workers.notice(Notice::WorkerBlocked {
            time: since.elapsed(),
            runs: crew.executing(),
        });
        let others = self.workers.current().and_then(|team| team.without(crew));
        // Those that are about to be blocked as well cannot take over.
        let time = self.workers.options.blocked_after / 2;
        if others.is_some_and(|others| others.crews().any(|other| !other.is_silent_for(time))) {
            self.workers.dismiss(crew);
            retire(&self.workers, crew);
            self.relieved = Some(Arc::clone(crew));
            self.reinforce(Duration::ZERO);
        } else {
            let config = Arc::clone(crew.generation().config());
            self.bring_up(Reason::Relief, config, Duration::ZERO);
        }
    }

    /// Crews have come up that the generation that serves lacked.
    fn joined(&mut self, bring_up: &BringUp, more: Team) {
        self.workers.join(more);
        self.tell_of_relief(bring_up.began.elapsed());
        // What has ended meanwhile.
        self.reinforce(Duration::ZERO);
    }

    /// Tells that the crew that was blocked has left, if that is why others have come up.
    fn tell_of_relief(&mut self, took: Duration) {
        if let Some(relieved) = self.relieved.take() {
            self.workers.notice(Notice::WorkerRelieved {
                took,
                old_runs: relieved.executing(),
            });
        }
    }

    fn came_up(&mut self, bring_up: &BringUp, team: Team) {
        let old_runs = self
            .workers
            .current()
            .map(|current| current.executing())
            .unwrap_or_default();
        let took = bring_up.began.elapsed();
        let timeline = Timeline {
            saved: bring_up.saved,
            served: took,
            ..team.generation().timeline().clone()
        };
        self.unrelieved = 0;
        self.took = timeline.load_took();
        self.leaving = None;
        self.workers.set_config(Arc::clone(&bring_up.config));
        self.workers.switch_to(team);
        self.workers.saved_code.serves();
        match bring_up.reason {
            Reason::Change => self.tell_of_save(Notice::Reloaded { timeline, old_runs }),
            Reason::Relief => self
                .workers
                .notice(Notice::WorkerRelieved { took, old_runs }),
            Reason::Renewal => {
                self.tell_of_relief(took);
                self.workers.notice(Notice::Reloaded { timeline, old_runs });
            }
            Reason::Start | Reason::Restart | Reason::Reinforcement => {}
        }
        self.relieved = None;
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
                let newest = current
                    .iter()
                    .flat_map(Team::crews)
                    .map(|crew| crew.number());
                self.unrelieved = newest.max().unwrap_or_default();
                let failure = error.into_reload_failure();
                self.workers.notice(Notice::ReliefFailed(failure));
            }
            (Reason::Reinforcement, BringUpError::OtherCode(changed)) => {
                self.workers.notice(Notice::OtherCode { changed });
                let config = Arc::clone(&bring_up.config);
                self.bring_up(Reason::Renewal, config, Duration::ZERO);
            }
            (Reason::Reinforcement | Reason::Renewal, error) if current.is_some() => {
                self.relieved = None;
                let failure = error.into_reload_failure();
                self.workers.notice(Notice::ReinforcementFailed(failure));
                if let Restart::After(pause) = self.restarts.did_not_start() {
                    self.reinforce(pause);
                }
                return;
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
                // Without a predecessor nothing counts as broken: the next one serves, with what loads.
                (Restart::GiveUp, BringUpError::Broken(_) | BringUpError::OtherCode(_)) => {
                    self.leaving = None;
                    let config = self.workers.config();
                    self.bring_up(Reason::Restart, config, Duration::ZERO);
                }
            },
        }
        // What has ended meanwhile.
        self.reinforce(Duration::ZERO);
    }
}

impl Supervisor {
    /// Lets the generation that serves leave, if its port is what is in the way. False once that has been tried often enough.
    fn makes_room(&mut self) -> bool {
        if let Some(leaving) = &mut self.leaving {
            leaving.tries += 1;
            return leaving.tries <= MOST_TRIES;
        }
        let Some(team) = self.workers.current() else {
            return false;
        };
        self.workers.serving.send_replace(Serving::Starting);
        self.workers.notice(Notice::MakesRoom {
            runs: team.executing(),
        });
        for crew in team.crews() {
            retire(&self.workers, crew);
        }
        self.leaving = Some(Leaving { team, tries: 0 });
        true
    }
}

/// Waits for so long, and not as long as that when all wait for what comes, because nobody serves any more.
async fn pause_while_others_serve(pause: Duration, nobody_serves: impl Future<Output = ()>) {
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        () = async {
            nobody_serves.await;
            tokio::time::sleep(LONGEST_AFTER_RUNS).await;
        } => {}
    }
}

async fn due(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

async fn died(current: Option<&Team>) -> (Arc<Crew>, lgx_worker::Death) {
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

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_all_wait_for_comes_sooner() {
        const LONG: Duration = Duration::from_secs(30);
        let began = Instant::now();
        pause_while_others_serve(LONG, pending()).await;
        assert_eq!(began.elapsed(), LONG);
        let began = Instant::now();
        pause_while_others_serve(LONG, ready(())).await;
        assert_eq!(began.elapsed(), LONGEST_AFTER_RUNS);
        let began = Instant::now();
        pause_while_others_serve(Duration::from_secs(1), ready(())).await;
        assert_eq!(began.elapsed(), Duration::from_secs(1));
    }
}
