//! What all requests share: the store, the run engine, the workers, and the settings. Built once.

use std::sync::Arc;

use lgx_store::Store;

use crate::cron::Scheduler;
use crate::events::ThreadLogs;
use crate::expiry::Expiry;
use crate::http::intake::Intake;
use crate::metrics::Requests;
use crate::notice::{Notice, Observer};
use crate::options::Options;
use crate::runs::Engine;
use crate::workers::Workers;

/// The server's parts.
pub(crate) struct App {
    /// What the server was told.
    pub options: Options,
    /// Where clients reach it.
    pub url: String,
    /// Threads, runs, assistants, checkpoints.
    pub store: Store,
    /// Executes runs.
    pub runs: Arc<Engine>,
    /// What happens on threads, for those who watch.
    pub events: Arc<ThreadLogs>,
    /// Ends threads and items whose time has passed.
    pub expiry: Arc<Expiry>,
    /// Fires crons.
    pub crons: Arc<Scheduler>,
    /// Reads request bodies.
    pub intake: Intake,
    /// Counts requests.
    pub requests: Requests,
    /// The user's code, in generations.
    pub workers: Arc<Workers>,
    /// Told what a person would want to know.
    pub observer: Arc<dyn Observer>,
}

impl App {
    /// Tells the person who started the server.
    pub(crate) fn notice(&self, notice: Notice) {
        self.observer.notice(notice);
    }
}
