//! One run of the graph that counts: what it is asked to do, and what may have become of it.

use std::time::SystemTime;

use serde_json::{Value, json};

/// What a run is to do.
#[derive(Debug, Clone)]
pub(super) struct Script {
    /// Names it, in the ledger, in the log of its thread and in its metadata.
    pub(super) token: String,
    /// How many steps it has.
    pub(super) steps: u64,
    /// Before which of them it asks.
    pub(super) ask_at: Option<u64>,
    /// How many dots each step adds to its entry.
    pub(super) padding: usize,
}

impl Script {
    /// The body of a request for it.
    pub(super) fn body(&self) -> Value {
        let ask_at = self.ask_at.map_or(json!(-1), |step| json!(step));
        json!({
            "assistant_id": "tally",
            "input": {
                "log": [], "token": self.token, "steps": self.steps, "ask_at": ask_at, "padding": self.padding
            },
            "metadata": {"token": self.token},
        })
    }

    /// The answer to its question.
    pub(super) fn answer(&self) -> String {
        format!("yes-{}", self.token)
    }

    /// The lines of the ledger.
    pub(super) fn ledger(&self) -> impl Iterator<Item = String> {
        (0..self.steps).map(|step| format!("{}:{step}", self.token))
    }

    /// What it adds to the log of its thread.
    pub(super) fn entries(&self) -> Vec<String> {
        let dots = ".".repeat(self.padding);
        let entry = |step| {
            let answer = if self.ask_at == Some(step) {
                format!("={}", self.answer())
            } else {
                String::new()
            };
            format!("{}:{step}{answer}{dots}", self.token)
        };
        (0..self.steps).map(entry).collect()
    }
}

/// What may have become of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    /// It did all of it.
    Whole,
    /// It did all of it, or it was stopped and its work kept.
    WholeOrStopped,
    /// It was stopped, and its work kept. In the instant of its end a stop may come too late.
    Stopped(SystemTime),
    /// It did all of it, or it was stopped and taken back.
    WholeOrGone,
    /// It was stopped and taken back, with the same exception.
    Gone(SystemTime),
    /// It was deleted, before or after its end.
    Deleted,
}

/// A run that was admitted.
#[derive(Debug, Clone)]
pub(super) struct Admitted {
    pub(super) id: String,
    /// What it adds to the log of its thread if it does all of it.
    pub(super) entries: Vec<String>,
    /// How many kills there had been.
    pub(super) kills: u64,
    /// Of how many kills it may end as an error: fewer than three if its events cannot be taken back.
    pub(super) survives: u64,
    pub(super) allowed: Allowed,
    /// Whether its end is to be reported, under which name.
    pub(super) webhook: Option<String>,
}

/// How a run ended, as it has to stay.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) id: String,
    /// None if it is gone.
    pub(super) status: Option<String>,
    pub(super) webhook: Option<String>,
}
