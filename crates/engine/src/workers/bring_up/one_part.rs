//! One worker on its way: it is started, and loads what the project has of its runtime.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lgx_config::Config;
use lgx_model::Runtime;
use lgx_worker::{
    Callbacks, DebugTarget, Diagnostic, Hello, LoadProgress, LoadRequest, Loaded, LoadedSources,
    Secret, Start, Worker, WorkerSource,
};
use tokio::time::Instant;

use super::doubt::Doubt;
use super::error::{BringUpError, Fatal, NotLoaded};
use super::first_load::FirstLoad;
use crate::notice::Notice;
use crate::workers::Workers;
use crate::workers::callbacks::StoreCallbacks;
use crate::workers::debugging::Prepared;
use crate::workers::load_limit::{LoadLimit, LoadWatch};
use crate::workers::load_request::load_request;
use crate::workers::loaded_code::LoadedCode;
use crate::workers::process::ProjectPart;
use crate::workers::watching::{Packages, Sources};

/// A worker that has loaded its part of the project.
pub(super) struct LoadedPart {
    pub(super) worker: Worker,
    pub(super) started: Instant,
    pub(super) part: ProjectPart,
    pub(super) debugger: Option<DebugTarget>,
}

/// A worker that is there and has not been told what to load.
pub(super) struct StartedPart {
    pub(super) runtime: Runtime,
    worker: Worker,
    started: Instant,
    source: Arc<dyn WorkerSource>,
}

/// What one runtime loads of the project.
pub(super) struct OnePart<'a> {
    pub(super) workers: &'a Workers,
    pub(super) config: &'a Config,
    pub(super) runtime: Runtime,
    pub(super) callbacks: &'a Arc<StoreCallbacks>,
    pub(super) secret: &'a Secret,
    pub(super) limit: LoadLimit,
    pub(super) packages: &'a Packages<'a>,
    /// Whether it is told how it comes up, and may be debugged: so it is for what is to serve from now on.
    pub(super) tells: bool,
    /// How the crew comes on of which that is told.
    pub(super) first_load: &'a FirstLoad,
}

impl OnePart<'_> {
    /// Starts a worker.
    pub(super) async fn start(&self) -> Result<StartedPart, BringUpError> {
        let source = self.workers.sources.of(self.config, self.runtime);
        Ok(StartedPart {
            runtime: self.runtime,
            worker: self.start_one(&*source, false).await?,
            started: Instant::now(),
            source,
        })
    }

    /// Has it load its part. What fails in one that had imported modules ahead is tried again in one that had not, if that may have been
    /// the reason.
    pub(super) async fn load_whole(&self, part: StartedPart) -> Result<LoadedPart, BringUpError> {
        let StartedPart {
            worker,
            started,
            source,
            ..
        } = part;
        let debugged = self.debugged(&worker).await?;
        let since = SystemTime::now();
        let started = if debugged.is_some() {
            Instant::now()
        } else {
            started
        };
        let loaded = self.load(&worker).await;
        let doubt = worker
            .has_imported_ahead()
            .then(|| Doubt::about(&loaded))
            .flatten();
        let Some(doubt) = doubt else {
            return Ok(LoadedPart {
                worker,
                started,
                part: self.part(loaded?, source, since),
                debugger: debugged.map(|prepared| prepared.target),
            });
        };
        drop(debugged);
        tracing::debug!("the project is loaded again without modules imported ahead: {doubt:?}");
        match doubt {
            Doubt::Failure | Doubt::Kill => {}
            Doubt::Death(death) => source.give_up_forking(&death),
            Doubt::Variables(names) => source.give_up_importing_ahead(&format!(
                "the project sets {}, which an installed module reads when it is imported",
                names.join(", ")
            )),
        }
        worker.kill();
        let worker = self.start_one(&*source, true).await?;
        let debugged = self.debugged(&worker).await?;
        let (started, since) = (Instant::now(), SystemTime::now());
        let loaded = self.load(&worker).await?;
        Ok(LoadedPart {
            worker,
            started,
            part: self.part(loaded, source, since),
            debugger: debugged.map(|prepared| prepared.target),
        })
    }

    /// Prepares it for a debugger, where it may be debugged.
    async fn debugged(&self, worker: &Worker) -> Result<Option<Prepared<'_>>, BringUpError> {
        if !self.tells {
            return Ok(None);
        }
        let prepared = self.workers.prepare_debugger(self.runtime, worker).await;
        prepared.map_err(BringUpError::Fatal)
    }

    /// What was loaded since `since`.
    fn part(
        &self,
        mut loaded: Loaded,
        source: Arc<dyn WorkerSource>,
        since: SystemTime,
    ) -> ProjectPart {
        ProjectPart {
            request: self.request(None),
            uses: std::mem::take(&mut loaded.uses),
            code: LoadedCode::from(&loaded.sources.files, since),
            loaded,
            source,
        }
    }

    fn request(&self, patience: Option<Duration>) -> LoadRequest {
        let secret = self.secret.clone();
        load_request(self.workers, self.config, self.runtime, secret, patience)
    }

    async fn start_one(
        &self,
        source: &dyn WorkerSource,
        cold: bool,
    ) -> Result<Worker, BringUpError> {
        let introduced = |hello: &Hello| {
            self.workers.introduce(&hello.runtime);
            self.packages.add(&hello.packages);
            self.tell_loading("the packages it uses".to_owned());
        };
        let start = Start {
            callbacks: Arc::clone(self.callbacks) as Arc<dyn Callbacks>,
            introduced: &introduced,
            cold,
        };
        source
            .start(start)
            .await
            .map_err(|error| BringUpError::Fatal(Fatal::Worker(error)))
    }

    async fn load(&self, worker: &Worker) -> Result<Loaded, NotLoaded> {
        let request = self.request(self.limit.after);
        let since = SystemTime::now();
        let look_at = |sources: &LoadedSources| {
            self.workers.watcher(|watcher| {
                watcher.also(Sources {
                    files: sources.files.clone(),
                    listed: sources.listed.clone(),
                    since,
                });
            });
        };
        let watch = LoadWatch::begin(self.limit);
        let loaded = worker.load(&request, |progress| match progress {
            LoadProgress::Begins { loading } => {
                watch.begins(&loading);
                self.tell_loading(loading);
            }
            LoadProgress::StillAt { still_at } => watch.still_at(*still_at),
            LoadProgress::Looked(sources) => look_at(&sources),
        });
        tokio::select! {
            biased;
            // Whatever becomes of the graphs: one that fails may do so because of what it has read.
            loaded = loaded => Ok(loaded.inspect(|loaded| look_at(&loaded.sources))?),
            place = watch.given_up(worker, |place, after| self.tell_long(place, after)) => Err(NotLoaded::Hangs(Box::new(place))),
        }
    }

    async fn tell_long(&self, place: Diagnostic, after: Duration) {
        if self.tells {
            self.workers.notice(Notice::LoadsLong(place));
        } else if let Some(place) = self.first_load.left_behind(place, after).await {
            self.workers.notice(Notice::LoadsLong(place));
        }
    }

    fn tell_loading(&self, what: String) {
        if self.tells {
            self.workers.notice(Notice::Loading { what });
        }
    }
}
