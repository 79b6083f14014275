//! The user's code, in generations: which one serves, how a new one takes over, and what happens when a worker dies.

mod app_description;
mod app_request;
mod bring_up;
mod callbacks;
mod carried_on;
mod crew;
mod debugging;
mod early_output;
mod file_stamp;
mod generation;
mod graph_schemas;
mod isolation;
mod items;
mod kept_users;
mod lease;
mod lingering;
mod load_limit;
mod load_request;
mod loaded_code;
mod newest_code;
mod process;
mod questions;
mod restarts;
mod retired;
mod save_news;
mod saved_files;
mod serving;
mod source;
mod store_failed;
mod supervise;
mod team;
mod timeline;
mod unavailable;
mod watching;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use lgx_config::{Config, Problem};
use lgx_model::Runtime;
use lgx_store::Store;
use lgx_worker::RuntimeVersion;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::debugging::DebugDoors;
use self::lingering::Lingering;
use self::newest_code::SavedCode;
use self::retired::Stuck;
use self::serving::Serving;
use self::supervise::supervise;
use self::team::{Team, Turns};
use crate::announcements::Announcements;
use crate::config_warnings::ConfigWarnings;
use crate::events::ThreadLogs;
use crate::expiry::Expiry;
use crate::notice::{Notice, Observer};
use crate::options::Options;
use crate::runs::registry::Registry;

pub use app_request::AppRequestCall;
pub use bring_up::Fatal;
pub use crew::Part;
pub use debugging::DebugDoor;
pub use file_stamp::FileStamp;
pub use generation::Generation;
pub use kept_users::{KeptUsers, UserKey};
pub use lease::{Lease, MOST_DEATHS, Unanswered};
pub use lgx_worker::{DebugTarget, SpareMemory};
pub use newest_code::NewestCode;
pub use serving::{CodeState, WorkerLoad};
pub use source::{ProcessSources, WorkerSources};
pub use timeline::Timeline;
pub use unavailable::Unavailable;
pub use watching::{Change, DATA_SUFFIXES, Roots, Sources, Watcher};

/// How long a worker may take to end by itself once nothing runs on it.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// All workers of the server.
pub struct Workers {
    options: Options,
    /// What graphs reach this server by.
    api_url: String,
    store: Store,
    registry: Arc<Registry>,
    expiry: Arc<Expiry>,
    events: Arc<ThreadLogs>,
    observer: Arc<dyn Observer>,
    announcements: Arc<Announcements>,
    sources: Box<dyn WorkerSources>,
    serving: watch::Sender<Serving>,
    /// Whether what serves is what was saved.
    saved_code: SavedCode,
    /// Cancelled once the first worker has introduced itself.
    introduced: CancellationToken,
    /// The newest configuration that was accepted.
    config: watch::Sender<Arc<Config>>,
    /// What has been told about langgraph.json.
    config_warnings: ConfigWarnings,
    /// Notices changes of the project, where they are wanted.
    watcher: OnceLock<Box<dyn Watcher>>,
    /// What the first worker of each runtime has said that it runs on.
    runtimes: Mutex<Vec<RuntimeVersion>>,
    /// The number of the newest crew.
    newest: AtomicU64,
    /// How many generations have come up.
    generations: AtomicU64,
    /// Whose turn it is, of crews that are as busy as each other.
    turns: Turns,
    /// Crews that do not serve any more and block their event loops.
    stuck: Stuck,
    /// Those that stay although newer code serves.
    lingering: Lingering,
    /// Which workers debuggers find.
    debugging: DebugDoors,
    /// One permit a crew that is there for one run only.
    places_alone: Arc<Semaphore>,
    /// Where changes of the project are entered, and where they wait to be looked at.
    changes: mpsc::Sender<Change>,
    inbox: Mutex<Option<mpsc::Receiver<Change>>>,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

/// What [`Workers`] is made of.
pub(crate) struct Parts {
    /// The server's settings.
    pub options: Options,
    /// The URL of this server.
    pub api_url: String,
    /// The state.
    pub store: Store,
    /// Which runs may still write.
    pub registry: Arc<Registry>,
    /// Told of items that will expire.
    pub expiry: Arc<Expiry>,
    /// Where runs stream to.
    pub events: Arc<ThreadLogs>,
    /// Told of reloads, failures, logs.
    pub observer: Arc<dyn Observer>,
    /// Where it is announced what serves.
    pub announcements: Arc<Announcements>,
    /// Where workers come from.
    pub sources: Box<dyn WorkerSources>,
    /// The configuration to begin with.
    pub config: Config,
    /// What has been told about it.
    pub config_warnings: ConfigWarnings,
}

impl Workers {
    /// Nothing runs yet; see [`Workers::start`].
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let (changes, inbox) = mpsc::channel(8);
        Arc::new(Self {
            api_url: parts.api_url,
            store: parts.store,
            registry: parts.registry,
            expiry: parts.expiry,
            events: parts.events,
            observer: parts.observer,
            announcements: parts.announcements,
            sources: parts.sources,
            serving: watch::Sender::new(Serving::Starting),
            saved_code: SavedCode::default(),
            introduced: CancellationToken::new(),
            config: watch::Sender::new(Arc::new(parts.config)),
            config_warnings: parts.config_warnings,
            watcher: OnceLock::new(),
            runtimes: Mutex::default(),
            newest: AtomicU64::new(0),
            generations: AtomicU64::new(0),
            turns: Turns::default(),
            stuck: Stuck::for_crews(parts.options.workers),
            lingering: Lingering::for_crews(parts.options.workers),
            debugging: DebugDoors::new(parts.options.debug.as_ref()),
            places_alone: Arc::new(Semaphore::new(isolation::MOST_ALONE)),
            changes,
            inbox: Mutex::new(Some(inbox)),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
            options: parts.options,
        })
    }

