//! The Agent Server for one project: HTTP API, run engine, auth gate, reload.
//!
//! [`start`] binds the port, opens the state and returns; the user's code is loaded behind it while the port already answers.

mod app;
mod auth;
mod cron;
mod events;
mod expiry;
mod http;
mod items;
mod listen;
mod metrics;
mod notice;
mod options;
mod question;
mod runs;
mod trouble;
mod watch;
mod webhook;
mod workers;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lgx_config::{Config, LoadError};
use lgx_store::{Store, StoreError};
use lgx_worker::{Launch, PythonSource, WorkerSource};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use lgx_store::Unavailable;
pub use lgx_worker::{
    Death, Diagnostic, ExecutingRun, LogLine, LogStream, StartError as WorkerStartError,
};
pub use listen::Listener;
pub use notice::{Notice, Observer, ReloadFailure, StateNotice};
pub use options::Options;
pub use question::Question;
pub use runs::{LeftRun, LeftRuns};
pub use workers::{Fatal, SourceFor};

use crate::app::App;
use crate::cron::Scheduler;
use crate::events::ThreadLogs;
use crate::expiry::Expiry;
use crate::http::intake::Intake;
use crate::metrics::Requests;
use crate::runs::Engine;
use crate::runs::registry::Registry;
use crate::workers::{Parts, Workers};

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// langgraph.json cannot be used.
    #[error("{0}")]
    Config(#[from] LoadError),
    /// Something is missing that the project asks for, and a strict start does not do without.
    #[error("{0}")]
    Incomplete(LoadError),
    /// Somebody else listens on the port.
    #[error(
        "port {port} on {host} is taken by another program; stop it, or choose another port with --port (0 takes any free one)"
    )]
    PortTaken {
        /// The address asked for.
        host: IpAddr,
        /// The port asked for.
        port: u16,
    },
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; choose another address with --host or another port with --port"
    )]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The state cannot be opened.
    #[error("{0}")]
    State(#[from] StoreError),
    /// The project cannot be watched for changes.
    #[error("the project cannot be watched for changes: {0}; start with --no-reload to do without")]
    Watch(String),
}

/// Starts serving the project, on a port that is held already if there is one.
///
/// # Errors
/// Why it did not start.
pub async fn start(
    options: Options,
    held: Option<Listener>,
    observer: Arc<dyn Observer>,
) -> Result<Running, StartError> {
    let source = python_source(&options);
    start_on(held, options, observer, source).await
}

/// Starts serving with workers from elsewhere.
///
/// # Errors
/// Why it did not start.
pub async fn start_with(
    options: Options,
    observer: Arc<dyn Observer>,
    source_for: SourceFor,
) -> Result<Running, StartError> {
    start_on(None, options, observer, source_for).await
}

async fn start_on(
    held: Option<Listener>,
    options: Options,
    observer: Arc<dyn Observer>,
    source_for: SourceFor,
) -> Result<Running, StartError> {
    let started = Instant::now();
    let mut loaded = options.load_config()?;
    if options.strict {
        loaded = loaded.complete().map_err(StartError::Incomplete)?;
    }
    for warning in loaded.warnings {
        observer.notice(Notice::Config(warning));
    }
    let listener = match held {
        Some(held) => held,
        None => Listener::bind(options.host, options.port)?,
    };
    let (listener, address) = listener
        .into_accepting()
        .map_err(|source| StartError::Bind {
            address: SocketAddr::new(options.host, options.port),
            source,
        })?;
    let url = url(address);
    let store = Store::open(&state_dir(&options, &loaded.config))?;
    let registry = Arc::new(Registry::default());
    let events = Arc::new(ThreadLogs::new(store.clone(), options.keep_events_for));
    let engine = Engine::new(
        store.clone(),
        Arc::clone(&registry),
        Arc::clone(&events),
        Arc::clone(&observer),
        options.jobs,
    );
    let expiry = Arc::new(Expiry::default());
    let workers = Workers::new(Parts {
        options: options.clone(),
        api_url: url.clone(),
        store: store.clone(),
        registry,
        expiry: Arc::clone(&expiry),
        observer: Arc::clone(&observer),
        source_for,
        config: loaded.config,
    });
    let left_runs = engine.start(&workers).await?;
    workers
        .start()
        .map_err(|error| StartError::Watch(error.to_string()))?;
    let crons = Scheduler::new(store.clone(), Arc::clone(&engine), Arc::clone(&workers));
    let app = Arc::new(App {
        options,
        url: url.clone(),
        store,
        runs: engine,
        events,
        expiry,
        crons,
        intake: Intake::default(),
        requests: Requests::new(),
        workers,
        observer,
    });
    let stopping = CancellationToken::new();
    let tasks = TaskTracker::new();
    tasks.spawn(trouble::tell(
        app.store.clone(),
        Arc::clone(&app.observer),
        stopping.clone(),
    ));
    tasks.spawn(Arc::clone(&app.crons).run(stopping.clone()));
    tasks.spawn(Arc::clone(&app.expiry).run(
        app.store.clone(),
        Arc::clone(&app.workers),
        stopping.clone(),
    ));
    let router = http::routes::router(Arc::clone(&app));
    tasks.spawn(listen::serve(
        listener,
        Arc::clone(&app),
        router,
        stopping.clone(),
    ));
    Ok(Running {
        app,
        left_runs,
        address,
        url,
        started,
        stopping,
        tasks,
    })
}

