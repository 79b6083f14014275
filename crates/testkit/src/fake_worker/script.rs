//! What a test has set up for its fake workers, and what it can learn about them.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
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
    pub(super) deciding: Gate,
    pub(super) answering: Gate,
    pub(super) left: Gate,
    pub(super) auth: Decide,
    pub(super) auth_handlers: Vec<(String, String)>,
    /// Whether the app has middleware.
    pub(super) wraps: bool,
    /// The graphs that factories make.
    pub(super) factories: BTreeSet<String>,
    /// What cannot be recorded of runs, and why.
    pub(super) unrecorded: BTreeMap<String, String>,
    /// What every worker prints when it loads.
    pub(super) print: Option<String>,
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
    /// The one worker in which graphs and auth do not load, if it is not all of them.
    pub(super) only_in: Option<usize>,
    /// The first worker that waits where loading waits, if not all of them do.
    pub(super) held_from: usize,
}

impl Faults {
    /// Whether graphs and auth that are broken are so in the worker of this number.
    pub(super) fn hold_in(&self, worker: usize) -> bool {
        self.only_in.is_none_or(|only| only == worker)
    }
}

#[derive(Default)]
struct Seen {
    starts: usize,
    alive: Vec<(usize, CancellationToken)>,
    requests: Vec<AskedCall>,
}

/// A call of the server.
struct AskedCall {
    /// The number of the worker that was asked.
    worker: usize,
    method: String,
    params: Value,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            slow: Gate::new(true),
            stuck: Gate::new(false),
            loading: Gate::new(true),
            dying: Gate::new(true),
            deciding: Gate::new(true),
            answering: Gate::new(true),
            left: Gate::new(true),
            auth: Box::new(auth::any_bearer),
            auth_handlers: Vec::new(),
            wraps: false,
            factories: BTreeSet::new(),
            unrecorded: BTreeMap::new(),
            print: None,
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

    /// A worker is there. Gives its number, from 1.
    pub(super) fn started(&self, alive: CancellationToken) -> usize {
        let mut seen = self.seen();
        seen.starts += 1;
        let number = seen.starts;
        seen.alive.push((number, alive));
        number
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

    /// What ends the workers whose numbers are picked.
    pub(super) fn take_alive(&self, which: impl Fn(usize) -> bool) -> Vec<CancellationToken> {
        let mut seen = self.seen();
        let picked = seen.alive.extract_if(.., |(number, _)| which(*number));
        picked.map(|(_, alive)| alive).collect()
    }

    pub(super) fn take_newest(&self) -> Option<CancellationToken> {
        self.seen().alive.pop().map(|(_, alive)| alive)
    }

    pub(super) fn requested(&self, worker: usize, method: &str, params: &Value) {
        self.seen().requests.push(AskedCall {
            worker,
            method: method.to_owned(),
            params: params.clone(),
        });
    }

    /// The calls of a method, each with the number of the worker that was asked.
    pub(super) fn requests(&self, method: &str) -> Vec<(usize, Value)> {
        let seen = self.seen();
        let of_it = seen.requests.iter().filter(|call| call.method == method);
        of_it
            .map(|call| (call.worker, call.params.clone()))
            .collect()
    }
}
