//! Bringing up a generation: start its crews, let each load the project, put the default assistants in place.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use lgx_config::{Config, LoadError as ConfigError};
use lgx_model::{Runtime, Timestamp};
use lgx_store::StoreError;
use lgx_store::assistants::DefaultAssistant;
use lgx_worker::{
    CallError, Callbacks, Diagnostic, Hello, LoadError, LoadProgress, Loaded, LoadedGraph,
    LoadedSources, RuntimeVersion, Secret, Start, StartError, Worker, WorkerSource,
};
use tokio::time::Instant;

use super::callbacks::StoreCallbacks;
use super::crew::{Crew, Processes};
use super::load_limit::{LoadLimit, LoadWatch, Overdue};
use super::load_request::load_request;
use super::loaded_code::LoadedCode;
use super::recruit::{Code, FirstLoad, LoadedCrews};
use super::team::Team;
use super::watching::{Sources, named_files};
use super::{Generation, Timeline, Workers};
use crate::notice::{Notice, Observer, ReloadFailure};

/// Why no generation can serve, so that the server has to end.
#[derive(Debug, thiserror::Error)]
pub enum Fatal {
    /// langgraph.json is broken.
    #[error("{0}")]
    Config(ConfigError),
    /// The auth handlers cannot be loaded; a server never runs without auth it was told to use.
    #[error("the auth handlers cannot be loaded, so the server does not start: {}", .0.message)]
    Auth(Box<Diagnostic>),
    /// The embeddings that `store.index` names cannot be loaded; without them searches would silently find other items.
    #[error("the embeddings of `store.index` cannot be loaded, so the server does not start: {}", .0.message)]
    StoreIndex(Box<Diagnostic>),
    /// Graphs do not load, and a strict start does not do without. Why was told as a notice of each.
    #[error("{} of {of} {} cannot be loaded, so the server does not start", .failed.len(), if *.of == 1 { "graph" } else { "graphs" })]
    Graphs {
        /// Their ids.
        failed: Vec<String>,
        /// How many graphs the project has.
        of: usize,
    },
    /// The interpreter cannot be used.
    #[error("{0}")]
    Worker(StartError),
    /// The worker ended while it loaded the project, or answered nonsense.
    #[error("the project could not be loaded: {0}")]
    Load(CallError),
    /// Loading takes too long for a strict start.
    #[error("the project does not get loaded, so the server does not start: {}", .0.message)]
    Hangs(Box<Diagnostic>),
    /// The state could not be written.
    #[error("{0}")]
    State(StoreError),
    /// Workers die as soon as they serve.
    #[error("the worker keeps ending by itself ({0}); the last lines it wrote are above")]
    KeepsDying(String),
}

/// Why this generation did not come up.
#[derive(Debug)]
pub(super) enum BringUpError {
    /// None of this kind can.
    Fatal(Fatal),
    /// Graphs that the previous generation serves do not load any more.
    Broken(Vec<(String, Diagnostic)>),
    /// These files are not any more what the crews were loaded from that it was to join.
    OtherCode(Vec<PathBuf>),
}

impl BringUpError {
    /// Whether the code could not listen on a port that somebody holds already.
    pub(super) fn is_port_in_use(&self) -> bool {
        match self {
            Self::Fatal(Fatal::Auth(diagnostic) | Fatal::StoreIndex(diagnostic)) => {
                is_port_in_use(diagnostic)
            }
            Self::Fatal(_) | Self::OtherCode(_) => false,
            Self::Broken(graphs) => graphs
                .iter()
                .any(|(_, diagnostic)| is_port_in_use(diagnostic)),
        }
    }

