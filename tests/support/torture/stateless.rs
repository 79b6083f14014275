//! Runs without a thread: their threads go with them, so what shows that they ran is what they did, and their webhooks.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::Setting;
use super::record::{Check, Record};
use super::run::Script;
use super::threads::log_of;
use crate::Random;

/// How often a run is executed at most.
const ATTEMPTS: u64 = 3;

/// A run that was acknowledged.
struct Stateless {
    script: Script,
    /// How many kills there were while it may have executed.
    kills: u64,
    /// Whether its client heard of its success.
    is_whole: bool,
    webhook: bool,
}

/// One run after the other.
pub(super) fn work(setting: &Setting, mut random: Random) -> Result<Vec<Box<dyn Record>>> {
    let mut records: Vec<Box<dyn Record>> = Vec::new();
    while setting.goes_on() {
        let script = Script {
            token: random.uuid(),
            steps: 2 + random.below(6),
            ask_at: None,
            padding: 0,
        };
        let record = if random.percent(50) {
            waited(setting, script)
        } else {
            in_background(setting, script)
        };
        records.extend(record?.map(|record| Box::new(record) as Box<dyn Record>));
    }
    Ok(records)
}

fn waited(setting: &Setting, script: Script) -> Result<Option<Stateless>> {
    let (kills, body) = (setting.served.kills(), script.body());
    let answer = setting.served.call("stateless runs waited for", |client| {
        client.post("/runs/wait", &body)
    })?;
    let Some(answer) = answer else {
        return Ok(None);
    };
    let values = answer.ok()?;
    let kills = setting.served.kills() - kills;
    let is_whole = values.get("__error__").is_none();
    ensure!(
        !is_whole || log_of(&values)? == script.entries(),
        "{values}"
    );
    // What a stateless run came to that another instance took up is known there alone.
    let is_moved = setting.is_shared && values["__error__"]["error"] == "ServerStopped";
    ensure!(
        is_whole || is_moved || kills >= ATTEMPTS,
        "an error after {kills} kills: {values}"
    );
    Ok(Some(Stateless {
        script,
        kills,
        is_whole,
        webhook: false,
    }))
}

fn in_background(setting: &Setting, script: Script) -> Result<Option<Stateless>> {
    let (kills, mut body) = (setting.served.kills(), script.body());
    body["webhook"] = json!(setting.webhooks.url(&script.token));
    let created = setting.served.call("stateless runs created", |client| {
        client.post("/runs", &body)
    })?;
    let Some(created) = created else {
        return Ok(None);
    };
    let run = created.ok()?;
    let (thread, id) = (run["thread_id"].as_str(), run["run_id"].as_str());
    let path = format!(
        "/threads/{}/runs/{}/join",
        thread.context("a run has a thread")?,
        id.context("a run has an id")?
    );
    let joined = setting
        .served
        .until_answered("runs joined", |client| client.get(&path))?;
    ensure!(
        [200, 404].contains(&joined.status),
        "{} {}",
        joined.status,
        joined.body
    );
    Ok(Some(Stateless {
        script,
        kills: setting.served.kills() - kills,
        is_whole: false,
        webhook: true,
    }))
}

impl Record for Stateless {
    fn verify(&self, check: &mut Check<'_>) -> Result<()> {
        let token = &self.script.token;
        let executed: Vec<u64> = self
            .script
            .ledger()
            .map(|step| check.steps.get(&step).copied().unwrap_or_default())
            .collect();
        let mut is_whole = self.is_whole;
        if self.webhook {
            let reports = check.reports(token)?;
            is_whole = reports.iter().any(|status| status == "success");
            ensure!(
                is_whole || self.kills >= ATTEMPTS,
                "its end after {} kills was reported as {reports:?}; its steps: {executed:?}",
                self.kills
            );
        }
        ensure!(
            !is_whole || executed.iter().all(|times| (1..=ATTEMPTS).contains(times)),
            "the steps of {token} were executed {executed:?} times"
        );
        check.count("stateless runs", 1);
        Ok(())
    }
}
