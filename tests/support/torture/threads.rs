//! Threads: made, changed, run on, copied and deleted.

use std::slice;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Setting;
use super::record::{Check, Record, is};
use super::run::{Ended, Script};
use crate::Random;

/// How long a row may be behind its state after a start.
const CATCHES_UP: Duration = Duration::from_secs(10);

/// A thread at work, and all that is known of it.
pub(super) struct Thread<'a> {
    pub(super) setting: &'a Setting,
    pub(super) random: Random,
    pub(super) id: String,
    /// Of its metadata.
    version: u64,
    /// Of its state.
    pub(super) log: Vec<String>,
    /// Whether the last entry of the log may be gone with the next input: langgraph shows what the last step of a run wrote that was cut
    /// off before the step was over, and lets go of it when something new begins.
    pub(super) is_loose: bool,
    pub(super) runs: Vec<Ended>,
    /// How many runs and updates it had.
    names: u64,
}

/// A thread that is left as it is.
struct LeftThread {
    id: String,
    version: u64,
    log: Vec<String>,
    is_loose: bool,
    /// None for a copy, whose runs are the other thread's.
    runs: Option<Vec<Ended>>,
}

/// A thread that was deleted.
struct DeletedThread(String);

/// One thread after the other, each with some changes and runs.
pub(super) fn work(setting: &Setting, mut random: Random) -> Result<Vec<Box<dyn Record>>> {
    let mut records: Vec<Box<dyn Record>> = Vec::new();
    while setting.goes_on() {
        let mut thread = Thread::create(setting, random.fork(0))?;
        random = random.fork(1);
        let named = format!("thread {}", thread.id);
        live(&mut thread, &mut records).context(named)?;
    }
    Ok(records)
}

fn live(thread: &mut Thread<'_>, records: &mut Vec<Box<dyn Record>>) -> Result<()> {
    for _ in 0..2 + thread.random.below(5) {
        match thread.random.below(20) {
            0..=2 => thread.change_metadata().context("its metadata")?,
            3..=5 => thread.change_state().context("its state")?,
            6 => records.extend(thread.copy().context("its copy")?),
            _ => thread.run().context("its run")?,
        }
    }
    if thread.random.percent(30) {
        thread.delete().context("its deletion")?;
        records.push(Box::new(DeletedThread(thread.id.clone())));
    } else {
        records.push(Box::new(LeftThread {
            id: thread.id.clone(),
            version: thread.version,
            log: thread.log.clone(),
            is_loose: thread.is_loose,
            runs: Some(thread.runs.clone()),
        }));
    }
    Ok(())
}

impl<'a> Thread<'a> {
    fn create(setting: &'a Setting, mut random: Random) -> Result<Self> {
        let id = random.uuid();
        let body = json!({"thread_id": id, "metadata": {"version": 0, "graph_id": "tally"}, "if_exists": "do_nothing"});
        let created = setting
            .served
            .until_answered("threads created", |client| client.post("/threads", &body))?;
        is(&created, 200)?;
        Ok(Self {
            setting,
            random,
            id,
            version: 0,
            log: Vec::new(),
            is_loose: false,
            runs: Vec::new(),
            names: 0,
        })
    }

    pub(super) fn path(&self, rest: &str) -> String {
        format!("/threads/{}{rest}", self.id)
    }

    /// A name that nothing had before.
    pub(super) fn name(&mut self) -> String {
        self.names += 1;
        format!("{}-{}", &self.id[..13], self.names)
    }

    /// A run to come.
    pub(super) fn script(&mut self) -> Script {
        Script {
            token: self.name(),
            steps: 2 + self.random.below(8),
            ask_at: None,
            padding: self.random.pick(&[0, 0, 0, 100, 20_000]),
        }
    }

    /// What it is now.
    pub(super) fn row(&self) -> Result<Value> {
        let path = self.path("");
        let answer = self
            .setting
            .served
            .until_answered("threads read", |client| client.get(&path))?;
        answer.ok()
    }

    /// The log of its state.
    pub(super) fn saved_log(&self) -> Result<Vec<String>> {
        let path = self.path("/state");
        let answer = self
            .setting
            .served
            .until_answered("states read", |client| client.get(&path))?;
        log_of(&answer.ok()?["values"])
    }

    fn change_metadata(&mut self) -> Result<()> {
        let (path, next) = (self.path(""), self.version + 1);
        let body = json!({"metadata": {"version": next}});
        let changed = self.setting.served.call("threads changed", |client| {
            client.ask("PATCH", &path, Some(&body))
        })?;
        if let Some(changed) = changed {
            is(&changed, 200)?;
            self.version = next;
        } else {
            let version = self.row()?["metadata"]["version"].clone();
            ensure!(
                version == self.version || version == next,
                "version {} or {next}, and it has {version}",
                self.version
            );
            self.version = version.as_u64().context("a number")?;
        }
        Ok(())
    }

    fn change_state(&mut self) -> Result<()> {
        let (path, entry) = (self.path("/state"), self.name());
        let body = json!({"values": {"log": [entry]}, "as_node": "step"});
        let changed = self
            .setting
            .served
            .call("states changed", |client| client.post(&path, &body))?;
        if let Some(changed) = &changed {
            is(changed, 200)?;
        }
        let saved = self.saved_log()?;
        let is_changed = self
            .begins()
            .any(|begin| saved == [begin, slice::from_ref(&entry)].concat());
        ensure!(
            is_changed || (changed.is_none() && saved == self.log),
            "it had {:?}, got {entry}, and has {saved:?}",
            self.log
        );
        self.is_loose &= !is_changed;
        self.log = saved;
        Ok(())
    }

