//! The ways in which clients run on a thread, and what each of them has to come to.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow, bail, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::record::is;
use super::run::{Admitted, Allowed, Ended, Script};
use super::threads::Thread;
use crate::Event;

/// How often a run is executed at most.
const ATTEMPTS: u64 = 3;
/// A run that ends within this time of a stop had its end before it, or was about to be saved.
const INSTANT: Duration = Duration::from_secs(1);

impl Thread<'_> {
    /// One run, or two that have to do with each other.
    pub(super) fn run(&mut self) -> Result<()> {
        match self.random.below(9) {
            0 | 1 => self.waited(),
            2 => self.joined(),
            3 => self.streamed(),
            4 => self.resumed(),
            5 => self.answered(),
            6 => self.cancelled(),
            7 => self.deleted(),
            _ => self.displaced(),
        }
    }

    fn waited(&mut self) -> Result<()> {
        let (script, kills) = (self.script(), self.setting.served.kills());
        let (path, webhook) = (self.path("/runs/wait"), self.random.percent(30));
        let mut body = script.body();
        if webhook {
            body["webhook"] = json!(self.setting.webhooks.url(&script.token));
        }
        let waited = self
            .setting
            .served
            .call("runs waited for", |client| client.post(&path, &body))?;
        let id = match waited {
            Some(answer) => {
                let id = place(answer.header("content-location"))?;
                answer.ok()?;
                Some(id)
            }
            None => self.find(&script.token)?,
        };
        let Some(id) = id else {
            return Ok(());
        };
        let webhook = webhook.then(|| script.token.clone());
        self.settle(vec![Admitted {
            webhook,
            ..whole(id, &script, kills)
        }])
    }

    fn joined(&mut self) -> Result<()> {
        let (script, kills) = (self.script(), self.setting.served.kills());
        let webhook = self.random.percent(30);
        let more = if webhook {
            json!({"webhook": self.setting.webhooks.url(&script.token)})
        } else {
            json!({"durability": "sync"})
        };
        let Some(id) = self.create_run(&script, more)? else {
            return Ok(());
        };
        let webhook = webhook.then(|| script.token.clone());
        self.settle(vec![Admitted {
            webhook,
            ..whole(id, &script, kills)
        }])
    }

    fn streamed(&mut self) -> Result<()> {
        let (script, kills) = (self.script(), self.setting.served.kills());
        let Some(Streamed {
            id,
            events,
            is_whole,
        }) = self.stream(&script, false)?
        else {
            return Ok(());
        };
        // Of a stream that came to its end the client has all steps; the first of them may have been seen before it was saved.
        let failed = events.last().is_some_and(|event| event.event == "error");
        if is_whole && !failed {
            has_all_steps(&script, &events)?;
        }
        self.settle(vec![Admitted {
            survives: 1,
            ..whole(id, &script, kills)
        }])
    }

    /// A resumable stream: the client comes back, as often as it takes, for what it has not seen.
    fn resumed(&mut self) -> Result<()> {
        let (script, kills) = (self.script(), self.setting.served.kills());
        let Some(mut seen) = self.stream(&script, true)? else {
            return Ok(());
        };
        let path = self.path(&format!("/runs/{}/stream", seen.id));
        while !seen.is_whole {
            let last = seen.events.iter().rev().find_map(|event| event.id.clone());
            self.follow(&path, last.as_deref().unwrap_or("-1"), &mut seen)?;
        }
        let ids: Vec<&str> = seen
            .events
            .iter()
            .filter_map(|event| event.id.as_deref())
            .collect();
        let order = |id: &str| -> Result<(u64, u64)> {
            let (millis, serial) = id.split_once('-').context("an id has two parts")?;
            Ok((millis.parse()?, serial.parse()?))
        };
        for pair in ids.windows(2) {
            ensure!(
                order(pair[0])? < order(pair[1])?,
                "events came twice or out of order: {ids:?}"
            );
        }
        let failed = seen
            .events
            .last()
            .is_some_and(|event| event.event == "error");
        if !failed {
            has_all_steps(&script, &seen.events)?;
        }
        // Whoever asks for all of it gets the same once more.
        let mut again = Streamed {
            id: seen.id.clone(),
            events: Vec::new(),
            is_whole: false,
        };
        while !again.is_whole {
            again.events.clear();
            self.follow(&path, "-1", &mut again)?;
        }
        let ids_again: Vec<&str> = again
            .events
            .iter()
            .filter_map(|event| event.id.as_deref())
            .collect();
        let kept = if self.setting.is_shared {
            // What an instance streamed in its last moment may not have reached the database.
            let mut seen = ids.iter();
            ids_again.iter().all(|id| seen.any(|seen| seen == id))
        } else {
            ids_again == ids
        };
        ensure!(kept, "streamed as {ids:?}, and replayed as {ids_again:?}");
        self.setting.served.count("resumable streams replayed");
        self.settle(vec![Admitted {
            survives: 1,
            ..whole(seen.id, &script, kills)
        }])
    }

    /// A run that asks, and the one that answers.
    fn answered(&mut self) -> Result<()> {
        let (mut script, kills) = (self.script(), self.setting.served.kills());
        let ask_at = self.random.below(script.steps);
        script.ask_at = Some(ask_at);
        let Some(id) = self.create_run(&script, json!({}))? else {
            return Ok(());
        };
        let split = usize::try_from(ask_at)?;
        let entries = script.entries();
        let asks = Admitted {
            entries: entries[..split].to_vec(),
            ..whole(id, &script, kills)
        };
        self.settle(vec![asks])?;
        let row = self.row()?;
        if row["status"] == "error" {
            return Ok(());
        }
        let question = format!("{}:{ask_at}?", script.token);
        let asked = row["interrupts"]
            .as_object()
            .and_then(|all| all.values().next());
        ensure!(
            asked.is_some_and(|asked| asked[0]["value"] == question),
            "{question}: {row}"
        );
        let token = format!("{}-answer", script.token);
        let body = json!({
            "assistant_id": "tally", "command": {"resume": script.answer()}, "metadata": {"token": token}
        });
        let path = self.path("/runs/wait");
        let (id, kills) = loop {
            let kills = self.setting.served.kills();
            let answered = self
                .setting
                .served
                .call("questions answered", |client| client.post(&path, &body))?;
            let id = match answered {
                Some(answer) => {
                    answer.ok()?;
                    Some(place(answer.header("content-location"))?)
                }
                None => self.find(&token)?,
            };
            if let Some(id) = id {
                break (id, kills);
            }
        };
        self.settle(vec![Admitted {
            entries: entries[split..].to_vec(),
            ..whole(id, &script, kills)
        }])
    }

    fn cancelled(&mut self) -> Result<()> {
        let (mut script, kills) = (self.script(), self.setting.served.kills());
        script.steps += 8;
        let Some(id) = self.create_run(&script, json!({}))? else {
            return Ok(());
        };
        let action = self.random.pick(&["interrupt", "rollback"]);
        let wait = self.random.below(2);
        let path = self.path(&format!("/runs/{id}/cancel?wait={wait}&action={action}"));
        let what = format!("runs cancelled (action={action}, wait={wait})");
        let cancelled = self
            .setting
            .served
            .call(&what, |client| client.post(&path, &json!({})))?;
        let allowed = match (cancelled.map(|answer| answer.status), action) {
            (Some(200..300), "interrupt") => Allowed::Stopped(SystemTime::now()),
            (Some(200..300), _) => Allowed::Gone(SystemTime::now()),
            (Some(404 | 409), _) => Allowed::Whole,
            (None, "interrupt") => Allowed::WholeOrStopped,
            (None, _) => Allowed::WholeOrGone,
            (Some(other), _) => bail!("cancelling was answered with {other}"),
        };
        self.settle(vec![Admitted {
            allowed,
            ..whole(id, &script, kills)
        }])
    }

    /// A run that is deleted, over or not.
    fn deleted(&mut self) -> Result<()> {
        let (script, kills) = (self.script(), self.setting.served.kills());
        let Some(id) = self.create_run(&script, json!({}))? else {
            return Ok(());
        };
        let path = self.path(&format!("/runs/{id}"));
        let deleted = self
            .setting
            .served
            .call("runs deleted", |client| client.delete(&path))?;
        let allowed = match deleted {
            Some(answer) => {
                is(&answer, 204)?;
                Allowed::Deleted
            }
            None => Allowed::WholeOrGone,
        };
        self.settle(vec![Admitted {
            allowed,
            ..whole(id, &script, kills)
        }])
    }

    /// A second run while the first is going.
    fn displaced(&mut self) -> Result<()> {
        let (mut script, kills) = (self.script(), self.setting.served.kills());
        script.steps += 8;
        let Some(id) = self.create_run(&script, json!({}))? else {
            return Ok(());
        };
        let mut first = whole(id, &script, kills);
        let strategy = self.random.pick(&["enqueue", "interrupt", "rollback"]);
        let (script, kills) = (self.script(), self.setting.served.kills());
        let second = self.create_run(&script, json!({"multitask_strategy": strategy}))?;
        // One that was admitted displaces the first in the same transaction.
        first.allowed = match (strategy, &second) {
            ("interrupt", Some(_)) => Allowed::Stopped(SystemTime::now()),
            ("rollback", Some(_)) => Allowed::Gone(SystemTime::now()),
            _ => Allowed::Whole,
        };
        let second = second.map(|id| whole(id, &script, kills));
        self.settle([first].into_iter().chain(second).collect())
    }

    /// The id of a run in the background. None if it was not admitted.
    pub(super) fn create_run(&mut self, script: &Script, more: Value) -> Result<Option<String>> {
        let (path, mut body) = (self.path("/runs"), script.body());
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        let created = self
            .setting
            .served
            .call("runs created", |client| client.post(&path, &body))?;
        Ok(match created {
            Some(answer) => {
                let run = answer.ok()?;
                let id = run["run_id"].as_str().context("a run has an id")?;
                Some(id.to_owned())
            }
            None => self.find(&script.token)?,
        })
    }

    /// The run of this token, of which its client had no answer.
    fn find(&self, token: &str) -> Result<Option<String>> {
        let path = self.path("/runs?limit=100");
        let listed = self
            .setting
            .served
            .until_answered("runs listed", |client| client.get(&path))?;
        let listed = listed.ok()?;
        let mut listed = listed.as_array().context("a list")?.iter();
        let run = listed.find(|run| run["metadata"]["token"] == token);
        Ok(run.and_then(|run| Some(run["run_id"].as_str()?.to_owned())))
    }

    /// Streams a run. None if it was not admitted.
    fn stream(&mut self, script: &Script, resumable: bool) -> Result<Option<Streamed>> {
        let (path, mut body) = (self.path("/runs/stream"), script.body());
        body["stream_mode"] = json!("updates");
        body["stream_resumable"] = json!(resumable);
        let present = self.setting.served.present()?;
        self.setting.served.begins();
        let headers = [("content-type".to_owned(), "application/json".to_owned())];
        let body = body.to_string();
        let reply = match present
            .client
            .request("POST", &path, &headers, Some(body.as_bytes()))
        {
            Ok(reply) => reply,
            Err(error) => {
                present.broke(error)?;
                let id = self.find(&script.token)?;
                return Ok(id.map(|id| Streamed {
                    id,
                    events: Vec::new(),
                    is_whole: false,
                }));
            }
        };
        if reply.status != 200 {
            let status = reply.status;
            let refused = anyhow!("a stream answered {status}: {}", reply.text()?);
            ensure!(status == 503, refused);
            present.broke(refused)?;
            let id = self.find(&script.token)?;
            return Ok(id.map(|id| Streamed {
                id,
                events: Vec::new(),
                is_whole: false,
            }));
        }
        let id = place(reply.header("content-location"))?;
        let mut streamed = Streamed {
            id,
            events: Vec::new(),
            is_whole: false,
        };
        for event in reply.events() {
            match event {
                Ok(event) => streamed.events.push(event),
                Err(error) => {
                    present.broke(error)?;
                    return Ok(Some(streamed));
                }
            }
        }
        streamed.is_whole = true;
        self.setting.served.count(if resumable {
            "resumable streams"
        } else {
            "streams"
        });
        Ok(Some(streamed))
    }

    /// Reads on behind an event, as far as it goes.
    fn follow(&self, path: &str, last: &str, streamed: &mut Streamed) -> Result<()> {
        let present = self.setting.served.present()?;
        self.setting.served.begins();
        let client = present.client.clone().with_header("last-event-id", last);
        let events = match client.follow(path) {
            Ok(events) => events,
            Err(error) => return present.broke(error),
        };
        for event in events {
            match event {
                Ok(event) => streamed.events.push(event),
                Err(error) => return present.broke(error),
            }
        }
        streamed.is_whole = true;
        Ok(())
    }

    /// Waits for the ends of runs, in their order, and holds them and the log of the thread against what is allowed.
    fn settle(&mut self, admitted: Vec<Admitted>) -> Result<()> {
        let served = &self.setting.served;
        for run in &admitted {
            let path = self.path(&format!("/runs/{}/join", run.id));
            let joined = served.until_answered("runs joined", |client| client.get(&path))?;
            ensure!(
                [200, 404].contains(&joined.status),
                "{} {}",
                joined.status,
                joined.body
            );
        }
        let saved = self.saved_log()?;
        let (mut added, mut is_loose) = (Vec::new(), false);
        for run in admitted {
            let path = self.path(&format!("/runs/{}", run.id));
            let row = served.until_answered("runs read", |client| client.get(&path))?;
            let row = if row.status == 404 {
                Value::Null
            } else {
                row.ok()?
            };
            let status = row["status"].as_str().map(str::to_owned);
            let there = run
                .entries
                .iter()
                .filter(|entry| saved.contains(entry))
                .count();
            self.came_to_a_right_end(&run, &row, there)
                .with_context(|| {
                    format!(
                        "run {} is {status:?}, {there} of its {} steps are saved",
                        run.id,
                        run.entries.len()
                    )
                })?;
            served.count(&format!("ended: {}", status.as_deref().unwrap_or("gone")));
            added.extend_from_slice(&run.entries[..there]);
            is_loose = there > 0 && (there < run.entries.len() || run.was_cut_off(&row));
            self.runs.push(Ended {
                id: run.id,
                status,
                webhook: run.webhook,
            });
        }
        let is_right = self.begins().any(|begin| saved == [begin, &added].concat());
        let (log, loose) = (&self.log, self.is_loose);
        ensure!(
            is_right,
            "it had {log:?} (loose: {loose}), got {added:?}, and has {saved:?}"
        );
        self.is_loose = is_loose || (self.is_loose && added.is_empty() && saved == self.log);
        self.log = saved;
        Ok(())
    }

    /// `row` is the run as it is now, or null.
    fn came_to_a_right_end(&self, run: &Admitted, row: &Value, there: usize) -> Result<()> {
        use Allowed::{Deleted, Gone, Stopped, Whole, WholeOrGone, WholeOrStopped};
        let is_whole = there == run.entries.len();
        match (row["status"].as_str(), run.allowed) {
            (Some("success"), Stopped(since) | Gone(since)) => {
                let ended = row["updated_at"].as_str().context("a run has times")?;
                let ended: SystemTime = ended.parse::<Timestamp>()?.into();
                ensure!(
                    is_whole && ended < since + INSTANT,
                    "it was stopped, and went on"
                );
            }
            // A run that asks ends as one or the other.
            (Some("success" | "interrupted"), Whole)
            | (Some("success"), WholeOrStopped | WholeOrGone) => {
                ensure!(is_whole, "a step is missing");
            }
            (Some("interrupted"), Stopped(_) | WholeOrStopped) => {}
            (None, Gone(_) | WholeOrGone | Deleted) => {
                ensure!(there == 0, "what it did is there");
            }
            (Some("error"), Whole | WholeOrStopped | WholeOrGone | Stopped(_) | Gone(_)) => {
                let kills = self.setting.served.kills() - run.kills;
                let error = &self.row()?["error"];
                ensure!(
                    kills >= run.survives,
                    "an error after {kills} kills: {error}"
                );
                if kills < ATTEMPTS {
                    let what = "ended: error, with events that cannot be taken back";
                    self.setting.served.count(what);
                }
            }
            (_, allowed) => bail!("{allowed:?} is what it should be"),
        }
        Ok(())
    }
}

