//! Bringing up a generation: start a worker, let it load the project, put its default assistants in place.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use lgx_config::{Config, Embed, LoadError as ConfigError, Source, Target as ConfigTarget};
use lgx_model::{Runtime, Timestamp};
use lgx_store::StoreError;
use lgx_store::assistants::DefaultAssistant;
use lgx_worker::{
    CallError, Diagnostic, EmbedSpec, GraphSpec, IndexSpec, LoadError, LoadRequest, Loaded,
    LoadedGraph, RuntimeVersion, Secret, StartError, StoreSpec, Target, TtlSpec, Worker,
};

use super::callbacks::StoreCallbacks;
use super::crew::Crew;
use super::{Generation, Workers};
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

impl Workers {
    /// Starts a worker and loads the project. `previous` is what must not get worse: a graph that it serves has to load. Whoever
    /// drops this before its end ends the worker.
    pub(super) async fn bring_up(
        &self,
        config: Arc<Config>,
        previous: Option<&Generation>,
    ) -> Result<Arc<Generation>, BringUpError> {
        let number = self.newest.fetch_add(1, Ordering::Relaxed) + 1;
        let callbacks = Arc::new(StoreCallbacks::new(
            number,
            self.store.clone(),
            Arc::clone(&self.registry),
            Arc::clone(&self.expiry),
            Arc::clone(&self.observer),
        ));
        let secret = Secret::fresh();
        let mut runtimes = config.runtimes().into_iter();
        // A project has a graph, and so a runtime.
        let first = runtimes.next().unwrap_or(Runtime::Python);
        let worker = self.start_worker(&config, first, &callbacks).await?;
        let _loading = Loading(&*self.observer);
        let mut packages = worker.hello().packages.clone();
        self.watcher(|watcher| watcher.packages(packages.clone()));
        let mut loaded = self.load(&worker, &config, first, &secret).await?;
        let mut crew = Crew::of(worker);
        for runtime in runtimes {
            let worker = self.start_worker(&config, runtime, &callbacks).await?;
            packages.extend(worker.hello().packages.iter().cloned());
            self.watcher(|watcher| watcher.packages(packages.clone()));
            loaded.add(self.load(&worker, &config, runtime, &secret).await?);
            crew.add(worker);
        }
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
        for (graph_id, diagnostic) in failed {
            self.notice(Notice::GraphFailed {
                graph_id,
                diagnostic,
            });
        }
        for (graph_id, graph) in &loaded.graphs {
            if let LoadedGraph::Ready { notices, .. } = graph {
                for text in notices {
                    self.notice(Notice::GraphNotice {
                        graph_id: graph_id.clone(),
                        text: text.clone(),
                    });
                }
            }
        }
        let defaults = defaults(&config, &loaded.graphs);
        self.store
            .sync_default_assistants(defaults, Timestamp::now())
            .await
            .map_err(|error| BringUpError::Fatal(Fatal::State(error)))?;
        Ok(Generation::new(number, crew, loaded, config, secret))
    }

    /// Starts the worker of one runtime.
    async fn start_worker(
        &self,
        config: &Config,
        runtime: Runtime,
        callbacks: &Arc<StoreCallbacks>,
    ) -> Result<Worker, BringUpError> {
        let source = (self.source_for)(config, runtime);
        let callbacks = Arc::clone(callbacks);
        let worker = source
            .start(callbacks)
            .await
            .map_err(|error| BringUpError::Fatal(Fatal::Worker(error)))?;
        self.introduced.cancel();
        Ok(worker)
    }