    /// Brings up the first generation, and keeps one serving until [`Workers::stop`]. Without a watcher, code that does not load is
    /// the end. Workers are started once; a second call changes nothing.
    pub fn start(self: &Arc<Self>, watcher: Option<Box<dyn Watcher>>) {
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(changes) = inbox.take() else {
            return;
        };
        if let Some(watcher) = watcher {
            // Nobody has set it before: this is reached once.
            let _ = self.watcher.set(watcher);
        }
        self.tasks.spawn(supervise(Arc::clone(self), changes));
    }

    /// Where changes of the project are entered.
    pub fn changes_seen(&self) -> mpsc::Sender<Change> {
        self.changes.clone()
    }

    /// Brings up the code anew, though nothing has changed.
    pub fn reload_now(&self) {
        // When it is full, the code is about to be brought up anyway.
        let _ = self.changes.try_send(Change { files: Vec::new() });
    }

    /// The URL of this server.
    pub fn api_url(&self) -> &str {
        &self.api_url
    }

    /// The server's settings.
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// The memory of what is kept ready for the next generation, where that is known.
    pub fn spare_memory(&self) -> Option<SpareMemory> {
        self.sources.spare_memory()
    }

    /// Where it is announced what serves.
    pub(crate) const fn announcements(&self) -> &Arc<Announcements> {
        &self.announcements
    }

    /// The newest configuration that was accepted.
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.borrow())
    }

    /// The same, and those that are accepted later.
    pub fn configs(&self) -> watch::Receiver<Arc<Config>> {
        self.config.subscribe()
    }

    fn set_config(&self, config: Arc<Config>) {
        let auth = config.auth_as_written();
        let before = self.config.send_replace(config).auth_as_written();
        if auth != before {
            self.notice(Notice::AuthChanged { auth });
        }
    }

    /// What a watcher is to look at from the beginning.
    pub fn roots(&self) -> Roots {
        let config = self.config();
        let state_dir = self.options.state_dir(&config);
        Roots::of(&config, state_dir)
    }

    /// Whether changes of the project are noticed.
    fn is_watched(&self) -> bool {
        self.watcher.get().is_some()
    }

    /// Tells the watcher, if there is one.
    pub(super) fn watcher(&self, tell: impl FnOnce(&dyn Watcher)) {
        if let Some(watcher) = self.watcher.get() {
            tell(&**watcher);
        }
    }

    /// Whether what serves is what was saved last.
    pub fn newest_code(&self) -> NewestCode {
        self.saved_code.now()
    }

    /// What is odd in langgraph.json as it was last read.
    pub fn config_warnings(&self) -> Vec<Problem> {
        self.config_warnings.known()
    }

    /// The version of a runtime of the project, once a worker has told it.
    pub fn runtime_version(&self, runtime: Runtime) -> Option<String> {
        let team = self.current();
        let serving = team.iter().flat_map(Team::crews);
        let mut serving = serving.flat_map(|crew| crew.workers());
        let serving = serving.find(|worker| worker.hello().runtime.name == runtime);
        if let Some(worker) = serving {
            return Some(worker.hello().runtime.version.clone());
        }
        let known = self.runtimes.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().find(|known| known.name == runtime);
        found.map(|known| known.version.clone())
    }

    /// A worker has introduced itself.
    fn introduce(&self, runtime: &RuntimeVersion) {
        self.introduced.cancel();
        let mut known = self.runtimes.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|known| known.name != runtime.name);
        known.push(runtime.clone());
    }

    /// Waits, for so long at most, until what was saved either serves or has failed.
    pub async fn newest_code_settled(&self, at_most: Duration) -> NewestCode {
        self.saved_code.settled(at_most).await
    }

    /// Resolves when the first worker has introduced itself, or when it is known that none will.
    pub async fn interpreter_checked(&self) {
        tokio::select! {
            () = self.introduced.cancelled() => {}
            _ = self.failed() => {}
        }
    }

    /// From now on nobody waits for a generation, and none comes up; the one that serves goes on.
    pub(crate) fn stop_waiting(&self) {
        self.stopping.cancel();
    }

    /// Ends all workers; runs on them have been told before.
    pub async fn stop(&self) {
        self.stop_waiting();
        self.tasks.close();
        self.tasks.wait().await;
        let last = self.serving.send_replace(Serving::Starting);
        if let Serving::Team(team) = last {
            team.dismiss().await;
        }
    }

    fn notice(&self, notice: Notice) {
        self.observer.notice(notice);
    }
}
