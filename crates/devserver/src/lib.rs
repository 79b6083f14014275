//! The Agent Server for one project: its HTTP API, the auth gate, and the watcher that has its code reloaded.
//!
//! [`start`] binds the port, opens the state and returns; the user's code is loaded behind it while the port already answers.

mod app;
mod at_terminal;
mod auth;
mod debug;
mod http;
mod instance_url;
mod listen;
mod metrics;
mod options;
mod ui;
mod watch;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lgx_config::{Config, LoadError, Loaded};
use lgx_engine::workers;
use lgx_model::Runtime;
use lgx_store::Store;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use at_terminal::CancelledRuns;
pub use http::tunnel::TunnelEntrance;
pub use lgx_engine::notice::{
    DebuggerNotice, Notice, Observer, PollReason, ReloadFailure, StateNotice, TraceNotice, UiError,
    WantedBy,
};
pub use lgx_engine::options::{Database, Debugging, Interpreters, Options as EngineOptions};
pub use lgx_engine::overlay::EnvironmentOverlay;
pub use lgx_engine::question::Question;
pub use lgx_engine::runs::{LeftRun, LeftRuns};
pub use lgx_engine::sharing::{InstanceUrl, SharedDatabase, SharedSecret};
pub use lgx_engine::trial::{Inquiry, Trial, TrialPart, TriedPart, Xray, try_out};
pub use lgx_engine::workers::{Fatal, Timeline, WorkerSources};
pub use lgx_model::InstanceId;
pub use lgx_store::{DatabaseAddress, StoreError, Unavailable, on_disk, transfer};
pub use lgx_worker::{
    Blocking, CallError, Death, DebugError, Diagnostic, ExecutingRun, LogLine, LogStream,
    StartError as WorkerStartError,
};
pub use listen::Listener;
pub use options::{
    DebugPort, Editor, Limits, LocalStudio, Options, PlaceForm, Production, Purpose, ServerTls,
    TunnelAudience,
};

