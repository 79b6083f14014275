//! Bringing up a generation: start a worker, let it load the project, put its default assistants in place.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use lgx_config::{Config, LoadError as ConfigError};
use lgx_model::{Runtime, Timestamp};
use lgx_store::StoreError;
use lgx_store::assistants::DefaultAssistant;
use lgx_worker::{
    CallError, Diagnostic, Hello, LoadError, LoadProgress, Loaded, LoadedGraph, LoadedSources,
    RuntimeVersion, Secret, Start, StartError, Worker, WorkerSource,
};
use tokio::time::Instant;

use super::callbacks::StoreCallbacks;
use super::crew::Crew;
use super::load_request::load_request;
use super::watching::{Sources, named_files};
use super::{Generation, Timeline, Workers};
use crate::notice::{Notice, Observer, ReloadFailure};

/// What a generation is brought up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To serve.
    Serve,
    /// To execute one run, beside the one that serves.
    OneRun,
}

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
}

impl BringUpError {
    /// Whether the code could not listen on a port that somebody holds already.
    pub(super) fn is_port_in_use(&self) -> bool {
        // What Linux and macOS say, also in the words of libraries that pass it on.
        let told = |diagnostic: &Diagnostic| diagnostic.message.contains("Address already in use");
        match self {
            Self::Fatal(Fatal::Auth(diagnostic) | Fatal::StoreIndex(diagnostic)) => {
                told(diagnostic)
            }
            Self::Fatal(_) => false,
            Self::Broken(graphs) => graphs.iter().any(|(_, diagnostic)| told(diagnostic)),
        }
    }

    /// How a failed reload is told.
    pub(super) fn into_reload_failure(self) -> ReloadFailure {
        match self {
            Self::Fatal(Fatal::Config(error)) => ReloadFailure::Config(error.problems),
            Self::Fatal(Fatal::Auth(diagnostic) | Fatal::StoreIndex(diagnostic)) => {
                ReloadFailure::Code(*diagnostic)
            }
            Self::Fatal(other) => ReloadFailure::Worker(other.to_string()),
            Self::Broken(mut graphs) => match graphs.pop() {
                Some((_, diagnostic)) => ReloadFailure::Code(diagnostic),
                None => ReloadFailure::Worker("a graph does not load".into()),
            },
        }
    }
}

/// Starts a worker and loads the project. `previous` is what must not get worse: a graph that it serves has to load. Whoever
/// drops this before its end ends the worker.
pub(super) async fn bring_up(
    workers: &Workers,
    config: Arc<Config>,
    previous: Option<&Generation>,
    purpose: Purpose,
) -> Result<Arc<Generation>, BringUpError> {
    let number = workers.newest.fetch_add(1, Ordering::Relaxed) + 1;
    let callbacks = Arc::new(StoreCallbacks::new(
        number,
        workers.store.clone(),
        Arc::clone(&workers.registry),
        Arc::clone(&workers.expiry),
        Arc::clone(&workers.observer),
    ));
    let secret = Secret::fresh();
    let mut runtimes = config.runtimes().into_iter();
    // A project has a graph, and so a runtime.
    let first = runtimes.next().unwrap_or(Runtime::Python);
    workers.watcher(|watcher| {
        watcher.also(Sources {
            files: named_files(&config),
            listed: Vec::new(),
            since: SystemTime::now(),
        });
    });
    let _loading = Loading(&*workers.observer);
    let packages = Packages {
        workers,
        directories: Mutex::default(),
    };
    let part = |runtime| OnePart {
        workers,
        config: &config,
        runtime,
        callbacks: &callbacks,
        secret: &secret,
    };
    let (began, first) = (Instant::now(), part(first).bring_up(&packages).await?);
    let LoadedPart {
        worker,
        started,
        mut loaded,
        source,
    } = first;
    let mut sources = vec![(source, std::mem::take(&mut loaded.uses))];
    let ahead = worker.has_imported_ahead();
    let mut crew = Crew::of(worker);
    for runtime in runtimes {
        let mut part = part(runtime).bring_up(&packages).await?;
        sources.push((part.source, std::mem::take(&mut part.loaded.uses)));
        loaded.add(part.loaded);
        crew.add(part.worker);
    }
    let timeline = Timeline::loaded(began, started, &loaded, ahead);
    let failed: Vec<(String, Diagnostic)> = loaded
        .graphs
        .iter()
        .filter_map(|(id, graph)| match graph {
            LoadedGraph::Failed { error } => Some((id.clone(), error.clone())),
            LoadedGraph::Ready { .. } => None,
        })
        .collect();
    if let Some(previous) = previous {
        let worse: Vec<_> = failed
            .iter()
            .filter(|(id, _)| serves(previous, id))
            .cloned()
            .collect();
        if !worse.is_empty() {
            crew.shutdown(super::SHUTDOWN_GRACE).await;
            return Err(BringUpError::Broken(worse));
        }
    }
    if purpose == Purpose::OneRun {
        // What there is to tell has been told of the one that serves.
        return Ok(Generation::new(
            number, crew, loaded, config, secret, sources, timeline,
        ));
    }
    for (graph_id, diagnostic) in failed {
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
    let defaults = defaults(&config, &loaded.graphs);
    workers
        .store
        .sync_default_assistants(defaults, Timestamp::now())
        .await
        .map_err(|error| BringUpError::Fatal(Fatal::State(error)))?;
    Ok(Generation::new(
        number, crew, loaded, config, secret, sources, timeline,
    ))
}

/// The directories of packages of all runtimes, as the watcher knows them.
struct Packages<'a> {
    workers: &'a Workers,
    directories: Mutex<Vec<PathBuf>>,
}

impl Packages<'_> {
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
struct LoadedPart {
    worker: Worker,
    started: Instant,
    loaded: Loaded,
    source: Arc<dyn WorkerSource>,
}

