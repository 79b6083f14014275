//! The user's code, in generations: which one serves, how a new one takes over, and what happens when one dies.

mod bring_up;
mod callbacks;
mod generation;
mod items;
mod restarts;
mod retired;
mod supervise;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use http::StatusCode;
use lgx_config::Config;
use lgx_store::Store;
use lgx_worker::{StartError, WorkerSource};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::expiry::Expiry;
use crate::http::ApiError;
use crate::notice::{Notice, Observer};
use crate::options::Options;
use crate::runs::registry::Registry;
use crate::watch::Change;

pub use bring_up::Fatal;
pub(crate) use generation::{Generation, Lease};
use retired::Stuck;

/// How long a worker may take to end by itself once nothing runs on it.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// Which generation serves, if any.
#[derive(Clone)]
pub(crate) enum Serving {
    /// None yet, or the last one died and its successor is coming up.
    Starting,
    /// This one.
    Generation(Arc<Generation>),
    /// None: the code that served cannot be loaded any more. The next change of the project tries again.
    Broken(Arc<Fatal>),
    /// None, and none will come, so that the server has to end.
    Failed(Arc<Fatal>),
}

/// Makes the source of workers for a configuration: the environment may differ from one to the next.
pub type SourceFor = Box<dyn Fn(&Config) -> Arc<dyn WorkerSource> + Send + Sync>;

/// All workers of the server.
pub(crate) struct Workers {
    options: Options,
    /// What graphs reach this server by.
    api_url: String,
    store: Store,
    registry: Arc<Registry>,
    expiry: Arc<Expiry>,
    observer: Arc<dyn Observer>,
    source_for: SourceFor,
    serving: watch::Sender<Serving>,
    /// Cancelled once the first worker has introduced itself.
    introduced: CancellationToken,
    /// The newest configuration that was accepted.
    config: RwLock<Arc<Config>>,
    /// Where changes on disk are sent, and files reported by workers are added to the watch.
    watcher: Mutex<Option<crate::watch::Watcher>>,
    /// The number of the newest generation.
    newest: AtomicU64,
    /// Old generations that block their event loops.
    stuck: Stuck,
    /// Where a change is entered that nobody saw on disk.
    changes: OnceLock<mpsc::Sender<Change>>,
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
    /// Told of reloads, failures, logs.
    pub observer: Arc<dyn Observer>,
    /// Where workers come from.
    pub source_for: SourceFor,
    /// The configuration to begin with.
    pub config: Config,
}