impl Admitted {
    /// Whether it ended, as `row` says, before its last step was over: what that wrote may be there all the same.
    fn was_cut_off(&self, row: &Value) -> bool {
        let stopped = matches!(self.allowed, Allowed::Stopped(_) | Allowed::WholeOrStopped);
        row["status"] == "error" || (stopped && row["status"] == "interrupted")
    }
}

/// What a client has seen of a stream.
struct Streamed {
    id: String,
    events: Vec<Event>,
    is_whole: bool,
}

/// A run that has to do all that its script says.
fn whole(id: String, script: &Script, kills: u64) -> Admitted {
    Admitted {
        id,
        entries: script.entries(),
        kills,
        survives: ATTEMPTS,
        allowed: Allowed::Whole,
        webhook: None,
    }
}

/// The run that a header names.
fn place(header: Option<&str>) -> Result<String> {
    let place = header.context("a run has a place")?;
    Ok(place.rsplit('/').next().unwrap_or_default().to_owned())
}

/// Each step was streamed, in order. Those that were cut off may have come twice.
fn has_all_steps(script: &Script, events: &[Event]) -> Result<()> {
    let steps = steps_of(events);
    ensure!(steps == script.entries(), "streamed were {steps:?}");
    Ok(())
}

/// The steps that were streamed, without repetitions.
fn steps_of(events: &[Event]) -> Vec<&str> {
    let updates = events.iter().filter(|event| event.event == "updates");
    let mut steps: Vec<&str> = Vec::new();
    for event in updates {
        steps.extend(event.data.pointer("/step/log/0").and_then(Value::as_str));
    }
    steps.dedup();
    steps
}
