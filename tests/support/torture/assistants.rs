//! Assistants: made, changed, which makes versions, and deleted.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Setting;
use super::record::{Check, Record, is};
use crate::Random;

/// An assistant, and how many versions it has.
struct Assistant {
    id: String,
    versions: u64,
    is_deleted: bool,
}

/// One assistant after the other.
pub(super) fn work(setting: &Setting, mut random: Random) -> Result<Vec<Box<dyn Record>>> {
    let mut records: Vec<Box<dyn Record>> = Vec::new();
    while setting.goes_on() {
        let mut assistant = create(setting, random.uuid())?;
        for _ in 0..random.below(6) {
            assistant
                .change(setting)
                .with_context(|| format!("assistant {}", assistant.id))?;
        }
        if random.percent(40) {
            assistant.delete(setting)?;
        }
        records.push(Box::new(assistant));
    }
    Ok(records)
}

fn create(setting: &Setting, id: String) -> Result<Assistant> {
    let body = json!({
        "assistant_id": id, "graph_id": "tally", "name": "version 1", "if_exists": "do_nothing"
    });
    let created = setting
        .served
        .until_answered("assistants created", |client| {
            client.post("/assistants", &body)
        })?;
    is(&created, 200)?;
    Ok(Assistant {
        id,
        versions: 1,
        is_deleted: false,
    })
}

impl Assistant {
    fn path(&self, rest: &str) -> String {
        format!("/assistants/{}{rest}", self.id)
    }

    fn change(&mut self, setting: &Setting) -> Result<()> {
        let (path, next) = (self.path(""), self.versions + 1);
        let body = json!({"name": format!("version {next}"), "metadata": {"version": next}});
        let changed = setting.served.call("assistants changed", |client| {
            client.ask("PATCH", &path, Some(&body))
        })?;
        if let Some(changed) = changed {
            is(&changed, 200)?;
            self.versions = next;
        } else {
            let read = setting
                .served
                .until_answered("assistants read", |client| client.get(&path))?;
            let version = read.ok()?["version"].clone();
            ensure!(
                version == self.versions || version == next,
                "version {} or {next}, and it is {version}",
                self.versions
            );
            self.versions = version.as_u64().context("a number")?;
        }
        Ok(())
    }

    fn delete(&mut self, setting: &Setting) -> Result<()> {
        let path = self.path("");
        let deleted = setting
            .served
            .until_answered("assistants deleted", |client| client.delete(&path))?;
        ensure!(
            [204, 404].contains(&deleted.status),
            "{} {}",
            deleted.status,
            deleted.body
        );
        self.is_deleted = true;
        Ok(())
    }
}

impl Record for Assistant {
    fn verify(&self, check: &mut Check<'_>) -> Result<()> {
        if self.is_deleted {
            check.count("deleted assistants", 1);
            return check.is_gone(&self.path(""));
        }
        let row = check.client.get(&self.path(""))?.ok()?;
        ensure!(
            row["version"] == self.versions && row["name"] == format!("version {}", self.versions),
            "version {}: {row}",
            self.versions
        );
        let versions = check
            .client
            .post(&self.path("/versions"), &json!({"limit": 100}))?
            .ok()?;
        let versions: Vec<&Value> = versions
            .as_array()
            .context("a list")?
            .iter()
            .map(|version| &version["version"])
            .collect();
        let expected: Vec<Value> = (1..=self.versions).rev().map(Value::from).collect();
        ensure!(
            versions.iter().copied().eq(&expected),
            "versions are {versions:?}"
        );
        check.count("assistants", 1);
        Ok(())
    }
}
