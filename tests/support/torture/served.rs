//! The server under torture, as its clients find it: there, dying, or about to come back at another port.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::ledger::Ledger;
use crate::{Answer, Client, DevServer, Project, python_env};

/// How long clients wait for a server, and whoever kills it for requests.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often in a row a request that only reads may be refused because a worker died.
const MOST_REFUSALS: usize = 20;

/// The server, whichever it is at the moment.
pub(super) struct Served {
    project: Project,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    server: Option<DevServer>,
    present: Option<Present>,
    requests: u64,
    kills: u64,
    counts: BTreeMap<String, u64>,
    /// What the servers before said last.
    words: String,
    failure: Option<String>,
}

/// The server of the moment.
#[derive(Clone)]
pub(super) struct Present {
    pub(super) client: Client,
    is_killed: Arc<AtomicBool>,
}

impl Present {
    /// Passes over a failure of the connection, if the server was killed.
    pub(super) fn broke(&self, error: anyhow::Error) -> Result<()> {
        if self.is_killed.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(error.context("the connection failed, and nobody killed the server"))
    }
}

impl Served {
    /// Serves the project of a ledger.
    pub(super) fn start(ledger: &Ledger) -> Result<Self> {
        let served = Self {
            project: ledger.project()?,
            state: Mutex::default(),
            changed: Condvar::new(),
        };
        served.restart()?;
        Ok(served)
    }

    pub(super) fn project(&self) -> &Project {
        &self.project
    }

    /// The command that serves it.
    pub(super) fn command(&self) -> Result<std::process::Command> {
        // More slots than there are clients, so that only runs before it keep a run waiting.
        let mut command = DevServer::command(&self.project, &["--n-jobs-per-worker", "40"])?;
        command.env("LGX_PYTHON", python_env()?.python());
        Ok(command)
    }

    /// Serves it, and says how long that took.
    pub(super) fn restart(&self) -> Result<Duration> {
        let command = self.command()?;
        let begun = Instant::now();
        let server = DevServer::spawn(command)?;
        let took = begun.elapsed();
        let mut state = self.lock();
        state.present = Some(Present {
            client: server.client(),
            is_killed: Arc::default(),
        });
        state.server = Some(server);
        self.changed.notify_all();
        Ok(took)
    }

    /// Takes the server away from its clients, who know from now on that it dies.
    pub(super) fn take(&self) -> Result<DevServer> {
        let mut state = self.lock();
        state.kills += 1;
        if let Some(present) = state.present.take() {
            present.is_killed.store(true, Ordering::Release);
        }
        let server = state.server.take().context("no server is running")?;
        state.words = last_lines(&server.stderr().text());
        Ok(server)
    }

    /// Counts a kill that clients know nothing of.
    pub(super) fn strikes(&self) {
        self.lock().kills += 1;
    }

    /// Does something to the processes of the server, which itself stays.
    pub(super) fn strike<T>(&self, strike: impl FnOnce(&DevServer) -> Result<T>) -> Result<T> {
        let mut state = self.lock();
        state.kills += 1;
        strike(state.server.as_ref().context("no server is running")?)
    }

    /// Ends it, when all is done.
    pub(super) fn finish(&self) -> Result<()> {
        let status = self.take()?.stop(rustix::process::Signal::TERM)?;
        ensure!(status.success(), "SIGTERM ended it with {status}");
        Ok(())
    }

    /// Waits until clients have begun so many more requests.
    pub(super) fn wait_for_requests(&self, count: u64) -> Result<()> {
        let mut state = self.lock();
        let (until, deadline) = (state.requests + count, Instant::now() + PATIENCE);
        while state.requests < until {
            state = self.wait(state, deadline, "clients ask for nothing any more")?;
        }
        Ok(())
    }

    /// How many kills there were so far.
    pub(super) fn kills(&self) -> u64 {
        self.lock().kills
    }

    /// The server of the moment; waits for one.
    pub(super) fn present(&self) -> Result<Present> {
        let mut state = self.lock();
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(present) = &state.present {
                return Ok(present.clone());
            }
            state = self.wait(state, deadline, "no server came up")?;
        }
    }

    /// One request. None if it may have been carried out or not: the server was killed before it answered, or a worker before it had
    /// done what was asked.
    pub(super) fn call(
        &self,
        what: &str,
        ask: impl FnOnce(&Client) -> Result<Answer>,
    ) -> Result<Option<Answer>> {
        let present = self.present()?;
        self.begins();
        match ask(&present.client) {
            Ok(answer) if answer.status >= 500 => {
                let why: String = answer.body.chars().take(120).collect();
                self.count(&format!("refused: {what}: {} {why}", answer.status));
                Ok(None)
            }
            Ok(answer) => {
                if answer.status < 300 {
                    self.count(what);
                }
                Ok(Some(answer))
            }
            Err(error) => {
                present.broke(error).with_context(|| what.to_owned())?;
                self.count(&format!("in doubt: {what}"));
                Ok(None)
            }
        }
    }

    /// A request that may as well be carried out twice: asked until it is answered.
    pub(super) fn until_answered(
        &self,
        what: &str,
        ask: impl Fn(&Client) -> Result<Answer>,
    ) -> Result<Answer> {
        for _ in 0..MOST_REFUSALS {
            if let Some(answer) = self.call(what, &ask)? {
                return Ok(answer);
            }
        }
        bail!("{what}: not answered {MOST_REFUSALS} times")
    }

    /// A request begins.
    pub(super) fn begins(&self) {
        self.lock().requests += 1;
        self.changed.notify_all();
    }

    /// Counts what was acknowledged, or what else happened.
    pub(super) fn count(&self, what: &str) {
        *self.lock().counts.entry(what.to_owned()).or_default() += 1;
    }

    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        self.lock().counts.clone()
    }

    /// Lets everybody fail who waits for the server.
    pub(super) fn give_up(&self, why: &str) {
        self.lock().failure.get_or_insert_with(|| why.to_owned());
        self.changed.notify_all();
    }

    /// What the server said last, and the one before.
    pub(super) fn last_words(&self) -> String {
        let state = self.lock();
        let server = state.server.as_ref();
        let present = server.map_or(String::new(), |server| last_lines(&server.stderr().text()));
        format!(
            "the server before said:\n{}\nthe server says:\n{present}",
            state.words
        )
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        deadline: Instant,
        otherwise: &str,
    ) -> Result<MutexGuard<'a, State>> {
        if let Some(failure) = &state.failure {
            bail!("given up: {failure}");
        }
        let left = deadline.saturating_duration_since(Instant::now());
        ensure!(!left.is_zero(), "{otherwise}");
        let waited = self.changed.wait_timeout(state, left);
        Ok(waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}
