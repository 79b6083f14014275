//! Crews in the making: each is started and loads the project, side by side with the others of its generation.

use std::iter::once;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::{join_all, try_join, try_join_all};
use lgx_config::Config;
use lgx_model::Runtime;
use lgx_worker::{Loaded, LoadedGraph, Secret};
use tokio::time::Instant;

use super::error::{BringUpError, is_port_in_use};
use super::first_load::FirstLoad;
use super::one_part::{OnePart, StartedPart};
use crate::workers::Workers;
use crate::workers::callbacks::StoreCallbacks;
use crate::workers::carried_on::CarriedOn;
use crate::workers::crew::Processes;
use crate::workers::early_output::EarlyOutput;
use crate::workers::load_limit::LoadLimit;
use crate::workers::process::Process;
use crate::workers::watching::Packages;

/// The code that crews are to load.
pub(super) struct Code<'a> {
    workers: &'a Workers,
    config: &'a Arc<Config>,
    secret: &'a Secret,
    limit: LoadLimit,
    carried: &'a CarriedOn,
    packages: Packages<'a>,
    first_load: FirstLoad,
}

/// Crews that have loaded the project.
pub(super) struct LoadedCrews {
    /// What all of them have loaded.
    pub(super) loaded: Loaded,
    /// When the first one was there.
    pub(super) started: Instant,
    pub(super) first: Processes,
    pub(super) others: Vec<Processes>,
}

impl LoadedCrews {
    /// The same, unless there are graphs that count and cannot be loaded: then they are ended.
    pub(super) async fn that_run(
        self,
        counts: impl Fn(&str) -> bool,
    ) -> Result<Self, BringUpError> {
        let broken: Vec<_> = self
            .loaded
            .failed()
            .filter(|(id, _)| counts(id))
            .map(|(id, error)| (id.clone(), error.clone()))
            .collect();
        if broken.is_empty() {
            return Ok(self);
        }
        let all = once(&self.first).chain(&self.others);
        join_all(all.map(Processes::give_up)).await;
        Err(BringUpError::Broken(broken))
    }
}

impl<'a> Code<'a> {
    pub(super) fn new(
        workers: &'a Workers,
        config: &'a Arc<Config>,
        secret: &'a Secret,
        limit: LoadLimit,
        carried: &'a CarriedOn,
    ) -> Self {
        Self {
            workers,
            config,
            secret,
            limit,
            carried,
            packages: Packages::new(workers),
            first_load: FirstLoad::default(),
        }
    }

    /// So many crews, one at least, which load side by side. The first one is started before the others, which are forked from the same
    /// zygote then. It may be told of the first one how it comes up and what it prints; of the others it is the same.
    pub(super) async fn crews(
        &self,
        count: usize,
        tells: bool,
    ) -> Result<LoadedCrews, BringUpError> {
        let began = Instant::now();
        let crew = self.recruit(0, tells);
        let parts = crew.start().await?;
        let others = try_join_all((1..count).map(|index| async move {
            let crew = self.recruit(index, false);
            let loaded = async { crew.load(crew.start().await?).await };
            loaded.await.map_err(|error| (error, crew.callbacks))
        }));
        let first = async {
            let loaded = crew.load(parts).await?;
            self.first_load.is_over();
            Ok::<_, BringUpError>(loaded)
        };
        // If the first one fails, it has told all there is to tell.
        let others = async { Ok(others.await) };
        let (first, others) = try_join(first, others).await?;
        let others = others.map_err(|(error, callbacks)| {
            callbacks.tell_held_output();
            error
        })?;
        let mut crews = LoadedCrews {
            loaded: first.loaded,
            started: first.started.unwrap_or(began),
            first: first.processes,
            others: Vec::new(),
        };
        for other in others {
            agree(&mut crews.loaded, other.loaded);
            crews.others.push(other.processes);
        }
        Ok(crews)
    }

    fn recruit(&self, index: usize, tells: bool) -> Recruit<'_> {
        let workers = self.workers;
        let number = workers.newest.fetch_add(1, Ordering::Relaxed) + 1;
        let early_output = if tells {
            EarlyOutput::told()
        } else {
            EarlyOutput::held()
        };
        let callbacks = StoreCallbacks::new(
            number,
            workers.store.clone(),
            Arc::clone(&workers.registry),
            Arc::clone(&workers.expiry),
            Arc::clone(&workers.events),
            Arc::clone(&workers.observer),
            early_output,
        );
        Recruit {
            code: self,
            index,
            number,
            callbacks: Arc::new(callbacks),
            tells,
        }
    }
}