    /// Lets a worker load its part of the project.
    async fn load(
        &self,
        worker: &Worker,
        config: &Config,
        runtime: Runtime,
        secret: &Secret,
    ) -> Result<Loaded, BringUpError> {
        let request = self.load_request(config, runtime, secret.clone());
        worker
            .load(&request, |what| self.notice(Notice::Loading { what }))
            .await
            .map_err(|error| {
                BringUpError::Fatal(match error {
                    LoadError::Auth(diagnostic) => Fatal::Auth(diagnostic),
                    LoadError::StoreIndex(diagnostic) => Fatal::StoreIndex(diagnostic),
                    LoadError::Call(error) => Fatal::Load(error),
                })
            })
    }

    /// Whether the first generation may serve, and what is odd about it. Strictness concerns the start only: later on, what served is
    /// never given up for less.
    pub(super) async fn accept_first(
        &self,
        first: Arc<Generation>,
    ) -> Result<Arc<Generation>, BringUpError> {
        self.compare_versions(&first);
        let failed = first.failed_graphs();
        if !self.options.strict || failed.is_empty() {
            return Ok(first);
        }
        first.workers().shutdown(super::SHUTDOWN_GRACE).await;
        Err(BringUpError::Fatal(Fatal::Graphs {
            failed,
            of: first.config().graphs.len(),
        }))
    }

    /// Says so when an interpreter is of another version than langgraph.json asks for.
    fn compare_versions(&self, generation: &Generation) {
        for worker in generation.workers().all() {
            let RuntimeVersion { name, version } = &worker.hello().runtime;
            let wanted = match name {
                Runtime::Python => &generation.config().python_version,
            };
            if let Some(wanted) = wanted
                && !is_of_version(version, wanted)
            {
                self.notice(Notice::OtherPython {
                    wanted: wanted.clone(),
                    found: version.clone(),
                });
            }
        }
    }

    /// What the worker of a runtime has to load.
    fn load_request(
        &self,
        config: &Config,
        runtime: Runtime,
        client_secret: Secret,
    ) -> LoadRequest {
        let own = |target: &&ConfigTarget| target.runtime == runtime;
        LoadRequest {
            root: config.root.display().to_string(),
            sys_path: config
                .sys_path
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
            graphs: config
                .graphs
                .iter()
                .filter(|graph| own(&&graph.target))
                .map(|graph| {
                    (
                        graph.id.clone(),
                        GraphSpec {
                            target: target(&graph.target),
                            description: graph.description.clone(),
                        },
                    )
                })
                .collect(),
            auth: config
                .auth
                .as_ref()
                .map(|auth| &auth.target)
                .filter(own)
                .map(target),
            store: store_spec(
                &config.store,
                config.runtime_of_embeddings() == Some(runtime),
            ),
            jobs: u32::try_from(self.options.jobs).unwrap_or(u32::MAX),
            api_url: self.api_url.clone(),
            user_agent_version: self.options.version.to_owned(),
            redact_errors: self.options.redact_errors,
            client_secret: Some(client_secret),
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

fn target(target: &ConfigTarget) -> Target {
    let attribute = target.attribute.clone();
    match &target.source {
        Source::File(file) => Target::File {
            file: file.display().to_string(),
            attribute,
        },
        Source::Module(module) => Target::Module {
            module: module.clone(),
            attribute,
        },
    }
}

/// What a worker has to know of the store, if there is anything; and of the embeddings, if it makes them.
fn store_spec(store: &lgx_config::Store, embeds: bool) -> Option<StoreSpec> {
    if *store == lgx_config::Store::default() {
        return None;
    }
    Some(StoreSpec {
        index: store
            .index
            .as_ref()
            .filter(|_| embeds)
            .map(|index| IndexSpec {
                embed: match &index.embed {
                    Embed::Code(code) => EmbedSpec::Code(target(code)),
                    Embed::Model(model) => EmbedSpec::Model {
                        model: model.clone(),
                    },
                },
                dims: index.dims,
                fields: index.fields.clone(),
            }),
        ttl: store.ttl.map(|ttl| TtlSpec {
            default_ttl: ttl.default_minutes,
            refresh_on_read: ttl.refresh_on_read,
        }),
    })
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