fn state_dir(options: &Options, config: &Config) -> PathBuf {
    options
        .state_dir
        .clone()
        .unwrap_or_else(|| config.default_state_dir())
}

/// Workers of the project's own interpreter, with langgraph.json's environment laid over the given one.
fn python_source(options: &Options) -> SourceFor {
    let options = options.clone();
    Box::new(move |config: &Config| {
        let mut environment = options.environment.clone();
        for (name, value) in &config.env {
            environment.retain(|(present, _)| present != std::ffi::OsStr::new(name));
            environment.push((name.into(), value.into()));
        }
        let launch = Launch {
            python: options.python.clone(),
            runtime_dir: state_dir(&options, config).join("runtime"),
            cwd: config.root.clone(),
            environment,
        };
        Arc::new(PythonSource { launch }) as Arc<dyn WorkerSource>
    })
}

/// Where clients on this machine reach the server.
fn url(address: SocketAddr) -> String {
    let host = match address.ip() {
        ip if ip.is_unspecified() && ip.is_ipv4() => IpAddr::from([127, 0, 0, 1]),
        ip if ip.is_unspecified() => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(host, address.port()))
}

/// A server that listens.
pub struct Running {
    app: Arc<App>,
    left_runs: LeftRuns,
    address: SocketAddr,
    url: String,
    started: Instant,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

/// The first generation of the user's code serves.
#[derive(Debug, Clone)]
pub struct Ready {
    /// How many graphs it can run.
    pub graphs: usize,
    /// The ids of the graphs that do not load, as langgraph.json orders them.
    pub failed: Vec<String>,
    /// Since the start of the server.
    pub took: Duration,
}

impl Running {
    /// Where clients on this machine reach the server: `http://127.0.0.1:2024`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The project's auth as langgraph.json names it, from its directory: `src/auth.py:auth`.
    pub fn auth(&self) -> Option<String> {
        self.app.workers.config().auth_as_written()
    }

    /// The address listened on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The runs that were not over when the last server ended.
    pub const fn left_runs(&self) -> &LeftRuns {
        &self.left_runs
    }

    /// The state, for tests that break it.
    pub fn store(&self) -> &Store {
        &self.app.store
    }

    /// Resolves when the interpreter has turned out to be a Python that has what every graph needs, or not to be one.
    pub async fn interpreter_checked(&self) {
        self.app.workers.interpreter_checked().await;
    }

    /// Waits until the graphs are loaded.
    ///
    /// # Errors
    /// Why no code can serve, so that the server has to end.
    pub async fn ready(&self) -> Result<Ready, Arc<Fatal>> {
        let generation = self.app.workers.first().await?;
        Ok(Ready {
            graphs: generation.ready_graphs(),
            failed: generation.failed_graphs(),
            took: self.started.elapsed(),
        })
    }

    /// Brings up the code anew, as if a file of it had changed.
    pub fn reload(&self) {
        self.app.workers.reload_now();
    }

    /// Resolves when the server cannot go on by itself.
    pub async fn failed(&self) -> Arc<Fatal> {
        self.app.workers.failed().await
    }

    /// Stops: no new requests, runs are told and go on at the next start, workers end, the state is closed.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.app.runs.stop().await;
        self.app.workers.stop_waiting();
        self.app.events.close();
        self.tasks.close();
        self.tasks.wait().await;
        self.app.workers.stop().await;
        self.app.events.flush().await;
        self.app.store.close().await;
    }
}