use crate::app::App;
use crate::auth::Gate;
use crate::debug::DebugListeners;
use crate::http::entrance::Entrance;
use crate::http::intake::Intake;
use crate::http::lgx::ids::ServerIds;
use crate::http::open_requests::OpenRequests;
use crate::http::relay::Relay;
use crate::http::streams::Streams;
use crate::listen::Door;
use crate::metrics::Requests;
use crate::ui::{UiBuilder, UiBundles};
use crate::watch::DiskWatcher;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// langgraph.json cannot be used.
    #[error("{0}")]
    Config(#[from] LoadError),
    /// Something is missing that the project asks for, and a strict start does not do without.
    #[error("{0}")]
    Incomplete(LoadError),
    /// It is for others, who would all be let in.
    #[error(
        "the project has no `auth`, so everybody who reaches the server could run its code and read its threads"
    )]
    NoAuth,
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
    /// A port for debuggers cannot be listened on.
    #[error("debuggers cannot attach at {address}: {source}")]
    DebugPort {
        /// The address asked for.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The state cannot be opened.
    #[error("{0}")]
    State(#[from] StoreError),
    /// Other servers of the database cannot be asked.
    #[error("other servers of the database cannot be asked: {0}")]
    Relay(rustls::Error),
    /// The project cannot be watched for changes.
    #[error("the project cannot be watched for changes: {0}; start with --no-reload to do without")]
    Watch(String),
}

/// Brings the tables of a database up to date; how many steps that were.
///
/// # Errors
/// When it cannot be reached, or what is wrong with it.
pub async fn migrate(address: &DatabaseAddress) -> Result<u32, StoreError> {
    Store::migrate(address).await
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
    let sources = |options: &EngineOptions| -> Box<dyn WorkerSources> {
        Box::new(workers::ProcessSources::new(options))
    };
    start_on(held, options, observer, sources).await
}

/// Starts serving with workers from elsewhere.
///
/// # Errors
/// Why it did not start.
pub async fn start_with(
    options: Options,
    observer: Arc<dyn Observer>,
    sources: Box<dyn WorkerSources>,
) -> Result<Running, StartError> {
    start_on(None, options, observer, |_| sources).await
}

async fn start_on(
    held: Option<Listener>,
    mut options: Options,
    observer: Arc<dyn Observer>,
    sources: impl FnOnce(&EngineOptions) -> Box<dyn WorkerSources>,
) -> Result<Running, StartError> {
    let started = Instant::now();
    let loaded = load_config(&options)?;
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
    let debug = DebugListeners::bind(options.debug, &loaded.config.runtimes())?;
    options.engine.debug = options.debug.map(|debug_port| Debugging {
        addresses: debug.addresses().to_vec(),
        wait: debug_port.wait,
    });
    let debug_addresses = debug.addresses().to_vec();
    let sources = sources(&options.engine);
    let origin = origin(address, options.tls.as_ref());
    let prefix = loaded.config.http.mount_prefix.clone();
    let url = format!("{origin}{prefix}");
    let ports = ServerPorts::bind(listener, &options)?;
    let inner_url = match &ports.inner {
        Some(inner) => format!("{}{prefix}", self::origin(inner.address, None)),
        None => url.clone(),
    };
    let tunnel = ports.tunnel.as_ref();
    let tunnel = tunnel.map(|port| TunnelEntrance::new(port.address, prefix));
    become_instance(&mut options, address).await;
    let (engine, authority) = lgx_engine::open(
        options.engine.clone(),
        loaded,
        inner_url.clone(),
        Arc::clone(&observer),
        sources,
    )
    .await?;
    let stopping = CancellationToken::new();
    let relay = relay(&options, &engine.store, &stopping)?;
    let watcher = watch(&options, &engine.workers, &observer)?;
    let left_runs = engine.start(watcher).await?;
    let gate = Gate::new(
        Arc::clone(&engine.workers),
        Arc::clone(&engine.runs),
        authority,
        options.needs_auth(),
    );
    let app = Arc::new(App {
        streams: Streams::new(options.limits.streams),
        ids: ServerIds::of(&engine.workers.config().root),
        public: http::routes::PublicRoutes::of(&options),
        options,
        url: url.clone(),
        gate,
        engine,
        intake: Intake::default(),
        open_requests: OpenRequests::default(),
        tool_calls: Arc::default(),
        tunnel,
        leaving: CancellationToken::new(),
        relay,
        requests: Requests::new(),
        ui: Arc::new(UiBundles::new()),
    });
    let tasks = TaskTracker::new();
    debug.serve(&app.engine.workers, &observer, &stopping, &tasks);
    let ui = UiBuilder {
        bundles: Arc::clone(&app.ui),
        configs: app.engine.workers.configs(),
        node: app.options.engine.interpreters.node.clone(),
        environment: app.options.engine.environment.clone(),
        watches: app.options.reload,
        observer,
        stopping: stopping.clone(),
        told: None,
    };
    tasks.spawn(ui.run());
    let router = http::routes::router(Arc::clone(&app));
    for door in ports.doors(&app.options) {
        let (app, router) = (Arc::clone(&app), router.clone());
        tasks.spawn(listen::serve(door, app, router, stopping.clone()));
    }
    Ok(Running {
        app,
        left_runs,
        address,
        debug_addresses,
        origin,
        url,
        inner_url,
        started,
        stopping,
        tasks,
    })
}

/// Makes a server that listens there one of several of its database, if it is to share that.
async fn become_instance(options: &mut Options, address: SocketAddr) {
    if let Some(database) = &mut options.engine.database {
        let instance = instance_url::of(database, address, options.tls.is_some());
        database.instance = instance.await;
    }
}

/// What passes requests on to the other servers of the database, if there may be some.
fn relay(
    options: &Options,
    store: &Store,
    stopping: &CancellationToken,
) -> Result<Option<Relay>, StartError> {
    let shared = options.engine.database.as_ref();
    let Some(shared) = shared.and_then(|database| database.shared.as_ref()) else {
        return Ok(None);
    };
    let tls = options.tls.as_ref().map(|tls| (*tls.peers).clone());
    let relay = Relay::new(
        &shared.secret,
        shared.instance_id,
        tls,
        store.clone(),
        stopping.child_token(),
    );
    relay.map(Some).map_err(StartError::Relay)
}

/// The configuration, if it may be served like that.
fn load_config(options: &Options) -> Result<Loaded, StartError> {
    let mut loaded = options.engine.load_config()?;
    if options.needs_auth() && loaded.config.auth.is_none() {
        return Err(StartError::NoAuth);
    }
    if !options.is_for_development() {
        loaded = loaded.without_env_file();
    }
    if options.engine.strict {
        loaded = loaded.complete().map_err(StartError::Incomplete)?;
    }
    Ok(loaded)
}

/// Watches the project for changes.
fn watch(
    options: &Options,
    workers: &workers::Workers,
    observer: &Arc<dyn Observer>,
) -> Result<Option<Box<dyn workers::Watcher>>, StartError> {
    if !options.reload {
        return Ok(None);
    }
    let observer = Arc::clone(observer);
    let watcher = DiskWatcher::start(workers.roots(), workers.changes_seen(), observer)
        .map_err(|error| StartError::Watch(error.to_string()))?;
    Ok(Some(Box::new(watcher)))
}

/// How many directories a server would watch for changes of a project whose state is kept there; none where it cannot.
pub fn watched_directories(config: &Config, state_dir: PathBuf) -> Option<usize> {
    watch::count_directories(workers::Roots::of(config, state_dir)).ok()
}

/// A port in the clear that only this machine reaches.
struct InnerPort {
    listener: TcpListener,
    address: SocketAddr,
}

impl InnerPort {
    fn bind() -> Result<Self, StartError> {
        let host = IpAddr::from([127, 0, 0, 1]);
        let accepting = Listener::bind(host, 0)?.into_accepting();
        let (listener, address) = accepting.map_err(|source| StartError::Bind {
            address: SocketAddr::new(host, 0),
            source,
        })?;
        Ok(Self { listener, address })
    }
}

/// The ports that the server answers at.
struct ServerPorts {
    /// The one that was asked for.
    outer: TcpListener,
    /// That of its own workers, where the other one is not in the clear.
    inner: Option<InnerPort>,
    /// That of a tunnel.
    tunnel: Option<InnerPort>,
}

impl ServerPorts {
    fn bind(outer: TcpListener, options: &Options) -> Result<Self, StartError> {
        // Workers and relative webhooks need no certificate: they have a port of their own, in the clear, which is on this machine alone.
        let inner = options.tls.as_ref().map(|_| InnerPort::bind());
        let tunnel = options.tunnel.map(|_| InnerPort::bind());
        Ok(Self {
            outer,
            inner: inner.transpose()?,
            tunnel: tunnel.transpose()?,
        })
    }

    fn doors(self, options: &Options) -> Vec<Door> {
        let places = listen::places(options.limits.connections);
        let tls = options.tls.as_ref();
        let outer = Door {
            listener: self.outer,
            entrance: tls.map_or(Entrance::Plain, |_| Entrance::Tls),
            tls: tls.map(|tls| TlsAcceptor::from(Arc::clone(&tls.config))),
            places: Arc::clone(&places),
        };
        let in_the_clear = [
            (self.inner, Entrance::Plain),
            (self.tunnel, Entrance::Tunnel),
        ];
        let in_the_clear = in_the_clear.into_iter().filter_map(|(port, entrance)| {
            Some(Door {
                listener: port?.listener,
                entrance,
                tls: None,
                places: Arc::clone(&places),
            })
        });
        in_the_clear.chain([outer]).collect()
    }
}

/// Where clients on this machine reach the server, without its prefix.
fn origin(address: SocketAddr, tls: Option<&ServerTls>) -> String {
    if let Some(tls) = tls {
        return format!("https://{}:{}", tls.host, address.port());
    }
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
    debug_addresses: Vec<(Runtime, SocketAddr)>,
    origin: String,
    url: String,
    inner_url: String,
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

    /// Where programs that this process starts reach it, always in the clear.
    pub fn inner_url(&self) -> &str {
        &self.inner_url
    }

    /// Where the local Studio is, if it is served: behind no prefix.
    pub fn studio(&self) -> Option<String> {
        let is_served = self.app.options.studio.is_some();
        is_served.then(|| format!("{}/studio/", self.origin))
    }

    /// The project's auth as langgraph.json names it, from its directory: `src/auth.py:auth`.
    pub fn auth(&self) -> Option<String> {
        self.app.engine.workers.config().auth_as_written()
    }

    /// The folder that holds its state, which no other process may use while it runs.
    pub fn state_dir(&self) -> PathBuf {
        let engine = &self.app.options.engine;
        engine.state_dir(&self.app.engine.workers.config())
    }

    /// The address listened on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where a tunnel may lead, if there is to be one.
    pub fn tunnel_entrance(&self) -> Option<&TunnelEntrance> {
        self.app.tunnel.as_ref()
    }

    /// Where debuggers attach to the project's code, by what it is written in.
    pub fn debug_addresses(&self) -> &[(Runtime, SocketAddr)] {
        &self.debug_addresses
    }

    /// The runs that were not over when the last server ended.
    pub const fn left_runs(&self) -> &LeftRuns {
        &self.left_runs
    }

    /// The state, for tests that break it.
    pub fn store(&self) -> &Store {
        &self.app.engine.store
    }

    /// Resolves when the rows of threads have been looked at that are known to be behind their checkpoints, for tests that look at them.
    pub async fn rows_looked_at(&self) {
        self.app.engine.rows_behind.looked_at().await;
    }

    /// Resolves when the interpreter has turned out to be a Python that has what every graph needs, or not to be one.
    pub async fn interpreter_checked(&self) {
        self.app.engine.workers.interpreter_checked().await;
    }

    /// Waits until the graphs are loaded.
    ///
    /// # Errors
    /// Why no code can serve, so that the server has to end.
    pub async fn ready(&self) -> Result<Ready, Arc<Fatal>> {
        let generation = self.app.engine.workers.first().await?;
        Ok(Ready {
            graphs: generation.ready_graphs(),
            failed: generation.failed_graphs(),
            took: self.started.elapsed(),
        })
    }

    /// What the project is written in.
    pub fn runtimes(&self) -> Vec<Runtime> {
        self.app.engine.workers.config().runtimes()
    }

    /// Brings up the code anew, as if a file of it had changed.
    pub fn reload(&self) {
        self.app.engine.workers.reload_now();
    }

    /// Resolves when the server cannot go on by itself.
    pub async fn failed(&self) -> Arc<Fatal> {
        self.app.engine.workers.failed().await
    }

    /// Prepares to stop: says that it is not ready, begins nothing any more that waits, and has what is executed, and what the project's app
    /// answers, come to its end, if that takes no longer than this. Requests are answered meanwhile. How many runs have not ended then.
    pub async fn drain(&self, within: Duration) -> usize {
        let app = &self.app;
        app.leaving.cancel();
        app.engine.drain();
        let drained = async {
            app.open_requests.answered().await;
            app.engine.runs.idle().await;
        };
        // What is not over goes on at the next start.
        let _ = tokio::time::timeout(within, drained).await;
        self.executing_runs()
    }

    /// How many runs execute.
    pub fn executing_runs(&self) -> usize {
        self.app.engine.runs.executing()
    }

    /// Stops: no new requests, runs are told and go on at the next start, workers end, the state is closed.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.app.engine.stop().await;
        self.tasks.close();
        self.tasks.wait().await;
        self.app.engine.close().await;
    }
}