/// What one runtime loads of the project.
struct OnePart<'a> {
    workers: &'a Workers,
    config: &'a Config,
    runtime: Runtime,
    callbacks: &'a Arc<StoreCallbacks>,
    secret: &'a Secret,
}

impl OnePart<'_> {
    /// Starts a worker and has it load its part. What fails in one that had imported modules ahead is tried again in one that had not,
    /// if that may have been the reason.
    async fn bring_up(&self, packages: &Packages<'_>) -> Result<LoadedPart, BringUpError> {
        let source = self.workers.sources.of(self.config, self.runtime);
        let worker = self.start(&*source, packages, false).await?;
        let started = Instant::now();
        let loaded = self.load(&worker).await;
        let doubt = worker
            .has_imported_ahead()
            .then(|| Doubt::about(&loaded))
            .flatten();
        let Some(doubt) = doubt else {
            return Ok(LoadedPart {
                worker,
                started,
                loaded: loaded.map_err(into_fatal)?,
                source,
            });
        };
        tracing::debug!("the project is loaded again without modules imported ahead: {doubt:?}");
        match doubt {
            Doubt::Failure => {}
            Doubt::Death(death) => source.give_up_forking(&death),
            Doubt::Variables(names) => source.give_up_importing_ahead(&format!(
                "the project sets {}, which an installed module reads when it is imported",
                names.join(", ")
            )),
        }
        worker.kill();
        let worker = self.start(&*source, packages, true).await?;
        Ok(LoadedPart {
            started: Instant::now(),
            loaded: self.load(&worker).await.map_err(into_fatal)?,
            worker,
            source,
        })
    }

    async fn start(
        &self,
        source: &dyn WorkerSource,
        packages: &Packages<'_>,
        cold: bool,
    ) -> Result<Worker, BringUpError> {
        let callbacks = Arc::clone(self.callbacks);
        let introduced = |hello: &Hello| {
            self.workers.introduced.cancel();
            packages.add(hello);
            let what = "the packages it uses".to_owned();
            self.workers.notice(Notice::Loading { what });
        };
        let start = Start {
            callbacks,
            introduced: &introduced,
            cold,
        };
        source
            .start(start)
            .await
            .map_err(|error| BringUpError::Fatal(Fatal::Worker(error)))
    }

    async fn load(&self, worker: &Worker) -> Result<Loaded, LoadError> {
        let secret = self.secret.clone();
        let request = load_request(self.workers, self.config, self.runtime, secret);
        let since = SystemTime::now();
        let watch = |sources: &LoadedSources| {
            self.workers.watcher(|watcher| {
                watcher.also(Sources {
                    files: sources.files.clone(),
                    listed: sources.listed.clone(),
                    since,
                });
            });
        };
        let loaded = worker.load(&request, |progress| match progress {
            LoadProgress::Begins { loading } => {
                self.workers.notice(Notice::Loading { what: loading });
            }
            LoadProgress::Looked(sources) => watch(&sources),
        });
        // Whatever becomes of the graphs: one that fails may do so because of what it has read.
        loaded.await.inspect(|loaded| watch(&loaded.sources))
    }
}

fn into_fatal(error: LoadError) -> BringUpError {
    BringUpError::Fatal(match error {
        LoadError::Auth(diagnostic) => Fatal::Auth(diagnostic),
        LoadError::StoreIndex(diagnostic) => Fatal::StoreIndex(diagnostic),
        LoadError::Call(error) => Fatal::Load(error),
    })
}

/// Why a project may have been loaded otherwise than it would be in a worker that had imported nothing ahead.
#[derive(Debug)]
enum Doubt {
    /// Something failed outside of the project's own lines.
    Failure,
    /// The worker ended.
    Death(String),
    /// Variables that the project sets after they have been read.
    Variables(Vec<String>),
}

impl Doubt {
    fn about(loaded: &Result<Loaded, LoadError>) -> Option<Self> {
        match loaded {
            Ok(loaded) if !loaded.set_too_late.is_empty() => {
                Some(Self::Variables(loaded.set_too_late.clone()))
            }
            Ok(loaded) => loaded.failed_elsewhere.then_some(Self::Failure),
            // No import changes how a file is read.
            Err(LoadError::Auth(diagnostic) | LoadError::StoreIndex(diagnostic)) => {
                (diagnostic.kind != "SyntaxError").then_some(Self::Failure)
            }
            Err(LoadError::Call(CallError::Died(death))) => Some(Self::Death(death.how.clone())),
            Err(LoadError::Call(_)) => Some(Self::Failure),
        }
    }
}

/// Whether the first generation may serve, and what is odd about it. Strictness concerns the start only: later on, what served is
/// never given up for less.
pub(super) async fn accept_first(
    workers: &Workers,
    first: Arc<Generation>,
) -> Result<Arc<Generation>, BringUpError> {
    compare_versions(workers, &first);
    let failed = first.failed_graphs();
    if !workers.options.strict || failed.is_empty() {
        return Ok(first);
    }
    first.workers().shutdown(super::SHUTDOWN_GRACE).await;
    Err(BringUpError::Fatal(Fatal::Graphs {
        failed,
        of: first.config().graphs.len(),
    }))
}

/// Says so when an interpreter is of another version than langgraph.json asks for.
fn compare_versions(workers: &Workers, generation: &Generation) {
    for worker in generation.workers().all() {
        let RuntimeVersion { name, version } = &worker.hello().runtime;
        let wanted = match name {
            Runtime::Python => &generation.config().python_version,
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

fn serves(generation: &Generation, graph_id: &str) -> bool {
    matches!(
        generation.loaded().graphs.get(graph_id),
        Some(LoadedGraph::Ready { .. })
    )
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