/// A crew in the making.
struct Recruit<'a> {
    code: &'a Code<'a>,
    /// Which of the crews it is, from 0.
    index: usize,
    number: u64,
    callbacks: Arc<StoreCallbacks>,
    tells: bool,
}

/// A worker of a crew in the making.
enum Recruited {
    /// It has just been started.
    Started(StartedPart),
    /// It has loaded its part for the code before.
    GoesOn(Arc<Process>),
}

/// A crew that has loaded the project.
struct LoadedCrew {
    processes: Processes,
    /// When the last of its workers was there that were started for it.
    started: Option<Instant>,
    loaded: Loaded,
}

impl Recruit<'_> {
    /// Starts a worker of each runtime, but those that go on.
    async fn start(&self) -> Result<(Recruited, Vec<Recruited>), BringUpError> {
        let mut runtimes = self.code.config.runtimes().into_iter();
        // A project has a graph, and so a runtime.
        let first = runtimes.next().unwrap_or(Runtime::Python);
        let first = self.start_one(first).await?;
        let mut others = Vec::new();
        for runtime in runtimes {
            others.push(self.start_one(runtime).await?);
        }
        Ok((first, others))
    }

    async fn start_one(&self, runtime: Runtime) -> Result<Recruited, BringUpError> {
        if let Some(process) = self.code.carried.process(self.index, runtime) {
            // The new code is of them too.
            self.code.packages.add(&process.worker().hello().packages);
            return Ok(Recruited::GoesOn(Arc::clone(process)));
        }
        let started = self.part(runtime).start().await?;
        Ok(Recruited::Started(started))
    }

    /// Has each of them load its part.
    async fn load(
        &self,
        (first, others): (Recruited, Vec<Recruited>),
    ) -> Result<LoadedCrew, BringUpError> {
        let mut crew = self.load_one(first).await?;
        for other in others {
            let other = self.load_one(other).await?;
            crew.loaded.add(other.loaded);
            crew.started = crew.started.max(other.started);
            crew.processes.add(other.processes);
        }
        Ok(crew)
    }

    /// The crew of one of them.
    async fn load_one(&self, recruited: Recruited) -> Result<LoadedCrew, BringUpError> {
        let (process, started, goes_on) = match recruited {
            Recruited::GoesOn(process) => (process, None, true),
            Recruited::Started(part) => {
                let loaded = self.part(part.runtime).load_whole(part).await?;
                let callbacks = Arc::clone(&self.callbacks);
                let process = Process::new(
                    self.number,
                    loaded.worker,
                    callbacks,
                    loaded.part,
                    loaded.debugger,
                );
                (process, Some(loaded.started), false)
            }
        };
        let part = process.part();
        let loaded = Loaded {
            // Of what has been loaded this time.
            load_ms: if goes_on { 0.0 } else { part.loaded.load_ms },
            slowest: if goes_on {
                Vec::new()
            } else {
                part.loaded.slowest.clone()
            },
            ..part.loaded.clone()
        };
        Ok(LoadedCrew {
            processes: Processes::of(self.number, process, goes_on),
            started,
            loaded,
        })
    }

    fn part(&self, runtime: Runtime) -> OnePart<'_> {
        OnePart {
            workers: self.code.workers,
            config: self.code.config,
            runtime,
            callbacks: &self.callbacks,
            secret: self.code.secret,
            limit: self.code.limit,
            packages: &self.code.packages,
            tells: self.tells,
            first_load: &self.code.first_load,
        }
    }
}

/// A graph serves if every crew can run it: what one of them has loaded is left out that another one has not.
fn agree(loaded: &mut Loaded, other: Loaded) {
    for (id, graph) in other.graphs {
        let ours = loaded.graphs.get_mut(&id);
        if let (Some(ours @ LoadedGraph::Ready { .. }), LoadedGraph::Failed { mut error }) =
            (ours, graph)
        {
            if is_port_in_use(&error) {
                error.hint = Some(ONE_PORT.to_owned());
            }
            *ours = LoadedGraph::Failed { error };
        }
    }
}

/// The help for a port that one worker listens on when the others want to.
const ONE_PORT: &str = "every worker loads the project, and only one of them can listen there: listen where the code is used and not where \
                        it is imported, or start with --workers 1";
