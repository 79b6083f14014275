//! What has to be there at last: each object that clients made leaves a record that can be held against the server.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::Setting;
use crate::{Answer, Client};

/// What is known of one object.
pub(super) trait Record: Send {
    /// Fails if it is not so.
    fn verify(&self, check: &mut Check<'_>) -> Result<()>;
}

/// Where records are held against.
pub(super) struct Check<'a> {
    pub(super) setting: &'a Setting,
    pub(super) client: Client,
    /// How often each step was executed.
    pub(super) steps: HashMap<String, u64>,
    counts: BTreeMap<&'static str, u64>,
}

impl Check<'_> {
    /// Counts something that was found to be right.
    pub(super) fn count(&mut self, what: &'static str, count: usize) {
        *self.counts.entry(what).or_default() += count as u64;
    }

    /// What was reported of the end of a run: the same perhaps more than once, and something at any rate.
    pub(super) fn reports(&mut self, token: &str) -> Result<Vec<Value>> {
        let reports = self.setting.webhooks.of(token);
        ensure!(
            !reports.is_empty(),
            "the end of run {token} was not reported"
        );
        self.count("webhooks", 1);
        self.count("webhooks told again", reports.len() - 1);
        Ok(reports)
    }

    /// The thing at `path` is gone.
    pub(super) fn is_gone(&self, path: &str) -> Result<()> {
        let answer = self.client.get(path)?;
        ensure!(
            answer.status == 404,
            "{path} was deleted, and now there is: {} {}",
            answer.status,
            answer.body
        );
        Ok(())
    }
}

/// Holds all records against the server, and says how many there were of each kind.
pub(super) fn verify(setting: &Setting, records: &[Box<dyn Record>]) -> Result<String> {
    let mut check = Check {
        setting,
        client: setting.served.present()?.client,
        steps: setting.ledger.steps()?,
        counts: BTreeMap::new(),
    };
    for record in records {
        record.verify(&mut check)?;
    }
    nothing_is_at_work(&check.client)?;
    let counts = check.counts.iter();
    let counts: Vec<_> = counts
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    Ok(counts.join(", "))
}

/// All runs have been waited for, so none is left, and no thread is busy without one.
fn nothing_is_at_work(client: &Client) -> Result<()> {
    let metrics = client.get("/metrics?format=json")?.ok()?;
    ensure!(
        metrics["queue"]["n_running"] == 0 && metrics["queue"]["n_pending"] == 0,
        "runs are left: {metrics}"
    );
    let busy = client.post("/threads/search", &json!({"status": "busy"}))?;
    ensure!(busy.ok()? == json!([]), "threads are busy: {}", busy.body);
    Ok(())
}

/// The request was answered with this status.
pub(super) fn is(answer: &Answer, status: u16) -> Result<()> {
    ensure!(answer.status == status, "{} {}", answer.status, answer.body);
    Ok(())
}
