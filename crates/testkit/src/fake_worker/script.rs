//! What a test has set up for its fake workers, and what it can learn about them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lgx_worker::{Diagnostic, RemoteError, StartError};
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::auth;
use super::gate::Gate;

pub(super) type Decide = Box<dyn Fn(&Value) -> Result<Value, RemoteError> + Send + Sync>;

pub(super) struct Script {
    pub(super) slow: Gate,
    pub(super) stuck: Gate,
    pub(super) loading: Gate,
    pub(super) dying: Gate,
    pub(super) auth: Decide,
    pub(super) auth_handlers: Vec<(String, String)>,
    faults: Mutex<Faults>,
    seen: Mutex<Seen>,
    ended: watch::Sender<usize>,
}

/// What goes wrong from the next start or load on.
#[derive(Default)]
pub(super) struct Faults {
    pub(super) graphs: HashMap<String, Diagnostic>,
    pub(super) auth: Option<Diagnostic>,
    pub(super) starts: VecDeque<StartError>,
}

#[derive(Default)]
struct Seen {
    starts: usize,
    alive: Vec<CancellationToken>,
    requests: Vec<(String, Value)>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            slow: Gate::new(true),
            stuck: Gate::new(false),
            loading: Gate::new(true),
            dying: Gate::new(true),
            auth: Box::new(auth::any_bearer),
            auth_handlers: Vec::new(),
            faults: Mutex::default(),
            seen: Mutex::default(),
            ended: watch::Sender::new(0),
        }
    }
}

impl Script {
    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn started(&self, alive: CancellationToken) {
        let mut seen = self.seen();
        seen.starts += 1;
        seen.alive.push(alive);
    }

    /// A worker is gone.
    pub(super) fn ended(&self) {
        self.ended.send_modify(|ended| *ended += 1);
    }

    pub(super) fn ends(&self) -> watch::Receiver<usize> {
        self.ended.subscribe()
    }

    pub(super) fn starts(&self) -> usize {
        self.seen().starts
    }

    pub(super) fn take_alive(&self) -> Vec<CancellationToken> {
        std::mem::take(&mut self.seen().alive)
    }

    pub(super) fn requested(&self, method: &str, request: &Value) {
        self.seen()
            .requests
            .push((method.to_owned(), request.clone()));
    }

    pub(super) fn requests(&self, method: &str) -> Vec<Value> {
        self.seen()
            .requests
            .iter()
            .filter(|(name, _)| name == method)
            .map(|(_, request)| request.clone())
            .collect()
    }
}
