//! What serves: how it changes, and how runs and requests come by a hold on it.

use std::sync::Arc;

use futures_util::future::select_all;
use lgx_worker::{StartError, Worker};

use super::bring_up::Fatal;
use super::crew::Crew;
use super::retired::retire_for;
use super::team::{Seat, Team, Wanted};
use super::{Generation, Lease, Unavailable, Workers};
use crate::notice::ReloadFailure;

/// The number of no crew.
const NONE: u64 = 0;

/// What serves, if anything.
#[derive(Clone)]
pub(super) enum Serving {
    /// Nothing yet, or the last crew died and its successor is coming up.
    Starting,
    /// These crews.
    Team(Team),
    /// Nothing: the code that served cannot be loaded any more. The next change of the project tries again.
    Broken(Arc<Fatal>),
    /// Nothing, and nothing will, so that the server has to end.
    Failed(Arc<Fatal>),
}

/// How the project's code does.
#[derive(Debug, Clone)]
pub enum CodeState {
    /// It comes up, for the first time or because the last worker ended.
    Loading,
    /// It serves.
    Serves,
    /// It does not, and will not before it has changed.
    Failed(Arc<ReloadFailure>),
}

/// What a worker that serves has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerLoad {
    /// Its process id.
    pub pid: u32,
    /// How many runs it executes.
    pub runs: usize,
}

impl Workers {
    /// The crews that serve.
    pub(super) fn current(&self) -> Option<Team> {
        match &*self.serving.borrow() {
            Serving::Team(team) => Some(team.clone()),
            Serving::Starting | Serving::Broken(_) | Serving::Failed(_) => None,
        }
    }

    /// Sends new work to `next`; its predecessors finish what they have and leave.
    pub(super) fn switch_to(self: &Arc<Self>, next: &Team) {
        let failing = !next.generation().is_whole();
        next.prepare_next();
        self.watcher(|watcher| watcher.failing(failing));
        self.debugging.serve(next.first().processes());
        if let Serving::Team(previous) = self.serving.send_replace(Serving::Team(next.clone())) {
            for crew in previous.crews() {
                retire_for(self, crew, next);
            }
        }
    }

    /// These serve too, beside those of their generation that do.
    pub(super) fn join(&self, more: Team) {
        more.prepare_next();
        let team = match self.current() {
            Some(team) => team.with(&more),
            None => more,
        };
        let failing = !team.generation().is_whole();
        self.watcher(|watcher| watcher.failing(failing));
        self.serving.send_replace(Serving::Team(team));
    }

    /// This one does not serve any more. Gives those that still do.
    pub(super) fn dismiss(&self, crew: &Crew) -> Option<Team> {
        let others = self.current().and_then(|team| team.without(crew));
        let serving = others.clone().map_or(Serving::Starting, Serving::Team);
        self.serving.send_replace(serving);
        others
    }

    /// None serves, and none will.
    pub(super) fn fail(&self, fatal: Fatal) {
        self.serving.send_replace(Serving::Failed(Arc::new(fatal)));
    }

    /// None serves before the code has changed, if that would be seen.
    pub(super) fn fail_until_changed(&self, fatal: Fatal) {
        if self.is_watched() {
            self.serving.send_replace(Serving::Broken(Arc::new(fatal)));
        } else {
            self.fail(fatal);
        }
    }

    /// A hold on a crew that serves, for a call; waits while none does.
    ///
    /// # Errors
    /// When there is none and none is coming.
    pub async fn serving(self: &Arc<Self>) -> Result<Lease, Unavailable> {
        self.serving_but(NONE).await
    }

    /// The same, on another one than the crew of this number.
    ///
    /// # Errors
    /// When there is none and none is coming.
    pub(super) async fn serving_but(self: &Arc<Self>, not: u64) -> Result<Lease, Unavailable> {
        let wanted = self.wanted(not, self.turns.next_call());
        self.take(|team| {
            let crew = team.for_call(&wanted)?;
            Some(Lease::of(crew, self))
        })
        .await
    }

    /// A hold on a crew that serves and has room for a run.
    ///
    /// # Errors
    /// When there is none and none is coming.
    pub(crate) async fn serving_run(self: &Arc<Self>) -> Result<Lease, Unavailable> {
        self.serving_run_but(NONE).await
    }

    /// The same, on another one than the crew of this number.
    ///
    /// # Errors
    /// When there is none and none is coming.
    pub(super) async fn serving_run_but(self: &Arc<Self>, not: u64) -> Result<Lease, Unavailable> {
        let wanted = self.wanted(not, self.turns.next_run());
        let mut serving = self.serving.subscribe();
        loop {
            let place = |team: &Team| {
                Some(match team.for_run(&wanted)? {
                    Seat::Free(crew, place) => Ok(Lease::of(&crew, self).for_run(place)),
                    Seat::Full(crews) => Err(crews),
                })
            };
            serving.mark_unchanged();
            let full = match self.take(place).await? {
                Ok(lease) => return Ok(lease),
                Err(full) => full,
            };
            let room = select_all(full.into_iter().map(|crew| Box::pin(crew.place())));
            tokio::select! {
                (Some((crew, place)), ..) = room => {
                    let still = self.take_now(|team| {
                        team.has(&crew).then(|| Lease::of(&crew, self).for_run(place))
                    });
                    if let Some(lease) = still {
                        return Ok(lease);
                    }
                }
                _ = serving.changed() => {}
                () = self.stopping.cancelled() => return Err(Unavailable::Stopping),
            }
        }
    }

