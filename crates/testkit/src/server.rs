//! A server over a project, with fake workers, on a port of its own; tests wait for what it says instead of for time to pass.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use lgx_config::AllowedHost;
use lgx_devserver::{
    EngineOptions, InstanceId, Interpreters, Limits, LocalStudio, Notice, Observer, Options,
    Production, Purpose, Running, ServerTls, SharedDatabase, SharedSecret, StartError,
    TunnelAudience,
};
use tokio::sync::watch;

use crate::{Client, FakeWorker, TestProject};

/// With how many workers a server serves whose test does not say: with one, or as the environment says. Nearly every test has to hold
/// whichever worker does the work, so the same tests are run again with more.
fn usual_workers() -> usize {
    match std::env::var("LGX_TEST_WORKERS") {
        Ok(count) => match count.parse() {
            Ok(count) if count > 0 => count,
            _ => panic!("LGX_TEST_WORKERS is no number of workers: `{count}`"),
        },
        Err(_) => 1,
    }
}

/// What all servers of a test know that share a database.
const SECRET: &str = "what the servers of a test know, and nobody else";

/// Keeps what the server says.
struct Notices {
    said: watch::Sender<Vec<Notice>>,
}

impl Observer for Notices {
    fn notice(&self, notice: Notice) {
        self.said.send_modify(|said| said.push(notice));
    }
}

/// Hears what the server says, each thing once.
pub struct Listener {
    said: watch::Receiver<Vec<Notice>>,
    heard: usize,
}

impl Listener {
    /// Waits until the server says something that `pick` picks, passing over the rest.
    pub async fn hear<T>(&mut self, what: &str, pick: impl Fn(&Notice) -> Option<T>) -> T {
        let heard = &mut self.heard;
        let said = &mut self.said;
        crate::within(what, async {
            loop {
                for notice in &said.borrow_and_update()[*heard..] {
                    *heard += 1;
                    if let Some(picked) = pick(notice) {
                        return picked;
                    }
                }
                if said.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        })
        .await
    }

    /// What has been said by now and was not heard yet.
    pub fn rest(&mut self) -> Vec<Notice> {
        let rest = self.said.borrow()[self.heard..].to_vec();
        self.heard += rest.len();
        rest
    }
}

/// How to start a server.
pub struct Setup {
    project: TestProject,
    worker: FakeWorker,
    options: Options,
}

/// A server that a test talks to. It is its own client.
pub struct TestServer {
    /// Controls the workers.
    pub worker: FakeWorker,
    /// The project it serves.
    pub project: TestProject,
    client: Client,
    notices: Arc<Notices>,
    running: Running,
    workers: usize,
}

impl Deref for TestServer {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl TestServer {
    /// A server over a project with all fake graphs, ready.
    pub async fn start() -> Self {
        Self::over(TestProject::new()).start().await
    }

    /// A server over this project; it does not reload.
    pub fn over(project: TestProject) -> Setup {
        let options = Options {
            engine: EngineOptions {
                database: project.database(),
                config: project.config(),
                state_dir: None,
                cache_dir: None,
                strict: false,
                workers: usual_workers(),
                jobs: 10,
                load_timeout: None,
                blocked_after: std::time::Duration::from_secs(60),
                redact_errors: false,
                traces: true,
                blocking: lgx_worker::Blocking::Warn,
                spare: false,
                debug: None,
                keep_events_for: std::time::Duration::from_secs(60 * 60),
                overlay: None,
                interpreters: Interpreters {
                    python: Some(PathBuf::from("python3")),
                    node: None,
                },
                environment: Vec::new(),
                version: "0.0.0-test",
            },
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            allow_hosts: Vec::new(),
            port: 0,
            tls: None,
            tunnel: None,
            purpose: Purpose::Development,
            reload: false,
            reload_wait: std::time::Duration::ZERO,
            limits: Limits {
                stalled_after: std::time::Duration::from_secs(60),
                ..Limits::default()
            },
            debug: None,
            studio_url: "https://smith.langchain.com".to_owned(),
            studio: Some(LocalStudio::default()),
        };
        Setup {
            project,
            worker: FakeWorker::new(),
            options,
        }
    }

    /// A client that sends `Bearer` and this name, and comes through the gate before `/lgx/`.
    pub fn user(&self, name: &str) -> Client {
        self.client
            .clone()
            .with("x-lgx-studio", "1")
            .with("authorization", &format!("Bearer {name}"))
    }

    /// Hears what the server says from now on.
    pub fn listen(&self) -> Listener {
        let said = self.notices.said.subscribe();
        let heard = said.borrow().len();
        Listener { said, heard }
    }

    /// Hears all that the server has said since its start.
    pub fn listen_from_start(&self) -> Listener {
        Listener {
            said: self.notices.said.subscribe(),
            heard: 0,
        }
    }

    /// The server itself.
    pub const fn running(&self) -> &Running {
        &self.running
    }

    /// With how many workers it serves.
    pub const fn workers(&self) -> usize {
        self.workers
    }

    /// Waits until the graphs are loaded.
    pub async fn ready(&self) {
        if let Err(fatal) = crate::within("the graphs", self.running.ready()).await {
            panic!("the server cannot serve: {fatal}");
        }
    }

    /// Stops it, and gives the project back for another start.
    pub async fn stop(self) -> TestProject {
        crate::within("the server to stop", self.running.stop()).await;
        self.project
    }
}

impl Setup {
    /// With these workers.
    #[must_use]
    pub fn worker(mut self, worker: FakeWorker) -> Self {
        self.worker = worker;
        self
    }

    /// Listens on this address.
    #[must_use]
    pub const fn on(mut self, host: IpAddr) -> Self {
        self.options.host = host;
        self
    }