    /// How a failed reload is told.
    pub(super) fn into_reload_failure(self) -> ReloadFailure {
        match self {
            Self::Fatal(Fatal::Config(error)) => ReloadFailure::Config(error.problems),
            Self::Fatal(
                Fatal::Auth(diagnostic) | Fatal::StoreIndex(diagnostic) | Fatal::Hangs(diagnostic),
            ) => ReloadFailure::Code(*diagnostic),
            Self::Fatal(Fatal::Load(CallError::Died(death))) => ReloadFailure::Died(death),
            Self::Fatal(other) => ReloadFailure::Worker(other.to_string()),
            Self::Broken(mut graphs) => match graphs.pop() {
                Some((_, diagnostic)) => ReloadFailure::Code(diagnostic),
                None => ReloadFailure::Worker("a graph does not load".into()),
            },
            Self::OtherCode(_) => ReloadFailure::Worker("its code has changed".into()),
        }
    }
}

/// Starts the crews of a new generation, which load within `limit`. `previous` is what must not get worse: a graph that it serves has to
/// load. Whoever drops this before its end ends the workers.
pub(super) async fn bring_up(
    workers: &Workers,
    config: Arc<Config>,
    previous: Option<&Generation>,
    limit: LoadLimit,
) -> Result<Team, BringUpError> {
    workers.watcher(|watcher| {
        watcher.also(Sources {
            files: named_files(&config),
            listed: Vec::new(),
            since: SystemTime::now(),
        });
    });
    let _loading = Loading(&*workers.observer);
    let secret = Secret::fresh();
    let (began, since) = (Instant::now(), SystemTime::now());
    let count = workers.options.workers;
    let code = Code::new(workers, &config, &secret, limit);
    let LoadedCrews {
        loaded,
        sources,
        started,
        first,
        others,
    } = code.crews(count, true).await?;
    let ahead = first.have_imported_ahead();
    let timeline = Timeline::loaded(began, started, &loaded, ahead);
    let worse = broken(&loaded, |id| {
        previous.is_some_and(|previous| previous.serves(id))
    });
    if !worse.is_empty() {
        join_all([first].iter().chain(&others).map(Processes::dismiss)).await;
        return Err(BringUpError::Broken(worse));
    }
    tell_of_graphs(workers, &loaded);
    let defaults = defaults(&config, &loaded.graphs);
    workers
        .store
        .sync_default_assistants(defaults, Timestamp::now())
        .await
        .map_err(|error| BringUpError::Fatal(Fatal::State(error)))?;
    let code = LoadedCode::from(&loaded.sources.files, since);
    let generation = Generation::new(loaded, config, secret, sources, timeline, code);
    let most_runs = workers.options.jobs;
    let crew = |processes| Crew::new(processes, Arc::clone(&generation), most_runs);
    let others = others.into_iter().map(crew).collect();
    Ok(Team::new(crew(first), others))
}

/// Starts so many crews more, one at least, of a generation that is there already: they load the same, and must be able to run what it
/// runs. What there is to tell has been told.
pub(super) async fn reinforce(
    workers: &Workers,
    generation: &Arc<Generation>,
    count: usize,
) -> Result<Team, BringUpError> {
    let took = generation.timeline().load_took();
    let limit = LoadLimit::of(workers.options.load_timeout, took, Overdue::GiveUp);
    let code = Code::new(workers, generation.config(), generation.secret(), limit);
    let LoadedCrews {
        loaded,
        first,
        others,
        ..
    } = code.crews(count, false).await?;
    let worse = broken(&loaded, |id| generation.serves(id));
    if !worse.is_empty() {
        join_all([first].iter().chain(&others).map(Processes::dismiss)).await;
        return Err(BringUpError::Broken(worse));
    }
    let most_runs = workers.options.jobs;
    let crew = |processes| Crew::new(processes, Arc::clone(generation), most_runs);
    let others = others.into_iter().map(crew).collect();
    Ok(Team::new(crew(first), others))
}

/// The same, if they have loaded the very code that the generation was loaded from.
pub(super) async fn reinforce_alike(
    workers: &Workers,
    generation: &Arc<Generation>,
    count: usize,
) -> Result<Team, BringUpError> {
    let team = reinforce(workers, generation, count).await?;
    let changed = generation.code().changed();
    if changed.is_empty() {
        return Ok(team);
    }
    team.dismiss().await;
    Err(BringUpError::OtherCode(changed))
}