    fn wanted(&self, not: u64, turn: usize) -> Wanted {
        // Long before it counts as blocked.
        let patience = self.options.blocked_after / 5;
        Wanted {
            not,
            patience,
            turn,
        }
    }

    /// What `take` takes of the crews that serve, once there is something.
    async fn take<T>(&self, take: impl Fn(&Team) -> Option<T>) -> Result<T, Unavailable> {
        let mut serving = self.serving.subscribe();
        loop {
            match &*serving.borrow_and_update() {
                // Holds are taken under the watch's lock: the swap that lets a crew go comes before or after.
                Serving::Team(team) => {
                    if let Some(taken) = take(team) {
                        return Ok(taken);
                    }
                }
                Serving::Broken(fatal) | Serving::Failed(fatal) => {
                    return Err(Unavailable::Failed(Arc::clone(fatal)));
                }
                Serving::Starting => {}
            }
            tokio::select! {
                () = self.stopping.cancelled() => return Err(Unavailable::Stopping),
                changed = serving.changed() => if changed.is_err() {
                    return Err(Unavailable::Stopping);
                },
            }
        }
    }

    /// The same, if there is something right now.
    fn take_now<T>(&self, take: impl FnOnce(&Team) -> Option<T>) -> Option<T> {
        match &*self.serving.borrow() {
            Serving::Team(team) => take(team),
            Serving::Starting | Serving::Broken(_) | Serving::Failed(_) => None,
        }
    }

    /// Resolves when no crew serves.
    pub(super) async fn nobody_serves(&self) {
        let mut serving = self.serving.subscribe();
        let nobody = |serving: &Serving| !matches!(serving, Serving::Team(_));
        // The sender is `self`: it cannot be gone while we wait.
        let _ = serving.wait_for(nobody).await;
    }

    /// Whether a generation serves right now.
    pub fn is_ready(&self) -> bool {
        matches!(&*self.serving.borrow(), Serving::Team(_))
    }

    /// How the code does right now.
    pub fn code_state(&self) -> CodeState {
        match &*self.serving.borrow() {
            Serving::Starting => CodeState::Loading,
            Serving::Team(_) => CodeState::Serves,
            Serving::Broken(fatal) | Serving::Failed(fatal) => {
                CodeState::Failed(Arc::new(ReloadFailure::of_start(fatal)))
            }
        }
    }

    /// The generation that serves right now.
    pub fn serving_generation(&self) -> Option<Arc<Generation>> {
        self.take_now(|team| Some(Arc::clone(team.generation())))
    }

    /// The workers that serve, with what each of them executes.
    pub fn loads(&self) -> Vec<WorkerLoad> {
        let load = |worker: &Worker| WorkerLoad {
            pid: worker.hello().pid,
            runs: worker.executing().len(),
        };
        let team = self.current();
        let crews = team.iter().flat_map(Team::crews);
        crews.flat_map(|crew| crew.workers()).map(load).collect()
    }

    /// The versions of the libraries that the serving generation runs on.
    pub fn versions(&self) -> Option<std::collections::BTreeMap<String, String>> {
        self.take_now(|team| Some(team.generation().loaded().versions.clone()))
    }

    /// Resolves once a generation serves, however long that takes.
    pub(crate) async fn ready(&self) {
        let mut serving = self.serving.subscribe();
        let somebody = |serving: &Serving| matches!(serving, Serving::Team(_));
        // The sender is `self`: it cannot be gone while we wait.
        let _ = serving.wait_for(somebody).await;
    }

    /// Waits until a generation serves, or until it is known that none will by itself. Uses none of its workers.
    ///
    /// # Errors
    /// Why no generation can serve.
    pub async fn first(&self) -> Result<Arc<Generation>, Arc<Fatal>> {
        let mut serving = self.serving.subscribe();
        loop {
            match &*serving.borrow_and_update() {
                Serving::Team(team) => return Ok(Arc::clone(team.generation())),
                Serving::Broken(fatal) | Serving::Failed(fatal) => return Err(Arc::clone(fatal)),
                Serving::Starting => {}
            }
            if serving.changed().await.is_err() {
                return Err(Arc::new(Fatal::Worker(StartError::Protocol(
                    "the server is stopping".into(),
                ))));
            }
        }
    }

    /// Resolves when no generation serves and none will come by itself.
    pub async fn failed(&self) -> Arc<Fatal> {
        let mut serving = self.serving.subscribe();
        loop {
            if let Serving::Failed(fatal) = &*serving.borrow_and_update() {
                return Arc::clone(fatal);
            }
            if serving.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