impl Workers {
    /// Nothing runs yet; see [`Workers::start`].
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            options: parts.options,
            api_url: parts.api_url,
            store: parts.store,
            registry: parts.registry,
            expiry: parts.expiry,
            observer: parts.observer,
            source_for: parts.source_for,
            serving: watch::Sender::new(Serving::Starting),
            introduced: CancellationToken::new(),
            config: RwLock::new(Arc::new(parts.config)),
            watcher: Mutex::new(None),
            newest: AtomicU64::new(0),
            stuck: Stuck::default(),
            changes: OnceLock::new(),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        })
    }

    /// Brings up the first generation, watches the project, and keeps a generation serving until [`Workers::stop`].
    ///
    /// # Errors
    /// When the project cannot be watched.
    pub(crate) fn start(self: &Arc<Self>) -> Result<(), crate::watch::WatchError> {
        let (sender, changes) = mpsc::channel(8);
        // A server is started once.
        let _ = self.changes.set(sender.clone());
        if self.options.reload {
            let watcher = crate::watch::Watcher::start(self.watch_roots(), sender)?;
            *self.watcher.lock().unwrap_or_else(PoisonError::into_inner) = Some(watcher);
        }
        self.tasks.spawn(Arc::clone(self).supervise(changes));
        Ok(())
    }

    /// Brings up the code anew, though nothing has changed.
    pub(crate) fn reload_now(&self) {
        if let Some(changes) = self.changes.get() {
            // When it is full, the code is about to be brought up anyway.
            let _ = changes.try_send(Change { files: Vec::new() });
        }
    }

    /// The URL of this server.
    pub(crate) fn api_url(&self) -> &str {
        &self.api_url
    }

    /// The server's settings.
    pub(crate) const fn options(&self) -> &Options {
        &self.options
    }

    /// The newest configuration that was accepted.
    pub(crate) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set_config(&self, config: Arc<Config>) {
        let auth = config.auth_as_written();
        let mut current = self.config.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *current, config).auth_as_written();
        drop(current);
        if auth != before {
            self.notice(Notice::AuthChanged { auth });
        }
    }

    /// A hold on the generation that serves; waits while it is coming up.
    ///
    /// # Errors
    /// 503 when there is none and none is coming.
    pub(crate) async fn serving(self: &Arc<Self>) -> Result<Lease, ApiError> {
        self.serving_after(0).await
    }

    /// A hold on the generation that serves, if it is newer than the one of this number; waits until one is.
    ///
    /// # Errors
    /// 503 when there is none and none is coming.
    pub(super) async fn serving_after(self: &Arc<Self>, number: u64) -> Result<Lease, ApiError> {
        let mut serving = self.serving.subscribe();
        loop {
            match &*serving.borrow_and_update() {
                // The hold is taken under the watch's lock: the swap that retires a generation comes before or after.
                Serving::Generation(generation) if generation.number() > number => {
                    return Ok(generation.lease(self));
                }
                Serving::Broken(fatal) | Serving::Failed(fatal) => {
                    return Err(ApiError::new(
                        StatusCode::SERVICE_UNAVAILABLE,
                        fatal.to_string(),
                    ));
                }
                Serving::Generation(_) | Serving::Starting => {}
            }
            tokio::select! {
                () = self.stopping.cancelled() => return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "The server is stopping.")),
                changed = serving.changed() => if changed.is_err() {
                    return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "The server is stopping."));
                },
            }
        }
    }

    /// Changes when another generation serves, which may have another configuration.
    pub(crate) fn changes(&self) -> watch::Receiver<Serving> {
        self.serving.subscribe()
    }

    /// Whether a generation serves right now.
    pub(crate) fn is_ready(&self) -> bool {
        matches!(&*self.serving.borrow(), Serving::Generation(_))
    }

    /// The versions of the libraries that the serving generation runs on.
    pub(crate) fn versions(&self) -> Option<std::collections::BTreeMap<String, String>> {
        match &*self.serving.borrow() {
            Serving::Generation(generation) => Some(generation.loaded().versions.clone()),
            Serving::Starting | Serving::Broken(_) | Serving::Failed(_) => None,
        }
    }

    /// Waits until the first generation serves, or until it is known that it will not.
    ///
    /// # Errors
    /// Why no generation can serve.
    pub(crate) async fn first(&self) -> Result<Arc<Generation>, Arc<Fatal>> {
        let mut serving = self.serving.subscribe();
        loop {
            match &*serving.borrow_and_update() {
                Serving::Generation(generation) => return Ok(Arc::clone(generation)),
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

    /// Resolves when the first worker has introduced itself, or when it is known that none will.
    pub(crate) async fn interpreter_checked(&self) {
        tokio::select! {
            () = self.introduced.cancelled() => {}
            _ = self.failed() => {}
        }
    }

    /// Resolves when no generation serves and none will come by itself.
    pub(crate) async fn failed(&self) -> Arc<Fatal> {
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

    /// From now on nobody waits for a generation, and none comes up; the one that serves goes on.
    pub(crate) fn stop_waiting(&self) {
        self.stopping.cancel();
    }

    /// Ends all workers; runs on them have been told before.
    pub(crate) async fn stop(&self) {
        self.stop_waiting();
        self.tasks.close();
        self.tasks.wait().await;
        let last = self.serving.send_replace(Serving::Starting);
        if let Serving::Generation(generation) = last {
            generation.worker().shutdown(SHUTDOWN_GRACE).await;
        }
    }

    fn notice(&self, notice: Notice) {
        self.observer.notice(notice);
    }
}
