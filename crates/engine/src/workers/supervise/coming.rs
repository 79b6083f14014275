//! What is being brought up: generations and crews in the making, for which reason, and for how long at most they load.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use lgx_config::Config;
use tokio::time::Instant;

use super::Supervisor;
use crate::workers::bring_up::{BringUpError, accept_first, bring_up, reinforce_alike};
use crate::workers::carried_on::CarriedOn;
use crate::workers::load_limit::{LoadLimit, Overdue};
use crate::workers::restarts::LONGEST_AFTER_RUNS;
use crate::workers::team::Team;

/// Why something is brought up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
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
pub(super) struct BringUp {
    pub(super) reason: Reason,
    pub(super) began: Instant,
    /// How long before that the newest of the changed files was written.
    pub(super) saved: Option<Duration>,
    pub(super) config: Arc<Config>,
    /// Whether it takes over processes of the team that serves.
    pub(super) carries_on: bool,
    pub(super) result: Pin<Box<dyn Future<Output = Result<Team, BringUpError>> + Send>>,
}

impl BringUp {
    fn begin(
        reason: Reason,
        config: Arc<Config>,
        result: impl Future<Output = Result<Team, BringUpError>> + Send + 'static,
    ) -> Self {
        Self {
            reason,
            began: Instant::now(),
            saved: None,
            config,
            carries_on: false,
            result: Box::pin(result),
        }
    }
}

impl Supervisor {
    /// Begins to bring up a generation, after a pause; what was being brought up is not any more.
    pub(super) fn bring_up(&mut self, reason: Reason, config: Arc<Config>, pause: Duration) {
        // Before the next worker starts, so that two of them never import at a time.
        self.coming = None;
        // What code writes while it is imported is no save.
        self.workers.watcher(|watcher| watcher.failing(false));
        let workers = Arc::clone(&self.workers);
        let leaving = self.leaving.as_ref().map(|leaving| leaving.team.clone());
        let previous = workers.current().or_else(|| leaving.clone());
        let its_config = Arc::clone(&config);
        let limit = self.load_limit(reason, previous.is_some());
        let carried = self.carried_on(reason, &config);
        let carries_on = !carried.is_nothing();
        let result = async move {
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
            let previous = previous.map(|arc| &**arc);
            let team = bring_up(&workers, its_config, previous, &carried, limit).await?;
            if reason == Reason::Start {
                return accept_first(&workers, team).await;
            }
            Ok(team)
        };
        let begun = BringUp::begin(reason, config, result);
        self.coming = Some(BringUp {
            carries_on,
            ..begun
        });
    }

    /// What of the team that serves goes on in what is about to be brought up.
    fn carried_on(&self, reason: Reason, config: &Arc<Config>) -> CarriedOn {
        match self.workers.current() {
            Some(team) if reason == Reason::Change => {
                CarriedOn::of(&self.workers, &team, config, &self.saved)
            }
            _ => CarriedOn::default(),
        }
    }

    /// Begins to bring up a generation, after a pause, because the last one is gone: nothing can get worse.
    pub(super) fn restart(&mut self, pause: Duration) {
        self.leaving = None;
        let config = self.workers.config();
        self.bring_up(Reason::Restart, config, pause);
    }

    /// Begins to bring up the crews that the generation that serves lacks, after a pause; unless something else is coming, which has them
    /// all, or after which this is looked at again.
    pub(super) fn reinforce(&mut self, pause: Duration) {
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
        let result = async move {
            pause_while_others_serve(pause, workers.nobody_serves()).await;
            // One that was blocked has left, and may burn a core for a while.
            tokio::select! {
                () = workers.stuck.room(0) => {}
                () = workers.nobody_serves() => {}
            }
            reinforce_alike(&workers, &generation, missing).await
        };
        self.coming = Some(BringUp::begin(Reason::Reinforcement, config, result));
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
        // Whoever debugs the code takes as long as they think.
        let set = options.load_timeout.filter(|_| options.debug.is_none());
        LoadLimit::of(set, self.took, overdue)
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