/// The graphs that cannot be loaded, of those that count.
fn broken(loaded: &Loaded, counts: impl Fn(&str) -> bool) -> Vec<(String, Diagnostic)> {
    let failed = loaded.graphs.iter().filter_map(|(id, graph)| match graph {
        LoadedGraph::Failed { error } if counts(id) => Some((id.clone(), error.clone())),
        LoadedGraph::Failed { .. } | LoadedGraph::Ready { .. } => None,
    });
    failed.collect()
}

fn tell_of_graphs(workers: &Workers, loaded: &Loaded) {
    for (graph_id, diagnostic) in broken(loaded, |_| true) {
        workers.notice(Notice::GraphFailed {
            graph_id,
            diagnostic,
        });
    }
    for (graph_id, graph) in &loaded.graphs {
        if let LoadedGraph::Ready { notices, .. } = graph {
            for text in notices {
                workers.notice(Notice::GraphNotice {
                    graph_id: graph_id.clone(),
                    text: text.clone(),
                });
            }
        }
    }
}

/// The directories of packages of all runtimes, as the watcher knows them.
pub(super) struct Packages<'a> {
    workers: &'a Workers,
    directories: Mutex<Vec<PathBuf>>,
}

impl<'a> Packages<'a> {
    /// None is known yet.
    pub(super) fn new(workers: &'a Workers) -> Self {
        Self {
            workers,
            directories: Mutex::default(),
        }
    }

    fn add(&self, hello: &Hello) {
        let mut directories = self
            .directories
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let known = directories.len();
        for directory in &hello.packages {
            if !directories.contains(directory) {
                directories.push(directory.clone());
            }
        }
        if directories.len() > known {
            let all = directories.clone();
            self.workers.watcher(|watcher| watcher.packages(all));
        }
    }
}