    /// What the next change of the state may stand on.
    pub(super) fn begins(&self) -> impl Iterator<Item = &[String]> {
        let last = self.log.len().saturating_sub(usize::from(self.is_loose));
        [&self.log[..], &self.log[..last]].into_iter()
    }

    /// Copies it. A copy of which nobody was told is left to itself.
    fn copy(&self) -> Result<Option<Box<dyn Record>>> {
        let path = self.path("/copy");
        let copied = self
            .setting
            .served
            .call("threads copied", |client| client.post(&path, &json!({})))?;
        let Some(copied) = copied else {
            return Ok(None);
        };
        let copied = copied.ok()?;
        Ok(Some(Box::new(LeftThread {
            id: copied["thread_id"]
                .as_str()
                .context("a copy has an id")?
                .to_owned(),
            version: self.version,
            log: self.log.clone(),
            is_loose: self.is_loose,
            runs: None,
        })))
    }

    /// Deletes it, now and then with a run on it.
    fn delete(&mut self) -> Result<()> {
        if self.random.percent(40) {
            let script = self.script();
            self.create_run(&script, json!({}))?;
        }
        let path = self.path("");
        loop {
            let deleted = self
                .setting
                .served
                .call("threads deleted", |client| client.delete(&path))?;
            if let Some(deleted) = deleted {
                ensure!(
                    [204, 404].contains(&deleted.status),
                    "{} {}",
                    deleted.status,
                    deleted.body
                );
                return Ok(());
            }
        }
    }
}

/// The log among values.
pub(super) fn log_of(values: &Value) -> Result<Vec<String>> {
    let log = values["log"].as_array().cloned().unwrap_or_default();
    let entry = |entry: Value| Some(entry.as_str()?.to_owned());
    log.into_iter()
        .map(entry)
        .collect::<Option<_>>()
        .context("a log of texts")
}

impl LeftThread {
    fn is_as_known(&self, check: &mut Check<'_>) -> Result<()> {
        let path = format!("/threads/{}", self.id);
        let row = check.client.get(&path)?.ok()?;
        ensure!(
            row["metadata"]["version"] == self.version,
            "version {}: {row}",
            self.version
        );
        ensure!(row["status"] != "busy", "{row}");
        self.shows_its_values(check, &path)?;
        let state = check.client.get(&format!("{path}/state"))?.ok()?;
        let log = log_of(&state["values"])?;
        let is_copy = self.runs.is_none();
        let is_without_last = is_copy && self.is_loose && self.log.starts_with(&log);
        ensure!(
            log == self.log || is_without_last,
            "it should have {:?}, and has {log:?}",
            self.log
        );
        let history = check
            .client
            .post(&format!("{path}/history"), &json!({"limit": 1000}))?
            .ok()?;
        let mut most = self.log.len();
        for state in history.as_array().context("a list")? {
            let log = log_of(&state["values"])?;
            ensure!(
                self.log.starts_with(&log) && log.len() <= most,
                "its past is {log:?}, before {:?}",
                self.log
            );
            most = log.len();
            check.count("checkpoints", 1);
        }
        check.count("threads", 1);
        Ok(())
    }

    /// The row has the values of the state. One that a death has left behind catches up soon after the start.
    fn shows_its_values(&self, check: &Check<'_>, path: &str) -> Result<()> {
        let began = Instant::now();
        loop {
            let row = check.client.get(path)?.ok()?;
            let values = log_of(&row["values"])?;
            if values == self.log || (self.is_loose && self.log.starts_with(&values)) {
                return Ok(());
            }
            ensure!(
                began.elapsed() < CATCHES_UP,
                "it should have {:?}: {row}",
                self.log
            );
        }
    }

    fn has_its_runs(&self, ended: &[Ended], check: &mut Check<'_>) -> Result<()> {
        let listed = check
            .client
            .get(&format!("/threads/{}/runs?limit=100", self.id))?
            .ok()?;
        let listed = listed.as_array().context("a list")?;
        let kept: Vec<_> = ended.iter().filter(|run| run.status.is_some()).collect();
        ensure!(
            listed.len() == kept.len(),
            "it had {ended:?}, and has {listed:?}"
        );
        for Ended {
            id,
            status,
            webhook,
        } in ended
        {
            let run = listed.iter().find(|run| run["run_id"] == **id);
            let now = run.and_then(|run| run["status"].as_str());
            ensure!(
                now == status.as_deref(),
                "run {id} was {status:?}, and is {now:?}"
            );
            check.count("runs", 1);
            if let (Some(webhook), Some(status)) = (webhook, status) {
                let reports = check.reports(webhook)?;
                ensure!(
                    reports.iter().all(|reported| reported == status),
                    "the end of run {id}, {status}, was reported as {reports:?}"
                );
            }
        }
        Ok(())
    }
}

impl Record for LeftThread {
    fn verify(&self, check: &mut Check<'_>) -> Result<()> {
        self.is_as_known(check)
            .and_then(|()| {
                self.runs
                    .as_ref()
                    .map_or(Ok(()), |runs| self.has_its_runs(runs, check))
            })
            .with_context(|| format!("thread {}", self.id))
    }
}

impl Record for DeletedThread {
    fn verify(&self, check: &mut Check<'_>) -> Result<()> {
        for rest in ["", "/state", "/runs"] {
            check.is_gone(&format!("/threads/{}{rest}", self.0))?;
        }
        check.count("deleted threads", 1);
        Ok(())
    }
}