    /// Answers to this name too.
    #[must_use]
    pub fn allowing_host(mut self, host: AllowedHost) -> Self {
        self.options.allow_hosts.push(host);
        self
    }

    /// Speaks TLS.
    #[must_use]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.options.tls = Some(tls);
        self
    }

    /// A tunnel leads to it.
    #[must_use]
    pub const fn tunnel(mut self, audience: TunnelAudience) -> Self {
        self.options.tunnel = Some(audience);
        self
    }

    /// Serves whoever the project's auth lets in; everybody, if it has none and is `open`.
    #[must_use]
    pub fn in_production(mut self, open: bool) -> Self {
        self.options.studio = None;
        self.options.purpose = Purpose::Production(Production {
            open,
            instance: "one".to_owned(),
        });
        self
    }

    /// Shares its database with the other servers of the test that do.
    #[must_use]
    pub fn sharing(mut self) -> Self {
        if let Some(database) = &mut self.options.engine.database {
            database.shared = Some(SharedDatabase {
                instance_id: InstanceId::fresh(),
                secret: SharedSecret::new(SECRET).unwrap_or_else(|error| panic!("{error}")),
                url: None,
            });
        }
        self
    }

    /// Says to those that it is reached there.
    #[must_use]
    pub fn reached_at(mut self, url: &str) -> Self {
        let database = self.options.engine.database.as_mut();
        if let Some(shared) = database.and_then(|database| database.shared.as_mut()) {
            shared.url = url.parse().ok();
        }
        self
    }

    /// Reloads when the project changes.
    #[must_use]
    pub const fn reloading(mut self) -> Self {
        self.options.reload = true;
        self
    }

    /// Runs wait for so long for code that was saved before they were asked for.
    #[must_use]
    pub const fn reload_wait(mut self, at_most: std::time::Duration) -> Self {
        self.options.reload_wait = at_most;
        self
    }

    /// Cuts a client off that has read nothing for so many milliseconds.
    #[must_use]
    pub const fn stalled_after(mut self, milliseconds: u64) -> Self {
        self.options.limits.stalled_after = std::time::Duration::from_millis(milliseconds);
        self
    }

    /// Waits so many milliseconds for the head of a request.
    #[must_use]
    pub const fn head_within(mut self, milliseconds: u64) -> Self {
        self.options.limits.head_within = std::time::Duration::from_millis(milliseconds);
        self
    }

    /// Takes so many connections.
    #[must_use]
    pub const fn connections(mut self, most: usize) -> Self {
        self.options.limits.connections = most;
        self
    }

    /// Keeps so many streams open.
    #[must_use]
    pub const fn streams(mut self, most: usize) -> Self {
        self.options.limits.streams = most;
        self
    }

    /// Ends at its start when something of the project does not load.
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.options.engine.strict = true;
        self
    }

    /// Serves with so many workers; for a test that counts on how many there are.
    #[must_use]
    pub const fn workers(mut self, workers: usize) -> Self {
        self.options.engine.workers = workers;
        self
    }

    /// Loading may take so many milliseconds.
    #[must_use]
    pub const fn load_timeout(mut self, milliseconds: u64) -> Self {
        self.options.engine.load_timeout = Some(std::time::Duration::from_millis(milliseconds));
        self
    }

    /// Each worker executes so many runs at once.
    #[must_use]
    pub const fn jobs(mut self, jobs: usize) -> Self {
        self.options.engine.jobs = jobs;
        self
    }

    /// Replaces a worker that is blocked after so many milliseconds.
    #[must_use]
    pub const fn blocked_after(mut self, milliseconds: u64) -> Self {
        self.options.engine.blocked_after = std::time::Duration::from_millis(milliseconds);
        self
    }

    /// Without the local Studio.
    #[must_use]
    pub fn without_studio(mut self) -> Self {
        self.options.studio = None;
        self
    }

    /// With this local Studio.
    #[must_use]
    pub fn studio(mut self, studio: LocalStudio) -> Self {
        self.options.studio = Some(studio);
        self
    }

    /// Keeps the messages of unexpected exceptions from clients.
    #[must_use]
    pub const fn redacting(mut self) -> Self {
        self.options.engine.redact_errors = true;
        self
    }

    /// Records neither the calls that runs make nor what they say.
    #[must_use]
    pub const fn without_traces(mut self) -> Self {
        self.options.engine.traces = false;
        self
    }

    /// With this variable in the environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        let environment = &mut self.options.engine.environment;
        environment.push((name.into(), value.into()));
        self
    }

    /// Starts, and waits until the graphs are loaded.
    pub async fn start(self) -> TestServer {
        let server = self.listen_only().await;
        server.ready().await;
        server
    }

    /// Why it does not start.
    pub async fn refused(self) -> StartError {
        let observer = Arc::new(Notices {
            said: watch::Sender::default(),
        });
        let worker = self.worker;
        let sources = Box::new(move || worker.source());
        match lgx_devserver::start_with(self.options, observer, sources).await {
            Ok(_) => panic!("the server starts"),
            Err(error) => error,
        }
    }

    /// Starts; the port answers, and the graphs are loaded behind it.
    pub async fn listen_only(self) -> TestServer {
        let notices = Arc::new(Notices {
            said: watch::Sender::default(),
        });
        let observer = Arc::clone(&notices);
        let worker = self.worker.clone();
        let workers = self.options.engine.workers;
        let sources = Box::new(move || worker.source());
        let running = match lgx_devserver::start_with(self.options, observer, sources).await {
            Ok(running) => running,
            Err(error) => panic!("the server does not start: {error}"),
        };
        TestServer {
            worker: self.worker,
            project: self.project,
            client: Client::new(running.address()),
            notices,
            running,
            workers,
        }
    }
}