/// A worker that has loaded its part of the project.
pub(super) struct LoadedPart {
    pub(super) worker: Worker,
    pub(super) started: Instant,
    pub(super) loaded: Loaded,
    pub(super) source: Arc<dyn WorkerSource>,
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
    /// Whether it is told how it comes up.
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
        let loaded = self.load(&worker).await;
        let doubt = worker
            .has_imported_ahead()
            .then(|| Doubt::about(&loaded))
            .flatten();
        let Some(doubt) = doubt else {
            return Ok(LoadedPart {
                worker,
                started,
                loaded: loaded?,
                source,
            });
        };
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
        Ok(LoadedPart {
            started: Instant::now(),
            loaded: self.load(&worker).await?,
            worker,
            source,
        })
    }

    async fn start_one(
        &self,
        source: &dyn WorkerSource,
        cold: bool,
    ) -> Result<Worker, BringUpError> {
        let introduced = |hello: &Hello| {
            self.workers.introduced.cancel();
            self.packages.add(hello);
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
        let secret = self.secret.clone();
        let request = load_request(
            self.workers,
            self.config,
            self.runtime,
            secret,
            self.limit.after,
        );
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

/// What Linux and macOS say, also in the words of libraries that pass it on.
pub(super) fn is_port_in_use(diagnostic: &Diagnostic) -> bool {
    diagnostic.message.contains("Address already in use")
}

/// Why a worker has not loaded the project.
#[derive(Debug, thiserror::Error)]
enum NotLoaded {
    #[error(transparent)]
    Failed(#[from] LoadError),
    /// It was given up where it hung.
    #[error("{}", .0.message)]
    Hangs(Box<Diagnostic>),
}

impl From<NotLoaded> for BringUpError {
    fn from(error: NotLoaded) -> Self {
        Self::Fatal(match error {
            NotLoaded::Hangs(place) => Fatal::Hangs(place),
            NotLoaded::Failed(LoadError::Auth(diagnostic)) => Fatal::Auth(diagnostic),
            NotLoaded::Failed(LoadError::StoreIndex(diagnostic)) => Fatal::StoreIndex(diagnostic),
            NotLoaded::Failed(LoadError::Call(error)) => Fatal::Load(error),
        })
    }
}

/// Why a project may have been loaded otherwise than it would be in a worker that had imported nothing ahead.
#[derive(Debug)]
enum Doubt {
    /// Something failed outside of the project's own lines.
    Failure,
    /// The worker was killed, which the reason for is elsewhere.
    Kill,
    /// The worker ended.
    Death(String),
    /// Variables that the project sets after they have been read.
    Variables(Vec<String>),
}

impl Doubt {
    fn about(loaded: &Result<Loaded, NotLoaded>) -> Option<Self> {
        let error = match loaded {
            Ok(loaded) if !loaded.set_too_late.is_empty() => {
                return Some(Self::Variables(loaded.set_too_late.clone()));
            }
            Ok(loaded) => return loaded.failed_elsewhere.then_some(Self::Failure),
            // It would hang as long again.
            Err(NotLoaded::Hangs(_)) => return None,
            Err(NotLoaded::Failed(error)) => error,
        };
        match error {
            // No import changes how a file is read.
            LoadError::Auth(diagnostic) | LoadError::StoreIndex(diagnostic) => {
                (diagnostic.kind != "SyntaxError").then_some(Self::Failure)
            }
            LoadError::Call(CallError::Died(death)) if death.is_kill() => Some(Self::Kill),
            LoadError::Call(CallError::Died(death)) => Some(Self::Death(death.how.clone())),
            LoadError::Call(_) => Some(Self::Failure),
        }
    }
}

/// Whether the first generation may serve, and what is odd about it. Strictness concerns the start only: later on, what served is
/// never given up for less.
pub(super) async fn accept_first(workers: &Workers, first: Team) -> Result<Team, BringUpError> {
    compare_versions(workers, &first);
    let failed = first.generation().failed_graphs();
    if !workers.options.strict || failed.is_empty() {
        return Ok(first);
    }
    first.dismiss().await;
    Err(BringUpError::Fatal(Fatal::Graphs {
        failed,
        of: first.generation().config().graphs.len(),
    }))
}

/// Says so when an interpreter is of another version than langgraph.json asks for.
fn compare_versions(workers: &Workers, first: &Team) {
    // Every crew has the same interpreters.
    for worker in first.first().workers() {
        let RuntimeVersion { name, version } = &worker.hello().runtime;
        let wanted = match name {
            Runtime::Python => &first.generation().config().python_version,
        };
        if let Some(wanted) = wanted
            && !is_of_version(version, wanted)
        {
            workers.notice(Notice::OtherPython {
                wanted: wanted.clone(),
                found: version.clone(),
            });
        }
    }
}

/// The project is being loaded, until this is dropped.
struct Loading<'a>(&'a dyn Observer);

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        self.0.notice(Notice::LoadingEnded);
    }
}

/// Whether `3.12.4` is a `3.12`.
fn is_of_version(found: &str, wanted: &str) -> bool {
    found
        .strip_prefix(wanted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn defaults(config: &Config, loaded: &BTreeMap<String, LoadedGraph>) -> Vec<DefaultAssistant> {
    config
        .graphs
        .iter()
        .map(|graph| DefaultAssistant {
            graph_id: graph.id.clone(),
            name: match loaded.get(&graph.id) {
                Some(LoadedGraph::Ready { name, .. }) => name.clone(),
                _ => graph.id.clone(),
            },
            description: graph.description.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::is_of_version;

    #[test]
    fn a_version_is_of_the_wanted_one_when_it_only_says_more() {
        assert!(is_of_version("3.12.4", "3.12"));
        assert!(is_of_version("3.12", "3.12"));
        assert!(!is_of_version("3.11.7", "3.12"));
        assert!(!is_of_version("3.12.4", "3.1"));
    }
}
