//! What is under torture, as its clients find it: there, in trouble, or about to come back at another port.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{Answer, Client, DevServer, Lines};

/// How long clients wait for a server, and whoever kills it for requests.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often in a row a request that only reads may be refused: a worker died, or the instance that has the thread.
const MOST_REFUSALS: usize = 40;
/// Of how many servers the last words are kept.
const SPEAKERS: usize = 6;

/// The server, whichever it is at the moment.
#[derive(Default)]
pub(super) struct Served {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    present: Option<Present>,
    /// Until when what fails may be for what was done to a server that is still there.
    troubled_until: Option<Instant>,
    requests: u64,
    kills: u64,
    counts: BTreeMap<String, u64>,
    /// What the last servers say, by their names.
    said: Vec<(String, Lines)>,
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
    /// Clients find a server here from now on.
    pub(super) fn appears(&self, client: Client) {
        self.lock().present = Some(Present {
            client,
            is_killed: Arc::default(),
        });
        self.changed.notify_all();
    }

    /// Takes the server away from its clients, who know from now on that it dies.
    pub(super) fn disappears(&self) {
        let mut state = self.lock();
        state.kills += 1;
        if let Some(present) = state.present.take() {
            present.is_killed.store(true, Ordering::Release);
        }
    }

    /// Something is done to what clients go on finding: for so long, and for all that is under way, connections may fail.
    pub(super) fn is_in_trouble(&self, time: Duration) {
        let mut state = self.lock();
        if let Some(present) = &state.present {
            present.is_killed.store(true, Ordering::Release);
        }
        state.troubled_until = Some(Instant::now() + time);
    }

    /// Keeps what a server says, to tell it if something is wrong.
    pub(super) fn hears(&self, name: &str, server: &DevServer) {
        let said = &mut self.lock().said;
        said.push((name.to_owned(), server.stderr().clone()));
        let old = said.len().saturating_sub(SPEAKERS);
        said.drain(..old);
    }

    /// Counts so many kills that a run may have met.
    pub(super) fn strikes(&self, count: u64) {
        self.lock().kills += count;
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
            let is_over = state
                .troubled_until
                .is_some_and(|until| Instant::now() > until);
            if is_over {
                state.troubled_until = None;
            }
            if let Some(present) = &mut state.present {
                if is_over {
                    present.is_killed = Arc::default();
                }
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
                wait_as_told(&answer);
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

    /// What the last servers said last.
    pub(super) fn last_words(&self) -> String {
        let state = self.lock();
        let words = state.said.iter();
        let words = words.map(|(name, said)| format!("{name} said:\n{}", last_lines(&said.text())));
        words.collect::<Vec<_>>().join("\n")
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

/// Comes back when the answer says so, as clients do.
fn wait_as_told(answer: &Answer) {
    let seconds = answer.header("retry-after");
    if let Some(Ok(seconds)) = seconds.map(str::parse) {
        std::thread::sleep(Duration::from_secs(seconds));
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}
