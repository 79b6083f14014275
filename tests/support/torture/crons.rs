//! Crons: made, changed, fired each second for a while, and deleted.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Setting;
use super::record::{Check, Record};
use super::run::Script;
use super::threads::log_of;
use crate::{Client, Random};

const EACH_SECOND: &str = "* * * * * *";
const YEARLY: &str = "0 0 1 1 *";
/// How many requests of all clients a cron fires for.
const LIFE: u64 = 40;

/// A cron that is left or deleted, with the runs that it has started.
struct Cron {
    id: String,
    script: Script,
    schedule: &'static str,
    is_deleted: bool,
    /// How often it had fired, if it does not fire any more.
    fired: usize,
}

/// One cron after the other.
pub(super) fn work(setting: &Setting, mut random: Random) -> Result<Vec<Box<dyn Record>>> {
    let mut records: Vec<Box<dyn Record>> = Vec::new();
    while setting.goes_on() {
        let script = Script {
            token: random.uuid(),
            steps: 2,
            ask_at: None,
            padding: 0,
        };
        let schedule = random.pick(&[EACH_SECOND, YEARLY]);
        let cron = live(setting, script, schedule, random.percent(50)).context("a cron")?;
        records.extend(cron.map(|cron| Box::new(cron) as Box<dyn Record>));
    }
    Ok(records)
}

/// Makes a cron, lets it fire if it does, and leaves it or not. None if it was not made.
fn live(
    setting: &Setting,
    script: Script,
    schedule: &'static str,
    stays: bool,
) -> Result<Option<Cron>> {
    let mut body = script.body();
    body["schedule"] = json!(schedule);
    body["on_run_completed"] = json!("keep");
    let created = setting
        .served
        .call("crons created", |client| client.post("/runs/crons", &body))?;
    let row = match created {
        Some(answer) => Some(answer.ok()?),
        None => find(setting, &script.token)?,
    };
    let Some(row) = row else {
        return Ok(None);
    };
    let mut cron = Cron {
        id: row["cron_id"]
            .as_str()
            .context("a cron has an id")?
            .to_owned(),
        script,
        schedule,
        is_deleted: false,
        fired: 0,
    };
    if schedule == EACH_SECOND {
        // Clients work on until they are told to stop, and then nobody asks any more.
        if setting.goes_on() {
            let _ = setting.served.wait_for_requests(LIFE);
        }
    } else if stays {
        return Ok(Some(cron));
    }
    let path = format!("/runs/crons/{}", cron.id);
    let deleted = setting
        .served
        .until_answered("crons deleted", |client| client.delete(&path))?;
    ensure!(
        [204, 404].contains(&deleted.status),
        "{} {}",
        deleted.status,
        deleted.body
    );
    cron.is_deleted = true;
    let search = cron.search();
    let fired = setting
        .served
        .until_answered("threads searched", |client| {
            client.post("/threads/search", &search)
        })?;
    cron.fired = fired.ok()?.as_array().context("a list")?.len();
    Ok(Some(cron))
}

fn find(setting: &Setting, token: &str) -> Result<Option<Value>> {
    let body = json!({"metadata": {"token": token}});
    let found = setting.served.until_answered("crons searched", |client| {
        client.post("/runs/crons/search", &body)
    })?;
    Ok(found.ok()?.get(0).cloned())
}

impl Cron {
    /// For the threads of its runs.
    fn search(&self) -> Value {
        json!({"metadata": {"token": self.script.token}, "limit": 1000})
    }

    fn ran(&self, client: &Client, thread: &Value) -> Result<()> {
        let id = thread["thread_id"].as_str().context("a thread has an id")?;
        let path = format!("/threads/{id}/runs");
        let runs = client.get(&path)?.ok()?;
        let runs = runs.as_array().context("a list")?;
        ensure!(runs.len() == 1, "a cron's thread has {} runs", runs.len());
        let run = runs[0]["run_id"].as_str().context("a run has an id")?;
        client.get(&format!("{path}/{run}/join"))?.ok()?;
        let state = client.get(&format!("/threads/{id}/state"))?.ok()?;
        let log = log_of(&state["values"])?;
        let row = client.get(&format!("{path}/{run}"))?.ok()?;
        ensure!(
            row["status"] == "error"
                || (row["status"] == "success" && log == self.script.entries()),
            "{log:?}: {row}"
        );
        Ok(())
    }
}

impl Record for Cron {
    fn verify(&self, check: &mut Check<'_>) -> Result<()> {
        let path = format!("/runs/crons/{}", self.id);
        if self.is_deleted {
            check.is_gone(&path)?;
            check.count("deleted crons", 1);
        } else {
            let row = check.client.get(&path)?.ok()?;
            ensure!(row["schedule"] == self.schedule, "{row}");
            check.count("crons", 1);
        }
        let threads = check.client.post("/threads/search", &self.search())?.ok()?;
        let threads = threads.as_array().context("a list")?;
        ensure!(
            threads.len() == self.fired,
            "it had fired {} times, and now there are {} threads",
            self.fired,
            threads.len()
        );
        for thread in threads {
            self.ran(&check.client, thread)
                .with_context(|| format!("cron {}", self.id))?;
            check.count("runs of crons", 1);
        }
        Ok(())
    }
}
