//! The engine of one project: its state, its code in generations of workers, and the runs of that code. It knows nothing of HTTP.
//!
//! [`open`] opens the state; nothing happens by itself before [`Engine::start`]. Whoever serves the engine to others, over HTTP or not
//! at all, asks its parts: runs are submitted to [`Runs`], read from [`ThreadLogs`], and execute on the worker that [`Workers`] says.

pub mod announcements;
pub mod caller;
pub mod catch_up;
pub mod cron;
pub mod default_ttl;
pub mod events;
pub mod expiry;
pub mod life;
pub mod loopback;
pub mod newest_state;
pub mod notice;
pub mod options;
pub mod overlay;
pub mod question;
pub mod runs;
pub mod sharing;
pub mod threads;
pub mod traces;
pub mod trial;
pub mod webhook;
pub mod workers;

mod config_warnings;
mod due;
mod heed;
mod instance;
#[cfg(test)]
mod sample;
mod sweep;
mod trouble;

use std::sync::{Arc, Mutex, PoisonError};

use lgx_config::Loaded;
use lgx_store::instances::Sharing;
use lgx_store::{Authority, Connecting, Store, StoreError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::announcements::{AlsoAnnounced, Announcements};
use self::catch_up::{RowsBehind, ToLookAt};
use self::config_warnings::ConfigWarnings;
use self::cron::Scheduler;
use self::events::ThreadLogs;
use self::expiry::Expiry;
use self::heed::Heeding;
use self::notice::{Notice, Observer};
use self::options::{Database, Options};
use self::runs::keeper::Keeper;
use self::runs::registry::Registry;
use self::runs::{LeftRuns, Runs};
use self::threads::Threads;
use self::workers::{Parts, Watcher, WorkerSources, Workers};

/// An engine whose state is open.
pub struct Engine {
    /// What it was told.
    pub options: Options,
    /// Threads, runs, assistants, checkpoints.
    pub store: Store,
    /// Executes runs.
    pub runs: Arc<Runs>,
    /// Ends threads.
    pub threads: Arc<Threads>,
    /// What happens on threads, for those who watch.
    pub events: Arc<ThreadLogs>,
    /// Ends threads and items whose time has passed.
    pub expiry: Arc<Expiry>,
    /// Fires crons.
    pub crons: Arc<Scheduler>,
    /// The user's code, in generations.
    pub workers: Arc<Workers>,
    /// Where threads are named whose rows are behind their checkpoints.
    pub rows_behind: RowsBehind,
    /// Where these names come out, until it is started.
    behind: Mutex<Option<mpsc::UnboundedReceiver<ToLookAt>>>,
    /// What happens, for those who subscribe.
    pub announcements: Arc<Announcements>,
    /// Told what a person would want to know.
    pub observer: Arc<dyn Observer>,
    stopping: CancellationToken,
    /// Nothing is begun any more that nobody asks for.
    draining: CancellationToken,
    tasks: TaskTracker,
}

/// Opens the state of a project, and makes ready what executes its runs; what is odd in its langgraph.json is told. Graphs reach the server that runs them by `api_url`.
/// The authority beside the engine is for whoever asks who is calling.
///
/// # Errors
/// When the state cannot be opened.
pub async fn open(
    mut options: Options,
    loaded: Loaded,
    api_url: String,
    observer: Arc<dyn Observer>,
    sources: Box<dyn WorkerSources>,
) -> Result<(Engine, Authority), StoreError> {
    let Loaded { config, warnings } = loaded;
    let config_warnings = ConfigWarnings::default();
    for warning in config_warnings.new_among(warnings) {
        observer.notice(Notice::Config(warning));
    }
    options.workers = options.workers.max(1);
    options.jobs = options.jobs.max(1);
    let (store, authority) = match &options.database {
        Some(Database {
            address,
            migrates,
            instance,
            ..
        }) => {
            let how = Connecting {
                migrates: *migrates,
                sharing: instance.clone().map_or(Sharing::Alone, Sharing::With),
            };
            Store::connect(address, how).await?
        }
        None => Store::open(&options.state_dir(&config))?,
    };
    let registry = Arc::new(Registry::default());
    let announcements = Arc::new(Announcements::default());
    let keeper = Keeper::start(store.clone(), options.traces);
    let observer: Arc<dyn Observer> = Arc::new(AlsoAnnounced {
        terminal: observer,
        announcements: Arc::clone(&announcements),
        registry: Arc::clone(&registry),
        keeper: Arc::clone(&keeper),
    });
    let events = Arc::new(ThreadLogs::new(store.clone(), options.keep_events_for));
    let expiry = Arc::new(Expiry::default());
    let workers = Workers::new(Parts {
        options: options.clone(),
        api_url,
        store: store.clone(),
        registry: Arc::clone(&registry),
        expiry: Arc::clone(&expiry),
        events: Arc::clone(&events),
        observer: Arc::clone(&observer),
        announcements: Arc::clone(&announcements),
        sources,
        config,
        config_warnings,
    });
    let (rows_behind, names) = RowsBehind::new();
    let runs = Runs::new(
        store.clone(),
        registry,
        Arc::clone(&events),
        Arc::clone(&observer),
        Arc::clone(&workers),
        rows_behind.clone(),
        keeper,
    );
    let threads = Arc::new(Threads::new(store.clone(), Arc::clone(&runs)));
    let crons = Scheduler::new(store.clone(), Arc::clone(&runs), Arc::clone(&workers));
    let stopping = CancellationToken::new();
    let engine = Engine {
        options,
        store,
        runs,
        threads,
        events,
        expiry,
        crons,
        workers,
        rows_behind,
        behind: Mutex::new(Some(names)),
        announcements,
        observer,
        draining: stopping.child_token(),
        stopping,
        tasks: TaskTracker::new(),
    };
    Ok((engine, authority))
}

impl Engine {
    /// Takes up what the last server left, loads the project's code, and does from now on what is due. Says which runs were left.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub async fn start(&self, watcher: Option<Box<dyn Watcher>>) -> Result<LeftRuns, StoreError> {
        instance::arrive(&self.store).await?;
        let left_runs = self.runs.start().await?;
        self.tasks.spawn(instance::stay(
            self.store.clone(),
            Arc::clone(&self.runs),
            self.stopping.clone(),
        ));
        self.workers.start(watcher);
        self.tasks.spawn(trouble::report_trouble(
            self.store.clone(),
            Arc::clone(&self.observer),
            self.stopping.clone(),
        ));
        let behind = self
            .behind
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(names) = behind {
            self.tasks.spawn(catch_up::catch_up(
                self.store.clone(),
                Arc::clone(&self.workers),
                names,
                self.stopping.clone(),
            ));
        }
        if self.store.instance().is_some() {
            let heeding = Heeding {
                store: self.store.clone(),
                runs: Arc::clone(&self.runs),
                threads: Arc::clone(&self.threads),
                crons: Arc::clone(&self.crons),
                expiry: Arc::clone(&self.expiry),
            };
            self.tasks.spawn(heed::heed(heeding, self.stopping.clone()));
        }
        self.tasks
            .spawn(Arc::clone(&self.crons).run(self.draining.clone()));
        self.tasks.spawn(sweep::sweep(
            Arc::clone(&self.expiry),
            self.store.clone(),
            Arc::clone(&self.threads),
            self.workers.configs(),
            self.stopping.clone(),
        ));
        Ok(left_runs)
    }

    /// Begins nothing any more of its own accord: no run that waits, and no cron. What is asked for is done all the same.
    pub fn drain(&self) {
        self.draining.cancel();
        self.runs.drain();
        let store = self.store.clone();
        self.tasks.spawn(async move {
            if let Err(error) = store.drain().await {
                tracing::debug!("the other instances were not told that this one leaves: {error}");
            }
        });
    }

    /// Runs are told to stop and go on at the next start, and streams end. The state stays open until [`Engine::close`].
    pub async fn stop(&self) {
        self.stopping.cancel();
        self.runs.stop().await;
        self.workers.stop_waiting();
        self.events.close();
        self.announcements.close();
    }

    /// Ends the workers and closes the state, once nobody asks for anything any more.
    pub async fn close(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        tokio::join!(self.workers.stop(), self.runs.traces().close());
        self.events.flush().await;
        self.runs.keep_gone().await;
        self.store.close().await;
    }
}
